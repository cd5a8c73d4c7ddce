"""The order in which the facts of a query are worked off.

Belongs here: the plan. Not here: what a fact means (flatten.py), running it (matching.py).
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

from egraph.program.resolved import Constant, PrimitiveAtom, Query, RowAtom, Schema, Slot, Term


@dataclass(frozen=True, slots=True)
class Visit:
    """Look at the rows of an atom. `known` are the columns whose values are given by then."""

    place: int
    atom: RowAtom
    known: tuple[int, ...]

    @property
    def by_keys(self) -> bool:
        """Whether all keys are given: there is one row at most."""
        return set(range(len(self.atom.columns) - 1)) <= set(self.known)


@dataclass(frozen=True, slots=True)
class Compute:
    """Compute a primitive whose arguments are given. `known`: so is its value, which must be the same."""

    atom: PrimitiveAtom
    known: bool


PlanStep: TypeAlias = Visit | Compute


def plan(query: Query, first: int | None, size: Callable[[Schema], int]) -> tuple[PlanStep, ...]:
    """Give an order that looks at row `first` first (None: at the best one), then always at what is known best.

    Best is a row whose keys are all given, then one with the most given columns, then a small table.
    """
    steps: list[PlanStep] = []
    bound: set[int] = set()
    rows = dict(enumerate(query.rows))
    primitives = list(query.primitives)
    while True:
        for atom in [atom for atom in primitives if _given(atom.arguments, bound)]:
            primitives.remove(atom)
            steps.append(Compute(atom, atom.result is None or _given((atom.result,), bound)))
            bound |= _slots((atom.result,) if atom.result is not None else ())
            break
        else:
            if not rows:
                return tuple(steps)
            place = first if first in rows else min(rows, key=lambda place: _rank(place, rows[place], bound, size))
            atom_of_row = rows.pop(place)
            known = tuple(column for column, term in enumerate(atom_of_row.columns) if _given((term,), bound))
            steps.append(Visit(place, atom_of_row, known))
            bound |= _slots(atom_of_row.columns)


def _rank(place: int, atom: RowAtom, bound: set[int], size: Callable[[Schema], int]) -> tuple[bool, int, int, int]:
    known = [_given((term,), bound) for term in atom.columns]
    return not all(known[:-1]), -sum(known), size(atom.table), place


def _given(terms: tuple[Term, ...], bound: set[int]) -> bool:
    return all(isinstance(term, Constant) or term.number in bound for term in terms)


def _slots(terms: tuple[Term, ...]) -> set[int]:
    return {term.number for term in terms if isinstance(term, Slot)}
