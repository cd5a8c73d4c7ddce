"""What the record of a cut changed in the e-graph, and the classes around it."""

from pathlib import Path

import pytest

from analytics.change_answers import ChangeAtCut
from analytics.cut_reader import CutReader
from egraph.colours import Colour
from egraph.facts import Fact, FactRetracted, NodeAdded, RuleAdded
from egraph.identifiers import EventId, NodeId, node_id
from schemas import dead_letter_headers as header
from schemas.codec import seal
from tests.unit.analytics.stored import Fetched, fact_at, node, store_records
from tests.unit.analytics.test_cut_reader import equality, reader, story

A, B = (node_id(name, Colour.GREEN, ()) for name in "ab")


def stored(data_dir: Path, facts: list[Fact], **options: int) -> CutReader:
    """Give a reader of a log of these facts in partition 0."""
    store_records(data_dir, "facts", [fact_at(0, n, 1000 + n, seal(fact).fact) for n, fact in enumerate(facts)])
    return reader(data_dir, **options)


def change_at(cuts: CutReader, offset: int, drawn: int = 10) -> ChangeAtCut:
    """Give what a record changed; there must be an answer."""
    found = cuts.graph(f"0:{offset}", drawn=drawn).change
    assert found is not None
    return found


def over(operator: str, *children: NodeId, sequence: int = 50) -> NodeAdded:
    """Give a draft of a green node over others."""
    return NodeAdded(
        graph="main", producer="p", sequence=sequence, hlc=1, operator=operator, colour=Colour.GREEN, children=children
    )


def retraction(target: EventId, sequence: int = 60) -> FactRetracted:
    """Give a draft of a retraction."""
    return FactRetracted(graph="main", producer="p", sequence=sequence, hlc=9, target=target, why="mistake")


def drawn(change: ChangeAtCut) -> list[tuple[str, str | None, list[str]]]:
    """Give side, change and operators of each class."""
    return [(item.side, item.change, sorted(str(n.operator) for n in item.nodes)) for item in change.classes]


def test_a_node_stands_with_its_children_and_is_marked_as_new(tmp_path: Path) -> None:
    """Nobody could see what a NodeAdded added, or where it hangs."""
    found = change_at(stored(tmp_path, story()), 3)
    assert (found.kind, found.outcome, found.classes_count) == ("NodeAdded", "node-new", 2)
    assert drawn(found) == [("itself", "new", ["f"]), ("below", None, ["r"])]
    (top,), (child,) = (item.nodes for item in found.classes)
    assert (top.is_new, child.is_new, top.term) == (True, False, "(f r)")
    assert top.children == (found.classes[1].name,)


def test_an_accepted_equality_is_one_class_made_of_two(tmp_path: Path) -> None:
    """A merge would look like a class that had always been so."""
    found = change_at(stored(tmp_path, story()), 4)
    assert (found.outcome, found.merged, found.split) == ("accepted", 1, 0)
    assert found.equality is not None
    assert (found.equality.left, found.equality.right) == ("r", "g")
    assert drawn(found) == [("itself", "merged", ["g", "r"]), ("above", None, ["f"])]
    assert found.classes[0].parts == 2


def kept_apart() -> list[Fact]:
    """Give `b` that is equal to a blue node, and `a` below a red one, so that a = b is quarantined."""
    blue = node_id("x", Colour.BLUE, ())
    top = NodeAdded(graph="main", producer="p", sequence=5, hlc=5, operator="h", colour=Colour.RED, children=(A,))
    return [node(1, "x", Colour.BLUE), node(2, "a"), node(3, "b"), top, equality(0, B, blue), equality(1, A, B)]


def test_a_quarantined_equality_stands_between_two_classes_with_what_keeps_them_apart(tmp_path: Path) -> None:
    """Nobody could see why an equality does not count."""
    found = change_at(stored(tmp_path, kept_apart()), 5)
    assert (found.outcome, found.merged) == ("quarantined", 0)
    assert drawn(found) == [("itself", None, ["a"]), ("itself", None, ["b", "x"]), ("above", None, ["h"])]
    assert [item.quarantined_count for item in found.classes] == [1, 1, 0]
    assert found.kept_apart_by is not None
    assert [(item.left, item.right) for item in found.kept_apart_by] == [("b", "x")]


def test_a_retraction_splits_its_class(tmp_path: Path) -> None:
    """What a withdrawal did would have to be guessed from counts."""
    found = change_at(stored(tmp_path, story()), 6)
    assert (found.kind, found.outcome, found.was) == ("FactRetracted", "withdrawn", "accepted")
    assert (found.split, found.merged, found.counts_now, found.fails_now) == (1, 0, 0, 0)
    assert found.equality is not None
    assert (found.equality.left, found.equality.right) == ("r", "g")
    assert drawn(found) == [("itself", "split", ["r"]), ("itself", "split", ["g"]), ("above", None, ["f"])]


def test_a_retraction_lets_in_what_it_kept_out(tmp_path: Path) -> None:
    """A class that is made by a withdrawal elsewhere would come from nowhere."""
    facts = kept_apart()
    found = change_at(stored(tmp_path, [*facts, retraction(facts[4].event_id)]), 6)
    assert (found.split, found.merged, found.counts_now, found.fails_now) == (1, 1, 1, 0)
    middle = {item[1]: item[2] for item in drawn(found) if item[0] == "itself"}
    assert middle == {"regrouped": ["a", "b"], "split": ["x"]}


def test_congruence_that_a_record_brings_is_told(tmp_path: Path) -> None:
    """Classes that merge far from the ends of an equality would change without a word."""
    facts: list[Fact] = [node(0, "a"), node(1, "b"), over("f", A), equality(0, A, B), over("f", B, sequence=51)]
    found = change_at(stored(tmp_path, facts), 4)
    assert (found.outcome, found.merged) == ("node-new", 1)
    assert drawn(found) == [("itself", "joined", ["f", "f"]), ("below", None, ["a", "b"])]
    facts = [node(0, "a"), node(1, "b"), over("f", A), over("f", B, sequence=51), equality(0, A, B)]
    found = change_at(stored(tmp_path / "other", facts), 4)
    assert (found.merged, drawn(found)) == (2, [("itself", "merged", ["a", "b"]), ("above", "merged", ["f", "f"])])


def test_a_node_that_had_only_been_named_is_not_called_a_new_class(tmp_path: Path) -> None:
    """A child that comes after its parent would look as if its class had not been there."""
    cuts = stored(tmp_path, [over("f", A), node(0, "a")])
    before, after = change_at(cuts, 0), change_at(cuts, 1)
    assert before.classes[1].nodes[0].operator is None
    assert drawn(after) == [("itself", "defined", ["a"]), ("above", None, ["f"])]


@pytest.mark.parametrize(
    ("facts", "outcome", "classes"),
    [
        ([node(0, "a"), node(0, "a")], "repeated", 1),
        ([node(0, "a"), node(1, "a")], "node-held", 1),
        ([node(0, "a"), equality(0, A, B), retraction(EventId(bytes(16)))], "waits", 0),
        ([retraction(equality(0, A, B).event_id), equality(0, A, B)], "retracted", 2),
        ([equality(0, A, B), retraction(equality(0, A, B).event_id), retraction(equality(0, A, B).event_id, 61)],
         "no-effect", 2),
        ([RuleAdded(graph="main", producer="r", sequence=0, hlc=1, name="x", pattern="(f ?x)", replacement="?x")],
         "rule", 0),
    ],
)  # fmt: skip
def test_a_record_that_changes_no_class_says_so(tmp_path: Path, facts: list[Fact], outcome: str, classes: int) -> None:
    """A repeated, a late or an idle record would look like one that did something."""
    found = change_at(stored(tmp_path, facts), len(facts) - 1)
    assert (found.outcome, len(found.classes), found.merged, found.split) == (outcome, classes, 0, 0)
    assert all(item.change is None for item in found.classes)


def test_a_refused_record_is_told_and_changes_nothing(tmp_path: Path) -> None:
    """A record that no agent took would be drawn as a part of the graph."""
    cuts = stored(tmp_path, [node(0, "a"), node(1, "b")])
    headers = {
        header.REASON: b"sequence-reuse", header.DETAIL: b"", header.SOURCE_TOPIC: b"egraph.facts",
        header.SOURCE_PARTITION: b"0", header.SOURCE_OFFSET: b"1",
    }  # fmt: skip
    store_records(tmp_path, "dead_letters", [Fetched(0, 0, 4, b"", list(headers.items()))])
    found = change_at(cuts, 1)
    assert (found.outcome, found.kind, found.classes) == ("refused", None, ())


def test_the_same_is_told_however_the_cursor_came_there(tmp_path: Path) -> None:
    """Stepping, jumping back and asking twice would show different changes of one record."""
    facts = story()
    cuts = stored(tmp_path, facts)
    stepped = [change_at(cuts, offset) for offset in range(len(facts))]
    assert [change_at(cuts, offset) for offset in reversed(range(len(facts)))] == stepped[::-1]
    assert change_at(cuts, 0) == change_at(cuts, 0) == stepped[0]


def test_only_so_many_classes_are_told_of_how_many(tmp_path: Path) -> None:
    """A hub would fill the page, or what is left out would not be known to be there."""
    facts: list[Fact] = [node(0, "a"), *(over(f"f{n}", A, sequence=100 + n) for n in range(30)), node(1, "a")]
    found = change_at(stored(tmp_path, facts), 31, drawn=6)
    assert (len(found.classes), found.classes_count) == (6, 31)
    assert [item.side for item in found.classes] == ["itself", *["above"] * 5]


def test_beyond_the_cap_no_change_is_told(tmp_path: Path) -> None:
    """A part of a long log would be drawn as if it were the whole."""
    cuts = stored(tmp_path, [node(n, f"x{n}") for n in range(5)], cap=3)
    assert cuts.graph("0:4").change is None
    assert change_at(cuts, 2).outcome == "node-new"
