"""egraph-serialize JSON: what we write others can read, what others write we read or refuse with reasons."""

import json

import pytest

from egraph.interchange.dot import write_dot
from egraph.interchange.serialized import GraphRefused, SerializedGraph, SerializedNode, read_graph, write_graph

GRAPH = SerializedGraph(
    {
        "one": SerializedNode("1", "i64-1"),
        'a "b"': SerializedNode("Num", "M-0", ("one",), 2.5),
        "sum": SerializedNode("Add", "M-1", ('a "b"', 'a "b"'), 1.0, subsumed=True),
        "loop": SerializedNode("Neg", "M-1", ("sum",)),
    },
    ("M-1",),
    {"M-1": {"type": "M", "let": "$sum"}},
)


def test_what_is_written_is_read_again() -> None:
    """A graph would change on its way through a file."""
    assert read_graph(write_graph(GRAPH)) == GRAPH


def test_the_text_has_the_fields_of_the_format() -> None:
    """Other tools would not find nodes, classes or roots."""
    document = json.loads(write_graph(GRAPH))

    assert list(document) == ["nodes", "root_eclasses", "class_data"]
    assert document["nodes"]["sum"] == {
        "op": "Add", "children": ['a "b"', 'a "b"'], "eclass": "M-1", "cost": 1.0, "subsumed": True,
    }  # fmt: skip
    assert document["root_eclasses"] == ["M-1"]


def test_what_may_be_left_out_may_be_missing() -> None:
    """Graphs from egg, which leaves most fields out, would be refused."""
    graph = read_graph('{"nodes": {"x": {"op": "x", "eclass": "0"}}}')

    assert graph == SerializedGraph({"x": SerializedNode("x", "0")})


@pytest.mark.parametrize(
    ("text", "paths"),
    [
        ("{", [""]),
        ("[" * 100_000, [""]),
        ("[]", [""]),
        ('{"nodes": []}', [""]),
        ('{"nodes": {"x": 1}}', ["nodes.x"]),
        ('{"nodes": {"x": {"op": 1}}}', ["nodes.x.op", "nodes.x.eclass"]),
        ('{"nodes": {"x": {"op": "x", "eclass": "0", "cost": -1}}}', ["nodes.x.cost"]),
        ('{"nodes": {"x": {"op": "x", "eclass": "0", "cost": NaN}}}', ["nodes.x.cost"]),
        ('{"nodes": {"x": {"op": "x", "eclass": "0", "cost": true}}}', ["nodes.x.cost"]),
        ('{"nodes": {"x": {"op": "x", "eclass": "0", "cost": 1%s}}}' % ("0" * 400), ["nodes.x.cost"]),
        (r'{"nodes": {"x": {"op": "\ud800", "eclass": "0"}}}', [""]),
        (r'{"nodes": {"x": {"op": "x", "eclass": "\udfff"}}}', [""]),
        (r'{"nodes": {"\uDC00": {"op": "x", "eclass": "0"}}}', [""]),
        ('{"nodes": {"x": {"op": "x", "eclass": "0"}, "x": {"op": "y", "eclass": "0"}}}', [""]),
        ('{"nodes": {"x": {"op": "x", "op": "y", "eclass": "0"}}, "nodes": {}}', ["", ""]),
        ('{"nodes": {"x": {"op": "x", "eclass": "0", "subsumed": 1}}}', ["nodes.x.subsumed"]),
        ('{"nodes": {"x": {"op": "x", "eclass": "0", "children": "y"}}}', ["nodes.x.children"]),
        ('{"nodes": {"x": {"op": "x", "eclass": "0", "children": ["x", 2, "0"]}}}',
         ["nodes.x.children[1]", "nodes.x.children[1]"]),
        ('{"nodes": {}, "root_eclasses": ["0"]}', ["root_eclasses[0]"]),
        ('{"nodes": {}, "class_data": []}', ["class_data"]),
        ('{"nodes": {}, "class_data": {"0": 1, "1": {"type": 2}}}', ["class_data.0", "class_data.1.type"]),
    ],
)  # fmt: skip
def test_what_is_wrong_is_told_with_its_place(text: str, paths: list[str]) -> None:
    """A broken file would end in an error of Python's, or be read as something that it does not say."""
    with pytest.raises(GraphRefused) as refused:
        read_graph(text)

    assert [problem.path for problem in refused.value.problems] == paths


def test_a_pair_of_surrogates_is_one_character() -> None:
    """Rare characters would be refused where another tool writes JSON in ASCII."""
    assert read_graph(r'{"nodes": {"x": {"op": "\ud83d\ude00", "eclass": "0"}}}').nodes["x"].op == "\U0001f600"


def test_the_picture_has_a_box_for_each_class_and_an_arrow_for_each_child() -> None:
    """A picture would leave out classes or edges, or Graphviz would refuse its quotes."""
    lines = write_dot(GRAPH).splitlines()

    assert sum("subgraph cluster_" in line for line in lines) == 3
    assert sum(" -> " in line for line in lines) == 4
    assert '    label="M-1 = $sum"' in lines
    assert (
        write_dot(SerializedGraph({'"': SerializedNode('say "a\\b"\n', "0")})).count('label="say \\"a\\\\b\\"\\n"') == 1
    )


def test_the_picture_marks_roots_and_subsumed_nodes() -> None:
    """Nobody could see in the picture what the program asked about, or what is superseded."""
    text = write_dot(GRAPH)

    assert text.count("penwidth=2") == 1
    assert text.count('tooltip="subsumed"') == 1
