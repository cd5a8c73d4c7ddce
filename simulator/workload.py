"""Facts and bad records for a simulated cluster, each with what must become of it.

Belongs here: the workload, from a seed. Not here: faults, checks (checks). What must become of a record follows
from how it was made and where it stands in its partition, not from asking the code under test.
"""

from dataclasses import dataclass, replace
from random import Random

from egraph.colours import Colour
from egraph.facts import Derived, EqualityAsserted, Fact, FactRetracted, NodeAdded
from egraph.identifiers import ID_BYTES, EventId, NodeId
from schemas.codec import seal
from schemas.poison import Reason
from schemas.registry import HEADER_BYTES
from schemas.topics import FACT_BYTES_MAX
from simulator.histories import HistoryMaker
from streams.runtimes.simulated import Arrival

_HLC = 1_700_000_000_000 << 16  # a clock as producers have it: of nine bytes on the wire

GOOD, AGAIN = "good", "again"

BLUE_NODE = NodeId(bytes((Colour.BLUE << 6,)) + bytes(15))


@dataclass(frozen=True)
class Fated:
    """A record of the facts topic; `fate` is GOOD, AGAIN (the same bytes stand before it), or a Reason."""

    at: int
    partition: int
    value: bytes | None
    fate: str
    fact: Fact | None = None


@dataclass(frozen=True)
class Workload:
    """What producers append; in each partition the records stand in this order."""

    records: tuple[Fated, ...]

    def arrivals(self) -> list[Arrival]:
        """Give the records as the simulator wants them."""
        return [Arrival(record.at, record.partition, record.value) for record in self.records]

    def partition(self, number: int) -> list[Fated]:
        """Give the records of one partition in offset order."""
        return [record for record in self.records if record.partition == number]


def make_workload(seed: int, partitions: int, *, facts: int, until: int, poison: float = 0.2) -> Workload:
    """Make a history of about so many facts, spread over partitions and over the time before `until`."""
    random = Random(f"workload {seed}")
    drafts = _drafts(seed, facts)
    sealed = _seal_in_order(random, drafts, partitions)
    records = [Fated(random.randrange(until), partition, raw, GOOD, fact) for partition, fact, raw in sealed]
    for record in tuple(records):
        later = random.randint(record.at + 1, until + 1)
        if random.random() < 0.15:  # the producer was not sure and sent it again
            records.append(replace(record, at=later, fate=AGAIN))
        if random.random() < poison / 4:
            records.append(_reuse(record, later))
        if random.random() < poison / 4:
            records.append(_forgery(record, later))
    for number in range(int(len(sealed) * poison)):
        records.append(_poison(random, number, random.randrange(partitions), random.randrange(until)))
    return Workload(tuple(sorted(records, key=lambda record: record.at)))


def _drafts(seed: int, facts: int) -> list[Fact]:
    maker = HistoryMaker(seed)
    for _ in range(min(6, (facts + 1) // 2)):
        maker.node()
    steps = (maker.node, maker.equality, maker.equality, maker.equality, maker.rule, maker.retraction)
    while len(maker.facts) < facts:
        maker.random.choice(steps)()
    return maker.facts


def _seal_in_order(random: Random, drafts: list[Fact], partitions: int) -> list[tuple[int, Fact, bytes]]:
    """Seal drafts, whose references point backwards, and give each a place and a number in it."""
    identity: dict[EventId, EventId] = {}
    counted: dict[tuple[str, int], int] = {}
    sealed = []
    for draft in drafts:
        partition, producer = random.randrange(partitions), random.choice(("one", "two"))
        sequence = counted.get((producer, partition), 0)
        counted[producer, partition] = sequence + 1
        fact = replace(draft, producer=producer, sequence=sequence, hlc=_HLC + draft.hlc)
        if isinstance(fact, EqualityAsserted) and isinstance(fact.why, Derived):
            premises = tuple(identity.get(item, item) for item in fact.why.premises)
            fact = replace(fact, why=replace(fact.why, premises=premises))
        elif isinstance(fact, FactRetracted):
            fact = replace(fact, target=identity.get(fact.target, fact.target))
        done = seal(fact)
        identity[draft.event_id] = done.fact.event_id
        sealed.append((partition, done.fact, done.raw))
    return sealed


def _reuse(record: Fated, at: int) -> Fated:
    """Give another body under the producer and sequence of a record that stands before it."""
    assert record.fact is not None
    other = seal(replace(record.fact, hlc=record.fact.hlc + 100))
    return Fated(at, record.partition, other.raw, Reason.SEQUENCE_REUSE)


def _forgery(record: Fated, at: int) -> Fated:
    """Give another body under the event id of a record that stands before it."""
    assert record.fact is not None
    other = bytearray(seal(replace(record.fact, sequence=record.fact.sequence + 1000)).raw)
    other[HEADER_BYTES : HEADER_BYTES + ID_BYTES] = record.fact.event_id
    return Fated(at, record.partition, bytes(other), Reason.WRONG_EVENT_ID)


def _poison(random: Random, number: int, partition: int, at: int) -> Fated:
    node = NodeAdded(graph="main", producer="bad", sequence=number, hlc=_HLC, operator="x", colour=Colour.RED)
    raw = seal(node).raw
    value, reason = random.choice(
        (
            (None, Reason.EMPTY),
            (b"", Reason.EMPTY),
            (b"{'not': 'avro'}", Reason.UNKNOWN_SCHEMA),
            (raw[:-2], Reason.UNDECODABLE),
            (raw + b"\0", Reason.NOT_CANONICAL),
            (raw[:10] + bytes((raw[10] ^ 1,)) + raw[11:], Reason.WRONG_EVENT_ID),
            (seal(replace(node, children=(NodeId(bytes(16)),))).raw, Reason.OUT_OF_DOMAIN),
            (seal(replace(node, children=(BLUE_NODE,))).raw, Reason.COLOUR_LOCAL),
            (seal(replace(node, graph="another")).raw, Reason.OTHER_GRAPH),
            (raw + bytes(FACT_BYTES_MAX), Reason.OVERSIZED),
        )
    )
    return Fated(at, partition, value, reason)
