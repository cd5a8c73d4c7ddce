"""Nodes with very many children: the kernel writes them as chains of pairs."""

from egraph.colours import Colour
from egraph.facts import NodeAdded
from egraph.identifiers import node_id
from egraph.kernel.view import KernelView
from egraph.store import FactStore
from schemas.codec import seal


def test_who_names_a_child_of_a_very_wide_node_is_found() -> None:
    """Asking who names a node would end with an error of ours: a module of 3,000 statements is such a node."""
    view = KernelView(FactStore())
    names = [f"x{number}" for number in range(3000)]
    children = tuple(node_id(name, Colour.GREEN, ()) for name in names)
    drafts = [
        NodeAdded(graph="main", producer="p", sequence=at, hlc=at + 1, operator=name, colour=Colour.GREEN)
        for at, name in enumerate(names)
    ]
    wide = NodeAdded(
        graph="main", producer="p", sequence=9999, hlc=9999, operator="module", colour=Colour.GREEN, children=children
    )
    for draft in (*drafts, wide):
        view.add(seal(draft).fact)
    view.settle()
    table = view.store.nodes
    for child in (children[0], children[1500], children[-1]):
        assert {table.ids[item] for item in view.nodes.parents(table.index[child])} == {
            node_id("module", Colour.GREEN, children)
        }
