"""The demo's equalities are true of Python, and its conflicts conflict."""

from collections.abc import Iterable, Mapping
from itertools import product
from typing import Any

import pytest

from egraph.duck.palette import seeded
from egraph.facts import EqualityAsserted
from egraph.identifiers import NodeId
from egraph.store import FactStore
from egraph.view import IncrementalView
from streams.ingest.colouring import Colouring
from streams.ingest.enode import ENode
from streams.ingest.equalities import CONFLICT_TEXT, PER_LAW, DemoEqualities, EqualityFinder
from streams.ingest.fact_stream import FactStream
from streams.ingest.python_source import PythonReader

LAWS = ("commuted", "double-minus", "times-one", "plus-zero", "triple-not", "none-mirrored", "not-is", "not-in")

SOURCE = """
a = 60 * 60 * 24 + 7
b = 1.5 + 2 * 0.25 + (3 + 4) * 10
c = not x or (x is None) or not (y is z) or x in y or x is y or not (not z) or z in y
f(60, 24, 7, 2, 3, 4, 10, x[60], x[24].real, -7, (2, 3), [4, 10], {60: 24}, g(7), h(k=3), 10 << 2)
"""

_BINARY = {"Add": "+", "Mult": "*"}
_COMPARE = {"Is": "is", "IsNot": "is not", "In": "in", "NotIn": "not in"}
_UNARY = {"Not": "not ", "USub": "-"}


def ingest(source: str, seed: int = 0) -> tuple[list[ENode], DemoEqualities]:
    """The nodes of a module and what the demo adds to them."""
    colouring = Colouring(seeded(seed))
    finder = EqualityFinder(colouring)
    nodes = PythonReader(colouring).read(source.encode(), "sample.py")
    assert isinstance(nodes, list)
    for enode in nodes:
        finder.observe(enode)
    return nodes, finder.propose()


def to_source(node: NodeId, nodes: Mapping[NodeId, ENode]) -> str:
    """Python text for the few operators that the laws speak of."""
    enode = nodes[node]
    kind, _, rest = enode.operator.partition(":")
    parts = [to_source(child, nodes) for child in enode.children]
    match kind:
        case "Constant":
            return rest.partition(":")[2]
        case "Name":
            return rest
        case "BinOp":
            return f"({parts[0]} {_BINARY[rest]} {parts[1]})"
        case "UnaryOp":
            return f"({_UNARY[rest]}{parts[0]})"
        case "Compare":
            return f"({parts[0]} {_COMPARE[rest]} {parts[1]})"
    raise AssertionError(f"no text for {enode.operator}")


def outcome(source: str, names: dict[str, Any]) -> tuple[str, Any]:
    """What evaluating gives: a value with its type, or the type of the exception."""
    try:
        value = eval(source, {"__builtins__": {}}, names)
    except Exception as error:
        return "raises", type(error).__name__
    return type(value).__name__, value


@pytest.mark.parametrize("seed", range(4))
def test_every_stated_equality_holds_in_python(seed: int) -> None:
    """The demo claims that these are true: a false one would merge programs that differ."""
    ingested, demo = ingest(SOURCE, seed)
    nodes = {enode.id: enode for enode in (*ingested, *demo.nodes)}
    values = [None, 0, 1, "a", "", [], [None, 0, "a"], {"a": 1}, float("nan")]
    for left, right, _ in demo.equalities:
        texts = to_source(left, nodes), to_source(right, nodes)
        for x, y, z in product(values, repeat=3):
            names = {"x": x, "y": y, "z": z}
            assert outcome(texts[0], names) == outcome(texts[1], names), texts


def test_every_law_finds_something() -> None:
    """A law that never applies would be claimed by the documentation and missing from the demo."""
    stated = {equality.why for seed in range(4) for equality in ingest(SOURCE, seed)[1].equalities}

    assert {f"python: {law}" for law in LAWS} | {CONFLICT_TEXT} == stated


@pytest.mark.parametrize("seed", range(8))
@pytest.mark.parametrize("source", [SOURCE, "", "x = 1"])
def test_true_ones_are_accepted_and_provoked_ones_quarantined(source: str, seed: int) -> None:
    """The demo's promise: quarantine shows, whatever was fed, and nothing else is refused."""
    nodes, demo = ingest(source, seed)
    view, why_of = fold(nodes, demo)
    accepted = [why_of[event] for event in view.accepted()]
    quarantined = [why_of[event] for event in view.quarantined()]

    assert accepted
    assert quarantined
    assert CONFLICT_TEXT not in accepted
    assert set(quarantined) == {CONFLICT_TEXT}
    assert len(accepted) + len(quarantined) == len(demo.equalities)


def test_proposals_depend_on_the_nodes_and_not_on_their_order() -> None:
    """Reading files in another order must not change the demo."""
    colouring = Colouring()
    modules = [f"x = not a{number}; y = a{number} is None" for number in range(PER_LAW + 20)]

    def propose(order: Iterable[str]) -> DemoEqualities:
        finder, reader = EqualityFinder(colouring), PythonReader(colouring)
        for module in order:
            read = reader.read(module.encode(), "m.py")
            assert isinstance(read, list)
            for enode in read:
                finder.observe(enode)
        return finder.propose()

    assert propose(modules) == propose(reversed(modules))


def test_no_law_floods_the_demo() -> None:
    """Thousands of one kind would bury the others in the console's table."""
    _, demo = ingest("\n".join(f"not a{number}" for number in range(PER_LAW * 2)))

    assert sum(equality.why == "python: triple-not" for equality in demo.equalities) == PER_LAW


def fold(nodes: list[ENode], demo: DemoEqualities) -> tuple[IncrementalView, dict[bytes, str]]:
    """The view over nodes and equalities in the order in which the feed sends them."""
    stream, view = FactStream(graph="main", producer="p", agents=9), IncrementalView(FactStore())
    why_of: dict[bytes, str] = {}
    for now, enode in enumerate((*nodes, *demo.nodes)):
        view.add(stream.node(enode, now).fact)
    for equality in demo.equalities:
        fact = stream.equality(*equality, now_us=1_000_000_000).fact
        assert isinstance(fact, EqualityAsserted)
        why_of[fact.event_id] = equality.why
        view.add(fact)
    return view, why_of
