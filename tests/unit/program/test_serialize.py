"""The e-graph of a program as nodes and classes for other tools."""

from egraph.interchange.serialized import read_graph, write_graph
from egraph.program.serialize import GONE, serialize
from tests.unit.program.answers import execution_of

TEXT = """
(datatype M (Num i64) (Add M M :cost 4))
(relation R (M))
(relation M2 (i64))
(function f (M) i64 :merge old)
(let $a (Add (Num 1) (Num 2)))
(union $a (Num 3))
(R $a)
(M2 3)
(set (f (Num 1)) 7)
(subsume (Num 3))
(let $gone (Num 99))
(delete (Num 99))
(push)
(relation Local (M))
(Local $a)
(pop)
"""


def test_every_row_is_a_node_in_the_class_of_its_value() -> None:
    """A tool that reads the file would see other terms, or other equalities, than the program has."""
    graph = serialize(execution_of(TEXT).engine)

    by_class = {eclass: sorted(graph.nodes[node].op for node in nodes) for eclass, nodes in graph.classes().items()}
    rows = [["1"], ["2"], ["3"], ["7", "f"], ["Add", "Num"], ["M2"], ["Num"], ["Num"], ["R"], [GONE]]
    assert sorted(by_class.values()) == rows
    (added,) = [node for node in graph.nodes.values() if node.op == "Add"]
    assert [graph.nodes[child].op for child in added.children] == ["Num", "Num"]
    assert added.cost == 4.0
    assert graph.class_data[added.eclass] == {"type": "M", "let": "$a"}
    assert sum(node.subsumed for node in graph.nodes.values()) == 1


def test_it_is_a_graph_of_the_format() -> None:
    """A written graph could not be read again: children or roots would name nothing."""
    execution = execution_of(TEXT + "(extract (Add (Num 1) (Num 1)))")
    outcome = execution.outcomes[-1]
    graph = serialize(execution.engine, [(outcome.sort, outcome.root)])  # type: ignore[union-attr, list-item]

    assert read_graph(write_graph(graph)) == graph
    assert [graph.nodes[node].op for node in graph.classes()[graph.root_eclasses[0]]] == ["Add"]


def test_equal_programs_give_equal_texts() -> None:
    """Two runs could not be compared by their files."""
    first, second = (write_graph(serialize(execution_of(TEXT).engine)) for _ in range(2))

    assert first == second


def test_a_root_whose_rows_are_gone_is_still_a_class_of_the_graph() -> None:
    """The file would name a root that it does not hold, and no tool could read it."""
    execution = execution_of("(datatype T (A))(extract (A))(delete (A))")
    outcome = execution.outcomes[0]
    graph = serialize(execution.engine, [(outcome.sort, outcome.root)])  # type: ignore[union-attr, list-item]

    assert read_graph(write_graph(graph)) == graph
    assert [node.op for node in graph.nodes.values()] == [GONE]
