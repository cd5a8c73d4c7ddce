"""`egraph worker`: one process that hosts a share of the agents."""

from typing import Annotated

import typer

from cli.options import DEFAULT_BOOTSTRAP, DEFAULT_DATA_DIR, Agents, Bootstrap, DataDir, Graph, Patience
from cli.run import fail
from cli.topologies import TopologyOption, topology_of


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command(name="worker")(worker)


def worker(
    bootstrap: Bootstrap = DEFAULT_BOOTSTRAP,
    data_dir: DataDir = DEFAULT_DATA_DIR,
    agents: Agents = 9,
    graph: Graph = "main",
    name: Annotated[str, typer.Option("--name", help="Name of this process, unlike any other worker's.")] = "worker-0",
    topology: TopologyOption = "",
    session_timeout: Annotated[
        float, typer.Option(min=1.0, help="Seconds after which a silent worker's agents move elsewhere.")
    ] = 6.0,
    snapshot_interval: Annotated[float, typer.Option(min=0.1, help="Seconds between snapshots of an agent.")] = 15.0,
    gossip_alone: Annotated[
        bool,
        typer.Option("--gossip-alone", help="Agents hear of others' facts by gossip alone: to measure topologies."),
    ] = False,
    patience: Patience = 0.0,
) -> None:
    """Host a share of the agents.

    Start as many as you have cores; the consumer group spreads the agents over them. SIGTERM saves snapshots and
    ends with 0. Exit code 70: the broker or the disk failed for good; 71: the group coordinator did. Restart it then.
    """
    import asyncio
    import logging
    from dataclasses import replace

    from streams.adapters.broker_errors import BrokerUnreachable
    from streams.adapters.kafka_client import wait_for_broker
    from streams.runtimes.faust_runtime import EXIT_OPERATING_FAULT
    from streams.runtimes.memory import give_memory_back
    from streams.runtimes.worker import run_worker
    from streams.settings import StreamSettings

    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    for noisy in ("faust", "mode", "aiokafka", "streams.runtimes.transport"):
        logging.getLogger(noisy).setLevel(logging.WARNING)
    chosen = topology_of(topology, agents)
    give_memory_back()
    settings = StreamSettings(
        bootstrap=bootstrap,
        data_dir=data_dir,
        graph=graph,
        agents=agents,
        topology=chosen,
        worker=name,
        session_timeout=session_timeout,
        snapshot_interval=snapshot_interval,
    )
    if gossip_alone:
        settings = replace(settings, catch_up_from=None)

    async def run() -> int:
        await wait_for_broker(bootstrap, patience)
        return await run_worker(settings)

    try:
        from uvloop import new_event_loop
    except ImportError:  # not on every platform; the loop of the standard library does as well, slower
        from asyncio import new_event_loop  # type: ignore[assignment]
    with asyncio.Runner(loop_factory=new_event_loop) as runner:
        try:
            raise SystemExit(runner.run(run()))
        except BrokerUnreachable as error:
            fail(str(error), EXIT_OPERATING_FAULT)
        except OSError as error:
            advice = f"look at the disk and at --data-dir {data_dir}, then start the worker again"
            fail(f"{error.filename or data_dir}: {error.strerror or error}; {advice}", EXIT_OPERATING_FAULT)
