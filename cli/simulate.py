"""`egraph simulate`: run whole clusters from seeds, with faults, under all checks.

Belongs here: options and printing. Not here: running, checking and shrinking (simulator).
"""

from typing import TYPE_CHECKING, Annotated

import typer

from cli.folding import watched
from cli.options import EXIT_NO, EXIT_USAGE, AsJson
from cli.run import Bar, fail, print_json

if TYPE_CHECKING:
    from simulator.campaign import Totals
    from simulator.shrink import Smallest

_TOLD_MAX = 3


def register(app: typer.Typer) -> None:
    """Add `egraph simulate`."""
    app.command("simulate")(simulate)


def simulate(
    seed: Annotated[int | None, typer.Option("--seed", min=0, help="The one seed to run.")] = None,
    seeds: Annotated[str, typer.Option("--seeds", help="Several seeds: FIRST..BEHIND_LAST.")] = "0..100",
    profile: Annotated[
        str, typer.Option("--profile", help="Which faults may strike: all, network, processes, clocks, calm.")
    ] = "all",
    steps: Annotated[
        int | None, typer.Option("--steps", min=0, help="End the faults of each run after so many steps.")
    ] = None,
    facts: Annotated[int | None, typer.Option("--facts", min=0, help="Send about so many facts, not as drawn.")] = None,
    only: Annotated[
        str | None, typer.Option("--only", help="Let these strikes happen alone, as in `crash:0,3 lost_gossip:17`.")
    ] = None,
    shrink: Annotated[bool, typer.Option(help="Make the first failure small before it is printed.")] = True,
    as_json: AsJson = False,
) -> None:
    """Run clusters from seeds in virtual time: faults first, then agreement by a deadline. Exit code 1 if one fails."""
    from simulator.campaign import run_all
    from simulator.options import draw_options
    from streams.runtimes.simulated_dice import read_schedule

    try:
        chosen = range(seed, seed + 1) if seed is not None else _range(seeds)
        schedule = None if only is None else read_schedule(only)
        drawn = [draw_options(number, profile) for number in chosen]
    except ValueError as error:
        fail(str(error), EXIT_USAGE)
    runs = [options.with_changes(facts, steps) for options in drawn]
    if not as_json and len(runs) == 1:
        typer.echo(str(runs[0]))
    with Bar("simulating", "seeds", visible=watched(as_json) and len(runs) > 1) as bar:
        totals = run_all(runs, only=schedule, watch=lambda so_far: bar.update(so_far.seeds, len(runs), _note(so_far)))
    smallest = _smallest(totals) if shrink and only is None and totals.failures else None
    if as_json:
        options = {"options": runs[0].document()} if len(runs) == 1 else {}
        print_json(options | totals.document() | {"smallest": None if smallest is None else smallest.document()})
    else:
        _print(totals, smallest)
    if totals.failures:
        raise typer.Exit(EXIT_NO)


def _smallest(totals: "Totals") -> "Smallest | None":
    from simulator.shrink import shrink

    first = totals.failures[0]
    return shrink(first.options, first.failure, first.strikes)


def _print(totals: "Totals", smallest: "Smallest | None") -> None:
    from simulator.shrink import replay_command

    told = totals.document()
    for name in ("seeds", "steps", "faults", "virtual_seconds", "slowest_agreement_seconds",
                 "slowest_round_seconds", "trace"):  # fmt: skip
        value = told[name]
        typer.echo(f"{name.replace('_', ' '):<28}{value if isinstance(value, str) else format(value, ',')}")
    kinds = [f"{name} {count:,}" for name, count in told["faults_by_kind"].items()]
    typer.echo(f"{'faults by kind':<28}{', '.join(kinds) or 'none'}")
    typer.echo(f"{'failed':<28}{len(totals.failures)}")
    for item in totals.failures[:_TOLD_MAX]:
        typer.echo(f"\n{item.options}\n{item.failure}\nrepeat with: {replay_command(item.options)}")
    if smallest is not None:
        typer.echo(f"\nthe first one, shrunk in {smallest.runs} runs:\n{smallest.options}\n{smallest.failure}")
        typer.echo(f"repeat with: {smallest.command}")


def _range(text: str) -> range:
    first, dots, last = text.partition("..")
    if not dots or not first.isdigit() or not last.isdigit() or int(first) >= int(last):
        raise ValueError(f"--seeds {text!r} is no range; write FIRST..BEHIND_LAST, such as 0..100")
    return range(int(first), int(last))


def _note(totals: "Totals") -> str:
    return f", {totals.steps:,} steps, {sum(totals.faults.values()):,} faults, {len(totals.failures)} failed"
