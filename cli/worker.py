"""`egraph worker`: one process that hosts a share of the agents."""

from typing import Annotated

import typer

from cli.options import DEFAULT_BOOTSTRAP, DEFAULT_DATA_DIR, Agents, Bootstrap, DataDir, Graph


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command(name="worker")(worker)


def worker(
    bootstrap: Bootstrap = DEFAULT_BOOTSTRAP,
    data_dir: DataDir = DEFAULT_DATA_DIR,
    agents: Agents = 9,
    graph: Graph = "main",
    name: Annotated[str, typer.Option("--name", help="Name of this process, unlike any other worker's.")] = "worker-0",
    topology: Annotated[str, typer.Option(help="sierpinski (nine agents), ring, clique or direct.")] = "sierpinski",
    session_timeout: Annotated[
        float, typer.Option(min=1.0, help="Seconds after which a silent worker's agents move elsewhere.")
    ] = 6.0,
    snapshot_interval: Annotated[float, typer.Option(min=0.1, help="Seconds between snapshots of an agent.")] = 15.0,
) -> None:
    """Host a share of the agents.

    Start as many as you have cores; the consumer group spreads the agents over them. SIGTERM saves snapshots and
    ends with 0. Exit code 70: the broker or the disk failed for good; 71: the group coordinator did. Restart it then.
    """
    import asyncio
    import logging

    from streams.runtimes.worker import run_worker
    from streams.settings import StreamSettings

    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    for noisy in ("faust", "mode", "aiokafka"):
        logging.getLogger(noisy).setLevel(logging.WARNING)
    settings = StreamSettings(
        bootstrap=bootstrap,
        data_dir=data_dir,
        graph=graph,
        agents=agents,
        topology=topology if agents == 9 or topology != "sierpinski" else "ring",
        worker=name,
        session_timeout=session_timeout,
        snapshot_interval=snapshot_interval,
    )
    try:
        import uvloop

        runner = uvloop.run
    except ImportError:  # not on every platform; the loop of the standard library does as well, slower
        runner = asyncio.run
    raise SystemExit(runner(run_worker(settings)))
