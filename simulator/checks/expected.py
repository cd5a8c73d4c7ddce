"""What must become of each record of the facts topic, told from how it was made and where it stands.

Belongs here: the oracle that checks share. Not here: checks. It does not ask the code under test: what a producer
sends has a fate from its making (workload.py), and what an agent publishes is good, once.
"""

from collections.abc import Iterable, Mapping, Sequence
from itertools import combinations
from typing import Any

from egraph.digest import FACT_KINDS, SetDigest
from egraph.facts import Fact
from schemas.codec import decode_fact
from schemas.poison import Poison
from schemas.topics import FACTS
from simulator.workload import AGAIN, GOOD, Fated, Workload
from streams.ports import LogRecord, Outcome, Publish
from streams.runtimes.simulated import Inspector
from streams.runtimes.simulated_workers import Seat


class Expected(Inspector):
    """Follows the facts topic. Other checks ask it, so it comes before them."""

    name = "no-invented-fact"

    def __init__(self, workload: Workload, partitions: int) -> None:
        self._made: Mapping[tuple[int, bytes | None], Fated] = {
            (item.partition, item.value): item for item in reversed(workload.records)
        }
        self._published: set[bytes] = set()
        self._seen: list[set[bytes]] = [set() for _ in range(partitions)]
        self.good: list[list[tuple[int, Fact]]] = [[] for _ in range(partitions)]
        """Of each partition the offsets that are admitted, and the facts."""
        self.refused: dict[tuple[str, int, int], tuple[str | None, bytes | None]] = {}
        """What must be dead-lettered: its position, its reason if that is known, its bytes."""
        self._digests: dict[tuple[int, ...], bytes] = {}

    def stepped(self, seat: Seat, records: Sequence[LogRecord], outcome: Outcome) -> None:
        """Take note of facts that an agent has derived."""
        for effect in outcome.effects:
            if isinstance(effect, Publish) and effect.topic == FACTS.name:
                self._published.add(effect.value)

    def appended(self, record: LogRecord) -> None:
        """Judge a record by its making."""
        if record.topic != FACTS.name:
            return
        made = self._made.get((record.partition, record.value))
        fate, fact = (GOOD, None) if made is None else (made.fate, made.fact)
        if made is None:
            assert record.value in self._published, f"offset {record.offset} holds what nobody sent"
            decoded = decode_fact(record.value)
            assert not isinstance(decoded, Poison), f"an agent published what nobody can read: {decoded}"
            fact = decoded
        if fate not in (GOOD, AGAIN):
            self.refused[FACTS.name, record.partition, record.offset] = fate, record.value
            return
        assert fact is not None
        assert record.value is not None
        seen = self._seen[record.partition]
        if record.value not in seen:
            seen.add(record.value)
            self.good[record.partition].append((record.offset, fact))

    def held(self, version: Sequence[int]) -> list[Fact]:
        """Give the facts below a version."""
        return [fact for good, until in zip(self.good, version, strict=True) for offset, fact in good if offset < until]

    def is_held(self, seat: Seat) -> bool:
        """Tell whether an agent holds exactly the facts below its version, but for what rot has made of its state."""
        held, version = seat.processor.view.set_digest(), seat.processor.version
        if held == self.set_digest(version):
            return True
        rot = seat.worker.world.mischief.rot.get(seat)
        if rot is None:
            return False
        event_id, read = seat.processor.log.store.event_id, seat.processor.log.raws.__getitem__
        facts = {fact.event_id: fact for fact in self.held(version)}
        for lost in subsets(map(event_id, rot.lost)):
            for strange in subsets(map(decode_fact, map(read, rot.strange))):
                left = [fact for fact in facts.values() if fact.event_id not in lost]
                if held == digest_of([*left, *strange]):
                    return True
        return False

    def set_digest(self, version: tuple[int, ...]) -> bytes:
        """Give the set digest of the facts below a version, without store and view."""
        found = self._digests.get(version)
        if found is None:
            facts = {fact.event_id: fact for fact in self.held(version)}
            found = self._digests[version] = digest_of(facts.values())
        return found


def digest_of(facts: Iterable[Fact]) -> bytes:
    """Give the set digest of different facts."""
    digest = SetDigest()
    for fact in facts:
        digest.add(FACT_KINDS.index(type(fact).__name__), fact.event_id)
    return digest.value()


def subsets(items: Iterable[Any]) -> list[tuple[Any, ...]]:
    """Give all subsets of a few things."""
    every = tuple(items)
    return [chosen for size in range(len(every) + 1) for chosen in combinations(every, size)]
