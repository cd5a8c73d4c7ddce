"""`egraph chaos`: real faults on a real Kafka under load, and whether every promise held.

Belongs here: options and printing. Not here: the drill (launcher/chaos).
"""

import json
import secrets
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from cli.options import EXIT_NO, EXIT_SERVICE, EXIT_USAGE, AsJson

if TYPE_CHECKING:
    from launcher.chaos.drill import DrillPlan

_AWAY_S = 300.0
_AWAY_SHARE = 0.4


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command(name="chaos")(chaos)


def chaos(
    minutes: Annotated[float, typer.Option("--minutes", min=0.2, help="How long load and faults go on.")] = 5.0,
    seed: Annotated[int | None, typer.Option("--seed", help="Draw the same plan again; else one is chosen.")] = None,
    rate: Annotated[float, typer.Option("--rate", min=1.0, help="Facts offered a second.")] = 500.0,
    workers: Annotated[int, typer.Option("--workers", min=1, max=9, help="Agent processes.")] = 2,
    pause: Annotated[float, typer.Option("--pause", min=0.5, help="Mean seconds from one fault to the next.")] = 6.0,
    away: Annotated[
        float | None,
        typer.Option("--away", min=0.0, help="Seconds without a broker; default: 300, or two fifths of the time."),
    ] = None,
    calm: Annotated[bool, typer.Option("--calm", help="No faults: the figures to compare with.")] = False,
    data_dir: Annotated[Path, typer.Option("--data-dir", help="Folder of the drill, emptied at each start.")] = Path(
        ".egraph/chaos"
    ),
    document: Annotated[
        Path | None, typer.Option("--document", help="Write the figures between the markers of this file.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Do faults to a system of its own under load: processes killed and stopped, network, disk, poison, broker away.

    Prints the plan first. Exit code 1 where a promise did not hold, with what to look at; 3 where there is no broker.
    """
    from launcher.chaos.drill import DrillPlan
    from launcher.chaos.plan import draw_plan

    seconds = minutes * 60
    chosen = secrets.randbelow(1 << 32) if seed is None else seed
    absent = min(_AWAY_S, _AWAY_SHARE * seconds) if away is None else away
    try:
        plan = draw_plan(chosen, seconds, workers=workers, pause_s=pause, away_s=0.0 if calm else absent,
                         **({"kinds": ()} if calm else {}))  # fmt: skip
    except ValueError as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(EXIT_USAGE) from None
    typer.echo(f"seed {chosen}: {len(plan.faults)} faults in {seconds:.0f} s, {rate:g} facts a second", err=True)
    for line in plan.lines():
        typer.echo(line, err=True)
    raise typer.Exit(_run(DrillPlan(data_dir=data_dir, plan=plan, rate=rate, workers=workers), document, as_json))


def _run(what: "DrillPlan", document: Path | None, as_json: bool) -> int:
    import asyncio
    import logging

    from launcher.chaos.drill import drill
    from launcher.chaos.hands import BrokerStaysAway
    from launcher.chaos.report import figures, put_into, text
    from launcher.interrupt import Interrupted, until_signalled
    from launcher.rung import RungFailed
    from launcher.system import DataDirRefused

    logging.getLogger("aiokafka").setLevel(logging.CRITICAL)
    try:
        outcome = asyncio.run(until_signalled(drill(what, lambda line: typer.echo(line, err=True))))
    except (RungFailed, DataDirRefused, BrokerStaysAway) as error:
        typer.echo(str(error), err=True)
        return EXIT_SERVICE
    except (Interrupted, KeyboardInterrupt):
        typer.echo("stopped", err=True)
        return EXIT_NO
    found = figures(what, outcome)
    (what.data_dir / "figures.json").write_text(json.dumps(found, indent=2) + "\n")
    for line in [json.dumps(found)] if as_json else text(found):
        typer.echo(line)
    if document is not None:
        put_into(document, found)
    return EXIT_NO if outcome.breaches else 0
