"""The least fixed point of an analysis over classes, kept up to date while classes grow.

Belongs here: facts by class, and what new rows and merged classes change about them. Not here: analyses (analyses.py),
reading the table, leaves (conclusions.py).

Rows are only added and classes only merged, so facts only go up: from those of before, carried over to the classes of
now, the same fixed point is reached as from nothing, and only rows are looked at that are new or above a change.
"""

from collections import deque
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

from egraph.saturation.analyses import Analysis
from egraph.saturation.errors import AnalysisFault

CHANGES_MAX = 1000
"""A fact that grows more often than this in one update never settles: the lattice has no bounded height, or `join` is
none."""


class Row(NamedTuple):
    """One node as analyses see it: its term, and those of its children. Terms are only looked up for their classes."""

    own: int
    operator: str
    children: tuple[int, ...]


class ClassFacts:
    """The facts of one analysis: `facts` by class, of the classes about which something is known."""

    def __init__(self, analysis: Analysis) -> None:
        self._analysis = analysis
        self.facts: dict[int, Any] = {}
        self._rows: list[Row] = []
        self._users: dict[int, list[int]] = {}
        """For each class, the places of rows that have it as a child; a place may stand there twice."""

    def update(self, label: Sequence[int], moved: Iterable[tuple[int, int]], fresh: Iterable[Row]) -> set[int]:
        """Take new rows and merged classes; gives the classes whose fact this changed, or merged with another.

        `label` is the class of each term now; `moved` names classes of the last update that are part of others now.
        Raises AnalysisFault.
        """
        pending: dict[int, None] = {}
        touched = set()
        for old, new in moved:
            touched |= self._merge(old, new, pending)
        first = len(self._rows)
        self._rows += fresh
        for place in range(first, len(self._rows)):
            for child in dict.fromkeys(label[item] for item in self._rows[place].children):
                self._users.setdefault(child, []).append(place)
            pending[place] = None
        return touched | self._settle(label, pending)

    def _merge(self, old: int, new: int, pending: dict[int, None]) -> set[int]:
        users, others = self._users.pop(old, []), self._users.pop(new, [])
        one, other = self.facts.pop(old, None), self.facts.get(new)
        joined = one if other is None else other if one is None else self._analysis.join(other, one)
        if joined != one:
            pending.update(dict.fromkeys(users))
        if joined != other:
            pending.update(dict.fromkeys(others))
        if len(users) < len(others):
            users, others = others, users
        users += others
        if users:
            self._users[new] = users
        if joined is None:
            return set()
        self.facts[new] = joined
        return {new}

    def _settle(self, label: Sequence[int], pending: Iterable[int]) -> set[int]:
        analysis, facts, rows = self._analysis, self.facts, self._rows
        changes: dict[int, int] = {}
        queue = deque(pending)
        waiting = set(queue)
        while queue:
            place = queue.popleft()
            waiting.discard(place)
            row = rows[place]
            made = analysis.make(row.operator, [facts.get(label[child]) for child in row.children])
            if made is None:
                continue
            own = label[row.own]
            old = facts.get(own)
            new = made if old is None else analysis.join(old, made)
            if new == old:
                continue
            facts[own] = new
            changes[own] = changes.get(own, 0) + 1
            if changes[own] > CHANGES_MAX:
                raise AnalysisFault(
                    f"{analysis.name}: the fact of one class changed {CHANGES_MAX} times, at last by {row.operator} to "
                    f"{new!r}; its lattice must have bounded height, and make and join must only go up"
                )
            for user in self._users.get(own, ()):
                if user not in waiting:
                    waiting.add(user)
                    queue.append(user)
        return set(changes)
