"""The tables of a program and its classes: terms looked up or made, classes joined, congruence restored.

Belongs here: what one row or one union does, and the rebuild after a round. Not here: which rows match (matching.py),
the order of rounds (running.py).

Rebuilding follows egg and egglog: unions only note which class lost its number; afterwards every row that names a lost
one is rewritten, and rows that get equal keys by that are merged, which may join further classes, until none is lost.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NamedTuple

from egraph.program.primitives import PRIMITIVE_SORTS, UNIT, same, shown_value
from egraph.program.problems import FailureKind, ProgramFailed
from egraph.program.resolved import Schema
from egraph.program.syntax import FunctionKind
from egraph.program.tables import Row, Table, moved

Merge = Callable[[Any, Any], Any]


@dataclass(eq=False, slots=True)
class Marks:
    """How far a rule has seen each table: numbers of rows, by the place of the table; and whether it ever ran."""

    seen: list[int]
    ran: bool = False


class Saved(NamedTuple):
    """A state to come back to."""

    parents: list[int]
    tables: list[tuple[Table, Any]]
    marks: list[tuple[Marks, list[int], bool]]


class Database:
    """Tables and classes. A class is named by the smallest of its numbers."""

    def __init__(self) -> None:
        self.parents: list[int] = []
        self.tables: list[Table] = []
        self.by_schema: dict[Schema, Table] = {}
        self.version = 0
        """Counts whatever changes rows or classes."""
        self.size = 0
        """Rows of all tables, those of globals too."""
        self._lost: list[tuple[str, int]] = []
        self._class_columns: dict[str, list[tuple[Table, int]]] = {}
        self._merges: dict[Schema, Merge] = {}
        self._marks: list[Marks] = []
        self._sets: list[tuple[Table, Row, Any]] = []
        self._deletes: list[tuple[Table, Row]] = []
        self._round_starts: dict[Table, int] = {}
        self._deletable: list[Table] = []
        """Tables without globals, of which a program may have very many."""
        self._thinned: dict[Table, None] = {}
        """Tables that rows were taken out of in this round: no other one can be due for packing."""

    @property
    def rows(self) -> int:
        """Rows of all tables, without those of globals."""
        return sum(len(table) for table in self.tables if not table.schema.is_global)

    @property
    def classes(self) -> int:
        """Classes that exist."""
        return sum(1 for number, parent in enumerate(self.parents) if number == parent)

    def declare(self, schema: Schema, merge: Merge | None) -> Table:
        """Add a table. `merge` is what two values of a function become, None if two different ones are an error."""
        table = Table(schema, len(self.tables))
        self.tables.append(table)
        self.by_schema[schema] = table
        if not schema.is_global:
            self._deletable.append(table)
        if merge is not None:
            self._merges[schema] = merge
        for column in schema.class_columns:
            sort = (*schema.inputs, schema.output)[column]
            self._class_columns.setdefault(sort, []).append((table, column))
        for marks in self._marks:
            marks.seen.append(0)
        return table

    def new_marks(self) -> Marks:
        """Give the marks of a rule that has seen nothing; they are kept right when tables are packed."""
        marks = Marks([0] * len(self.tables))
        self._marks.append(marks)
        return marks

    def find(self, number: int) -> int:
        """Give the class of a number."""
        parents = self.parents
        while parents[number] != number:
            parents[number] = parents[parents[number]]
            number = parents[number]
        return number

    def term(self, table: Table, keys: Row) -> Any:
        """Give the value of a constructor or relation for keys; adds the row if need be."""
        number = table.numbers.get(keys)
        if number is not None:
            row = table.rows[number]
            assert row is not None
            return row[-1]
        value: Any = ()
        if table.schema.output != UNIT:
            value = len(self.parents)
            self.parents.append(value)
        self._append(table, (*keys, value))
        return value

    def lookup(self, table: Table, keys: Row) -> Any | None:
        """Give the value of a function for keys, None if it has none."""
        number = table.numbers.get(keys)
        row = table.rows[number] if number is not None else None
        return row[-1] if row is not None else None

    def join(self, sort: str, left: int, right: int) -> None:
        """Make two classes of a sort one."""
        parents = self.parents
        if parents[left] != left:
            left = self.find(left)
        if parents[right] != right:
            right = self.find(right)
        if left != right:
            kept, lost = (left, right) if left < right else (right, left)
            self.parents[lost] = kept
            self._lost.append((sort, lost))
            self.version += 1

    def set(self, table: Table, keys: Row, value: Any) -> None:
        """Note a value of a function; it counts from the end of the round."""
        self._sets.append((table, keys, value))

    def delete(self, table: Table, keys: Row) -> None:
        """Note that a row goes at the end of the round, if it stood before it."""
        self._deletes.append((table, keys))

    def subsume(self, table: Table, keys: Row) -> None:
        """Hide a row from rules and extraction; adds it if need be."""
        self.term(table, keys)
        number = table.numbers[keys]
        if number not in table.hidden:
            table.hidden.add(number)
            self.version += 1

    def begin_round(self) -> None:
        """Remember which rows stand: only they can be deleted in this round."""
        self._round_starts = {table: len(table.rows) for table in self._deletable}

    def end_round(self) -> None:
        """Take effect: deletes, then sets, then congruence. Raises ProgramFailed if two values cannot be merged."""
        deletes, self._deletes = self._deletes, []
        for table, keys in deletes:
            number = table.numbers.get(keys)
            if number is not None and number < self._round_starts.get(table, 0):
                self._remove(table, number)
        sets, self._sets = self._sets, []
        for table, keys, value in sets:
            self._put(table, (*keys, value), hidden=False)
        self._rebuild()
        self._pack()

    @property
    def noted(self) -> int:
        """Values of functions that were noted in this round."""
        return len(self._sets)

    def save(self) -> Saved:
        """Give a state to come back to."""
        tables = [(table, table.copy_state()) for table in self.tables]
        return Saved(list(self.parents), tables, [(marks, list(marks.seen), marks.ran) for marks in self._marks])

    def restore(self, saved: Saved) -> None:
        """Come back to a state. Tables and marks made since are gone."""
        self.version += 1
        self.parents[:] = saved.parents
        self.tables[:] = [table for table, _ in saved.tables]
        for table, state in saved.tables:
            table.restore_state(state)
        self.by_schema = {table.schema: table for table in self.tables}
        self._deletable[:] = [table for table in self.tables if not table.schema.is_global]
        for sort, columns in self._class_columns.items():
            self._class_columns[sort] = [(table, column) for table, column in columns if table.schema in self.by_schema]
        self._marks[:] = [marks for marks, _, _ in saved.marks]
        for marks, seen, ran in saved.marks:
            marks.seen[:] = seen
            marks.ran = ran
        self.size = sum(len(table) for table in self.tables)
        self._lost.clear()
        self._sets.clear()
        self._deletes.clear()
        self._thinned.clear()

    def _put(self, table: Table, row: Row, *, hidden: bool) -> None:
        """Add a row, or merge it with the one that has its keys."""
        keys = row[:-1]
        number = table.numbers.get(keys)
        if number is None:
            number = self._append(table, row)
            if hidden:
                table.hidden.add(number)
            return
        before = table.rows[number]
        assert before is not None
        hidden = hidden or number in table.hidden
        value = self._merged(table.schema, before, row)
        if not same(value, before[-1]):
            self._remove(table, number)
            number = self._append(table, (*keys, value))
        if hidden and number not in table.hidden:
            table.hidden.add(number)
            self.version += 1

    def _merged(self, schema: Schema, before: Row, after: Row) -> Any:
        """Merge two values. Equal classes stay as they are; values of primitive sorts are merged even if equal, as in
        egglog: with :merge (+ old new) every `set` counts."""
        old, new = before[-1], after[-1]
        if schema.kind is FunctionKind.CONSTRUCTOR:
            self.join(schema.output, old, new)
            return old
        if schema.output not in PRIMITIVE_SORTS:
            old, new = self.find(old), self.find(new)
            if old == new:
                return old
        merge = self._merges.get(schema)
        if merge is not None:
            return merge(old, new)
        if same(old, new):
            return old
        raise ProgramFailed(
            FailureKind.MERGE,
            "a function has two values for one key",
            f"{schema.name} has {shown_value(old)} and {shown_value(new)}",
            "declare it with :merge EXPRESSION, or correct the rules",
            schema.place,
        )

    def _rebuild(self) -> None:
        """Rewrite rows that name a lost class until none does, in the order of tables and rows."""
        while self._lost:
            lost, self._lost = self._lost, []
            by_sort: dict[str, list[int]] = {}
            for sort, number in lost:
                by_sort.setdefault(sort, []).append(number)
            stale: set[tuple[int, int]] = set()
            for sort, numbers in by_sort.items():
                for table, column in self._class_columns.get(sort, ()):
                    index = table.index((column,))
                    stale.update((table.place, row) for number in numbers for row in index.pop(number, ()))
            for place, number in sorted(stale):
                table = self.tables[place]
                old = table.rows[number]
                if old is not None:
                    hidden = number in table.hidden
                    self._remove(table, number)
                    self._put(table, self._current(table.schema, old), hidden=hidden)

    def _append(self, table: Table, row: Row) -> int:
        self.version += 1
        self.size += 1
        return table.append(row)

    def _remove(self, table: Table, number: int) -> None:
        self.version += 1
        self.size -= 1
        table.remove(number)
        self._thinned[table] = None

    def _current(self, schema: Schema, row: Row) -> Row:
        changed, parents = list(row), self.parents
        for column in schema.class_columns:
            if parents[changed[column]] != changed[column]:
                changed[column] = self.find(changed[column])
        return tuple(changed)

    def _pack(self) -> None:
        thinned, self._thinned = self._thinned, {}
        for table in thinned:
            kept = table.compact()
            if kept is not None:
                for marks in self._marks:
                    marks.seen[table.place] = moved(marks.seen[table.place], kept)
