"""`egraph rules add|list|retract`: the rules that the agents apply.

Belongs here: options and printing. Not here: the rule language (egraph/rules), applying rules (cli/saturate.py).
"""

import sys
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from cli.options import DEFAULT_BOOTSTRAP, EXIT_NO, EXIT_USAGE, AsJson, Bootstrap, Graph
from cli.run import Bar, fail, print_json, run_async

if TYPE_CHECKING:
    from egraph.facts import RuleAdded
    from egraph.identifiers import Position
    from egraph.rules.ruleset import RuleSet
    from streams.runtimes.rules_log import RuleInLog

_PREFIX_MIN = 4


def register(app: typer.Typer) -> None:
    """Add `egraph rules`."""
    rules = typer.Typer(help="The rules of the log: add, list, withdraw. `egraph saturate` applies them.")
    rules.command("add")(add)
    rules.command("list")(list_rules)
    rules.command("retract")(retract)
    app.add_typer(rules, name="rules", no_args_is_help=True)


def add(
    files: Annotated[list[Path] | None, typer.Argument(help="Rule files; the language is in docs/rules.md.")] = None,
    python: Annotated[
        str | None,
        typer.Option(
            "--python",
            metavar="TYPES",
            help="Add the shipped rules of Python that are true where every operand has one of these types: "
            "any, or some of int,bool,float. Comparisons are operands of type bool.",
        ),
    ] = None,
    bootstrap: Bootstrap = DEFAULT_BOOTSTRAP,
    graph: Graph = "main",
    as_json: AsJson = False,
) -> None:
    """Check rules and send them. A file with a mistake sends nothing; every mistake has line and column."""
    from streams.runtimes.rules_log import add_rules

    wanted = _read(files or ())
    if python is not None:
        wanted.append(_shipped(python))
    if not wanted:
        fail("name a rule file, or --python int,bool", EXIT_USAGE)
    rules = [rule for item in wanted for rule in item.all_rules]
    if not rules:
        fail("there is no rule in what was named; write (rewrite NAME PATTERN REPLACEMENT)", EXIT_USAGE)
    twice = sorted(name for name, times in Counter(rule.name for rule in rules).items() if times > 1)
    if twice:
        fail(f"two rules have one name: {', '.join(twice)}; rename one of each", EXIT_USAGE)
    sent = run_async(add_rules(bootstrap, rules, graph=graph))
    rows = [_row(fact, position) for fact, position in sent]
    if as_json:
        print_json(rows)
    else:
        typer.echo("\n".join(map(_line, rows)))


def list_rules(
    all_rules: Annotated[bool, typer.Option("--all", help="Show withdrawn rules too.")] = False,
    bootstrap: Bootstrap = DEFAULT_BOOTSTRAP,
    graph: Graph = "main",
    as_json: AsJson = False,
) -> None:
    """Show the rules in force, in the order in which they were sent."""
    found = [item for item in _in_log(bootstrap, graph, as_json=as_json) if all_rules or not item.retracted]
    rows = [_row(item.fact, item.position) | {"retracted": item.retracted} for item in found]
    if as_json:
        print_json(rows)
        return
    for row in rows:
        typer.echo(_line(row) + ("  (withdrawn)" if row["retracted"] else ""))
    if not rows:
        typer.echo("no rules; `egraph rules add FILE` sends some")


def retract(
    names: Annotated[list[str], typer.Argument(help="Names of rules, or event ids or their beginnings.")],
    why: Annotated[str, typer.Option("--why", help="The reason, kept in the fact.")] = "withdrawn by hand",
    bootstrap: Bootstrap = DEFAULT_BOOTSTRAP,
    graph: Graph = "main",
    as_json: AsJson = False,
) -> None:
    """Withdraw rules, and with them everything that was derived by them. A name means every rule of that name."""
    from streams.runtimes.rules_log import retract_rules

    in_force = [item for item in _in_log(bootstrap, graph, as_json=as_json) if not item.retracted]
    chosen: dict[str, RuleInLog] = {}
    for name in names:
        fits = [item for item in in_force if _is_meant(item, name)]
        if not fits:
            fail(f"no rule in force is called {name!r}; `egraph rules list` shows them", EXIT_NO)
        chosen |= {item.fact.event_id.hex(): item for item in fits}
    targets = [item.fact.event_id for item in chosen.values()]
    positions = run_async(retract_rules(bootstrap, targets, graph=graph, why=why))
    rows = [_row(item.fact, at) for item, at in zip(chosen.values(), positions, strict=True)]
    if as_json:
        print_json(rows)
    else:
        typer.echo("\n".join(f"withdrawn  {_line(row)}" for row in rows))


def _is_meant(item: "RuleInLog", name: str) -> bool:
    return item.fact.name == name or (len(name) >= _PREFIX_MIN and item.fact.event_id.hex().startswith(name.lower()))


def _in_log(bootstrap: str, graph: str, *, as_json: bool) -> "list[RuleInLog]":
    from streams.runtimes.rules_log import rules_in_log

    with Bar("reading the log", "records", visible=not as_json and sys.stderr.isatty()) as bar:
        return run_async(rules_in_log(bootstrap, graph=graph, on_read=bar.update))


def _read(paths: Iterable[Path]) -> "list[RuleSet]":
    from egraph.rules.problems import RulesRefused
    from egraph.rules.reader import read_rules

    found, mistakes = [], []
    for path in paths:
        try:
            found.append(read_rules(path.read_text(encoding="utf-8-sig")))
        except OSError as error:
            mistakes.append(f"{path}: {error.strerror}; name another file")
        except UnicodeDecodeError as error:
            mistakes.append(f"{path}: is no UTF-8 text ({error.reason}, byte {error.start + 1}); name another file")
        except RulesRefused as refused:
            mistakes += [f"{path}: {problem}" for problem in refused.problems]
    if mistakes:
        fail("\n".join(mistakes), EXIT_USAGE)
    return found


def _shipped(types: str) -> "RuleSet":
    from egraph.rules.shipped.choice import python_rules

    try:
        return python_rules(item.strip() for item in types.split(","))
    except ValueError as error:
        fail(f"--python {types}: {error}", EXIT_USAGE)


def _row(fact: "RuleAdded", position: "Position") -> dict[str, Any]:
    return {
        "name": fact.name,
        "pattern": fact.pattern,
        "replacement": fact.replacement,
        "conditions": list(fact.conditions),
        "colour_policy": fact.colour_policy,
        "priority": fact.priority,
        "event": fact.event_id.hex(),
        "partition": position.partition,
        "offset": position.offset,
    }


def _line(row: dict[str, Any]) -> str:
    when = f"  when {' '.join(row['conditions'])}" if row["conditions"] else ""
    place = f"{row['partition']}:{row['offset']}"
    return f"{row['event'][:12]}  {place:>9}  {row['name']}: {row['pattern']} = {row['replacement']}{when}"
