"""`egraph saturate`: have the agents apply the rules that are in the log, in four phases.

Belongs here: options and printing. Not here: phases (streams/processors), saturation (egraph/saturation).
"""

import secrets
import sys
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Any

import typer

from cli.options import DEFAULT_BOOTSTRAP, EXIT_NO, Agents, AsJson, Bootstrap
from cli.run import Bar, fail, print_json, run_async

if TYPE_CHECKING:
    from streams.processors.orchestrator import Orchestrator


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command(name="saturate")(saturate)


def saturate(
    bootstrap: Bootstrap = DEFAULT_BOOTSTRAP,
    agents: Agents = 9,
    cycles: Annotated[int, typer.Option("--cycles", min=1, help="Go through the phases at most so often.")] = 3,
    rounds: Annotated[int, typer.Option("--rounds", min=1, help="Rounds of saturation in each phase.")] = 8,
    nodes: Annotated[int, typer.Option("--nodes", min=1, help="E-nodes on an agent's scratch table.")] = 2_000_000,
    matches: Annotated[int, typer.Option("--matches", min=1, help="Matches in each phase.")] = 10_000_000,
    timeout: Annotated[float, typer.Option("--timeout", min=1.0, help="Seconds without a report.")] = 300.0,
    as_json: AsJson = False,
) -> None:
    """Apply the rules (see `egraph rules`): BLUE agents backward, GREEN ones verify, RED ones forward, then all agree.

    Exit code 0 if nothing more can be derived, 1 if a limit came first.
    """
    from streams.processors.orchestrator import SaturationPlan
    from streams.runtimes.saturate import AgentsSilent
    from streams.runtimes.saturate import saturate as run

    plan = SaturationPlan(
        run=secrets.token_hex(4), agents=agents, cycles=cycles, rounds=rounds, nodes=nodes, matches=matches
    )
    with Bar("reports", "", visible=not as_json and sys.stderr.isatty()) as bar:
        try:
            done = run_async(run(bootstrap, plan, timeout_s=timeout, on_step=lambda item: _show(bar, item)))
        except AgentsSilent as silent:
            fail(str(silent), EXIT_NO)
    if as_json:
        print_json({"run": plan.run, "outcome": done.outcome, "reports": [_row(item) for item in done.reports]})
    else:
        _print(done)
    if done.outcome != "saturated":
        raise typer.Exit(EXIT_NO)


def _show(bar: Bar, orchestrator: "Orchestrator") -> None:
    if orchestrator.phase is not None:
        cycle, phase = orchestrator.phase
        done = len(orchestrator.reports)
        bar.update(done, done + len(orchestrator.missing), f"cycle {cycle + 1}, {phase.value}")


def _row(report: Any) -> dict[str, Any]:
    fields = {name: getattr(report, name) for name in report.__dataclass_fields__}
    return fields | {
        "phase": report.phase.value,
        "version": list(report.version),
        "set_digest": report.set_digest.hex(),
        "rules": [asdict(rule) for rule in report.rules],
        "seconds": round((report.at - report.started_at) / 1e6, 3),
    }


def _print(done: "Orchestrator") -> None:
    for report in done.reports:
        if report.derived or report.retracted or report.checked or report.unproven or report.matches:
            typer.echo(
                f"cycle {report.cycle + 1} {report.phase.value:9} agent {report.agent}  {report.derived:>7,} derived  "
                f"{report.checked:>7,} checked  {report.retracted:>5,} retracted  {report.unproven:>5,} unproven  "
                f"{report.rounds:>3} rounds  {report.matches:>9,} matches  {report.reason}"
            )
    typer.echo(f"{sum(item.derived for item in done.reports):,} equalities derived; {done.outcome}")
