"""Terms of one derivation by number: nodes of the set, terms that saturation made, instances of rules.

Belongs here: numbers and contents. Not here: which terms are equal (staged.py).
"""

from collections.abc import Sequence
from typing import NamedTuple

from egraph.colours import Colour
from egraph.identifiers import NodeId, colour_of, node_id


class TermContent(NamedTuple):
    """Operator, colour, and the numbers of the children."""

    operator: str
    colour: Colour
    children: tuple[int, ...]


class TermTable:
    """Grow-only. Equal content has one number, whoever made it."""

    def __init__(self) -> None:
        self.ids: list[NodeId] = []
        self.content: list[TermContent | None] = []
        """None for an id of which only the name is known."""
        self.in_set: list[bool] = []
        """Whether the set of facts knows the id: an added node, a child of one, an end of an equality."""
        self.arrived: list[bool] = []
        """Whether the set of facts holds the node. Somebody may spell out a term whose node is only named there."""
        self.chosen: set[int] = set()
        """Leaves that the set is to be given, so facts may be about them; some are named in it already."""
        self._number: dict[NodeId, int] = {}

    def __len__(self) -> int:
        return len(self.ids)

    def mention(self, node: NodeId) -> int:
        """Give the number of a node of the set."""
        number = self._number.get(node)
        return self._append(node, None, in_set=True) if number is None else number

    def define(self, node: NodeId, operator: str, children: Sequence[int]) -> int:
        """Give the number of a node of the set, with its content."""
        number = self.mention(node)
        self.arrived[number] = True
        self.content[number] = TermContent(operator, colour_of(node), tuple(children))
        return number

    def intern(self, operator: str, colour: Colour, children: Sequence[int]) -> int:
        """Give the number of a term by its content."""
        identity = node_id(operator, colour, [self.ids[child] for child in children])
        number = self._number.get(identity)
        if number is None:
            return self._append(identity, TermContent(operator, colour, tuple(children)), in_set=False)
        if self.content[number] is None:
            self.content[number] = TermContent(operator, colour, tuple(children))
        return number

    def of(self, node: NodeId) -> int:
        """Give the number behind an id. Raises KeyError for an unknown one."""
        return self._number[node]

    def may_be_end(self, number: int) -> bool:
        """Tell whether a fact may be about this term: the set knows the id, and no more than we do of its content."""
        known = self.arrived[number] or self.content[number] is None
        return (self.in_set[number] and known) or number in self.chosen

    def children(self, number: int) -> tuple[int, ...]:
        """Give the children of a term; none if its content is not known."""
        content = self.content[number]
        return () if content is None else content.children

    def _append(self, node: NodeId, content: TermContent | None, *, in_set: bool) -> int:
        number = self._number[node] = len(self.ids)
        self.ids.append(node)
        self.content.append(content)
        self.in_set.append(in_set)
        self.arrived.append(False)
        return number
