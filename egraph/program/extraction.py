"""The cheapest term of each class.

Belongs here: costs and choosing. Not here: what a term looks like (terms.py).

A term costs the sum of the costs of its operators, each value of a primitive sort 1, and shared parts count each time,
as in egglog. Costs are computed for all classes at once by Knuth's generalisation of Dijkstra's algorithm ("A
generalization of Dijkstra's algorithm", 1977): classes are settled in the order of their costs. Among equal costs the
row that came first wins, tables in the order of declaration, so the choice depends on the program alone.
"""

from heapq import heappop, heappush
from typing import Any, NamedTuple

from egraph.program.database import Database
from egraph.program.primitives import PRIMITIVE_SORTS
from egraph.program.syntax import FunctionKind
from egraph.program.tables import Row, Table
from egraph.program.terms import Term, TermNode


class Choice(NamedTuple):
    """The best row of a class, and what the term from it costs."""

    cost: int
    table: Table
    row: Row


class Extractor:
    """The best terms of a database as it stands now. Stale as soon as `database.version` changes."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.version = database.version
        self._best: dict[int, Choice] = {}
        self._settle()

    def best(self, sort: str, value: Any) -> Term | None:
        """Give the cheapest term for a value, None if all its rows are deleted, subsumed or :unextractable."""
        if sort in PRIMITIVE_SORTS:
            return Term((TermNode(None, (), value),), 1)
        choice = self._best.get(self.database.find(value))
        return None if choice is None else self._term(choice)

    def variants(self, sort: str, value: Any, most: int) -> tuple[Term, ...]:
        """Give the cheapest term of each row of a class, the cheapest first, at most so many."""
        if sort in PRIMITIVE_SORTS:
            return (Term((TermNode(None, (), value),), 1),)
        wanted = self.database.find(value)
        found: list[Choice] = []
        for table in _extractable(self.database):
            for number, row in table.live():
                cost = self._cost(table, row)
                if row[-1] == wanted and number not in table.hidden and cost is not None:
                    found.append(Choice(cost, table, row))
        found.sort(key=lambda choice: choice.cost)
        return tuple(self._term(choice) for choice in found[:most])

    def cost(self, number: int) -> int | None:
        """Give the cost of the cheapest term of a class."""
        choice = self._best.get(self.database.find(number))
        return None if choice is None else choice.cost

    def _settle(self) -> None:
        queue: list[tuple[int, int, int]] = []
        rows: list[tuple[Table, Row]] = []
        users: dict[int, list[int]] = {}
        open_children: list[int] = []
        for table in _extractable(self.database):
            class_keys = [column for column in table.schema.class_columns if column < len(table.schema.inputs)]
            for number, row in table.live():
                if number in table.hidden:
                    continue
                place = len(rows)
                rows.append((table, row))
                children = {row[column] for column in class_keys}
                open_children.append(len(children))
                for child in sorted(children):
                    users.setdefault(child, []).append(place)
                if not children:
                    heappush(queue, (self._cost(table, row) or 0, place, row[-1]))
        while queue:
            cost, place, number = heappop(queue)
            if number in self._best:
                continue
            self._best[number] = Choice(cost, *rows[place])
            for user in users.get(number, ()):
                open_children[user] -= 1
                if open_children[user] == 0:
                    table, row = rows[user]
                    heappush(queue, (self._cost(table, row) or 0, user, row[-1]))

    def _cost(self, table: Table, row: Row) -> int | None:
        cost = table.schema.cost
        for sort, value in zip(table.schema.inputs, row, strict=False):
            if sort in PRIMITIVE_SORTS:
                cost += 1
            elif value in self._best:
                cost += self._best[value].cost
            else:
                return None
        return cost

    def _term(self, choice: Choice) -> Term:
        """Build the nodes of a term bottom-up, each class once."""
        nodes: list[TermNode] = []
        places: dict[Any, int] = {}
        top = (choice.table, choice.row)
        pending: list[tuple[Table, Row, bool]] = [(*top, False)]
        while pending:
            table, row, ready = pending.pop()
            is_top = (table, row) == top and not pending
            if not is_top and row[-1] in places:
                continue
            keys = list(zip(table.schema.inputs, row, strict=False))
            if not ready:
                pending.append((table, row, True))
                for sort, value in reversed(keys):
                    if sort not in PRIMITIVE_SORTS and value not in places:
                        best = self._best[value]
                        pending.append((best.table, best.row, False))
                continue
            children = [_value(nodes, value) if sort in PRIMITIVE_SORTS else places[value] for sort, value in keys]
            nodes.append(TermNode(table.schema.name, tuple(children)))
            if not is_top:
                places[row[-1]] = len(nodes) - 1
        return Term(tuple(nodes), choice.cost)


def _value(nodes: list[TermNode], value: Any) -> int:
    nodes.append(TermNode(None, (), value))
    return len(nodes) - 1


def _extractable(database: Database) -> list[Table]:
    return [
        table for table in database.tables if table.schema.kind is FunctionKind.CONSTRUCTOR and table.schema.extractable
    ]
