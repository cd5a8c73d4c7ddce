"""`egraph codegen TARGET FILE`: rules, and terms rewritten by them, as code.

Belongs here: options, files and printing. Not here: the targets (egraph/codegen).
"""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from cli.files import read_rule_file
from cli.options import EXIT_NO, EXIT_USAGE
from cli.run import fail

if TYPE_CHECKING:
    from egraph.rules.patterns import Pattern


def register(app: typer.Typer) -> None:
    """Add `egraph codegen`."""
    app.command()(codegen)


def codegen(
    target: Annotated[str, typer.Argument(help="python, egglog, openqasm or llvm; docs/codegen.md shows each.")],
    file: Annotated[Path, typer.Argument(help="Rule file; the language is in docs/rules.md.")],
    output: Annotated[Path | None, typer.Option("--output", "-o", help="Write here, not to the terminal.")] = None,
    term: Annotated[
        str | None,
        typer.Option("--term", help="Code of the best term that the rules make of this one (not with python)."),
    ] = None,
    rounds: Annotated[int, typer.Option("--rounds", min=0, help="With --term: rounds of saturation at most.")] = 10,
    nodes: Annotated[int, typer.Option("--nodes", min=1, help="With --term: nodes at most.")] = 100_000,
) -> None:
    """Write code from rules. Rules that the target cannot say are left out, and told with reasons on standard error."""
    from egraph.codegen.generated import CannotGenerate
    from egraph.codegen.targets import Target, generate, generate_term
    from egraph.saturation.errors import SaturationError
    from egraph.saturation.limits import Limits

    if target not in list(Target):
        fail(f"there is no target {target!r}; choose one of {', '.join(Target)}", EXIT_USAGE)
    rules = read_rule_file(file)
    try:
        if term is None:
            made = generate(Target(target), rules)
        else:
            made = generate_term(Target(target), rules, _pattern(term), Limits(rounds=rounds, nodes=nodes))
    except CannotGenerate as refused:
        fail("\n".join(f"--term: {problem}" for problem in refused.problems), EXIT_USAGE)
    except SaturationError as refused:
        fail(f"--term: {refused}", EXIT_USAGE)
    for problem in made.left_out:
        typer.echo(f"left out: {file}: {problem}", err=True)
    if term is None and rules.all_rules and len({item.rule for item in made.left_out}) == len(rules.all_rules):
        fail(f"{file}: {target} can say none of these rules; nothing was written", EXIT_NO)
    if output is None:
        typer.echo(made.text, nl=False)
        return
    try:
        output.write_text(made.text, encoding="utf-8")
    except OSError as error:
        fail(f"{output} cannot be written: {error}", EXIT_USAGE)


def _pattern(text: str) -> "Pattern":
    from egraph.rules.problems import RulesRefused
    from egraph.rules.reader import read_pattern

    try:
        return read_pattern(text)
    except RulesRefused as refused:
        fail("\n".join(f"--term: {problem}" for problem in refused.problems), EXIT_USAGE)
