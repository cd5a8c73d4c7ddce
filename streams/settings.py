"""Settings of the stream processes: one frozen value, made once at the edge.

Precedence is flag > environment > file > default; only cli/ reads the environment and files.
"""

from dataclasses import dataclass, field
from pathlib import Path

from streams.topology import Topology, default_topology


@dataclass(frozen=True, slots=True, kw_only=True)
class StreamSettings:
    """What an agents worker needs to know. Durations in seconds."""

    bootstrap: str
    data_dir: Path
    graph: str = "main"
    agents: int = 9
    topology: Topology = field(default_factory=lambda: default_topology(9))
    worker: str = "worker-0"
    gossip_interval: float = 0.1
    heartbeat_interval: float = 1.0
    snapshot_interval: float = 15.0
    retransmit_after: float = 3.0
    session_timeout: float = 6.0
    catch_up_from: int | None = 2048
    """An agent that starts and lacks so many records of another home reads them from the log: as many as a delta
    carries; and what one agent of a process brings, the others there take at once. None: gossip alone brings
    everything."""
    volatile_broker: bool = False
    """True on librdkafka's mock cluster, which has no controller: topics are created by the launcher."""
