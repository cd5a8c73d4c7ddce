"""`egraph up`: a system of your own on this machine, which goes on with what it held."""

from typing import TYPE_CHECKING, Annotated

import typer

from cli.options import DEFAULT_DATA_DIR, EXIT_NO, Agents, DataDir, Graph
from cli.topologies import TopologyOption, topology_of

if TYPE_CHECKING:
    from launcher.local_system import LocalPlan


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command(name="up")(up)


def up(
    bootstrap: Annotated[
        str | None,
        typer.Option("--bootstrap", envvar="EGRAPH_BOOTSTRAP", help="Use this cluster instead of a local one."),
    ] = None,
    data_dir: DataDir = DEFAULT_DATA_DIR,
    agents: Agents = 9,
    processes: Annotated[
        int | None,
        typer.Option("--processes", min=1, help="Agent processes; default: cores. See `egraph scale`."),
    ] = None,
    graph: Graph = "main",
    topology: TopologyOption = "",
    port: Annotated[int, typer.Option("--port", min=1, max=65535, help="Port of the console.")] = 8050,
    rungs: Annotated[
        str, typer.Option("--rungs", help="Ways to get a broker, in order, of: docker, jars, mock.")
    ] = "docker,jars,mock",
) -> None:
    """Run broker, agents, orchestrator, sink and console until Ctrl-C; started again, go on where they were.

    Feed it with `egraph ingest` or a producer of yours. Workers, sink and console that end are started again.
    """
    from launcher.local_system import LocalPlan
    from launcher.system import default_workers

    topology_of(topology, agents)  # a mistake is told before anything starts
    plan = LocalPlan(
        data_dir=data_dir,
        keep=True,
        bootstrap=bootstrap,
        agents=agents,
        workers=processes or default_workers(agents),
        graph=graph,
        topology=topology,
        console_port=port,
        rungs=tuple(item.strip() for item in rungs.split(",") if item.strip()),
    )
    raise typer.Exit(_run(plan))


def _run(plan: "LocalPlan") -> int:
    import asyncio
    import logging

    from launcher.broker import NoBroker
    from launcher.interrupt import Interrupted, sigterm_interrupts, until_signalled
    from launcher.local_system import LocalSystem, SystemFailed
    from launcher.supervisor import CannotStayUp
    from launcher.system import DataDirRefused
    from streams.adapters.broker_errors import BrokerError

    logging.getLogger("aiokafka").setLevel(logging.CRITICAL)
    system = LocalSystem(plan, lambda line: typer.echo(line, err=True))

    async def go() -> None:
        await system.start()
        watching = asyncio.create_task(system.supervise())
        console = await system.console_address()
        typer.echo(f"broker   {system.broker.bootstrap}" + (" (volatile)" if system.broker.volatile else ""))
        typer.echo(f"console  {console or 'did not come up; see the log of the console'}")
        typer.echo(f"data     {plan.data_dir}")
        await watching

    try:
        sigterm_interrupts()
        system.prepare()
        asyncio.run(until_signalled(go()))
    except (Interrupted, KeyboardInterrupt):
        typer.echo("stopping", err=True)
    except (SystemFailed, NoBroker, CannotStayUp, DataDirRefused, BrokerError) as error:
        typer.echo(str(error), err=True)
        return EXIT_NO
    finally:
        system.stop()
    return 0
