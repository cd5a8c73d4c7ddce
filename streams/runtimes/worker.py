"""One worker process: the Faust app, the tick, the snapshots, and a clean end.

Belongs here: the order of starting and stopping. Not here: what agents do.
"""

import asyncio
import logging
import signal

from aiokafka.errors import KafkaError

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
    try:
        await app.start()
    except (KafkaError, OSError) as error:
        log.critical("no broker answers at %s (%s); start it, then this worker again", settings.bootstrap, error)
        return EXIT_OPERATING_FAULT
    log.info("%s started; waiting for its share of %d agents", settings.worker, settings.agents)

    async def tick() -> None:
        end_offset = end_offsets_of(app)
        while True:
            await host.until_due(settings.gossip_interval / 2)
            await host.tick()
            complaint = host.stuck(end_offset)
            if complaint is not None and await host.broker_answers():  # a new process could not read either
                raise OSError(f"{complaint}; the consumer is stuck")

    async def save() -> None:
        while True:
            await asyncio.sleep(min(1.0, settings.snapshot_interval))
            await host.save_snapshots()

    background = [asyncio.create_task(guarded(work())) for work in (tick, save)]
    stopping = asyncio.create_task(stop.wait())
    ending = asyncio.create_task(app.wait_until_stopped())
    await asyncio.wait((stopping, ending), return_when=asyncio.FIRST_COMPLETED)
    for task in (*background, stopping, ending):
        task.cancel()
    if not stop.is_set():
        log.critical("the Faust app ended by itself: %r; ending this worker", app.crash_reason)
        return EXIT_OPERATING_FAULT
    log.info("stopping: saving snapshots")
    await host.close()
    await telemetry.close(_TELEMETRY_SECONDS)
    try:
        await asyncio.wait_for(app.stop(), _STOP_SECONDS)
    except TimeoutError:
        log.warning("the Faust app did not stop within %.1f s; leaving it behind", _STOP_SECONDS)
    return 0
