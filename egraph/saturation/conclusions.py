"""What analyses conclude on a scratch table: facts about its classes, and leaves that classes equal.

Belongs here: bringing facts up to date with the table, and making classes equal leaves. Not here: the fixed point
(class_facts.py), analyses (analyses.py), rounds (saturation.py).
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from egraph.colours import Colour
from egraph.kernel.saturation import columns, layout
from egraph.kernel.saturation.errors import ScratchConflict
from egraph.kernel.saturation.scratch import Scratch
from egraph.kernel.saturation.waiting import WaitingRows
from egraph.saturation.analyses import Analysis
from egraph.saturation.class_facts import ClassFacts, Row
from egraph.saturation.lowering import Operators

PASSES = 16
"""Waiting rows are gone through so often; then they are all handed over, for a chain of them may be as long as it
likes."""


class Conclusions:
    """Analyses at work on a scratch table. Nothing here needs saving: from nothing, an update gives the same facts."""

    def __init__(self, analyses: Sequence[Analysis], scratch: Scratch, operators: Operators) -> None:
        self._analyses, self._scratch, self._operators = tuple(analyses), scratch, operators
        self._facts = [ClassFacts(analysis) for analysis in self._analyses]
        self._waiting = [WaitingRows(scratch) for _ in self._analyses]
        self._concerned: list[list[bool]] = [[] for _ in self._analyses]
        """For each analysis, whether it is concerned with each operator."""
        self._open: list[set[int]] = [set() for _ in self._analyses]
        """For each analysis, terms of classes that may have to equal another leaf than they did."""
        self._label = columns.classes_now(scratch)[:0]

    def conclude(
        self, counts: list[list[int]], nodes_max: int, segments: list[tuple[int, int, int]], round_number: int,
        made_by_none: list[int],
    ) -> bool:  # fmt: skip
        """Let the analyses name leaves until they have no more; False: a leaf would exceed the limit of nodes.

        Counts go to `counts`, firings to `segments`, and leaves that were made but may not be joined to `made_by_none`.
        """
        again, within = bool(self._analyses), True
        while again and within:
            again = False
            self._update()
            for place, wanted in enumerate(self._wanted()):
                for own, leaf in wanted:
                    refused = counts[place][layout.P_REFUSED]
                    effect = self._equal_leaf(own, leaf, counts[place], nodes_max, made_by_none) if within else None
                    if effect:
                        segments.append((round_number, -1 - place, 1))
                        again = True
                    elif effect is None or counts[place][layout.P_REFUSED] > refused:
                        self._open[place].add(own)  # another leaf may come that fits, or room
                    within = within and effect is not None
            if again and not self._scratch.guarded:
                self._scratch.close_now()
        return within

    def facts(self) -> tuple[Mapping[int, Any], ...]:
        """Give the facts of each analysis by class, ascending, classes numbered as the outcome's."""
        if not self._analyses:
            return ()
        self._update()
        number = columns.visible_numbers(self._scratch).tolist()
        return tuple({number[own]: fact for own, fact in sorted(kept.facts.items())} for kept in self._facts)

    def _update(self) -> None:
        names, since = self._operators.names, len(self._label)
        now = columns.classes_now(self._scratch)
        moved = columns.classes_moved(self._label, now)
        for place, analysis in enumerate(self._analyses):
            concerned = self._concerned[place]
            concerned += [
                number >= layout.FIRST_OPERATOR and analysis.concerns(*names[number])
                for number in range(len(concerned), len(names))
            ]
            self._waiting[place].take_in(since, concerned)
            self._open[place] |= self._tell(place, now, moved)
        self._label = now

    def _tell(self, place: int, now: Any, moved: Iterable[tuple[int, int]]) -> set[int]:
        """Let an analysis tell of merged classes, and of rows as soon as their children are known."""
        kept, waiting, label, names = self._facts[place], self._waiting[place], memoryview(now), self._operators.names

        def told(rows: Iterable[columns.ReadRow]) -> set[int]:
            return kept.update(label, (), (Row(own, names[operator][0], children) for own, operator, children in rows))

        changed = kept.update(label, moved, ())
        for _ in range(PASSES):
            rows = waiting.let_go(kept.facts, now)
            if not rows:
                return changed
            changed |= told(rows)
        return changed | told(waiting.let_all_go())

    def _wanted(self) -> list[list[tuple[int, str]]]:
        """Give, for each analysis, classes and the leaves that they equal, by ascending class; nothing is open then."""
        found = []
        for analysis, kept, terms in zip(self._analyses, self._facts, self._open, strict=True):
            classes = sorted({int(self._label[term]) for term in terms})
            terms.clear()
            leaves = ((own, analysis.modify(kept.facts[own])) for own in classes)
            found.append([(own, leaf) for own, leaf in leaves if leaf is not None])
        return found

    def _equal_leaf(
        self, own: int, operator: str, counts: list[int], nodes_max: int, made_by_none: list[int]
    ) -> bool | None:  # fmt: skip
        """Make a class equal a leaf; gives whether that changed it, or None where there is no room for the leaf."""
        scratch, symbol = self._scratch, self._leaf_symbol(operator, own)
        if symbol is None:
            return False
        terms = int(scratch.counts[layout.TERMS])
        if scratch.leaf(symbol) is None and scratch.counts[layout.VISIBLE] >= nodes_max:
            return None
        right = scratch.add_leaf(symbol)
        made = right >= terms
        counts[layout.P_NODES] += made
        try:
            changed = scratch.conclude(own, right)
        except ScratchConflict:
            counts[layout.P_REFUSED] += 1
            changed = False
            made_by_none += [right] * made
        counts[layout.P_UNIONS] += changed
        return changed

    def _leaf_symbol(self, operator: str, own: int) -> int | None:
        """Give the leaf to take: one that is there, GREEN before others, else GREEN; None if the class has one."""
        number = self._operators.number(operator, 0) << 2
        held = {item: term for item in Colour if (term := self._scratch.leaf(number | item)) is not None}
        if any(self._scratch.in_one_class(own, term) for term in held.values()):
            return None
        (colour,) = held if len(held) == 1 else (Colour.GREEN,)
        return number | colour
