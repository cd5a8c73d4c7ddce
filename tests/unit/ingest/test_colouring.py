"""Colours follow from seed and operator, and never break the local rule."""

import sysconfig
from collections import Counter
from pathlib import Path

from egraph.colours import Colour, may_name
from egraph.duck.palette import seeded
from egraph.identifiers import colour_of
from streams.ingest.colouring import Colouring
from streams.ingest.enode import ENode
from streams.ingest.python_source import PythonReader


def stdlib_nodes(seed: int) -> list[ENode]:
    """The e-nodes of two real modules."""
    reader = PythonReader(Colouring(seeded(seed)))
    nodes: list[ENode] = []
    for name in ("argparse.py", "typing.py"):
        read = reader.read((Path(sysconfig.get_paths()["stdlib"]) / name).read_bytes(), name)
        assert isinstance(read, list)
        nodes += read
    return nodes


def test_no_node_breaks_the_local_rule() -> None:
    """A node its children forbid would be refused by every agent: real input would end as dead letters."""
    for seed in range(5):
        for enode in stdlib_nodes(seed):
            assert all(may_name(enode.colour, colour_of(child)) for child in enode.children)
            assert colour_of(enode.id) is enode.colour


def test_equal_seeds_colour_alike_and_others_differently() -> None:
    """Two producers that mean one graph must name the same nodes; the seed must not be an ornament."""
    assert stdlib_nodes(7) == stdlib_nodes(7)
    assert stdlib_nodes(7) != stdlib_nodes(8)


def test_colour_of_an_operator_is_pinned() -> None:
    """Node ids contain the colour: another draw for seed 0 would give every ingested graph new ids."""
    pinned = {
        "Name:x": "RED",
        "BinOp:Add": "GREEN",
        "Call/1": "GREEN",
        "UnaryOp:Not": "GREEN",
        "Subscript": "GREEN",
        "Name:self": "BLUE",
        "List": "GREEN",
    }

    assert {name: Colouring().preferred(name).name for name in pinned} == pinned


def test_all_three_colours_occur_at_leaves_and_above() -> None:
    """Without a mix nothing could ever conflict, and the demo would show nothing."""
    leaves, inner = Counter[Colour](), Counter[Colour]()
    for enode in stdlib_nodes(0):
        (inner if enode.children else leaves)[enode.colour] += 1

    for counts in (leaves, inner):
        assert set(Colour) == set(counts)
        assert all(share > counts.total() // 20 for share in counts.values())
