"""A log of one partition with the work of phases on it.

Belongs here: the log, and its rules unless a test brings others. Not here: what is asked of it (test_phase_*.py).
"""

from dataclasses import replace

from egraph.colours import Colour
from egraph.facts import EqualityAsserted, Fact, NodeAdded, Stated
from egraph.identifiers import NodeId, node_id
from egraph.rules.reader import read_rules
from egraph.rules.rule_facts import draft_of
from schemas.codec import seal
from schemas.records import Phase, PhaseOrder
from streams.ports import LogRecord
from streams.processors.folder import LogFolder
from streams.processors.phase_work import RoleWork
from streams.processors.phases import Equality, Findings, Share

RULES = """
(rewrite commutes (f ?x ?y) (f ?y ?x))
(birewrite unfold (double ?x) (f ?x ?x))
(rewrite drop-zero (f ?x zero) ?x)
"""
ORDER = PhaseOrder(run="r", cycle=0, phase=Phase.LIVE, at=0, cut=(0,), rounds=8, nodes=10_000, matches=100_000)
GREEN = Colour.GREEN
WHOLE = Share(0, 1)
ENVELOPE = {"graph": "main", "producer": "p", "sequence": 0, "hlc": 1}


class Log:
    """A log of one partition, folded as agents fold it."""

    def __init__(self) -> None:
        self.folder = LogFolder(1, "main")
        self.facts: list[Fact] = []

    def add(self, draft: Fact) -> Fact:
        """Append a draft with the next sequence and clock."""
        number = len(self.facts)
        fact, raw = seal(replace(draft, sequence=number, hlc=number + 1))
        self.facts.append(fact)
        assert self.folder.fold([LogRecord("egraph.facts", 0, number, 0, b"main", raw)]) == []
        return fact

    def node(self, operator: str, *children: NodeId, colour: Colour = GREEN) -> NodeId:
        """Add a node and give its id."""
        self.add(NodeAdded(**ENVELOPE, operator=operator, colour=colour, children=children))
        return node_id(operator, colour, children)

    def equate(self, left: NodeId, right: NodeId) -> Fact:
        """State an equality."""
        return self.add(EqualityAsserted(**ENVELOPE, left=left, right=right, why=Stated("so")))

    def rules(self, text: str = RULES) -> list[Fact]:
        """Add rules."""
        return [self.add(draft_of(rule, **ENVELOPE)) for rule in read_rules(text).all_rules]

    def find(self, phase: Phase = Phase.LIVE, share: Share = WHOLE, **changes: int) -> Findings:
        """Do the work of a phase."""
        order = replace(ORDER, phase=phase, **changes)  # type: ignore[arg-type]
        found = RoleWork().prepare(order, self.folder.view, share).task()
        assert isinstance(found, Findings)
        return found

    def publish_all(self, found: Findings) -> list[Fact]:
        """Append all that was found, leaves first."""
        for leaf in found.leaves:
            self.node(leaf.operator, colour=leaf.colour)
        return [self.publish(item) for item in found.equalities]

    def publish(self, equality: Equality) -> Fact:
        """Append what was found."""
        assert equality.after < len(self.facts) + 1, "the log's clock has passed its premises"
        return self.add(EqualityAsserted(**ENVELOPE, left=equality.left, right=equality.right, why=equality.why))

    def same(self, left: NodeId, right: NodeId) -> bool:
        """Tell whether two nodes are in one class."""
        return self.folder.view.class_of(left) == self.folder.view.class_of(right)
