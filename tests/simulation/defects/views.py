"""Defects of the view: which equalities count, and what they make equal."""

from bisect import insort
from collections.abc import Sequence

from egraph import closure, digest
from egraph.facts import EqualityAsserted, FactRetracted
from egraph.identifiers import EventId
from egraph.store import EQUALITY_ASSERTED
from egraph.view import IncrementalView
from tests.simulation.defects.catalogue import Patch, defect, install_view


@defect
def decides_in_the_order_of_arrival(patch: Patch) -> None:
    """Two agents that heard of facts in different orders show different classes."""

    class ArrivalOrder(IncrementalView):
        def _decide_one(self, number: int) -> None:
            super()._decide_one(number)
            if not self._settled and number not in self._status:
                self._settled = True
                self._status[number] = "quarantined"

    install_view(patch, ArrivalOrder)


@defect
def breaks_ties_by_arrival(patch: Patch) -> None:
    """Of two equalities with one clock value each agent prefers the one that it heard of first."""

    class Ties(IncrementalView):
        def _fold_equality(self, number: int) -> None:
            hlc, _ = self.store.order(number)
            ranks = getattr(self, "_ranks", 0)
            self._ranks = ranks + 1
            insort(self._equalities, (hlc, EventId(ranks.to_bytes(16, "big")), number))
            self._settled = False

        def _withdraw(self, number: int) -> None:
            self._equalities = [item for item in self._equalities if item[2] != number]
            self._settled = False

        def _with_status(self, status: str) -> tuple[EventId, ...]:
            self.settle()
            return tuple(self.store.ids[number] for *_, number in self._equalities if self._status[number] == status)

    install_view(patch, Ties)


@defect
def accepts_what_breaks_the_class_rule(patch: Patch) -> None:
    """A RED node stands over a BLUE one in what everybody is shown."""
    patch.setattr(closure, "mask_is_legal", lambda mask: True)


@defect
def does_not_look_again_when_a_node_arrives(patch: Patch) -> None:
    """An equality accepted before its nodes' parents came stays accepted although it breaks the class rule."""

    class Hasty(IncrementalView):
        def _fold_node(self, node: int) -> None:
            settled = self._settled
            super()._fold_node(node)
            self._settled = settled

    install_view(patch, Hasty)


@defect
def forgets_congruence(patch: Patch) -> None:
    """f(a) and f(b) stay apart although a and b are equal."""
    patch.setattr(closure.Closure, "_rekey", lambda self, *arguments: None)


@defect
def forgets_a_retraction_that_comes_first(patch: Patch) -> None:
    """A withdrawal that overtakes its fact has no effect, so agents differ by what they heard first."""

    class Forgetful(IncrementalView):
        def _fold_tombstone(self, number: int) -> None:
            fact = self.store.fact(number)
            assert isinstance(fact, FactRetracted)
            if self.holds(fact.target):
                super()._fold_tombstone(number)

    install_view(patch, Forgetful)


@defect
def keeps_what_rests_on_a_withdrawn_fact(patch: Patch) -> None:
    """A derived equality counts on although the statement under it was withdrawn."""

    class Loyal(IncrementalView):
        def _failing_premises(self, number: int) -> tuple[EventId, ...]:
            return tuple(item for item in self._premises(number) if not self.holds(item))

    install_view(patch, Loyal)


@defect
def does_not_wake_what_waits_for_a_premise(patch: Patch) -> None:
    """A suspended equality stays so on those agents that heard of its premise later."""

    class Sleepy(IncrementalView):
        def _retest_waiting(self, arrived: EventId) -> None:
            pass

    install_view(patch, Sleepy)


@defect
def does_not_replay_after_a_withdrawal(patch: Patch) -> None:
    """What was merged stays merged when the equality is withdrawn."""

    class Stubborn(IncrementalView):
        def _withdraw(self, number: int) -> None:
            settled = self._settled
            super()._withdraw(number)
            self._settled = settled

    install_view(patch, Stubborn)


@defect
def lets_a_premise_be_later(patch: Patch) -> None:
    """Two equalities may rest on each other, and count for no reason."""

    class Circular(IncrementalView):
        def _premise_holds(self, premise: EventId, number: int) -> bool:
            index = self.store.index_of(premise)
            if index is None or not self._is_held(index) or index in self._retracted:
                return False
            return self.store.kinds[index] != EQUALITY_ASSERTED or self._status.get(index) != "quarantined"

    install_view(patch, Circular)


@defect
def counts_a_fact_twice_in_the_digest(patch: Patch) -> None:
    """Equal agents seem to differ, and search for a difference that is none."""

    class Double(IncrementalView):
        def fold_many(self, numbers: Sequence[int]) -> int:
            new = super().fold_many(numbers)
            if new > 1:
                self._set_digest.by_kind[0] += 1
            return new

    install_view(patch, Double)


@defect
def leaves_quarantine_out_of_the_digest(patch: Patch) -> None:
    """Agents that disagree about what is quarantined call themselves equal."""
    original = digest.view_digest

    def view_digest(**parts: object) -> bytes:
        return original(**(parts | {"quarantined": 0}))  # type: ignore[arg-type]

    patch.setattr("egraph.view.view_digest", view_digest)


@defect
def quarantines_the_earlier_of_two(patch: Patch) -> None:
    """Who speaks later wins, so a newcomer can throw out what everybody rests on."""

    class Backwards(IncrementalView):
        def settle(self) -> None:
            self._equalities.sort(reverse=True)
            try:
                super().settle()
            finally:
                self._equalities.sort()

        def _decide_one(self, number: int) -> None:
            fact = self.store.fact(number)
            assert isinstance(fact, EqualityAsserted)
            if self._failing_premises(number):
                self._status[number] = "suspended"
            else:
                self._status[number] = "accepted" if self._apply(fact) else "quarantined"

    install_view(patch, Backwards)
