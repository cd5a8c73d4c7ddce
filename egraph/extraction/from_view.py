"""The columns of a view: what extraction reads of the classes that facts make.

Belongs here: the adapter. Not here: extraction itself. The colour is part of a node's content, so no term mixes colours
that the facts do not.
"""

from array import array
from collections.abc import Sequence
from dataclasses import dataclass

from egraph.colours import Colour
from egraph.extraction.columns import Columns, Symbol, read_columns
from egraph.extraction.errors import InvalidColumns
from egraph.identifiers import NodeId
from egraph.reading import ReplicaView


@dataclass(frozen=True, slots=True, eq=False)
class ViewColumns:
    """The columns of one state of a view, with the way from node ids to classes and back. Later facts do not show."""

    columns: Columns
    ids: Sequence[NodeId]
    """The id of each node of the columns."""
    _class_of: dict[NodeId, int]

    def class_of(self, node: NodeId) -> int:
        """Give the class of a node id. Raises InvalidColumns for an id that no fact named."""
        label = self._class_of.get(node)
        if label is None:
            raise InvalidColumns(f"node {node.hex()} is unknown to the view; add it, or ask for another")
        return label


def view_columns(view: ReplicaView, *, jit: bool = True) -> ViewColumns:
    """Give the nodes of a view as columns. A node that is only mentioned makes a class without nodes.

    Ties go to the smaller node id, so all replicas that hold the same facts extract the same terms.
    """
    view.settle()
    table, held = view.store.nodes, view.nodes
    label = list(range(len(table.ids)))
    merged = view.merged_classes()
    for group in merged:
        least = min(group)
        for number in group:
            label[number] = least
    nodes = [number for number in range(len(held.added)) if held.added[number]]
    names: dict[Symbol, int] = {}
    labels, symbols, offsets, children = array("i"), array("i"), array("i", (0,)), array("i")
    for number in nodes:
        operator = table.operator_of(number)
        assert operator is not None, "a held node without content"
        labels.append(label[number])
        symbols.append(names.setdefault(Symbol(operator, Colour(table.colour[number])), len(names)))
        children.extend([label[child] for child in table.children_of(number)])
        offsets.append(len(children))
    ids = [table.ids[number] for number in nodes]
    columns = read_columns(
        classes=len(table.ids), labels=labels, symbols=symbols, offsets=offsets, children=children,
        order=content_order(ids), names=tuple(names), jit=jit,
    )  # fmt: skip
    known = [item for item in range(len(held.added)) if held.is_mentioned(item)]
    known += (item for group in merged for item in group)
    return ViewColumns(columns, ids, {table.ids[number]: label[number] for number in known})


def content_order(ids: Sequence[NodeId]) -> "array[int]":
    """Give a number to each id, ascending as the ids do, and different where they are."""
    prefixes = array("q", (int.from_bytes(node[:8], "big") >> 1 for node in ids))
    if len(set(prefixes)) == len(prefixes):
        return prefixes
    rank = {node: number for number, node in enumerate(sorted(set(ids)))}
    return array("q", map(rank.__getitem__, ids))
