"""`egraph topology compare --real`: one system after the other, each on a broker of its own; a table or JSON.

Belongs here: starting the runs, exit codes, printing. Not here: options (topology.py), a run (launcher/comparing.py).
"""

import asyncio
import logging
import signal
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from cli.options import EXIT_NO, EXIT_SERVICE
from cli.run import fail, print_json

if TYPE_CHECKING:
    from streams.topology import Topology


@dataclass(frozen=True, slots=True)
class RealOptions:
    """What the user asked for."""

    facts: int
    seed: int
    seconds: float
    killed: int
    processes: int
    timeout_s: float
    rungs: tuple[str, ...]
    data_dir: Path


def compare_real(chosen: "list[tuple[str, Topology, dict[str, Any]]]", options: RealOptions, *, as_json: bool) -> None:
    """Run each topology and print what it came to. Exits with EXIT_SERVICE where a system does not come up or agree."""
    from launcher.broker import NoBroker
    from launcher.interrupt import Interrupted
    from launcher.local_system import SystemFailed
    from launcher.supervisor import CannotStayUp
    from launcher.system import DataDirRefused
    from streams.adapters.broker_errors import BrokerError

    def end(*_: object) -> None:
        raise KeyboardInterrupt

    signal.signal(signal.SIGTERM, end)
    logging.getLogger("aiokafka").setLevel(logging.CRITICAL)
    try:
        rows = [graph | {"real": _run(name, topology, options)} for name, topology, graph in chosen]
    except (Interrupted, KeyboardInterrupt):
        fail("stopped", EXIT_NO)
    except (SystemFailed, NoBroker, CannotStayUp, DataDirRefused, BrokerError) as error:
        fail(str(error), EXIT_SERVICE)
    if as_json:
        print_json(rows)
    else:
        _print(rows)


def _run(name: str, topology: "Topology", options: RealOptions) -> dict[str, Any]:
    from launcher.comparing import RealPlan, RealRun, draw_killed
    from launcher.interrupt import until_signalled

    plan = RealPlan(
        topology=topology,
        topology_text=name,
        data_dir=options.data_dir,
        rungs=options.rungs,
        workers=options.processes,
        facts=options.facts,
        seconds=options.seconds,
        killed=draw_killed(options.seed, topology.size, options.killed),
        seed=options.seed,
        deadline_s=options.timeout_s,
    )
    run = RealRun(plan, lambda line: typer.echo(line, err=True))
    try:
        run.system.prepare()
        return asyncio.run(until_signalled(run.run()))
    finally:
        run.system.stop()


_TITLES = ("topology", "edges", "mean hops", "(graph)", "max", "(graph)", "deltas/fact", "redundancy",
           "killed", "reach", "(graph)", "max hops", "deltas/fact", "redundancy")  # fmt: skip


def _print(rows: list[dict[str, Any]]) -> None:
    from rich.console import Console
    from rich.table import Table

    table = Table(title=f"{rows[0]['real']['calm']['facts']} facts each, {rows[0]['real']['broker']}")
    for title in _TITLES:
        table.add_column(title, justify="left" if title == "topology" else "right")
    for row in rows:
        calm, killed = row["real"]["calm"], row["real"].get("killed")
        table.add_row(
            row["name"], str(len(row["edges"])), f"{calm['hops_mean']:.2f}", f"{row['mean_distance']:.2f}",
            str(calm["hops_max"]), str(row["diameter"]), f"{calm['deltas_per_fact']:.2f}", f"{calm['redundancy']:.2f}",
            *(_killed(killed) if killed else ("-",) * 6),
        )  # fmt: skip
    Console().print(table)


def _killed(found: dict[str, Any]) -> tuple[str, ...]:
    return (
        " ".join(map(str, found["agents"])),
        f"{found['reach']:.0%}",
        f"{found['reach_of_the_graph']:.0%}",
        str(found["hops_max"]),
        f"{found['deltas_per_fact']:.2f}",
        f"{found['redundancy']:.2f}",
    )
