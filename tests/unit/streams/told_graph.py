"""A small graph with something of everything: merged classes, parents, a quarantined equality with its witness.

Belongs here: the log and who answers out of it. No assertions here.
"""

from collections.abc import Callable
from typing import TypeVar

from cli.console_graph import ConsoleGraph
from egraph.colours import Colour
from egraph.facts import NodeAdded
from egraph.identifiers import NodeId, node_id
from streams.processors.folder import LogFolder
from tests.unit.streams.hand_log import HandLog

_T = TypeVar("_T")
RED_X, BLUE_Y, GREEN_Z = (
    node_id(name, colour, ()) for name, colour in (("x", Colour.RED), ("y", Colour.BLUE), ("z", Colour.GREEN))
)


class Folded:
    """Asks a folder that was folded already, as LiveGraph asks one that grows."""

    def __init__(self, log: HandLog) -> None:
        self.log = log
        self.folder = log.folder()

    def ask(self, question: Callable[[LogFolder], _T]) -> _T:
        """Answer."""
        return question(self.folder)

    def grow(self) -> None:
        """Take in what was appended to the log since."""
        self.folder = self.log.folder()


def told_log() -> HandLog:
    """Give a log: a = b by bob and b = c by a rule, so (f a) = (f c); x = z by bob keeps z = y by eve out of it."""
    log = HandLog()
    for text in ("(f a)", "(f c)", "(g (f a) b)"):
        log.term(text)
    a, b, c = (log.term(letter) for letter in "abc")
    log.equate(a, b, "alike", producer="bob")
    log.equate(b, c, "comm", premises=[log.rule("comm")])
    for name, colour in (("x", Colour.RED), ("y", Colour.BLUE), ("z", Colour.GREEN)):
        log.append(NodeAdded, operator=name, colour=colour)
    log.append(NodeAdded, operator="r", colour=Colour.BLUE, children=(BLUE_Y,))
    log.equate(RED_X, GREEN_Z, "the first", producer="bob")
    log.equate(GREEN_Z, BLUE_Y, "the second", producer="eve")
    return log


def told_graph() -> ConsoleGraph:
    """Give what the console asks, over that log."""
    return ConsoleGraph(Folded(told_log()))


def hub(leaves: int) -> tuple[HandLog, NodeId]:
    """Give a log whose one node is named by many, each a class of its own."""
    log = HandLog()
    centre = node_id("hub", Colour.GREEN, ())
    log.append(NodeAdded, operator="hub", colour=Colour.GREEN)
    for number in range(leaves):
        log.append(NodeAdded, operator=f"n{number}", colour=Colour.GREEN, children=(centre,))
    return log, centre
