"""Start and stop any aiokafka client within a deadline.

Belongs here: what reading and writing share. Not here: reading (kafka_log.py), writing (kafka_producer.py).
"""

import asyncio
import logging
from typing import Any

from aiokafka import AIOKafkaConsumer
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import KafkaError

from streams.adapters.broker_errors import BrokerUnreachable

log = logging.getLogger("egraph.broker")

REQUEST_TIMEOUT_S = 30.0
_AGAIN_S = 1.0
_STOP_TIMEOUT_S = 5.0


async def start_client(client: Any, bootstrap: str, timeout_s: float) -> None:
    """Start an aiokafka client, or close it and raise BrokerUnreachable."""
    try:
        await asyncio.wait_for(client.start(), timeout_s)
    except (KafkaError, TimeoutError, OSError) as error:
        await stop_client(client)
        if _is_cancelled():  # Python 3.11's wait_for tells of a failure alone where both come at once
            raise asyncio.CancelledError from error
        raise BrokerUnreachable(
            f"no broker answers at {bootstrap}",
            f"silent for {timeout_s:g} s" if isinstance(error, TimeoutError) else told(error),
            "start one (`egraph demo` does) or give --bootstrap",
        ) from error


async def wait_for_broker(bootstrap: str, patience_s: float) -> None:
    """Return once a broker answers. Raises BrokerUnreachable when the patience is over; with none it asks nobody.

    For processes that a supervisor starts again: one that ended at once for as long as a broker is away would look
    like one that cannot stay up, and be given up.
    """
    if patience_s <= 0:
        return
    loop = asyncio.get_running_loop()
    end = loop.time() + patience_s
    while True:
        client = AIOKafkaConsumer(bootstrap_servers=bootstrap, group_id=None)
        try:
            await start_client(client, bootstrap, min(REQUEST_TIMEOUT_S, max(1.0, end - loop.time())))
        except BrokerUnreachable as error:
            if loop.time() + _AGAIN_S > end:
                raise
            log.warning("%s; waiting for it", error.fact)
            await asyncio.sleep(_AGAIN_S)
        else:
            await stop_client(client)
            return


async def stop_client(client: Any) -> None:
    """Close a client, however its broker is."""
    # Closing waits for a broker that may be gone; what is unsent then was reported by flush.
    close = client.close if isinstance(client, AIOKafkaAdminClient) else client.stop
    try:
        await asyncio.wait_for(close(), _STOP_TIMEOUT_S)
    except (KafkaError, TimeoutError, OSError):
        return
    except asyncio.CancelledError:
        # aiokafka 0.14 cancels its own fetches while it closes, and where one of them was waiting to try again, that
        # cancellation comes out of close(). Only one that was meant for us goes on.
        if _is_cancelled():
            raise


def _is_cancelled() -> bool:
    task = asyncio.current_task()
    return task is not None and task.cancelling() > 0


def told(error: BaseException) -> str:
    """Give the error's name and text; Kafka's own errors begin with the name already."""
    name, text = type(error).__name__, str(error)
    return text if text.startswith(name) else f"{name} {text}".strip()
