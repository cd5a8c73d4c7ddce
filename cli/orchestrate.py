"""`egraph orchestrate`: the process that looks after the agents."""

from typing import Annotated

import typer

from cli.options import DEFAULT_BOOTSTRAP, EXIT_SERVICE, Agents, Bootstrap
from cli.run import fail


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command(name="orchestrate")(orchestrate)


def orchestrate(
    bootstrap: Bootstrap = DEFAULT_BOOTSTRAP,
    agents: Agents = 9,
    timeout: Annotated[
        float, typer.Option("--timeout", min=2.0, help="Seconds of silence after which an agent is restarted.")
    ] = 10.0,
    round_every: Annotated[
        float, typer.Option("--round-every", min=1.0, help="Seconds between rounds in which all tell what they hold.")
    ] = 60.0,
) -> None:
    """Watch heartbeats, restart lost agents from their snapshots, park those that do not stay up, run sync rounds.

    One for each system. It keeps no state of its own: kill it and start it again at any time.
    """
    import asyncio
    import logging
    import signal

    from streams.adapters.broker_errors import BrokerError
    from streams.processors.fleet import Care
    from streams.runtimes.orchestrate import orchestrate as look_after

    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    logging.getLogger("aiokafka").setLevel(logging.CRITICAL)
    care = Care(agents=agents, timeout=int(timeout * 1_000_000), round_every=int(round_every * 1_000_000))

    async def run() -> None:
        stop = asyncio.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            asyncio.get_running_loop().add_signal_handler(number, stop.set)
        await look_after(bootstrap, care, stop)

    try:
        asyncio.run(run())
    except BrokerError as error:
        fail(str(error), EXIT_SERVICE)
