"""THE definition of a match, by brute force. The programs of program.py are tested to find exactly these.

A match of a rule gives each pattern a node of the graph, its root, and each variable a node id:

    an operator at the root of a pattern   is the root
    an operator inside                     is any node in the class of the child that stands at this place
    a variable                             is the child itself, as the node above it names it (at the root: the root)
    a variable that stands twice           is the first of its children in the order of the text; the others must be
                                           in the same class
Belongs here: meaning. Not here: speed.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import product
from typing import NamedTuple, TypeAlias

from egraph.colours import Colour
from egraph.facts import Fact, NodeAdded
from egraph.identifiers import NodeId, colour_of, node_id
from egraph.reading import View
from egraph.rules.conditions import Content, holds
from egraph.rules.patterns import Pattern, Variable
from egraph.rules.ruleset import Rule

Bindings: TypeAlias = tuple[tuple[str, NodeId], ...]


@dataclass(frozen=True, slots=True)
class Term:
    """A tree of nodes without any equality."""

    operator: str
    colour: Colour
    children: "tuple[Term, ...]" = ()

    @property
    def id(self) -> NodeId:
        """The node id of the root."""
        return node_id(self.operator, self.colour, [child.id for child in self.children])


class Match(NamedTuple):
    """Where a rule applies: the root of each pattern, and the substitution in the order of the text."""

    roots: tuple[NodeId, ...]
    substitution: Bindings


@dataclass(frozen=True, slots=True)
class ClassedNodes:
    """What matching reads: the content of the nodes that have arrived, and the classes."""

    contents: Mapping[NodeId, Content]
    class_of: Callable[[NodeId], NodeId]


def classed_nodes(facts: Iterable[Fact], view: View) -> ClassedNodes:
    """Give the nodes of these facts with the classes of their view."""
    contents = {
        node_id(fact.operator, fact.colour, fact.children): Content(fact.operator, fact.children)
        for fact in facts
        if isinstance(fact, NodeAdded)
    }
    return ClassedNodes(contents, view.class_of)


def matches(pattern: Pattern, term: Term) -> dict[str, Term] | None:
    """Give the substitution that makes the pattern the term, or None."""
    found: dict[str, Term] = {}
    pending: list[tuple[Pattern, Term]] = [(pattern, term)]
    while pending:
        part, whole = pending.pop()
        if isinstance(part, Variable):
            if found.setdefault(part.name, whole) != whole:
                return None
        elif (
            part.operator != whole.operator
            or len(part.children) != len(whole.children)
            or part.colour not in (None, whole.colour)
        ):
            return None
        else:
            pending.extend(reversed(list(zip(part.children, whole.children, strict=True))))
    return found


def matches_of(rule: Rule, graph: ClassedNodes) -> frozenset[Match]:
    """Give every match of a rule."""
    found: set[Match] = set()
    for roots in product(graph.contents, repeat=len(rule.patterns)):
        at_root = zip(rule.patterns, roots, strict=True)
        for parts in product(*(tuple(_at_node(pattern, root, graph)) for pattern, root in at_root)):
            substitution = _consistent([pair for part in parts for pair in part], graph)
            if substitution is not None and _conditions_hold(rule, substitution, graph):
                found.add(Match(roots, tuple(substitution.items())))
    return frozenset(found)


def _at_node(pattern: Pattern, node: NodeId, graph: ClassedNodes) -> Iterator[Bindings]:
    """Give what the variables would be if the pattern stood for this very node, in the order of the text."""
    if isinstance(pattern, Variable):
        yield ((pattern.name, node),)
        return
    content = graph.contents[node]
    if content.operator != pattern.operator or len(content.children) != len(pattern.children):
        return
    if pattern.colour not in (None, colour_of(node)):
        return
    below = zip(pattern.children, content.children, strict=True)
    for parts in product(*(tuple(_at_child(part, child, graph)) for part, child in below)):
        yield tuple(pair for part in parts for pair in part)


def _at_child(pattern: Pattern, child: NodeId, graph: ClassedNodes) -> Iterator[Bindings]:
    if isinstance(pattern, Variable):
        yield ((pattern.name, child),)
        return
    for node in graph.contents:
        if graph.class_of(node) == graph.class_of(child):
            yield from _at_node(pattern, node, graph)


def _consistent(pairs: Iterable[tuple[str, NodeId]], graph: ClassedNodes) -> dict[str, NodeId] | None:
    found: dict[str, NodeId] = {}
    for name, node in pairs:
        if graph.class_of(found.setdefault(name, node)) != graph.class_of(node):
            return None
    return found


def _conditions_hold(rule: Rule, substitution: Mapping[str, NodeId], graph: ClassedNodes) -> bool:
    def bound(variable: Variable) -> NodeId:
        return substitution[variable.name]

    return all(holds(condition, bound, graph.contents.get) for condition in rule.conditions)
