"""What a producer wants to say, before it has an envelope: typed intents, and constructors that read terms.

Belongs here: the values a caller hands in. Not here: envelopes and bytes (streams/ingest/fact_stream.py,
schemas/codec.py), keeping and sending (outbox.py).
"""

from collections.abc import Iterable
from dataclasses import dataclass

from egraph.colours import Colour
from egraph.identifiers import EventId, NodeId
from egraph.rules.computed_rule import ComputedRule
from egraph.rules.ruleset import Rule
from streams.ingest.colouring import Colouring, all_green
from streams.ingest.enode import make_enode
from streams.ingest.fact_stream import FactStream, RoutedFact
from streams.ingest.sexpr import SexprProblem, SexprReader


@dataclass(frozen=True, slots=True)
class AddNode:
    """Let an e-node exist. `node` is the id it has everywhere; children may be added later, by anybody."""

    operator: str
    colour: Colour = Colour.GREEN
    children: tuple[NodeId, ...] = ()

    @property
    def node(self) -> NodeId:
        """Give the node id."""
        return make_enode(self.operator, self.colour, self.children).id


@dataclass(frozen=True, slots=True)
class AssertEquality:
    """State that two nodes are equal, and why. Its event id is what `Retract` takes."""

    left: NodeId
    right: NodeId
    why: str


@dataclass(frozen=True, slots=True)
class Retract:
    """Withdraw an equality or a rule by its event id."""

    target: EventId
    why: str


@dataclass(frozen=True, slots=True)
class AddRule:
    """Add a rewrite rule or a fold. Its event id is what `Retract` takes."""

    rule: Rule | ComputedRule


Intent = AddNode | AssertEquality | Retract | AddRule


class TermRefused(ValueError):
    """A text is no term. The message says where and what is wrong."""


class Terms:
    """Makes intents from S-expressions, coloured by a palette (GREEN throughout unless one is given).

    A node that this object has made before is not made again.
    """

    def __init__(self, colouring: Colouring | None = None) -> None:
        self._reader = SexprReader(colouring or all_green())

    def add(self, text: str) -> tuple[NodeId, tuple[AddNode, ...]]:
        """Give the node id of a term, and the nodes of it that are new, children first. Raises TermRefused."""
        root, _, new = self._read(text)
        if root is None:
            raise TermRefused(f"{text!r} is no term; give an atom or (operator operand ...)")
        return root, new

    def equate(self, left: str, right: str, why: str) -> tuple[Intent, ...]:
        """Give what states that two terms are equal: their new nodes, then the equality. Raises TermRefused."""
        (first, above), (second, below) = self.add(left), self.add(right)
        return *above, *below, AssertEquality(first, second, why)

    def read(self, lines: Iterable[str], why: str) -> tuple[Intent, ...]:
        """Give what lines of terms and `(= a b)` say, as in an S-expression file. Raises TermRefused."""
        intents: list[Intent] = []
        for line in lines:
            _, equality, new = self._read(line)
            intents += new
            if equality is not None:
                intents.append(AssertEquality(*equality, why))
        return tuple(intents)

    def _read(self, text: str) -> tuple[NodeId | None, tuple[NodeId, NodeId] | None, tuple[AddNode, ...]]:
        found = self._reader.read_line(text)
        if isinstance(found, SexprProblem):
            raise TermRefused(f"{text!r}, {found}")
        if found is None:
            return None, None, ()
        new = tuple(AddNode(enode.operator, enode.colour, enode.children) for enode in found.nodes)
        return found.root, found.equality, new


def seal_intent(stream: FactStream, intent: Intent, now_us: int) -> RoutedFact:
    """Give the intent its envelope, bytes and partition. Raises what the codec raises for values it cannot write."""
    match intent:
        case AddNode():
            return stream.node(make_enode(intent.operator, intent.colour, intent.children), now_us)
        case AssertEquality():
            return stream.equality(intent.left, intent.right, intent.why, now_us)
        case Retract():
            return stream.retraction(intent.target, intent.why, now_us)
        case AddRule():
            return stream.rule(intent.rule, now_us)
