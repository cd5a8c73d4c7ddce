"""One worker process: the Faust app, the tick, the snapshots, and a clean end.

Belongs here: the order of starting and stopping. Not here: what agents do.
"""

import asyncio
import logging
import signal

import faust
from aiokafka.errors import KafkaError

from streams.runtimes.agent_host import AgentHost
from streams.runtimes.faust_runtime import EXIT_OPERATING_FAULT, build_app, end_offsets_of, guarded
from streams.runtimes.views import load_kernel
from streams.settings import StreamSettings

log = logging.getLogger("egraph.worker")

_STOP_SECONDS = 1.5
_TELEMETRY_SECONDS = 0.5


async def run_worker(settings: StreamSettings) -> int:
    """Run until SIGTERM or SIGINT; give the exit code."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    # Before it joins the group: compiling may take longer than the group waits for a member.
    log.info("the kernel is ready after %.1f s", await asyncio.to_thread(load_kernel))
    app, host, telemetry = build_app(settings)
    code = await run_until(stop, app, host, settings)
    if code == 0:
        log.info("stopping: saving snapshots")
        await host.close()
        await telemetry.close(_TELEMETRY_SECONDS)
        try:
            await asyncio.wait_for(app.stop(), _STOP_SECONDS)
        except TimeoutError:
            log.warning("the Faust app did not stop within %.1f s; leaving it behind", _STOP_SECONDS)
    return code


async def run_until(stop: asyncio.Event, app: faust.App, host: AgentHost, settings: StreamSettings) -> int:
    """Run app and agents until told to stop, then give 0; or until the app ends by itself.

    Faust's start lasts until every agent is restored. Whoever is there earlier is heard, and saved, meanwhile: else it
    is restarted for its silence, and a fault during a long start costs all that was read. A stop does not wait for it.
    """
    starting = asyncio.create_task(app.start())
    stopping = asyncio.create_task(stop.wait())
    ending = asyncio.create_task(app.wait_until_stopped())
    background = [asyncio.create_task(guarded(work)) for work in (_tick(app, host, settings), _save(host, settings))]
    try:
        await asyncio.wait((starting, stopping, ending), return_when=asyncio.FIRST_COMPLETED)
        if starting.done():
            starting.result()
            log.info("%s started; waiting for its share of %d agents", settings.worker, settings.agents)
            await asyncio.wait((stopping, ending), return_when=asyncio.FIRST_COMPLETED)
    except (KafkaError, OSError) as error:
        log.critical("no broker answers at %s (%s); start it, then this worker again", settings.bootstrap, error)
        return EXIT_OPERATING_FAULT
    finally:
        for task in (*background, starting, stopping, ending):
            task.cancel()
    if not stop.is_set():
        log.critical("the Faust app ended by itself: %r; ending this worker", app.crash_reason)
        return EXIT_OPERATING_FAULT
    return 0


async def _tick(app: faust.App, host: AgentHost, settings: StreamSettings) -> None:
    end_offset = end_offsets_of(app)
    while True:
        await host.until_due(settings.gossip_interval / 2)
        await host.tick()
        complaint = host.stuck(end_offset)
        if complaint is not None and await host.broker_answers():  # a new process could not read either
            raise OSError(f"{complaint}; the consumer is stuck")


async def _save(host: AgentHost, settings: StreamSettings) -> None:
    while True:
        await asyncio.sleep(min(1.0, settings.snapshot_interval))
        await host.save_snapshots()
