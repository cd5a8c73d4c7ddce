"""`egraph demo`: the whole system on real input, with one command."""

import json
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from cli.options import EXIT_NO, Agents, AsJson, Graph
from cli.topologies import TopologyOption, topology_of

if TYPE_CHECKING:
    from launcher.demo import DemoSummary
    from launcher.watch import Agreement
    from streams.ingest.feed import IngestProgress
    from streams.processors.orchestrator import Orchestrator

_LINE_SECONDS = 5.0


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command(name="demo")(demo)


def demo(
    paths: Annotated[
        list[Path] | None, typer.Argument(help="Python files or folders; the standard library if none is given.")
    ] = None,
    bootstrap: Annotated[
        str | None,
        typer.Option("--bootstrap", envvar="EGRAPH_BOOTSTRAP", help="Use this cluster instead of a local one."),
    ] = None,
    data_dir: Annotated[Path, typer.Option("--data-dir", help="Folder of the demo, emptied at each start.")] = Path(
        ".egraph/demo"
    ),
    agents: Agents = 9,
    processes: Annotated[
        int | None, typer.Option("--processes", min=1, help="Agent processes; default: cores.")
    ] = None,
    graph: Graph = "main",
    topology: TopologyOption = "",
    limit: Annotated[
        int | None, typer.Option("--limit", min=1, help="Take at most so many nodes from the files.")
    ] = None,
    port: Annotated[int, typer.Option("--port", min=1, max=65535, help="Port of the console.")] = 8050,
    timeout: Annotated[float, typer.Option("--timeout", min=1.0, help="Seconds until the demo gives up.")] = 900.0,
    rungs: Annotated[
        str, typer.Option("--rungs", help="Ways to get a broker, in order, of: docker, jars, mock.")
    ] = "docker,jars,mock",
    rules: Annotated[
        bool, typer.Option("--rules/--no-rules", help="Have the agents apply rules that hold for any Python object.")
    ] = True,
    once: Annotated[bool, typer.Option("--once", help="Stop when the agents agree; 0 if they do, 1 if not.")] = False,
    as_json: AsJson = False,
) -> None:
    """Run everything: a broker, nine agents, the sink and the console, on the Python standard library.

    Shows progress until the agents agree, prints a summary, and serves the console until Ctrl-C.
    """
    from launcher.demo import DemoPlan
    from launcher.system import default_workers

    topology_of(topology, agents)  # a mistake is told before anything starts
    plan = DemoPlan(
        data_dir=data_dir,
        bootstrap=bootstrap,
        paths=tuple(paths or ()),
        agents=agents,
        workers=processes or default_workers(agents),
        graph=graph,
        topology=topology,
        limit=limit,
        console_port=port,
        timeout_s=timeout,
        rules=rules,
        rungs=tuple(item.strip() for item in rungs.split(",") if item.strip()),
    )
    raise typer.Exit(_run(plan, once=once, as_json=as_json))


def _run(plan: Any, *, once: bool, as_json: bool) -> int:
    import asyncio
    import logging

    from launcher.broker import NoBroker
    from launcher.demo import Demo
    from launcher.interrupt import Interrupted, sigterm_interrupts, until_signalled
    from launcher.local_system import SystemFailed
    from launcher.supervisor import CannotStayUp
    from launcher.system import DataDirRefused
    from streams.adapters.broker_errors import BrokerError

    logging.getLogger("aiokafka").setLevel(logging.CRITICAL)
    with ProgressScreen() as screen:
        running = Demo(plan, screen)

        async def go() -> int:
            summary = await running.run()
            screen.close()
            _print(summary, as_json=as_json)
            if summary.reason:
                typer.echo(f"the agents did not agree: {summary.reason}", err=True)
            if not once:
                screen.say("serving until Ctrl-C")
                await running.system.supervise()
            return 0 if summary.converged else EXIT_NO

        try:
            sigterm_interrupts()
            running.prepare()
            return asyncio.run(until_signalled(go()))
        except (Interrupted, KeyboardInterrupt):
            screen.say("stopping")
            return 130 if once else 0
        except (SystemFailed, NoBroker, CannotStayUp, DataDirRefused, BrokerError, FileNotFoundError) as error:
            screen.close()
            typer.echo(f"the demo failed: {error}", err=True)
            if as_json:
                typer.echo(json.dumps({"converged": False, "reason": str(error)}, indent=2))
            return EXIT_NO
        finally:
            screen.close()
            running.system.stop()


class ProgressScreen:
    """Bars on a terminal, a line every few seconds elsewhere; all on standard error."""

    def __init__(self) -> None:
        from rich.console import Console
        from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

        self._console = Console(stderr=True, highlight=False)
        self._progress = Progress(
            TextColumn("{task.description:28}"),
            BarColumn(),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            TextColumn("{task.fields[note]}"),
            console=self._console,
            disable=not self._console.is_terminal,
        )
        self._reading = self._progress.add_task("source files read", total=None, note="")
        self._holding = self._progress.add_task("facts held by all agents", total=None, note="")
        self._phases = self._progress.add_task("reports of agents", total=None, note="", visible=False)
        self._spoke_at = time.monotonic()
        self._nodes = 0
        self._where = ""

    def __enter__(self) -> "ProgressScreen":
        self._progress.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Leave the bars as they are."""
        self._progress.stop()

    def say(self, line: str) -> None:
        """Show a line that stays."""
        self._progress.console.print(line, markup=False, soft_wrap=True)

    def sent(self, progress: "IngestProgress") -> None:
        """Show how much input has been sent."""
        self._nodes = progress.nodes
        note = f"{progress.nodes:,} e-nodes"
        self._progress.update(self._reading, total=progress.files_total, completed=progress.files, note=note)

    def agreement(self, standing: "Agreement") -> None:
        """Show how far the agents are."""
        note = "one digest" if len(standing.digests) == 1 else f"{len(standing.digests)} different digests"
        self._progress.update(self._holding, total=standing.facts_to_hold, completed=standing.facts_held, note=note)
        now = time.monotonic()
        if self._progress.disable and now - self._spoke_at > _LINE_SECONDS:
            self._spoke_at = now
            self.say(
                f"{self._nodes:,} e-nodes sent; held {standing.facts_held:,} of {standing.facts_to_hold:,}; {note}"
            )

    def phase(self, orchestrator: "Orchestrator") -> None:
        """Show which phase the agents are in."""
        done = len(orchestrator.reports)
        where = ""
        if orchestrator.phase is not None:
            cycle, phase = orchestrator.phase
            where = f"cycle {cycle + 1}, {phase.value}"
        note = f"{where}; {sum(item.derived for item in orchestrator.reports):,} derived"
        total = done + len(orchestrator.missing)
        self._progress.update(self._phases, total=total, completed=done, note=note, visible=True)
        if self._progress.disable and where not in ("", self._where):
            self.say(note)
        self._where = where


def _print(summary: "DemoSummary", *, as_json: bool) -> None:
    if as_json:
        typer.echo(json.dumps(summary.as_json(), indent=2))
        sys.stdout.flush()
        return
    from rich.console import Console
    from rich.table import Table

    latency = summary.end_to_end_ms
    rows = {
        "agents agree": "yes" if summary.converged else f"NO: {summary.reason}",
        "facts in": f"{summary.facts_in:,}",
        "agents": str(summary.agents),
        "distinct digests": f"{summary.distinct_digests} (must be 1)",
        "view digest": summary.view_digest,
        "e-nodes, classes": f"{summary.nodes:,}, {summary.classes:,}",
        "equalities accepted": f"{summary.accepted:,}",
        "equalities quarantined": f"{summary.quarantined:,}",
        "visible violations": f"{summary.violations} (must be 0)",
        "rules": _rules(summary.rules),
        "dead letters": f"{summary.dead_letters:,}",
        "end to end p50, p95, p99": ", ".join(_milliseconds(latency.get(f"p{n}_ms")) for n in (50, 95, 99)),
        "facts per second": f"{summary.facts_per_second:,.0f}, held by all agents, in {summary.seconds:.1f} s",
        "memory": ", ".join(f"{name} {size:.0f} MB" for name, size in summary.memory_mb.items()),
        "restarts": ", ".join(f"{name} {count}" for name, count in summary.restarts.items()) or "none",
        "broker": summary.broker + (" (volatile)" if summary.volatile else ""),
        "console": summary.console or "did not come up; see the log of the console",
    }
    table = Table(title="egraph demo", show_header=False, title_justify="left")
    for name, value in rows.items():
        table.add_row(name, value)
    Console().print(table)
    # Below the table, whole: a line that the table breaks could not be pasted.
    program = _program(Path(sys.argv[0]))
    typer.echo(f"ask the data:   {program} sql --data-dir {summary.data_dir} 'SELECT * FROM v_end_to_end'")
    typer.echo(f"ask the agents: {program} status --bootstrap {summary.bootstrap} --agents {summary.agents}")


def _program(started: Path) -> str:
    """Give what a user must type to start this program again: nobody has .venv/bin on the path after `make demo`."""
    if started.name != "egraph" or not started.is_file():
        return "egraph"
    return str(started.relative_to(Path.cwd())) if started.is_relative_to(Path.cwd()) else str(started)


def _rules(applied: dict[str, Any] | None) -> str:
    if applied is None:
        return "not applied"
    return (
        f"{applied['rules']} applied in {applied['cycles']} cycles, {applied['seconds']:.1f} s: "
        f"{applied['derived']:,} equalities derived, {applied['outcome']}"
    )


def _milliseconds(value: float | None) -> str:
    return "no data" if value is None else f"{value:,.1f} ms"
