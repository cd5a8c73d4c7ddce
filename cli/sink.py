"""`egraph sink`: from Kafka to Parquet segments and the DuckDB catalog."""

from typing import Annotated

import typer

from cli.options import (
    DEFAULT_BOOTSTRAP,
    DEFAULT_DATA_DIR,
    EXIT_SERVICE,
    EXIT_USAGE,
    Agents,
    Bootstrap,
    DataDir,
    Patience,
)

RetainDays = Annotated[
    float | None,
    typer.Option(
        "--retain-days",
        envvar="EGRAPH_RETAIN_DAYS",
        min=0.0,
        help="Let older raw rows go: events, heartbeats, dead letters, seconds of flows. Without it all stay.",
    ),
]
RetainGib = Annotated[
    float | None,
    typer.Option(
        "--retain-gib",
        envvar="EGRAPH_RETAIN_GIB",
        min=0.0,
        help="Let the oldest raw rows go while they take more than this on the disk. Without it all stay.",
    ),
]
RetainFactsToo = Annotated[
    bool,
    typer.Option("--retain-facts-too", help="Let --retain-days and --retain-gib take facts, too, from the read side."),
]


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command(name="sink")(sink)


def sink(
    bootstrap: Bootstrap = DEFAULT_BOOTSTRAP,
    data_dir: DataDir = DEFAULT_DATA_DIR,
    agents: Agents = 9,
    patience: Patience = 0.0,
    retain_days: RetainDays = None,
    retain_gib: RetainGib = None,
    retain_facts_too: RetainFactsToo = False,
) -> None:
    """Write facts, timeline, heartbeats and dead letters into the store, exactly once, and roll flows up.

    Safe to kill at any time: the next start goes on where the visible rows end. SIGTERM flushes and ends with 0.
    """
    import asyncio
    import logging
    import signal

    from aiokafka.errors import KafkaError

    from analytics.housekeeping import Retention
    from analytics.segments import TableIsLocked
    from analytics.sink import DiskFailed, Sink, StoreOfAnotherLog
    from streams.adapters.broker_errors import BrokerUnreachable
    from streams.adapters.kafka_client import wait_for_broker

    if retain_facts_too and retain_days is None and retain_gib is None:
        typer.echo("--retain-facts-too says what may go, not when; add --retain-days or --retain-gib", err=True)
        raise typer.Exit(EXIT_USAGE)
    retention = Retention(
        age_s=None if retain_days is None else retain_days * 86_400,
        bytes=None if retain_gib is None else int(retain_gib * 2**30),
        with_facts=retain_facts_too,
    )
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    logging.getLogger("aiokafka").setLevel(logging.WARNING)

    async def run() -> None:
        await wait_for_broker(bootstrap, patience)
        stop = asyncio.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            asyncio.get_running_loop().add_signal_handler(number, stop.set)
        await Sink(bootstrap, data_dir, agents, retention).run(stop)

    try:
        asyncio.run(run())
    except (TableIsLocked, DiskFailed, StoreOfAnotherLog, BrokerUnreachable) as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(EXIT_SERVICE) from None
    except OSError as error:
        from cli.run import fail_file

        fail_file(error)
    except KafkaError as error:
        typer.echo(f"the broker at {bootstrap} failed: {error}; start it, then the sink again", err=True)
        raise typer.Exit(EXIT_SERVICE) from None
