"""Equalities that hold between Python expressions, found on ingested nodes, and a few that conflict on purpose.

Belongs here: the laws, each with the reason why it is true of the syntax it is applied to, and the demo's fixed
terms. Not here: saturation by rules. Pure and deterministic: candidates are taken in order of node id.

Laws (n, m: closed arithmetic of int and float literals with + and *, so no operator is overloaded and no name is
looked up; i: one int literal; x, y: any expression):
    commuted         n + m = m + n, n * m = m * n     IEEE addition and multiplication commute
    double-minus     -(-i) = i                        two's complement or unbounded, negation undoes itself
    times-one        i * 1 = i
    plus-zero        i + 0 = i
    triple-not       not not not x = not x            `not` gives a bool, twice `not` keeps a bool
    none-mirrored    (x is None) = (None is x)        identity is symmetric, None has no effect
    not-is           (not x is y) = (x is not y)      the language defines `is not` so
    not-in           (not x in y) = (x not in y)      the language defines `not in` so
An equality that would break the class rule among those chosen here is left out: what conflicts is marked so.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

from egraph.colours import MEMBER_BIT, PARENT_BIT, Colour, mask_is_legal
from egraph.identifiers import NodeId, colour_of
from streams.ingest.colouring import Colouring
from streams.ingest.enode import ENode, make_enode

PER_LAW = 80
CONFLICTS = 10
CONFLICT_TEXT = "demo: provokes a conflict"

_ADD, _MULT, _MINUS, _NOT = "BinOp:Add", "BinOp:Mult", "UnaryOp:USub", "UnaryOp:Not"
_INT, _FLOAT = "Constant:int:", "Constant:float:"
_NEGATED = {"Compare:Is": "Compare:IsNot", "Compare:In": "Compare:NotIn"}
_NEGATION_LAW = {"Compare:Is": "python: not-is", "Compare:In": "python: not-in"}


class Equality(NamedTuple):
    """Two nodes to be stated equal, and the text of `why`."""

    left: NodeId
    right: NodeId
    why: str


@dataclass(frozen=True, slots=True)
class DemoEqualities:
    """What to add to the ingested nodes: counterpart nodes first, then the equalities."""

    nodes: tuple[ENode, ...]
    equalities: tuple[Equality, ...]


class _Proposal(NamedTuple):
    """`left` equals the last of `nodes`; `nodes` are to be added, children first."""

    why: str
    left: NodeId
    nodes: list[ENode]


class _Candidate(NamedTuple):
    law: str
    enode: ENode


class EqualityFinder:
    """Watches e-nodes go by (children first) and then proposes equalities about them."""

    def __init__(self, colouring: Colouring) -> None:
        self._colouring = colouring
        self._none = colouring.enode("Constant:NoneType:None").id
        self._arithmetic: set[NodeId] = set()
        self._candidates: dict[NodeId, _Candidate] = {}
        self._parents: dict[NodeId, int] = {}

    def observe(self, enode: ENode) -> None:
        """Take note of one ingested node."""
        for child in enode.children:
            if child in self._candidates:
                self._parents[child] = self._parents.get(child, 0) | PARENT_BIT[enode.colour]
        law = self._law_for(enode)
        if law:
            self._candidates[enode.id] = _Candidate(law, enode)

    def _law_for(self, enode: ENode) -> str:
        operator, children = enode.operator, enode.children
        if operator.startswith((_INT, _FLOAT)):
            self._arithmetic.add(enode.id)
            return "literal" if operator.startswith(_INT) else ""
        if operator in (_ADD, _MULT) and self._arithmetic.issuperset(children):
            self._arithmetic.add(enode.id)
            return "commuted" if children[0] != children[1] else ""
        if operator == _NOT:
            return "triple-not"
        if operator in _NEGATED:
            return "none-mirrored" if operator == "Compare:Is" and children[1] == self._none else "negated"
        return ""

    def propose(self, conflicts: int = CONFLICTS) -> DemoEqualities:
        """Give true equalities, at most PER_LAW for each law, then `conflicts` of those that break the class rule."""
        plan = _Plan(self._parents)
        used: dict[str, int] = {}
        for _, (kind, enode) in sorted(self._candidates.items()):
            for proposal in self._counterparts(kind, enode):
                if used.get(proposal.why, 0) < PER_LAW and plan.state_if_legal(proposal):
                    used[proposal.why] = used.get(proposal.why, 0) + 1
        for proposal in (*self._conflicting(conflicts), *fixed_demo_terms()):
            plan.state(proposal)
        return DemoEqualities(tuple(plan.nodes), tuple(plan.equalities))

    def _counterparts(self, kind: str, enode: ENode) -> Iterator[_Proposal]:
        """Give one proposal per law that applies."""
        make = self._colouring.enode
        children = enode.children
        if kind == "literal":
            minus = make(_MINUS, [enode.id])
            yield _Proposal("python: double-minus", enode.id, [minus, make(_MINUS, [minus.id])])
            one, zero = make(f"{_INT}1"), make(f"{_INT}0")
            yield _Proposal("python: times-one", enode.id, [one, make(_MULT, [enode.id, one.id])])
            yield _Proposal("python: plus-zero", enode.id, [zero, make(_ADD, [enode.id, zero.id])])
        elif kind == "commuted":
            yield _Proposal("python: commuted", enode.id, [make(enode.operator, children[::-1])])
        elif kind == "triple-not":
            twice = make(_NOT, [enode.id])
            yield _Proposal("python: triple-not", enode.id, [twice, make(_NOT, [twice.id])])
        elif kind == "none-mirrored":
            yield _Proposal("python: none-mirrored", enode.id, [make(enode.operator, children[::-1])])
        if enode.operator in _NEGATED:
            opposite = make(_NEGATED[enode.operator], children)
            yield _Proposal(_NEGATION_LAW[enode.operator], opposite.id, [opposite, make(_NOT, [enode.id])])

    def _conflicting(self, at_most: int) -> Iterator[_Proposal]:
        """Give GREEN literals below RED (or BLUE) nodes, with a BLUE (or RED) double negation of the same literal.

        A true equality, yet one trust level may not stand in for the other: the quarantine must show it.
        """
        found = 0
        for identity, (kind, enode) in sorted(self._candidates.items()):
            if kind != "literal" or enode.colour is not Colour.GREEN or found == at_most:
                continue
            parents = self._parents.get(identity, 0)
            for seen, opposite in ((Colour.RED, Colour.BLUE), (Colour.BLUE, Colour.RED)):
                if parents & PARENT_BIT[seen]:
                    minus = make_enode(_MINUS, Colour.GREEN, [identity])
                    yield _Proposal(CONFLICT_TEXT, identity, [minus, make_enode(_MINUS, opposite, [minus.id])])
                    found += 1
                    break


class _Plan:
    """Collects nodes and equalities, keeping the class rule among the classes it makes itself."""

    def __init__(self, parents: dict[NodeId, int]) -> None:
        self.nodes: list[ENode] = []
        self.equalities: list[Equality] = []
        self._known: set[NodeId] = set()
        self._leader: dict[NodeId, NodeId] = {}
        self._mask = dict(parents)

    def state_if_legal(self, proposal: _Proposal) -> bool:
        """State it, unless a class would become illegal; tell which."""
        for enode in proposal.nodes:
            for child in enode.children:
                leader = self._find(child)
                self._mask[leader] = self._class_mask(leader) | PARENT_BIT[enode.colour]
        first, second = self._find(proposal.left), self._find(proposal.nodes[-1].id)
        merged = self._class_mask(first) | self._class_mask(second)
        if first == second or not mask_is_legal(merged):
            return False
        self._leader[second] = first
        self._mask[first] = merged
        self.state(proposal)
        return True

    def state(self, proposal: _Proposal) -> None:
        """Add the nodes that are not added yet, and the equality."""
        for enode in proposal.nodes:
            if enode.id not in self._known:
                self._known.add(enode.id)
                self.nodes.append(enode)
        self.equalities.append(Equality(proposal.left, proposal.nodes[-1].id, proposal.why))

    def _find(self, node: NodeId) -> NodeId:
        while node in self._leader:
            node = self._leader[node]
        return node

    def _class_mask(self, leader: NodeId) -> int:
        return self._mask.get(leader, 0) | MEMBER_BIT[colour_of(leader)]


def fixed_demo_terms() -> tuple[_Proposal, _Proposal]:
    """Give one equality that is accepted and one that is quarantined, whatever the input and the seed were."""
    seven, eight = (make_enode(f"{_INT}{value}", Colour.GREEN, []) for value in (7000007, 8000008))
    total = make_enode(_ADD, Colour.GREEN, [seven.id, eight.id])
    swapped = make_enode(_ADD, Colour.GREEN, [eight.id, seven.id])
    trusted = make_enode("Attribute:demo", Colour.RED, [seven.id])
    minus = make_enode(_MINUS, Colour.GREEN, [seven.id])
    doubted = make_enode(_MINUS, Colour.BLUE, [minus.id])
    return (
        _Proposal("python: commuted", total.id, [seven, eight, total, swapped]),
        _Proposal(CONFLICT_TEXT, seven.id, [seven, trusted, minus, doubted]),
    )
