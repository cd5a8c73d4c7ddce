"""`egraph status`: whether the agents are alive, hold everything and agree. For people, scripts and health checks."""

from typing import TYPE_CHECKING, Annotated, Any

import typer

from cli.options import DEFAULT_BOOTSTRAP, EXIT_NO, Agents, AsJson, Bootstrap
from cli.run import fail, print_json, run_async

if TYPE_CHECKING:
    from launcher.watch import Agreement
    from schemas.records import AgentHeartbeat

_TIMEOUT_S = 10.0
"""As for `egraph orchestrate`: an agent silent for so long has health 0."""
_ROUND_AGE_US = 180 * 1_000_000
_PATIENCE_S = 5.0
"""The least time a broker gets to answer: a health check must not hang on one that accepts and is silent."""


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command(name="status")(status)


def status(
    bootstrap: Bootstrap = DEFAULT_BOOTSTRAP,
    agents: Agents = 9,
    wait: Annotated[float, typer.Option("--wait", min=0.5, help="Seconds to listen for heartbeats.")] = 5.0,
    worker: Annotated[
        str | None, typer.Option("--worker", help="Ask only whether this worker's agents are heard.")
    ] = None,
    orchestrator: Annotated[
        bool, typer.Option("--orchestrator", help="Ask only whether a sync round began or ended lately.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Listen to the agents for some seconds: 0 if all are heard, hold everything and agree; 1 with the reason if not.

    With --worker: 0 as soon as an agent of that worker is heard. A worker without agents is not heard.
    With --orchestrator: 0 if it has told of a sync round within three minutes of the newest heartbeat.
    """
    if orchestrator:
        if not run_async(_rounds_lately(bootstrap)):
            fail("no sync round was told of lately; look at the log of `egraph orchestrate`", EXIT_NO)
        typer.echo("the orchestrator is alive: it told of a sync round lately")
        return
    standing, parked = run_async(_listen(bootstrap, agents, wait, worker))
    if worker is not None:
        heard = sorted(agent for agent, beat in standing.beats.items() if beat.worker == worker)
        if not heard:
            fail(f"no agent of {worker} was heard within {wait:g} s; look at its log", EXIT_NO)
        typer.echo(f"{worker} is alive: heard of its agents {', '.join(map(str, heard))}")
        return
    missing = standing.missing()
    if as_json:
        named = {str(agent): reason for agent, reason in parked.items()}
        print_json({"agree": missing is None, "missing": missing, "parked": named, "agents": _rows(standing)})
    else:
        for row in _rows(standing):
            typer.echo(
                f"agent {row['agent']} {row['role']:5} {row['band']:8} on {row['worker']:12} {row['facts']:>9,} facts  "
                f"view {row['view_digest'][:8]}  {row['quarantined']} quarantined  {row['violations']} violations"
            )
        for agent, reason in parked.items():
            typer.echo(f"agent {agent} is parked: {reason}")
        typer.echo("all agents hold everything and agree" if missing is None else missing)
    if missing is not None:
        raise typer.Exit(EXIT_NO)


async def _rounds_lately(bootstrap: str) -> bool:
    from schemas.records import AgentLifecycle, Turn
    from streams.adapters.kafka_log import KafkaLog
    from streams.runtimes.control_history import said_lately

    rounds = (Turn.ROUND_STARTED, Turn.ROUND_COMPLETED)
    async with KafkaLog(bootstrap, timeout_s=_PATIENCE_S) as log:
        return any(
            isinstance(record, AgentLifecycle) and record.turn in rounds and age < _ROUND_AGE_US
            for record, age in await said_lately(log)
        )


async def _listen(bootstrap: str, agents: int, wait_s: float, worker: str | None) -> "tuple[Agreement, dict[int, str]]":
    import asyncio

    from launcher.watch import Watcher
    from schemas.topics import CONTROL
    from streams.adapters.kafka_log import KafkaLog
    from streams.runtimes.control_history import parked_agents, said_lately

    patience_s = max(wait_s, _PATIENCE_S)
    async with KafkaLog(bootstrap, timeout_s=patience_s) as log:
        await log.partitions(CONTROL.name)
        parked = parked_agents(await said_lately(log)) if worker is None else {}
    loop = asyncio.get_running_loop()
    async with Watcher(bootstrap, agents, timeout_s=patience_s) as watcher:
        end = loop.time() + wait_s
        while True:
            standing = await watcher.look()
            enough = (
                standing.missing() is None
                if worker is None
                else any(beat.worker == worker for beat in standing.beats.values())
            )
            if enough or loop.time() > end:
                return standing, parked


def _rows(standing: "Agreement") -> list[dict[str, Any]]:
    return [_row(agent, beat, standing.silent_s[agent]) for agent, beat in sorted(standing.beats.items())]


def _row(agent: int, beat: "AgentHeartbeat", silent_s: float) -> dict[str, Any]:
    from schemas.health import band_of, health_after

    health = health_after(silent_s, _TIMEOUT_S)
    return {
        "agent": agent,
        "role": beat.role,
        "worker": beat.worker,
        "pid": beat.pid,
        "incarnation": beat.incarnation,
        "health": round(health, 3),
        "band": band_of(health),
        "facts": beat.facts,
        "version": list(beat.version),
        "set_digest": beat.set_digest.hex(),
        "view_digest": beat.view_digest.hex(),
        "accepted": beat.accepted,
        "quarantined": beat.quarantined,
        "violations": beat.violations,
        "rss_bytes": beat.rss_bytes,
    }
