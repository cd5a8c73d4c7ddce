"""The class rule, checked from the visible graph alone: no RED/BLUE edge into any member of a child's class."""

from collections.abc import Sequence

from egraph.colours import Colour
from egraph.facts import NodeAdded
from egraph.identifiers import NodeId, colour_of
from simulator.checks.expected import Expected
from streams.ports import LogRecord, Outcome
from streams.runtimes.simulated import Inspector
from streams.runtimes.simulated_workers import Seat

_CLASH = {Colour.RED, Colour.BLUE}


class ClassRule(Inspector):
    """After every step that moved an agent, no node stands over a class with a member of the clashing colour.

    Colours are read from node ids, classes from the view's members; masks and counts of the view are not trusted.
    """

    name = "class-rule"

    def __init__(self, expected: Expected) -> None:
        self._expected = expected
        self._before: dict[Seat, tuple[int, ...]] = {}

    def stepped(self, seat: Seat, records: Sequence[LogRecord], outcome: Outcome) -> None:
        """Look at every visible edge of an agent that moved."""
        version = seat.processor.version
        if seat in seat.worker.world.mischief.rot:
            return  # it may hold less than its version says
        if not records or self._before.get(seat) == version:
            return
        self._before[seat] = version
        view = seat.processor.view
        classes: dict[NodeId, set[Colour]] = {}
        for fact in self._expected.held(version):
            if isinstance(fact, NodeAdded) and fact.colour is not Colour.GREEN:
                for child in fact.children:
                    colours = classes.get(child)
                    if colours is None:
                        colours = classes[child] = {colour_of(member) for member in view.members(child)}
                    clash = {fact.colour, *colours} >= _CLASH
                    assert not clash, (
                        f"agent {seat.agent} shows a {fact.colour.name} node over the class of {child.hex()}"
                    )
