"""The log as people read it: pages against a sorted list in Python, one fact with its surroundings, refused records."""

import random
from pathlib import Path

import pytest

from analytics.catalog import store_dir
from analytics.current_store import StoreUnreadable
from analytics.log_reader import LISTED, RAW_BYTES, Key, LogReader, Wanted
from analytics.refusals import advice_for
from egraph.colours import Colour
from egraph.facts import EqualityAsserted, Fact, FactRetracted, NodeAdded, RuleAdded, Stated
from egraph.identifiers import node_id
from schemas import dead_letter_headers as header
from schemas.codec import seal
from schemas.poison import Reason
from tests.unit.analytics.stored import AGENTS, Fetched, fact_at, node, store_records


def reader(data_dir: Path) -> LogReader:
    """Give a reader of the store."""
    return LogReader(data_dir, agents=AGENTS)


def at(records: list[Fetched], data_dir: Path) -> LogReader:
    """Store records of facts; give a reader."""
    store_records(data_dir, "facts", records)
    return reader(data_dir)


def letter(offset: int, reason: str, source_offset: int, raw: bytes | None = b"\x00ab") -> Fetched:
    """Give a record of the dead-letter topic."""
    headers = [
        (header.REASON, reason.encode()), (header.DETAIL, b"why"), (header.SOURCE_TOPIC, b"egraph.facts"),
        (header.SOURCE_PARTITION, b"2"), (header.SOURCE_OFFSET, str(source_offset).encode()),
    ]  # fmt: skip
    return Fetched(0, offset, 5000 + offset, raw, headers)


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_pages_give_every_fact_once_newest_first(tmp_path: Path, seed: int) -> None:
    """A fact between two pages would be shown twice or never, above all where many have one time."""
    draw = random.Random(seed)
    records = [fact_at(partition, offset, draw.randint(1, 4)) for partition in range(3) for offset in range(17)]
    log = at(records, tmp_path)
    seen: list[tuple[int, int, int]] = []
    after, pages = None, 0
    while True:
        page = log.facts(Wanted(), after=after, limit=draw.randint(1, 9))
        assert (page.total, page.matching, page.before) == (51, 51, len(seen))
        seen += [(fact.appended_at_us, fact.partition, fact.offset) for fact in page.facts]
        pages += 1
        if page.next is None:
            break
        after = Key.read(page.next)
    assert seen == sorted(((r.timestamp * 1000, r.partition, r.offset) for r in records), reverse=True)
    assert pages > 5


def test_filters_narrow_and_the_ends_of_the_log_are_told(tmp_path: Path) -> None:
    """A search would miss what it asks for, or who looks beyond the end would not learn where the end is."""
    log = at([fact_at(partition, offset, 100 + offset) for partition in (0, 2) for offset in range(5, 15)], tmp_path)

    def offsets(**wanted: object) -> list[tuple[int, int]]:
        page = log.facts(Wanted(**wanted))  # type: ignore[arg-type]
        assert page.matching == len(page.facts)
        return [(fact.partition, fact.offset) for fact in page.facts]

    assert offsets(partition=2, offset=7) == [(2, 7), (2, 6), (2, 5)]
    assert offsets(since_us=113_000, until_us=113_999) == [(2, 13), (0, 13)]
    assert offsets(text="P2O1") == [(2, offset) for offset in (14, 13, 12, 11, 10)]
    assert offsets(producer="p", kind="RuleAdded") == []
    assert offsets(producer="q") == []
    assert len(offsets(producer="p", kind="NodeAdded")) == 20
    found = log.facts(Wanted(partition=2, offset=5)).facts[0]
    assert offsets(text=found.event_id[:9].upper()) == [(2, 5)]
    page = log.facts(Wanted(since_us=10**12))
    assert (page.facts, page.matching, page.total) == ((), 0, 20)
    assert (page.oldest_us, page.newest_us) == (105_000, 114_000)
    assert [(end.partition, end.first_offset, end.last_offset, end.facts) for end in page.partitions] == [
        (0, 5, 14, 10),
        (2, 5, 14, 10),
    ]


def test_a_fact_names_what_it_refers_to_and_what_refers_to_it(tmp_path: Path) -> None:
    """Whoever opens a fact would have to look its children, its ends and its retraction up by hand."""
    leaf = node(0, "leaf")
    leaf_id = node_id(leaf.operator, leaf.colour, leaf.children)
    lost = node_id("lost", Colour.GREEN, ())
    pair = NodeAdded(
        graph="main", producer="p", sequence=1, hlc=1, operator="pair", colour=Colour.RED, children=(leaf_id, lost)
    )
    pair_id = node_id(pair.operator, pair.colour, pair.children)
    equal = EqualityAsserted(
        graph="main", producer="p", sequence=2, hlc=2, left=leaf_id, right=pair_id, why=Stated("x")
    )
    gone = FactRetracted(
        graph="main", producer="p", sequence=3, hlc=(9 << 16) + 3, target=seal(equal).fact.event_id, why="mistake"
    )
    facts: list[Fact] = [leaf, pair, equal, gone]
    log = at([fact_at(1, 10 * place, 1000 + place, fact) for place, fact in enumerate(facts)], tmp_path)

    found = log.fact(1, 10)
    assert found is not None
    assert [(child.operator, child.offset) for child in found.children] == [("leaf", 0), (None, None)]
    assert (found.earlier_offset, found.later_offset) == (0, 20)
    assert [fact.offset for fact in found.equalities] == [20]
    child = log.fact(1, 0)
    assert child is not None
    assert (child.fact.hlc_ms, child.fact.hlc_count) == (1_700_000_000_000, 0)
    assert ([fact.offset for fact in child.parents], child.parents_count, child.earlier_offset) == ([10], 1, None)
    equality = log.fact(1, 20)
    assert equality is not None
    assert [(end.operator, end.colour) for end in equality.ends] == [("leaf", "GREEN"), ("pair", "RED")]
    assert [fact.why for fact in equality.retracted_by] == ["mistake"]
    retraction = log.fact(1, 30)
    assert retraction is not None
    assert retraction.retracts == equality.fact
    assert (retraction.fact.hlc_ms, retraction.fact.hlc_count) == (9, 3)
    assert retraction.later_offset is None
    assert log.fact(1, 11) is None


def test_many_parents_are_counted_and_some_are_listed(tmp_path: Path) -> None:
    """A node that all others use would fill the page, or the list would be taken for all of them."""
    leaf = node(0, "leaf")
    leaf_id = node_id(leaf.operator, leaf.colour, leaf.children)
    users: list[Fact] = [
        NodeAdded(
            graph="main", producer="p", sequence=n, hlc=n, operator=f"f{n}", colour=Colour.GREEN, children=(leaf_id,)
        )
        for n in range(1, LISTED + 6)
    ]
    log = at([fact_at(0, place, 1, fact) for place, fact in enumerate([leaf, *users])], tmp_path)
    found = log.fact(0, 0)
    assert found is not None
    assert (len(found.parents), found.parents_count) == (LISTED, LISTED + 5)


def test_a_derived_equality_leads_to_its_rule(tmp_path: Path) -> None:
    """Nobody could go from an equality to the rule that made it; a stated reason may begin with the same word."""
    rule = RuleAdded(graph="main", producer="r", sequence=0, hlc=1, name="twice", pattern="(f ?x)", replacement="?x")
    ends = [node_id(name, Colour.GREEN, ()) for name in ("a", "b")]
    stated = EqualityAsserted(
        graph="main", producer="p", sequence=0, hlc=1, left=ends[0], right=ends[1], why=Stated("rule twice")
    )
    log = at([fact_at(0, 0, 1, rule), fact_at(0, 1, 1, stated)], tmp_path)
    found = log.fact(0, 1)
    assert found is not None
    assert found.rule is not None
    assert found.rule.operator == "twice"


def test_dead_letters_are_counted_by_reason_and_cut_by_key(tmp_path: Path) -> None:
    """A refused record would be shown twice, or its bytes be lost on the way to the page."""
    letters = [letter(n, "empty" if n % 3 else "undecodable", n, bytes([n]) * (RAW_BYTES + n)) for n in range(7)]
    store_records(tmp_path, "dead_letters", [*letters, letter(7, "empty", 1)])
    log = reader(tmp_path)
    first = log.dead_letters(limit=4)
    assert [item.source_offset for item in first.letters] == [6, 5, 4, 3]
    assert (first.total, first.matching, first.before) == (7, 7, 0)
    assert first.by_reason == {"empty": 4, "undecodable": 3}
    assert first.letters[0].raw_hex == "06" * RAW_BYTES
    assert first.letters[0].raw_bytes == RAW_BYTES + 6
    assert first.next is not None
    second = log.dead_letters(after=Key.read(first.next), limit=4)
    assert ([item.source_offset for item in second.letters], second.before, second.next) == ([2, 1, 0], 4, None)
    assert [item.source_offset for item in log.dead_letters("undecodable").letters] == [6, 3, 0]
    assert log.dead_letters("nothing").matching == 0


def test_every_reason_has_its_advice() -> None:
    """A new reason would reach people with no word on what to do."""
    told = [advice_for(reason) for reason in Reason]
    assert len(set(told)) == len(told)
    assert advice_for("never heard of") not in told


def test_a_missing_store_is_an_empty_log(tmp_path: Path) -> None:
    """Whoever starts the console first would see an error."""
    page = reader(tmp_path).facts(Wanted())
    assert (page.facts, page.total, page.newest_us, page.partitions) == ((), 0, None, ())
    assert reader(tmp_path).fact(0, 0) is None
    assert reader(tmp_path).dead_letters().total == 0


def test_a_damaged_file_is_told(tmp_path: Path) -> None:
    """A broken disk would be a stack trace, or look like an empty log."""
    store_records(tmp_path, "facts", [fact_at(0, 0, 1)])
    (segment,) = (store_dir(tmp_path) / "facts").glob("*.parquet")
    segment.write_bytes(b"no parquet")
    with pytest.raises(StoreUnreadable, match="parquet"):
        reader(tmp_path).facts(Wanted())


@pytest.mark.parametrize("text", ["", "1", "1.2", "1.2.3.4", "a.b.c", "-1.2.3", "1.2.", "1.2." + "9" * 30, "1.2.٣"])
def test_what_is_no_key_is_refused(text: str) -> None:
    """A link that was cut short would lead to some other page."""
    with pytest.raises(ValueError, match=r"TIME\.PARTITION\.OFFSET"):
        Key.read(text)
