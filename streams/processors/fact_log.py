"""What each facts partition holds, kept once per process and shared by its agents.

Belongs here: admitted facts by log position, their bytes, and decoding each of them once. Not here: how far a
replica has come (agent.py), what is admitted (admission.py). Nothing written here ever changes, but what was lost from
it can be put back: the log is the truth, and admission is a function of the log.
"""

from array import array
from bisect import bisect_left
from collections.abc import Callable, Container, Sequence
from itertools import accumulate, pairwise
from typing import TYPE_CHECKING, cast

from egraph.errors import InvariantBroken
from egraph.facts import Fact
from egraph.identifiers import ID_BYTES, EventId
from egraph.store import FactStore
from schemas.codec import decode_fact
from schemas.columns.words import PADDING
from schemas.poison import Poison
from schemas.registry import HEADER_BYTES
from streams.ports import LogRecord
from streams.processors.messages import Messages
from streams.record_spans import RecordSpans

if TYPE_CHECKING:
    from schemas.columns.decode import ColumnDecoder
    from schemas.columns.facts import FactColumns, Integers
    from streams.processors.column_facts import ColumnInterner


MANY = 32
"""Fewer new messages are decoded one by one: a call for many has a cost of its own."""
_INDEXED_FOR_A_CALL = 200
"""A call for many costs as much as a dictionary takes to take in so many ids."""
_EVENT_ID = slice(HEADER_BYTES, HEADER_BYTES + ID_BYTES)
"""Where a message has its event id; cut out in place, because it is done for each."""
_TEXTS_MAX = 500_000
"""The decoder numbers names for ever; behind so many it begins anew."""

MakeDecoder = Callable[[], "ColumnDecoder"]


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
        self.facts.extend(_as_array(facts[known:]))
        self.appended_at.extend(appended_at[known:])
        self.end = max(self.end, until)

    def put_back(self, offset: int, fact: int, appended_at: int) -> bool:
        """Make good that a fact below `end` was lost from here. False, and nothing is done, where another stands."""
        at = self.position(offset)
        if at < len(self.offsets) and self.offsets[at] == offset:
            return self.facts[at] == fact
        if not 0 <= offset < self.end:
            return False
        self.offsets.insert(at, offset)
        self.facts.insert(at, fact)
        self.appended_at.insert(at, appended_at)
        return True


class FactLog:
    """All partitions of the facts topic as far as this process knows them."""

    def __init__(self, partitions: int, in_bulk: MakeDecoder | None = None) -> None:
        """`in_bulk` makes what decodes many messages at once; it is called when many come. Without it none are."""
        self.store = FactStore(self._read)
        self.raws = Messages()
        self.senders: list[tuple[str, str]] = []
        """Graph and producer, by the numbers that `sender` has of each fact."""
        self.sender = array("i")
        self.sequence = array("q")
        self._sender_numbers: dict[tuple[str, str], int] = {}
        self.partitions = [PartitionLog() for _ in range(partitions)]
        self._in_bulk = in_bulk
        self._decoder: ColumnDecoder | None = None
        self._interner: ColumnInterner | None = None
        self._calls_for_few = 0

    def prepare(self, raws: Sequence[bytes | None]) -> range | None:
        """Decode at once what is new among many messages, so that `intern` finds it. Few are left to `intern`.

        What is no fact is left to it, too: it alone gives reasons. Gives the numbers of all messages where each is a
        new fact, as is the rule.
        """
        if self._in_bulk is None or self._are_few(len(raws)):
            return None
        if None not in raws:
            messages = cast(Sequence[bytes], raws)
            if self._are_new(messages[0], messages[-1]):
                numbers = self._keep(self._decoding().decode(messages))
                if len(numbers) == len(raws):
                    return numbers
        index_of, event = self.store.index_of, _EVENT_ID
        fresh = dict.fromkeys([raw for raw in raws if raw is not None and index_of(cast(EventId, raw[event])) is None])
        if len(fresh) >= MANY:
            self._keep(self._decoding().decode(list(fresh)))
        return None

    def prepare_records(self, records: Sequence[LogRecord]) -> range | None:
        """Do as `prepare` with what records carry, without an object for each where they are spans of one buffer."""
        spans = records.values() if isinstance(records, RecordSpans) else None
        if not isinstance(records, RecordSpans) or spans is None or self._in_bulk is None:
            return self.prepare([record.value for record in records])
        if self._are_few(len(records)):
            return None
        numbers = self._prepare_spans(records.raw, *spans)
        return self.prepare([record.value for record in records]) if numbers is None else numbers

    def _prepare_spans(self, raw: bytes, starts: "Integers", ends: "Integers") -> range | None:
        """Give the numbers of the messages that stand in a buffer, padding behind, where each is a new fact."""
        if self._are_new(raw[starts[0] : ends[0]], raw[starts[-1] : ends[-1]]):
            numbers = self._keep(self._decoding().decode_spans(raw, starts, ends))
            if len(numbers) == len(starts):
                return numbers
        return None

    def _are_few(self, messages: int) -> bool:
        """Tell whether messages are better decoded one by one.

        That needs a dictionary of all ids. Behind many facts that came by the batch it costs more than calls for a few
        do, until those have cost as much: a worker that only just caught up need not stop for it.
        """
        if messages >= MANY:
            return False
        if messages and self._decoder is not None:
            self._calls_for_few += 1
            if self._calls_for_few * _INDEXED_FOR_A_CALL < self.store.column.unindexed:
                return False
        self._calls_for_few = 0
        return True

    def _decoding(self) -> "ColumnDecoder":
        assert self._in_bulk is not None
        if self._decoder is None or len(self._decoder.texts) > _TEXTS_MAX:
            self._decoder = self._in_bulk()
        return self._decoder

    def _interning(self) -> "ColumnInterner":
        from streams.processors.column_facts import ColumnInterner  # loads numpy, which few messages do not need

        if self._interner is None:
            self._interner = ColumnInterner(self.store, self._decoding().loops)
        return self._interner

    def _are_new(self, first: bytes, last: bytes) -> bool:
        """Tell whether the first and the last message of a batch are new: then all of them are, as a rule."""
        events = first[_EVENT_ID], last[_EVENT_ID]
        return all(len(event) < ID_BYTES or not self._interning().knows(event) for event in events)

    def _keep(self, columns: "FactColumns") -> range:
        from streams.processors import column_facts

        first = len(self.raws)
        rows = self._interning().intern(columns)
        chosen = column_facts.rows_of(rows, columns)
        starts, ends = (column_facts.integers("i", column[chosen]) for column in (columns.starts, columns.ends))
        if len(rows):
            self.raws.extend(columns.raw, starts, ends)
        self.sequence.extend(column_facts.integers("q", columns.sequence[chosen]))
        self.sender.extend(column_facts.senders_of(columns, rows, self._number_sender))
        return range(first, len(self.raws))

    def _read(self, number: int) -> Fact:
        """Give a fact by its bytes, which were decoded before: for the store, which keeps some as columns only."""
        fact = decode_fact(self.raws[number])
        if isinstance(fact, Poison):
            raise InvariantBroken(f"fact {number} was admitted, and is refused now: {fact.reason}, {fact.detail}")
        return fact

    def find(self, numbers: Container[int], version: Sequence[int]) -> dict[int, tuple[int, int]]:
        """Give partition and column position of these facts where they stand below a version. Walks over all facts."""
        found: dict[int, tuple[int, int]] = {}
        for partition, until in enumerate(version):
            content = self.partitions[partition]
            for at, number in enumerate(content.facts[: content.position(until)]):
                if number in numbers:
                    found.setdefault(number, (partition, at))
        return found

    def _number_sender(self, graph: str, producer: str) -> int:
        sender = (graph, producer)
        number = self._sender_numbers.setdefault(sender, len(self.senders))
        if number == len(self.senders):
            self.senders.append(sender)
        return number

    def intern_all(self, raws: Sequence[bytes]) -> Sequence[int] | Poison:
        """Decode strictly; gives the numbers of all messages, or why the first is refused that is no fact."""
        prepared = self.prepare(raws)
        if prepared is not None:
            return prepared
        numbers = []
        for raw in raws:
            number = self.intern(raw)
            if isinstance(number, Poison):
                return number
            numbers.append(number)
        return numbers

    def intern_joined(self, messages: bytes, lengths: "array[int]") -> Sequence[int] | Poison:
        """Do as `intern_all` with messages that stand end to end, each of so many bytes, without an object for each."""
        if self._in_bulk is not None and len(lengths) >= MANY:
            from streams.processors.column_facts import spans_of  # loads numpy, which few messages do not need

            spans = spans_of(lengths, len(messages))
            numbers = None if spans is None else self._prepare_spans(messages + bytes(PADDING), *spans)
            if numbers is not None:
                return numbers
        bounds = accumulate(lengths, initial=0)
        return self.intern_all([messages[begin:end] for begin, end in pairwise(bounds)])

    def intern(self, raw: bytes | None) -> int | Poison:
        """Decode strictly, once per process: equal bytes give the same number without being decoded again."""
        if raw is not None:
            number = self.store.index_of(cast(EventId, raw[_EVENT_ID]))
            if number is not None and self.raws[number] == raw:
                return number
        fact = decode_fact(raw)
        if isinstance(fact, Poison):
            return fact
        assert raw is not None
        number = self.store.intern(fact)
        if number == len(self.raws):
            self.raws.append(raw)
            self.sequence.append(fact.sequence)
            self.sender.append(self._number_sender(fact.graph, fact.producer))
        elif self.raws[number] != raw:
            raise InvariantBroken(f"two encodings of event {fact.event_id.hex()}; strict decoding admits only one")
        return number


def _as_array(facts: Sequence[int]) -> Sequence[int]:
    """Give many consecutive numbers as an array, which grows another at once; leave others."""
    if not isinstance(facts, range) or len(facts) < MANY or facts.step != 1:
        return facts
    from streams.processors.column_facts import run  # loads numpy, as whatever numbered so many at once has done

    return run(facts)
