"""What an agent tells the orchestrator and the console of itself, once a beat.

Belongs here: filling in the record. Not here: when it is told (conversation.py).
"""

from dataclasses import asdict
from typing import TYPE_CHECKING

from egraph.reading import ViewCounts
from schemas.records import AgentHeartbeat

if TYPE_CHECKING:
    from streams.processors.agent import AgentProcessor, Host


def heartbeat_of(
    replica: "AgentProcessor",
    counts: ViewCounts,
    view_digest: bytes,
    host: "Host",
    role: str,
    neighbours: tuple[int, ...],
    now: int,
) -> AgentHeartbeat:
    """Give the heartbeat of an agent whose view has these counts and this digest. `now` is in microseconds."""
    return AgentHeartbeat(
        agent=replica.agent,
        incarnation=replica.incarnation,
        worker=host.worker,
        pid=host.pid,
        at=now,
        role=role,
        neighbours=neighbours,
        version=replica.version,
        set_digest=replica.view.set_digest(),
        view_digest=view_digest,
        **asdict(counts),
        dead_letters=replica.dead_letters,
        rss_bytes=host.rss_bytes,
    )
