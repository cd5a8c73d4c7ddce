"""`egraph agent restart|kill`, `egraph scale`: orders to agents and to the supervisor, by way of the log.

Belongs here: options and printing. Not here: carrying orders out (streams/runtimes/agent_host.py,
launcher/local_system.py), deciding by itself (streams/processors/fleet.py).
"""

from typing import Annotated

import typer

from cli.options import DEFAULT_BOOTSTRAP, EXIT_NO, Agents, AsJson, Bootstrap
from cli.run import fail, print_json, run_async

Numbers = Annotated[list[int], typer.Argument(min=0, help="Numbers of agents, as `egraph status` shows them.")]
Why = Annotated[str, typer.Option("--why", help="The reason, kept in the log.")]


def register(app: typer.Typer) -> None:
    """Add `egraph agent` and `egraph scale`."""
    agent = typer.Typer(help="Give agents a new life, or end one as a crash would.", no_args_is_help=True)
    agent.command("restart")(restart)
    agent.command("kill")(kill)
    app.add_typer(agent, name="agent")
    app.command("scale")(scale)


def restart(
    numbers: Numbers, why: Why = "asked by hand", bootstrap: Bootstrap = DEFAULT_BOOTSTRAP, as_json: AsJson = False
) -> None:
    """Give agents a new life from their snapshots. One that was parked is looked after again."""
    _order("RESTART", numbers, why, bootstrap, as_json)


def kill(
    numbers: Numbers, why: Why = "asked by hand", bootstrap: Bootstrap = DEFAULT_BOOTSTRAP, as_json: AsJson = False
) -> None:
    """End the lives of agents and save nothing, as a crash would: the orchestrator must notice and bring them back."""
    _order("KILL", numbers, why, bootstrap, as_json)


def scale(
    workers: Annotated[int, typer.Argument(min=1, help="How many worker processes there shall be.")],
    why: Why = "asked by hand",
    agents: Agents = 9,
    bootstrap: Bootstrap = DEFAULT_BOOTSTRAP,
    as_json: AsJson = False,
) -> None:
    """Have `egraph up` or `egraph demo` run so many workers; the home partitions are spread anew over them."""
    if workers > agents:
        fail(f"{workers} workers for {agents} agents: some would have nothing to do; give {agents} at most", EXIT_NO)
    from streams.runtimes.order import order_scale

    run_async(order_scale(bootstrap, workers, by="egraph scale", why=why))
    if as_json:
        print_json({"workers": workers})
    else:
        typer.echo(f"asked for {workers} workers; `egraph status` shows where the agents are")


def _order(kind: str, agents: list[int], why: str, bootstrap: str, as_json: bool) -> None:
    from schemas.records import OrderKind
    from streams.runtimes.order import UnheardAgents, order_agents

    try:
        lives = run_async(order_agents(bootstrap, OrderKind(kind), agents, by="egraph agent", why=why))
    except UnheardAgents as error:
        fail(str(error), EXIT_NO)
    if as_json:
        print_json([{"order": kind, "agent": agent, "incarnation": life} for agent, life in lives.items()])
    else:
        for agent, life in lives.items():
            typer.echo(f"asked: {kind.lower()} agent {agent}, life {life}")
