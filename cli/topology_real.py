"""`egraph topology compare --real`: one system after the other, each on a broker of its own; a table or JSON.

Belongs here: starting the runs, exit codes, printing. Not here: options (topology.py), a run (launcher/comparing.py).
"""

import asyncio
import logging
from collections.abc import Iterable
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
    from launcher.interrupt import Interrupted, sigterm_interrupts
    from launcher.local_system import SystemFailed
    from launcher.supervisor import CannotStayUp
    from launcher.system import DataDirRefused
    from streams.adapters.broker_errors import BrokerError

    sigterm_interrupts()
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


_CALM = ("topology", "edges", "mean hops", "of the graph", "max", "of the graph", "deltas/fact", "redundancy")
_KILLED = ("topology", "killed", "reach", "of the graph", "mean hops", "max", "deltas/fact", "redundancy")


def _print(rows: list[dict[str, Any]]) -> None:
    real = rows[0]["real"]
    print_table(f"{real['calm']['facts']} facts over {real['seconds']:g} s, {real['broker']}", _CALM, map(_calm, rows))
    if "killed" in real:
        print_table("as many again, with agents killed", _KILLED, map(_killed, rows))


def _calm(row: dict[str, Any]) -> tuple[str, ...]:
    found = row["real"]["calm"]
    return (
        row["name"], str(len(row["edges"])), f"{found['hops_mean']:.2f}", f"{row['mean_distance']:.2f}",
        str(found["hops_max"]), str(row["diameter"]), f"{found['deltas_per_fact']:.2f}", f"{found['redundancy']:.2f}",
    )  # fmt: skip


def _killed(row: dict[str, Any]) -> tuple[str, ...]:
    found = row["real"]["killed"]
    return (
        row["name"], " ".join(map(str, found["agents"])), f"{found['reach']:.0%}",
        f"{found['reach_of_the_graph']:.0%}", f"{found['hops_mean']:.2f}", str(found["hops_max"]),
        f"{found['deltas_per_fact']:.2f}", f"{found['redundancy']:.2f}",
    )  # fmt: skip


def print_table(title: str | None, columns: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> None:
    """Print a row a topology; all but its name stands at the right."""
    from rich.console import Console
    from rich.table import Table

    table = Table(title=title)
    for column in columns:
        table.add_column(column, justify="left" if column == "topology" else "right")
    for row in rows:
        table.add_row(*row)
    Console().print(table)
