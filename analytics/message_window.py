"""The events of the last seconds, kept as sums: messages by flow and by second, digests, times from append to fold.

Belongs here: what a row adds and takes away. Not here: reading rows (tail.py), the form of answers (read_model.py).

Each flush is taken in once, and each row is taken out once, when the window has left it. An event that comes late is
counted in the second of its own time. Percentiles are exact: latencies stay sorted, all together and flow by flow.
"""

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from analytics import recent_messages
from analytics.recent_messages import RecentMessages
from analytics.sorted_values import SHARES, Longs, SortedValues, percentiles
from analytics.tail import longs
from schemas.latency import bucket_us

COLUMNS = (*recent_messages.COLUMNS, "kind", "bytes", "useful", "digest", "latencies")
_ARRIVALS = pa.array(["MessageReceived", "AckReceived"])
_HEARTBEAT = "HeartbeatSent"
_SECOND = 1_000_000
_LATENCY_BITS = 44
"""A key is the number of a flow above the latency in microseconds: half a year is the longest that it can hold."""
_LATENCY_MAX = (1 << _LATENCY_BITS) - 1
_MS = 1000.0


class Stated(NamedTuple):
    """What messages amount to: quantiles of latency in milliseconds, megabits, useful share of the facts, facts."""

    messages: int
    quantiles: list[float] | None
    megabits: float | None
    efficiency: float | None
    facts: int = 0
    useful: int = 0


class _Messages(NamedTuple):
    """Messages, one entry each in all. No latency is -1; `flow` is the number of a flow."""

    at: Longs
    flow: Longs
    latency: Longs
    bytes: Longs
    facts: Longs
    useful: Longs

    def where(self, chosen: Any) -> "_Messages":
        return _Messages(*(column[chosen] for column in self))

    @property
    def keys(self) -> Longs:
        """Give the keys of those that have a latency."""
        timed = self.latency >= 0
        return (self.flow[timed] << _LATENCY_BITS) | self.latency[timed]

    @property
    def latencies(self) -> Longs:
        return self.latency[self.latency >= 0]


class _Second:
    """The events of one second of the clock."""

    def __init__(self) -> None:
        self.parts: list[_Messages] = []
        self.digests: set[str] = set()
        self.reported = False
        self.folds: Counter[int] = Counter()
        self._stated: Stated | None = None

    def add(self, part: _Messages) -> None:
        self.parts.append(part)
        self._stated = None

    def take_until(self, since_us: int) -> _Messages:
        """Take out what is older."""
        everything = self.whole()
        old = everything.at < since_us
        self.parts = [everything.where(~old)]
        self._stated = None
        return everything.where(old)

    def whole(self) -> _Messages:
        if len(self.parts) > 1:
            self.parts = [_Messages(*map(np.concatenate, zip(*self.parts, strict=True)))]
        return self.parts[0]

    def stated(self) -> Stated | None:
        if self._stated is None and self.parts:
            part = self.whole()
            sums = np.array([len(part.at), part.bytes.sum(), part.facts.sum(), part.useful.sum()])
            self._stated = _stated(sums, np.sort(part.latencies))
        return self._stated


class MessageWindow:
    """What the rows since a moment amount to. For one thread."""

    def __init__(self) -> None:
        self._seconds: dict[int, _Second] = defaultdict(_Second)
        self._numbers: dict[int, int] = {}
        """The number of each flow, by its receiver and sender."""
        self._sums = np.zeros((0, 4), np.int64)
        """For each flow messages, bytes, facts, useful."""
        self._by_flow = SortedValues()
        self._latencies = SortedValues()
        self._folds: Counter[int] = Counter()
        self.recent = RecentMessages()

    def take(self, rows: pa.Table) -> None:
        """Take in events: columns `COLUMNS`."""
        arrived = rows.filter(pc.is_in(rows["kind"], value_set=_ARRIVALS))
        if arrived.num_rows:
            self._take_messages(arrived)
            self.recent.take(arrived)
        beats = rows.filter(pc.equal(rows["kind"], _HEARTBEAT)).select(["ts", "digest", "latencies"])
        for at, digest, latencies in zip(
            longs(beats, "ts").tolist(), *_lists(beats, "digest", "latencies"), strict=True
        ):
            second = self._seconds[at // _SECOND]
            second.reported = True
            if digest is not None:
                second.digests.add(digest)
            for item in latencies or ():
                second.folds[item["bucket"]] += item["count"]
                self._folds[item["bucket"]] += item["count"]

    def drop_until(self, since_us: int) -> None:
        """Take out messages that are older, and reports of seconds that are wholly older."""
        self.recent.drop_until(since_us)
        for number in [number for number in self._seconds if number <= since_us // _SECOND]:
            second = self._seconds[number]
            if second.parts:
                self._count(second.take_until(since_us), -1)
            if number < since_us // _SECOND:
                self._folds -= self._seconds.pop(number).folds

    @property
    def everything(self) -> Stated:
        """What all messages of the window amount to."""
        return _stated(self._sums.sum(axis=0), self._latencies.values)

    def flows(self) -> Iterator[tuple[Any, ...]]:
        """Give sender, receiver and what their messages amount to, in the order of both."""
        bounds = np.searchsorted(self._by_flow.values, np.arange(len(self._numbers) + 1) << _LATENCY_BITS)
        for pair in sorted(self._numbers):
            number = self._numbers[pair]
            if self._sums[number, 0]:
                keys = self._by_flow.values[bounds[number] : bounds[number + 1]]
                yield *_names(pair), *_stated(self._sums[number], keys, number << _LATENCY_BITS)

    def second(self, number: int) -> Stated | None:
        """Give what the messages of a second amount to, or None where there were none."""
        found = self._seconds.get(number)
        return found.stated() if found else None

    def distinct_digests(self, number: int) -> int | None:
        """Give how many digests agents reported in a second; None: nobody reported."""
        found = self._seconds.get(number)
        return len(found.digests) if found and found.reported else None

    def bits_since(self, since_us: int) -> int:
        """Give the bits of messages from a moment on; it must be within the window."""
        found = 0
        for number, second in self._seconds.items():
            if second.parts and number >= since_us // _SECOND:
                part = second.whole()
                found += int(part.bytes[part.at >= since_us].sum())
        return 8 * found

    def fold_quantiles(self, seconds: Sequence[int] | None = None) -> list[float | None]:
        """Give p50, p95 and p99 in milliseconds of the time from append to fold: nearest ranks of buckets of 4.4 %.

        Of some seconds, or of the whole window.
        """
        folds = self._folds if seconds is None else self._folds_of(seconds)
        everything, reached = sum(folds.values()), 0
        found: list[float | None] = []
        for bucket in sorted(folds):
            reached += folds[bucket]
            while len(found) < len(SHARES) and reached * 100 >= round(SHARES[len(found)] * 100) * everything:
                found.append(bucket_us(bucket) / _MS)
        return found or [None] * len(SHARES)

    def _folds_of(self, seconds: Sequence[int]) -> Counter[int]:
        found: Counter[int] = Counter()
        for number in seconds:
            second = self._seconds.get(number)
            if second and second.folds:
                found.update(second.folds)
        return found

    def _take_messages(self, rows: pa.Table) -> None:
        pairs = (longs(rows, "peer", -1) + 1) << 32 | (longs(rows, "agent", -1) + 1)
        came = _Messages(
            longs(rows, "ts"),
            self._numbered(pairs),
            np.clip(longs(rows, "latency_us", -1), -1, _LATENCY_MAX),
            *(longs(rows, name) for name in ("bytes", "facts", "useful")),
        )
        self._count(came, 1)
        seconds = came.at // _SECOND
        order = np.argsort(seconds, kind="stable")
        numbers, starts = np.unique(seconds[order], return_index=True)
        for number, places in zip(numbers.tolist(), np.split(order, starts[1:]), strict=True):
            self._seconds[number].add(came.where(places))

    def _numbered(self, pairs: Longs) -> Longs:
        """Give the numbers of flows; a new one gets the next."""
        known, places = np.unique(pairs, return_inverse=True)
        numbers = [self._numbers.setdefault(pair, len(self._numbers)) for pair in known.tolist()]
        more = len(self._numbers) - len(self._sums)
        self._sums = np.concatenate((self._sums, np.zeros((more, 4), np.int64)))
        found: Longs = np.array(numbers, np.int64)[places]
        return found

    def _count(self, part: _Messages, sign: int) -> None:
        (self._by_flow.add if sign > 0 else self._by_flow.remove)(part.keys)
        (self._latencies.add if sign > 0 else self._latencies.remove)(part.latencies)
        for column, values in enumerate((np.ones_like(part.at), part.bytes, part.facts, part.useful)):
            np.add.at(self._sums[:, column], part.flow, sign * values)


def _stated(sums: Longs, ordered: Longs, base: int = 0) -> Stated:
    """Give the figures of sums and of sorted latencies that stand `base` too high."""
    messages, carried, facts, useful = (int(value) for value in sums)
    if not messages:
        return Stated(0, None, None, None)
    share = useful / facts if facts else None
    return Stated(messages, percentiles(ordered, _MS, base), carried * 8 / 1e6, share, facts, useful)


def _names(pair: int) -> tuple[int | None, int | None]:
    """Give sender and receiver of a pair; 0 stands for none."""
    sender, receiver = pair >> 32, pair & 0xFFFFFFFF
    return (sender - 1 if sender else None), (receiver - 1 if receiver else None)


def _lists(rows: pa.Table, *names: str) -> Iterator[list[Any]]:
    for name in names:
        yield rows[name].to_pylist()
