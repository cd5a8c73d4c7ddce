"""The e-graph at a cut of a long log: the log is read once as columns, each cut is folded by compiled loops.

Belongs here: which facts a cut holds, and keeping what was read. Not here: short logs, what is told of a view
(cut_replay.py), the way from rows to interned facts (side_columns.py).
"""

from array import array
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from analytics.cut_change import NOT_TAKEN, Change, fold_telling
from analytics.cut_replay import FACT_COLUMNS, NOT_REFUSED, UP_TO, Ask, Place, bounds, fact_of
from analytics.side_columns import Seen, read_log
from egraph.facts import EqualityAsserted, Stated
from egraph.reading import ReplicaView
from egraph.store import FactStore

TAIL = 10_000
"""So many records that came since are taken in one by one; for more of them the log is read anew."""
_ROWS = f"""
SELECT {FACT_COLUMNS}, epoch_us(appended_at), partition, "offset" FROM facts AS f
WHERE {UP_TO} AND NOT {UP_TO} AND {NOT_REFUSED} ORDER BY appended_at, partition, "offset"
"""
_TAKEN = f"SELECT count(*) FROM facts AS f WHERE {UP_TO} AND {NOT_REFUSED}"
_ONE = f"""SELECT {FACT_COLUMNS} FROM facts AS f
WHERE appended_at = make_timestamp(?) AND partition = ? AND "offset" = ? AND {NOT_REFUSED}"""
_NEWEST = """SELECT epoch_us(appended_at), partition, "offset" FROM facts
ORDER BY appended_at DESC, partition DESC, "offset" DESC LIMIT 1"""

Rows = npt.NDArray[np.int64]


@dataclass(slots=True)
class _Read:
    """Facts up to a place of the log, in its order, each where it comes first; `taken` are the records of them."""

    place: Place
    taken: int
    store: FactStore
    seen: Seen
    numbers: "array[int]"
    at: Rows
    partition: Rows
    offset: Rows

    def before(self, place: Place) -> int:
        """Count the facts that come first before a place."""
        at, partition, offset = place
        in_time = (self.partition < partition) | ((self.partition == partition) & (self.offset < offset))
        return int(np.count_nonzero((self.at < at) | ((self.at == at) & in_time)))


class LongReplay:
    """Views at cuts. For one thread at a time. The view that was given last is folded on, so it is good until then."""

    def __init__(self, ask: Ask, ask_table: Callable[..., Any]) -> None:
        self._ask, self._ask_table = ask, ask_table
        self._read: _Read | None = None
        self._view: ReplicaView | None = None
        self._folded = 0

    def folded(self, place: Place) -> tuple[ReplicaView, Change]:
        """Give the view at a cut, and what its last record changed. Raises StoreUnreadable."""
        read = self._read_up_to(place)
        rows = self._ask(_ONE, *place)
        before = read.before(place)
        view = self._view_of(read, before)
        if not rows:
            return view, NOT_TAKEN
        change = fold_telling(view, fact_of(rows[0]))
        self._folded = before + (read.before((place[0], place[1], place[2] + 1)) > before)
        return view, change

    def why(self, fact: EqualityAsserted) -> str | None:
        """Give why the log says that an equality holds; None for one that says so itself."""
        number = None if self._read is None else self._read.store.index_of(fact.event_id)
        if self._read is None or number is None or not isinstance(fact.why, Stated) or fact.why.text:
            return None
        return self._read.seen[number].why

    def forget(self) -> None:
        """Give the memory back."""
        self._read, self._view, self._folded = None, None, 0

    def _view_of(self, read: _Read, count: int) -> ReplicaView:
        """Give a view of the first so many facts."""
        view, first = self._view, self._folded
        if view is None or first > count:
            self._view = None  # what fails half way must not stay
            view, first = _compiled_view(read.store), 0
            view.load(read.numbers[:count])
        else:
            view.fold_many(read.numbers[first:count])
        view.settle()
        self._view, self._folded = view, count
        return view

    def _read_up_to(self, place: Place) -> _Read:
        read = self._read
        # The sink may have written since what belongs before, and agents may have refused since.
        if read is not None and self._taken(read.place) == read.taken:
            if place <= read.place:
                return read
            taken = self._taken(place)
            if taken - read.taken <= TAIL:
                self._go_on(read, place, taken)
                return read
        self.forget()
        (newest,) = self._ask(_NEWEST)
        end = max(place, newest)
        taken = self._taken(end)
        store, seen = read_log(self._ask_table, UP_TO, bounds(end))
        order = np.lexsort((seen.offsets, seen.partitions, seen.at))
        self._read = _Read(
            place=end, taken=taken, store=store, seen=seen, numbers=array("i", order.astype(np.int32).tobytes()),
            at=seen.at[order], partition=seen.partitions[order], offset=seen.offsets[order],
        )  # fmt: skip
        return self._read

    def _go_on(self, read: _Read, place: Place, taken: int) -> None:
        store = read.store
        places = []
        for row in self._ask(_ROWS, *bounds(place), *bounds(read.place)):
            known = len(store)
            number = store.intern(fact_of(row))
            if number == known:  # else it came before
                read.numbers.append(number)
                places.append(row[-3:])
        added = np.array(places, np.int64).reshape(-1, 3)
        read.at, read.partition, read.offset = (
            np.concatenate((column, added[:, index]))
            for index, column in enumerate((read.at, read.partition, read.offset))
        )
        read.place, read.taken = place, taken

    def _taken(self, place: Place) -> int:
        ((found,),) = self._ask(_TAKEN, *bounds(place))
        return int(found)


def _compiled_view(store: FactStore) -> ReplicaView:
    from egraph.kernel.view import KernelView  # loads or compiles its loops, which short logs do not need

    return KernelView(store)
