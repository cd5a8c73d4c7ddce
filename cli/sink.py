"""`egraph sink`: from Kafka to Parquet segments and the DuckDB catalog."""

import typer

from cli.options import DEFAULT_BOOTSTRAP, DEFAULT_DATA_DIR, EXIT_SERVICE, Agents, Bootstrap, DataDir, Patience


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command(name="sink")(sink)


def sink(
    bootstrap: Bootstrap = DEFAULT_BOOTSTRAP,
    data_dir: DataDir = DEFAULT_DATA_DIR,
    agents: Agents = 9,
    patience: Patience = 0.0,
) -> None:
    """Write facts, timeline, heartbeats and dead letters into the store, exactly once.

    Safe to kill at any time: the next start goes on where the visible rows end. SIGTERM flushes and ends with 0.
    """
    import asyncio
    import logging
    import signal

    from aiokafka.errors import KafkaError

    from analytics.segments import TableIsLocked
    from analytics.sink import DiskFailed, Sink, StoreOfAnotherLog
    from streams.adapters.broker_errors import BrokerUnreachable
    from streams.adapters.kafka_client import wait_for_broker

    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    logging.getLogger("aiokafka").setLevel(logging.WARNING)

    async def run() -> None:
        await wait_for_broker(bootstrap, patience)
        stop = asyncio.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            asyncio.get_running_loop().add_signal_handler(number, stop.set)
        await Sink(bootstrap, data_dir, agents).run(stop)

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
