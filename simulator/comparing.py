"""What a topology costs and gives, measured in a calm run of the production agents in virtual time.

Belongs here: one run and its figures. Not here: measures of the graph alone (streams/topology_measures.py), faults.
"""

from dataclasses import dataclass
from pathlib import Path
from random import Random

from egraph.colours import Colour
from egraph.facts import NodeAdded
from schemas.codec import seal
from schemas.latency import bucket_us
from schemas.records import TimelineEvent, TimelineKind, decode_record
from schemas.topics import FACTS, TIMELINE
from streams.runtimes.simulated import Arrival, Plan, Simulation
from streams.runtimes.simulated_faults import CALM
from streams.runtimes.simulated_workers import SECOND
from streams.settings import StreamSettings
from streams.topology import Topology

_SENDING_US = 20 * SECOND


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """Figures of one run. Latencies in virtual milliseconds, from the append of a fact to the fold by each agent."""

    facts: int
    deltas_per_fact: float
    """Gossip messages with facts, by fact: fewer than hops, because one carries many."""
    copies_per_fact: float
    """How often a fact was received by an agent other than its home."""
    redundancy: float
    """Facts received, by those that were new to their receiver: 1 where nothing comes twice."""
    bytes_per_fact: float
    latency_p50_ms: float | None
    latency_p99_ms: float | None


def measure(topology: Topology, *, facts: int = 500, seed: int = 1, gossip_interval: float = 0.1) -> Measured:
    """Let agents of a topology fold so many facts, spread over 20 virtual seconds, without any fault."""
    plan = Plan(
        seed=seed,
        topology=topology,
        arrivals=_arrivals(topology.size, facts, seed),
        faults=CALM,
        workers=min(3, topology.size),
        faulty_us=_SENDING_US,
        settings=StreamSettings(
            bootstrap="", data_dir=Path(), topology=topology, gossip_interval=gossip_interval, catch_up_from=None
        ),
    )
    world = Simulation(plan)
    world.run()
    appended = sum(world.log.end(FACTS.name, partition) for partition in range(topology.size))
    decoded = [decode_record(record.value) for record in world.log.read_all(TIMELINE.name)]
    events = [event for event in decoded if isinstance(event, TimelineEvent)]
    received = [event for event in events if event.kind is TimelineKind.MESSAGE_RECEIVED]
    copies, useful = sum(event.facts for event in received), sum(event.useful for event in received)
    buckets: dict[int, int] = {}
    for event in events:
        for bucket, count in event.latencies:
            buckets[bucket] = buckets.get(bucket, 0) + count
    return Measured(
        facts=appended,
        deltas_per_fact=sum(event.facts > 0 for event in received) / appended,
        copies_per_fact=copies / appended,
        redundancy=copies / useful if useful else 1.0,
        bytes_per_fact=sum(event.bytes for event in received) / appended,
        latency_p50_ms=_percentile(buckets, 0.5),
        latency_p99_ms=_percentile(buckets, 0.99),
    )


def _arrivals(partitions: int, facts: int, seed: int) -> list[Arrival]:
    random = Random(f"topology {seed}")
    sequences = [0] * partitions
    arrivals = []
    for number, at in enumerate(sorted(random.randrange(_SENDING_US) for _ in range(facts))):
        partition = random.randrange(partitions)
        draft = NodeAdded(
            graph="main", producer="measure", sequence=sequences[partition], hlc=(1_700_000_000_000 << 16) + number,
            operator=f"n{number}", colour=Colour.GREEN,
        )  # fmt: skip
        sequences[partition] += 1
        arrivals.append(Arrival(at, partition, seal(draft).raw))
    return arrivals


def _percentile(buckets: dict[int, int], share: float) -> float | None:
    """Give the middle of the bucket in which a share is reached; a bucket is a sixteenth of an octave (4.4 %)."""
    wanted, reached = share * sum(buckets.values()), 0
    for bucket, count in sorted(buckets.items()):
        reached += count
        if reached >= wanted:
            return round(bucket_us(bucket) / 1000, 1)
    return None
