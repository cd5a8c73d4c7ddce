"""What each facts partition holds, kept once per process and shared by its agents.

Belongs here: admitted facts by log position, their bytes, and decoding each of them once. Not here: how far a
replica has come (agent.py), what is admitted (admission.py). Nothing written here ever changes: the log is the
truth, and admission is a function of the log.
"""

from array import array
from bisect import bisect_left
from collections.abc import Sequence

from egraph.errors import InvariantBroken
from egraph.store import FactStore
from schemas.codec import decode_fact, event_id_of
from schemas.poison import Poison


class PartitionLog:
    """Admitted facts of one partition: columns in offset order, and the offset up to which they are known."""

    def __init__(self) -> None:
        self.offsets = array("q")
        self.facts = array("i")
        self.appended_at = array("q")
        self.end = 0

    def position(self, offset: int) -> int:
        """Give the column position of the first admitted fact at or behind an offset."""
        return bisect_left(self.offsets, offset)

    def facts_between(self, first: int, until: int) -> "array[int]":
        """Give the numbers of the facts admitted in [first, until)."""
        return self.facts[self.position(first) : self.position(until)]

    def extend(self, until: int, offsets: Sequence[int], facts: Sequence[int], appended_at: Sequence[int]) -> None:
        """Learn everything admitted in [end, until). What lies below `end` is checked, not written again.

        Raises InvariantBroken if it disagrees with what is known, or if the caller left a gap before its columns.
        """
        known = bisect_left(offsets, self.end)
        for offset, fact in zip(offsets[:known], facts[:known], strict=True):
            at = self.position(offset)
            if at == len(self.offsets) or self.offsets[at] != offset or self.facts[at] != fact:
                raise InvariantBroken(f"two readings of offset {offset} differ; the log or the admission rule changed")
        self.offsets.extend(offsets[known:])
        self.facts.extend(facts[known:])
        self.appended_at.extend(appended_at[known:])
        self.end = max(self.end, until)


class FactLog:
    """All partitions of the facts topic as far as this process knows them."""

    def __init__(self, partitions: int) -> None:
        self.store = FactStore()
        self.raws: list[bytes] = []
        self.partitions = [PartitionLog() for _ in range(partitions)]

    def intern(self, raw: bytes | None) -> int | Poison:
        """Decode strictly, once per process: equal bytes give the same number without being decoded again."""
        if raw is not None:
            number = self.store.index_of(event_id_of(raw))
            if number is not None and self.raws[number] == raw:
                return number
        fact = decode_fact(raw)
        if isinstance(fact, Poison):
            return fact
        assert raw is not None
        number = self.store.intern(fact)
        if number == len(self.raws):
            self.raws.append(raw)
        elif self.raws[number] != raw:
            raise InvariantBroken(f"two encodings of event {fact.event_id.hex()}; strict decoding admits only one")
        return number
