"""Start and stop any aiokafka client within a deadline.

Belongs here: what reading and writing share. Not here: reading (kafka_log.py), writing (kafka_producer.py).
"""

import asyncio
from typing import Any

from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import KafkaError

from streams.adapters.broker_errors import BrokerUnreachable

REQUEST_TIMEOUT_S = 30.0
_STOP_TIMEOUT_S = 5.0


async def start_client(client: Any, bootstrap: str, timeout_s: float) -> None:
    """Start an aiokafka client, or close it and raise BrokerUnreachable."""
    try:
        await asyncio.wait_for(client.start(), timeout_s)
    except (KafkaError, TimeoutError, OSError) as error:
        await stop_client(client)
        raise BrokerUnreachable(
            f"no broker answers at {bootstrap}",
            f"silent for {timeout_s:g} s" if isinstance(error, TimeoutError) else told(error),
            "start one (`egraph demo` does) or give --bootstrap",
        ) from error


async def stop_client(client: Any) -> None:
    """Close a client, however its broker is."""
    # Closing waits for a broker that may be gone; what is unsent then was reported by flush.
    close = client.close if isinstance(client, AIOKafkaAdminClient) else client.stop
    try:
        await asyncio.wait_for(close(), _STOP_TIMEOUT_S)
    except (KafkaError, TimeoutError, OSError):
        return


def told(error: BaseException) -> str:
    """Give the error's name and text; Kafka's own errors begin with the name already."""
    name, text = type(error).__name__, str(error)
    return text if text.startswith(name) else f"{name} {text}".strip()
