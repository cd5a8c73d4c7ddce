"""Which classes stand around one class, or around several: those that name it, those that it names, some nodes of each.

Belongs here: which classes and nodes are told, and how many there are in all. Not here: what is told of them. The
bounds hold however large the graph is.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import chain, islice

from egraph.explain.known import Known
from egraph.identifiers import NodeId
from egraph.reading import View

OWN_NODES = 12
OTHER_NODES = 4
CHILDREN = 16
ITSELF, ABOVE, BELOW, BOTH = "itself", "above", "below", "both"


class KnownClasses:
    """Members of classes, asked of a view once for each class. Valid until the next fold."""

    def __init__(self, view: View) -> None:
        self._view = view
        self._members: dict[NodeId, tuple[NodeId, ...]] = {}

    def members(self, node: NodeId) -> tuple[NodeId, ...]:
        """Give the class of a node, ascending."""
        if node not in self._members:
            members = self._view.members(node)
            self._members.update(dict.fromkeys(members, members))
        return self._members[node]

    def class_of(self, node: NodeId) -> NodeId:
        """Give the smallest id in the class of a node."""
        return self.members(node)[0]


@dataclass(frozen=True, slots=True)
class ClassAround:
    """A class, some of its nodes, and on which side it stands."""

    name: NodeId
    side: str
    nodes: tuple[NodeId, ...]


@dataclass(frozen=True, slots=True)
class Surroundings:
    """The classes in the middle come first. The counts are of all, told or not; `classes_count` with the middle."""

    classes: tuple[ClassAround, ...]
    names_itself: bool
    classes_count: int
    above_count: int
    below_count: int


def surroundings(
    known: Known,
    classes: KnownClasses,
    nodes: Sequence[NodeId],
    limit: int,
    *,
    parents: Iterable[NodeId] | None = None,
    own_nodes: int = OWN_NODES,
) -> Surroundings:
    """Give the classes of some nodes and at most `limit` around them.

    A class that stands on both sides is told once, as `both`. Classes that name the middle most often come first.
    `parents` are all nodes that name a member, ascending, if the caller knows them.
    """
    middle: dict[NodeId, list[NodeId]] = {}
    for node in nodes:
        middle.setdefault(classes.class_of(node), []).append(node)
    members = list(chain.from_iterable(classes.members(name) for name in middle))
    drawn = {
        name: list(islice(_drawn_first(known, asked, classes.members(name)), max(own_nodes, len(asked))))
        for name, asked in middle.items()
    }
    below = dict.fromkeys(
        classes.class_of(child)
        for member in chain(*drawn.values(), members)
        if (content := known.node(member)) is not None
        for child in content.children
    )
    if parents is None:
        parents = sorted({parent for member in members for parent in known.parents(member)})
    naming: dict[NodeId, list[NodeId]] = {}
    for parent in parents:
        naming.setdefault(classes.class_of(parent), []).append(parent)
    looped = bool(middle.keys() & below.keys())
    for name in middle:
        below.pop(name, None)
        naming.pop(name, None)
    above = sorted(naming, key=lambda item: (-len(naming[item]), item))
    of_below = list(below)[: max(limit // 2, limit - len(above))]
    of_above = [item for item in above if item not in of_below][: limit - len(of_below)]
    sides = {item: BOTH if item in naming else BELOW for item in of_below} | dict.fromkeys(of_above, ABOVE)
    return Surroundings(
        classes=(
            *(ClassAround(name, ITSELF, tuple(shown)) for name, shown in drawn.items()),
            *(ClassAround(name, side, _others(classes, name, naming)) for name, side in sides.items()),
        ),
        names_itself=looped,
        classes_count=len(middle) + len(naming.keys() | below.keys()),
        above_count=len(above),
        below_count=len(below),
    )


def _drawn_first(known: Known, asked: Sequence[NodeId], members: Sequence[NodeId]) -> Iterable[NodeId]:
    """Give the nodes that were asked for, then members with children, since those have arrows, then the rest."""
    yield from dict.fromkeys(asked)
    leaves = []
    for member in members:
        content = known.node(member)
        if content is None or not content.children:
            leaves.append(member)
        elif member not in asked:
            yield member
    yield from (leaf for leaf in leaves if leaf not in asked)


def _others(classes: KnownClasses, name: NodeId, naming: dict[NodeId, list[NodeId]]) -> tuple[NodeId, ...]:
    """Give nodes of a class; those that name the middle come first."""
    first = naming.get(name, [])[:OTHER_NODES]
    return tuple(dict.fromkeys([*first, *classes.members(name)]))[:OTHER_NODES]
