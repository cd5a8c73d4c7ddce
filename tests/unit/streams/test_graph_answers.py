"""What is told of a folded graph: one class with its surroundings, ways into it, and that every list is bounded."""

import pytest

from cli.console_graph import ConsoleGraph
from dash_app.graph_api import NoAnswer
from egraph.colours import Colour
from egraph.facts import NodeAdded
from egraph.identifiers import NodeId, node_id
from streams.processors.folder import LogFolder
from streams.runtimes import graph_index
from streams.runtimes.views import kernel_view
from tests.unit.streams.hand_log import PARTITIONS, HandLog
from tests.unit.streams.told_graph import GREEN_Z, RED_X, Folded, hub, told_graph, told_log


def test_a_class_is_told_with_members_parents_colours_and_places() -> None:
    """The page would show another class than the log makes, or link to another fact."""
    log = told_log()
    found = ConsoleGraph(Folded(log)).node("(f c)", 50, 12)
    names = {item["term"]: item for item in found["members"]}

    assert found["members"][0]["term"] == found["term"] == "(f c)"
    assert set(names) == {"(f a)", "(f c)"}
    assert found["members_count"] == 2
    assert [item["term"] for item in found["parents"]] == ["(g (f a) b)"]
    assert (found["parents_count"], found["parent_classes_count"]) == (1, 1)
    assert sum(found["colours"].values()) == 2
    assert found["class"] == min(item["id"] for item in found["members"])
    assert [child["term"] for child in names["(f a)"]["children"]] == ["a"]
    places = {f"{item['partition']}:{item['offset']}" for item in found["members"]}
    assert places <= set(log.places.values())
    assert found["best"]["cost"] == 2
    assert found["best"]["node"] in {item["id"] for item in found["members"]}


def test_quarantine_comes_with_its_witness() -> None:
    """Nobody could see whose statement stands against whose."""
    graph = told_graph()
    found = graph.node(GREEN_Z.hex(), 50, 12)

    assert found["quarantined_count"] == 1
    (kept_out,) = found["quarantined"]
    assert (kept_out["left"], kept_out["right"], kept_out["producer"]) == ("z", "y", "eve")
    assert [item["producer"] for item in kept_out["witness"]] == ["bob"]
    assert graph.node(RED_X.hex(), 50, 12)["quarantined_count"] == 1
    assert graph.node("a", 50, 12)["quarantined"] == []


def test_the_neighbourhood_says_on_which_side_a_class_stands() -> None:
    """The arrows of the picture would point the wrong way."""
    around = told_graph().node("(f a)", 50, 12)["neighbourhood"]
    sides = {box["side"]: box for box in around["classes"]}

    assert [box["side"] for box in around["classes"]] == ["itself", "below", "above"]
    assert {node["term"] for node in sides["below"]["nodes"]} == {"a", "b", "c"}
    assert sides["above"]["nodes"][0]["operator"] == "g"
    assert sides["itself"]["class"] in sides["above"]["nodes"][0]["children"]
    assert (around["classes_count"], around["above_count"], around["below_count"]) == (3, 1, 1)
    assert not around["names_itself"]


def test_a_class_on_both_sides_and_a_class_that_names_itself_are_told_once() -> None:
    """A cycle would be drawn as two classes, or hide that a class names itself."""
    log = HandLog()
    leaf = log.term("a")
    over = node_id("s", Colour.GREEN, (leaf,))
    log.append(NodeAdded, operator="s", colour=Colour.GREEN, children=(leaf,))
    log.append(NodeAdded, operator="t", colour=Colour.GREEN, children=(over,))
    log.equate(leaf, node_id("t", Colour.GREEN, (over,)))
    graph = ConsoleGraph(Folded(log))
    around = graph.node(leaf.hex(), 50, 12)["neighbourhood"]
    assert [box["side"] for box in around["classes"]] == ["itself", "both"]
    log.equate(leaf, over)
    around = ConsoleGraph(Folded(log)).node(leaf.hex(), 50, 12)["neighbourhood"]
    assert [box["side"] for box in around["classes"]] == ["itself"]
    assert around["names_itself"]


def test_lists_are_cut_and_say_of_how_many() -> None:
    """One popular class would send the whole graph to the browser, or a cut list be taken for all."""
    log, centre = hub(60)
    found = ConsoleGraph(Folded(log)).node(centre.hex(), 10, 8)
    assert (len(found["parents"]), found["parents_count"]) == (10, 60)
    assert (len(found["neighbourhood"]["classes"]), found["neighbourhood"]["classes_count"]) == (9, 61)
    assert len(ConsoleGraph(Folded(log)).node(centre.hex(), 10, 0)["neighbourhood"]["classes"]) == 1
    search = ConsoleGraph(Folded(log)).search("n", 5)
    assert (len(search["nodes"]), search["matching"], search["total"]) == (5, 60, 61)


def test_the_sought_node_is_among_the_members_that_are_shown() -> None:
    """In a large class the node that one asked for would be left out of its own list."""
    log = HandLog()
    ends = [log.term(f"leaf{number}") for number in range(30)]
    for end in ends[1:]:
        log.equate(ends[0], end)
    for end in sorted(ends)[-2:]:
        found = ConsoleGraph(Folded(log)).node(end.hex(), 3, 4)
        assert found["members"][0]["id"] == found["neighbourhood"]["classes"][0]["nodes"][0]["id"] == end.hex()
        assert found["members_count"] == 30


def test_search_takes_parts_of_operators_and_beginnings_of_ids_closest_first() -> None:
    """Who does not know the whole term could not find the node."""
    log = HandLog()
    for name in ("income", "INC", "zinc", "other"):
        log.append(NodeAdded, operator=name, colour=Colour.GREEN)
    graph = ConsoleGraph(Folded(log))
    assert [item["operator"] for item in graph.search("inc", 9)["nodes"]] == ["INC", "income", "zinc"]
    other = node_id("other", Colour.GREEN, ()).hex()
    for text in (other[:6], "#" + other[:6], other.upper()):
        assert [item["id"] for item in graph.search(text, 9)["nodes"]] == [other], text
    assert graph.search("nowhere", 9)["nodes"] == []


def test_search_says_which_node_a_text_names_or_why_it_names_none() -> None:
    """The page could not tell a term that is there from one that only looks like others."""
    graph = told_graph()
    found = graph.search("(f c)", 9)
    assert (found["exact"], found["problem"]) == (graph.node("(f c)", 9, 0)["node"], None)
    found = graph.search("(f", 9)
    assert found["exact"] is None
    assert "is no term" in found["problem"]


def test_the_summary_leads_to_large_classes_and_to_what_is_quarantined() -> None:
    """Who opens the page without a term would see nothing to begin with."""
    found = told_graph().summary(20)
    assert [item["members_count"] for item in found["classes"]] == [3, 2, 2]
    assert (found["merged_count"], found["quarantined_count"]) == (3, 1)
    kept_out = found["quarantined"][0]
    assert (kept_out["left"], kept_out["right"], kept_out["producer"]) == ("z", "y", "eve")
    assert [(item["left"], item["right"], item["producer"]) for item in kept_out["witness"]] == [("x", "z", "bob")]
    assert len(told_graph().summary(1)["classes"]) == 1


def test_what_was_looked_up_is_kept_until_the_log_grows(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every request would read the whole log again, or an old class be shown for ever."""
    made: list[object] = []
    real = graph_index.GraphIndex.__init__
    monkeypatch.setattr(
        graph_index.GraphIndex, "__init__", lambda self, *a, **k: (made.append(self), real(self, *a, **k))[1]
    )
    live = Folded(told_log())
    graph = ConsoleGraph(live)
    for _ in range(3):
        assert graph.node("a", 50, 12)["members_count"] == 3
    assert len(made) == 1
    live.log.equate(live.log.term("d"), live.log.term("a"))
    live.grow()
    assert graph.node("a", 50, 12)["members_count"] == 4
    assert len(made) == 2


@pytest.mark.parametrize(
    ("text", "status"), [("nowhere", 404), ("(f", 400), ("#", 400), (NodeId(bytes(16)).hex(), 404)]
)
def test_what_names_no_node_is_refused_with_a_status(text: str, status: int) -> None:
    """A typing error would be told as a fault of the server."""
    with pytest.raises(NoAnswer) as refused:
        told_graph().node(text, 50, 12)
    assert refused.value.status == status


def test_a_graph_too_large_for_extraction_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    """A missing best term would look as if there were none."""
    monkeypatch.setattr(graph_index, "EXTRACTED_MAX", 1)
    best = told_graph().node("a", 50, 12)["best"]
    assert best["term"] is None
    assert "not sought in graphs of more than 1 nodes" in best["why"]


def test_the_compiled_kernel_gives_the_same_answer() -> None:
    """In a large graph, which the kernel folds, the page would lack the best term, or show another class."""
    log = told_log()
    folded = Folded(log)
    folded.folder = LogFolder(PARTITIONS, "main", kernel_view)
    for partition in range(PARTITIONS):
        folded.folder.fold(log.of_partition(partition))
    kernel, plain = ConsoleGraph(folded), told_graph()
    for text in ("a", "(f c)", "(g (f a) b)", GREEN_Z.hex()):
        assert kernel.node(text, 50, 12) == plain.node(text, 50, 12)
