"""One table of a program's database: rows that are only ever appended or taken out, with indexes made when asked for.

Belongs here: rows, keys, indexes. Not here: classes and congruence (database.py).

The number of a row says when it came: what a rule has not seen yet are the rows from a number on (semi-naive
evaluation, as in egglog: Zhang et al. 2023, section 5). A row that changes is taken out and appended anew.
"""

from bisect import bisect_left
from typing import Any

from egraph.program.resolved import Schema

Row = tuple[Any, ...]
"""Keys, then the value: numbers of classes and values of primitive sorts."""
Index = dict[Any, list[int]]

_COMPACT_FROM = 1024
"""Rows taken out before tables are packed."""


class Table:
    """The rows of a constructor, function, relation or global.

    `rows[number]` is None where a row was taken out. `numbers` finds a row by its keys. `hidden` holds the numbers of
    subsumed rows. All four are changed in place only, because generated code holds on to them.
    """

    def __init__(self, schema: Schema, place: int) -> None:
        self.schema = schema
        self.place = place
        """Place among the tables of the database."""
        self.rows: list[Row | None] = []
        self.numbers: dict[Row, int] = {}
        self.hidden: set[int] = set()
        self._indexes: dict[tuple[int, ...], tuple[Index, list[int]]] = {}

    def __len__(self) -> int:
        return len(self.numbers)

    def append(self, row: Row) -> int:
        """Add a row whose keys are not there yet. Gives its number."""
        number = len(self.rows)
        self.rows.append(row)
        self.numbers[row[:-1]] = number
        return number

    def remove(self, number: int) -> None:
        """Take a row out."""
        row = self.rows[number]
        assert row is not None, "a row is taken out once"
        self.rows[number] = None
        del self.numbers[row[:-1]]
        self.hidden.discard(number)

    def index(self, columns: tuple[int, ...]) -> Index:
        """Give the numbers of rows by what stands in these columns: the value itself for one column, else a tuple.

        Numbers ascend. Rows that were taken out since are still named.
        """
        entry = self._indexes.get(columns)
        if entry is None:
            entry = self._indexes[columns] = ({}, [0])
        index, done = entry
        rows = self.rows
        if len(columns) == 1:
            (column,) = columns
            for number in range(done[0], len(rows)):
                row = rows[number]
                if row is not None:
                    index.setdefault(row[column], []).append(number)
        else:
            for number in range(done[0], len(rows)):
                row = rows[number]
                if row is not None:
                    index.setdefault(tuple([row[column] for column in columns]), []).append(number)
        done[0] = len(rows)
        return index

    def live(self) -> list[tuple[int, Row]]:
        """Give the rows with their numbers, subsumed ones too."""
        return [(number, row) for number, row in enumerate(self.rows) if row is not None]

    def compact(self) -> list[int] | None:
        """Pack the rows if many were taken out. Gives the old numbers of those that stay, or None if nothing moved."""
        if len(self.rows) < 2 * len(self.numbers) + _COMPACT_FROM:
            return None
        kept = [number for number, row in enumerate(self.rows) if row is not None]
        self.rows[:] = [self.rows[number] for number in kept]
        for number, row in enumerate(self.rows):
            assert row is not None
            self.numbers[row[:-1]] = number
        hidden = [new for new, old in enumerate(kept) if old in self.hidden]
        self.hidden.clear()
        self.hidden.update(hidden)
        self._forget_indexes()
        return kept

    def copy_state(self) -> tuple[list[Row | None], dict[Row, int], set[int]]:
        """Give what `restore_state` needs to come back to here."""
        return list(self.rows), dict(self.numbers), set(self.hidden)

    def restore_state(self, state: tuple[list[Row | None], dict[Row, int], set[int]]) -> None:
        """Come back to a state."""
        rows, numbers, hidden = state
        self.rows[:] = rows
        self.numbers.clear()
        self.numbers.update(numbers)
        self.hidden.clear()
        self.hidden.update(hidden)
        self._forget_indexes()

    def _forget_indexes(self) -> None:
        for index, done in self._indexes.values():
            index.clear()
            done[0] = 0


def moved(mark: int, kept: list[int]) -> int:
    """Give where a row number lies after packing: the number of rows before it that stay."""
    return bisect_left(kept, mark)
