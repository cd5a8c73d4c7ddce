"""What changed last in the graph: which classes, when, and that following the log ends in what folding it gives."""

from pathlib import Path

from analytics.cut_reader import CutReader
from analytics.recent_answers import RecentGraph
from egraph.colours import Colour
from egraph.facts import EqualityAsserted, FactRetracted, NodeAdded
from egraph.identifiers import NodeId, node_id
from schemas import dead_letter_headers as header
from tests.unit.analytics.stored import AGENTS, Fetched, fact_at, node, store_records
from tests.unit.analytics.test_cut_reader import equality, reader, story


def leaf(name: str) -> NodeId:
    """Give the id of a green node without children."""
    return node_id(name, Colour.GREEN, ())


def stored_leaves(data_dir: Path, names: str) -> None:
    """Store green nodes in partition 0, one a second from second 1 on."""
    store_records(data_dir, "facts", [fact_at(0, n, 1000 * (n + 1), node(n, name)) for n, name in enumerate(names)])


def state(cuts: CutReader) -> tuple[list[tuple[str, str | None]], list[int]]:
    """Give the names and changes of the classes that are drawn, and when those of the middle changed."""
    found = cuts.recent()
    return [(item.name, item.change) for item in found.classes], [item.at_us for item in found.changed]


def test_a_merged_class_is_told_with_its_moment(tmp_path: Path) -> None:
    """The panel would show some class, or the one that changed before, as what changed last."""
    stored_leaves(tmp_path, "abcd")
    cuts = reader(tmp_path)
    assert state(cuts) == ([(leaf("d").hex(), "new"), (leaf("c").hex(), "new")], [4_000_000, 3_000_000])
    store_records(tmp_path, "facts", [fact_at(1, 0, 20_000, equality(0, leaf("a"), leaf("b")))])
    found = cuts.recent()
    merged = found.classes[0]
    assert (merged.name, merged.change, merged.nodes_count) == (min(leaf("a"), leaf("b")).hex(), "merged", 2)
    assert (found.changed[0].name, found.changed[0].at_us) == (merged.name, 20_000_000)
    assert (found.records, found.nodes_count, found.classes_count) == (5, 4, 3)


def test_a_reader_that_begins_tells_the_same_as_one_that_followed(tmp_path: Path) -> None:
    """After a restart of the console another class would stand for what changed last."""
    stored_leaves(tmp_path, "abcdef")
    followed = reader(tmp_path)
    followed.recent()
    for sequence, (left, right) in enumerate(("ab", "cd")):
        at_ms = 20_000 + 9_000 * sequence
        store_records(tmp_path, "facts", [fact_at(1, sequence, at_ms, equality(sequence, leaf(left), leaf(right)))])
        followed.recent()
    assert state(followed) == state(reader(tmp_path))
    assert followed.recent().changed[0].at_us == 29_000_000


def test_a_new_node_does_not_hide_a_merge_of_the_same_moment(tmp_path: Path) -> None:
    """Nodes come by the thousand; what became equal between them would never be seen."""
    stored_leaves(tmp_path, "ab")
    store_records(
        tmp_path, "facts",
        [fact_at(1, 0, 9_000, equality(0, leaf("a"), leaf("b"))), fact_at(1, 1, 9_500, node(9, "c"))],
    )  # fmt: skip
    cuts = reader(tmp_path)
    assert [item.change for item in cuts.recent().classes] == ["merged", "new"]
    store_records(tmp_path, "facts", [fact_at(1, 2, 60_000, node(10, "z"))])
    assert cuts.recent().classes[0].change == "new", "what is a minute newer comes first"


def test_a_retraction_splits_the_class(tmp_path: Path) -> None:
    """The panel would keep showing as one what has fallen apart."""
    stored_leaves(tmp_path, "abc")
    first, second = equality(0, leaf("a"), leaf("b")), equality(1, leaf("b"), leaf("c"))
    store_records(tmp_path, "facts", [fact_at(1, n, 5_000 + n, fact) for n, fact in enumerate((first, second))])
    cuts = reader(tmp_path)
    assert cuts.recent().classes[0].nodes_count == 3
    gone = FactRetracted(graph="main", producer="p", sequence=9, hlc=9, target=second.event_id, why="mistake")
    store_records(tmp_path, "facts", [fact_at(1, 2, 30_000, gone)])
    found = cuts.recent()
    assert (found.classes[0].change, found.classes[0].nodes_count) == ("split", 2)
    assert found.changed[0].at_us == 30_000_000


def test_what_is_quarantined_is_told_with_its_place(tmp_path: Path) -> None:
    """A mark of the strip would lead to another record than the one that was kept out."""
    facts = story()[:-1]
    store_records(tmp_path, "facts", [fact_at(0, 10 + n, 1000 * n, fact) for n, fact in enumerate(facts)])
    found = reader(tmp_path).recent()
    (place,) = found.quarantined
    assert isinstance(facts[place.offset - 10], EqualityAsserted)
    assert (place.partition, place.offset, place.at_us, found.quarantined_count) == (0, 15, 5_000_000, 1)


def test_a_record_that_is_refused_later_is_taken_out(tmp_path: Path) -> None:
    """A class that no agent has would stay in the picture until the console is started anew."""
    stored_leaves(tmp_path, "abc")
    cuts = reader(tmp_path)
    assert cuts.recent().nodes_count == 3
    headers = {
        header.REASON: b"sequence-reuse", header.DETAIL: b"", header.SOURCE_TOPIC: b"egraph.facts",
        header.SOURCE_PARTITION: b"0", header.SOURCE_OFFSET: b"2",
    }  # fmt: skip
    store_records(tmp_path, "dead_letters", [Fetched(0, 0, 4, b"", list(headers.items()))])
    assert cuts.recent().nodes_count == 2


def test_only_so_many_classes_are_told_and_how_many_there_are(tmp_path: Path) -> None:
    """A class that a thousand others name would fill the panel, or pass for all there is."""
    below = node(0, "a")
    above = [
        NodeAdded(
            graph="main", producer="p", sequence=n, hlc=n, operator=f"f{n}", colour=Colour.GREEN, children=(leaf("a"),)
        )
        for n in range(1, 30)
    ]  # fmt: skip
    store_records(
        tmp_path, "facts",
        [
            *(fact_at(0, n, 1000, fact) for n, fact in enumerate((below, *above, node(40, "b")))),
            fact_at(1, 0, 2000, equality(0, leaf("a"), leaf("b"))),
        ],
    )  # fmt: skip
    found = reader(tmp_path).recent(drawn=5)
    assert (len(found.classes), found.around_count, found.classes_count) == (5, 30, 30)


def test_an_empty_log_and_one_beyond_the_cap_are_told(tmp_path: Path) -> None:
    """An empty panel would not say why it is empty; a long log would keep everybody waiting."""
    cuts = reader(tmp_path, cap=2)
    empty = cuts.recent()
    assert (empty.is_folded, empty.records, empty.classes) == (True, 0, ())
    stored_leaves(tmp_path, "abc")
    beyond = cuts.recent()
    assert (beyond.is_folded, beyond.records, beyond.cap, beyond.classes) == (False, 3, 2, ())


def test_beyond_the_cap_another_is_asked(tmp_path: Path) -> None:
    """The panel would stay empty although the console has the graph at hand, or cost a second look below the cap."""
    asked: list[tuple[int, bool]] = []
    stored_leaves(tmp_path, "abc")
    told = reader(tmp_path).recent()

    def other(drawn: int, may_read: bool) -> RecentGraph | None:
        asked.append((drawn, may_read))
        return told if drawn > 2 else None

    assert CutReader(tmp_path, agents=AGENTS, beyond=other).recent(drawn=5).records == 3
    assert asked == []
    cuts = CutReader(tmp_path, agents=AGENTS, cap=2, beyond=other)
    assert cuts.recent(drawn=5) is told
    unread = cuts.recent(drawn=2)
    assert not unread.is_folded
    assert unread.records <= unread.cap, "it would be told to be too long, and is being read"
    assert asked == [(5, True), (2, True)]
