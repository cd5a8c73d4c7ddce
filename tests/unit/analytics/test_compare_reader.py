"""Two sides compared: what each holds alone, positions, sentences, graphs, and what is refused."""

from dataclasses import replace
from pathlib import Path

import pytest

from analytics.compare_answers import MISSING, RETRACTED, SUSPENDED, ComparedSide, Comparison
from analytics.compare_apart import Question, TookTooLong, compared_apart
from analytics.compare_reader import CompareReader, TooLarge
from analytics.compare_sides import NoSuchAgent, Side, Wanted
from analytics.current_store import StoreUnreadable
from analytics.log_places import NoSuchCut
from egraph.colours import Colour
from egraph.facts import Fact, FactRetracted, Stated
from egraph.identifiers import UNSEALED, node_id
from egraph.store import FactStore
from egraph.view import IncrementalView
from schemas import dead_letter_headers as header
from schemas.codec import seal
from tests.unit.analytics.observed import NOW, as_records, heartbeat
from tests.unit.analytics.stored import AGENTS, Fetched, fact_at, node, store_records
from tests.unit.analytics.test_cut_reader import equality, story
from tests.unit.derive.small_proof import DERIVED, DROP, FACTS


def reader(data_dir: Path, **options: int) -> CompareReader:
    """Give a reader of the system of the tests."""
    return CompareReader(data_dir, agents=AGENTS, **options)


def told_by(agents: dict[int, tuple[int, ...]], **changes: object) -> list[Fetched]:
    """Give a heartbeat of each agent with its positions, at the moment NOW."""
    return as_records([heartbeat(agent, version=version, **changes) for agent, version in agents.items()])


def two_partitions(tmp_path: Path) -> CompareReader:
    """Give a log of ten records that alternate between partitions 0 and 2, one a second, the first at second 1."""
    store_records(tmp_path, "facts", [fact_at(2 * (n % 2), n // 2, 1000 * (n + 1)) for n in range(10)])
    return reader(tmp_path)


def places(comparison: Comparison) -> tuple[list[str], list[str]]:
    """Give where the facts stand that the left alone holds, and the right."""
    assert comparison.left_only is not None
    assert comparison.right_only is not None
    sides = comparison.left_only.facts, comparison.right_only.facts
    return tuple([f"{fact.partition}:{fact.offset}" for fact in side] for side in sides)  # type: ignore[return-value]


def test_a_cut_holds_what_came_after_the_other_one(tmp_path: Path) -> None:
    """Facts between two cuts would be missing, or be told of the wrong side."""
    found = two_partitions(tmp_path).compare(Wanted("0:1"), Wanted("2:2"))
    assert places(found) == ([], ["2:1", "0:2", "2:2"])
    assert found.right_only is not None
    assert (found.right_only.count, found.right_only.by_kind) == (3, {"NodeAdded": 3})
    assert (found.right_only.producers, found.right_only.producers_count) == ((("p", 3),), 1)
    assert (found.same_facts, found.left.records, found.right.records) == (False, 3, 6)
    assert [(item.partition, item.left_next, item.right_next) for item in found.partitions] == [(0, 2, 3), (2, 1, 3)]
    assert found.told == (
        "The log up to 0:1 holds nothing that the log up to 2:2 lacks.",
        "The log up to 2:2 holds 3 facts that the log up to 0:1 lacks.",
        "The log up to 0:1 is 2 records behind the log up to 2:2 on partition 2.",
        "The log up to 0:1 is 1 record behind the log up to 2:2 on partition 0.",
    )


@pytest.mark.parametrize("sides", [("0:1", "2:2"), ("start", "end"), ("n4", "t3500000"), ("end", "end")])
def test_swapped_sides_are_mirrored(tmp_path: Path, sides: tuple[str, str]) -> None:
    """What is missing would depend on which side a user looks from."""
    cuts = two_partitions(tmp_path)
    found = cuts.compare(Wanted(sides[0]), Wanted(sides[1]))
    swapped = cuts.compare(Wanted(sides[1]), Wanted(sides[0]))
    assert (found.left, found.right) == (swapped.right, swapped.left)
    assert (found.left_only, found.right_only) == (swapped.right_only, swapped.left_only)
    assert sorted(found.told) == sorted(swapped.told)


def test_a_side_and_itself_differ_in_nothing(tmp_path: Path) -> None:
    """Two people who look at the same would be told that they do not."""
    cuts = two_partitions(tmp_path)
    store_records(tmp_path, "heartbeats", told_by({1: (3, 0, 2)}))
    for side, name in ((Wanted("0:3"), "the log up to 0:3"), (Wanted("end", 1), "agent 1")):
        found = cuts.compare(side, side)
        assert (found.same_facts, found.records_apart, places(found)) == (True, 0, ([], []))
        assert found.told == (f"Both sides are {name}.",)
        graphs = cuts.graphs(side, side)
        assert (graphs.same_view, graphs.classes_count, graphs.left.counts) == (True, 0, graphs.right.counts)


def test_agents_are_compared_by_what_they_published(tmp_path: Path) -> None:
    """Nobody could tell which agent is behind, on which partition, by how much."""
    cuts = two_partitions(tmp_path)
    beats = [
        *told_by({0: (5, 0, 5), 1: (5, 0, 1)}),
        *as_records([heartbeat(2, version=(5, 0, 5))], NOW // 1000 - 75_000),
    ]
    store_records(tmp_path, "heartbeats", [beat._replace(offset=offset) for offset, beat in enumerate(beats)])
    found = cuts.compare(Wanted("end", 1), Wanted("end", 0))
    assert found.told[:3] == (
        "Agent 1 holds nothing that agent 0 lacks.",
        "Agent 0 holds 4 facts that agent 1 lacks.",
        "Agent 1 is 4 records behind agent 0 on partition 2.",
    )
    assert places(found) == ([], ["2:1", "2:2", "2:3", "2:4"])
    level = cuts.compare(Wanted("end", 2), Wanted("end", 0))
    assert level.told == (
        "Agent 2 and agent 0 hold the same facts.",
        "Agent 2 was last heard 75 s before the newest heartbeat; it may be gone.",
    )
    mixed = cuts.compare(Wanted("2:0"), Wanted("end", 1))
    assert (mixed.left.name, mixed.right.name, places(mixed)) == (
        "the log up to 2:0", "agent 1", ([], ["0:1", "0:2", "0:3", "0:4"]),
    )  # fmt: skip


def test_digests_that_must_not_differ_raise_the_alarm(tmp_path: Path) -> None:
    """Replicas that parted for good would look like ones that have not read the same yet."""
    cuts = two_partitions(tmp_path)
    beats = [*told_by({0: (5, 0, 5)}), *told_by({1: (5, 0, 5), 2: (5, 0, 4)}, view_digest=b"w" * 16)]
    store_records(tmp_path, "heartbeats", [beat._replace(offset=offset) for offset, beat in enumerate(beats)])
    apart = cuts.compare(Wanted("end", 0), Wanted("end", 1)).told
    assert apart[-1] == "They published different view digests though they have read the same: that must never be."
    late = cuts.compare(Wanted("end", 0), Wanted("end", 2)).told
    assert late[-1] == "They published different view digests, as agents do that have not read the same."
    one = cuts.compare(Wanted("end", 1), Wanted("end", 2)).told
    assert one[-1] == "They published the same view digest: what lies between them changes no class."


def test_an_agent_at_a_cut_is_what_it_had_told_by_then(tmp_path: Path) -> None:
    """A comparison with the past would show the agent as it is now."""
    cuts = two_partitions(tmp_path)
    beats = [
        as_records([heartbeat(0, version=version)], at)[0] for version, at in (((1, 0, 0), 2500), ((4, 0, 4), 9500))
    ]
    store_records(tmp_path, "heartbeats", [beat._replace(offset=offset) for offset, beat in enumerate(beats)])
    found = cuts.compare(Wanted("0:1", 0), Wanted("end", 0))
    assert (found.left.name, found.right.name) == ("agent 0 at 0:1", "agent 0")
    assert found.left.published is not None
    assert (found.left.published.next_offsets, found.left.at_us, found.left.live) == ((1, 0, 0), 2_500_000, False)
    with pytest.raises(NoSuchAgent, match="agent 0 was not heard by 0:0; heard were: nobody"):
        cuts.compare(Wanted("start", 0), Wanted())


def test_what_an_agent_has_read_and_the_store_has_not_is_told(tmp_path: Path) -> None:
    """A sink that lags would make an agent look as if it held less."""
    cuts = two_partitions(tmp_path)
    store_records(tmp_path, "heartbeats", told_by({0: (5, 2, 9)}))
    found = cuts.compare(Wanted("end", 0), Wanted())
    assert found.left.unstored == 6
    assert "The store lacks 6 records that agent 0 has read; they are left out here." in found.told
    assert found.same_facts is True


def test_records_that_were_refused_do_not_count_as_unstored(tmp_path: Path) -> None:
    """Every console would say that the store lags, for good, where a producer's last record was refused."""
    cuts = two_partitions(tmp_path)
    store_records(tmp_path, "heartbeats", told_by({0: (6, 0, 6)}))
    assert cuts.compare(Wanted("end", 0), Wanted()).left.unstored == 2
    letters = [
        Fetched(0, n, 11_000, b"", [
            (header.REASON, b"empty"), (header.DETAIL, b""), (header.SOURCE_TOPIC, b"egraph.facts"),
            (header.SOURCE_PARTITION, partition), (header.SOURCE_OFFSET, b"5"),
        ])
        for n, partition in enumerate((b"0", b"2"))
    ]  # fmt: skip
    store_records(tmp_path, "dead_letters", letters)
    assert cuts.compare(Wanted("end", 0), Wanted()).left.unstored == 0


def test_a_repeated_fact_is_held_by_both_and_a_refused_one_by_none(tmp_path: Path) -> None:
    """A producer's second send would look like a fact that one side lacks; so would a record that agents refused."""
    store_records(tmp_path, "facts", [fact_at(0, 0, 1), fact_at(0, 1, 2, node(0, "p0o0")), fact_at(0, 2, 3)])
    headers = {
        header.REASON: b"sequence-reuse", header.DETAIL: b"", header.SOURCE_TOPIC: b"egraph.facts",
        header.SOURCE_PARTITION: b"0", header.SOURCE_OFFSET: b"2",
    }  # fmt: skip
    store_records(tmp_path, "dead_letters", [Fetched(0, 0, 4, b"", list(headers.items()))])
    found = reader(tmp_path).compare(Wanted("0:0"), Wanted())
    assert (found.same_facts, found.records_apart) == (True, 2)
    assert reader(tmp_path).graphs(Wanted("0:0"), Wanted()).same_view is True


def test_lists_are_bounded_and_counts_are_not(tmp_path: Path) -> None:
    """A page would load a whole log, or show the first facts as if they were all."""
    cuts = two_partitions(tmp_path)
    found = cuts.compare(Wanted("start"), Wanted(), limit=4).right_only
    assert found is not None
    assert (found.count, len(found.facts)) == (9, 4)


def test_too_many_records_are_not_looked_through(tmp_path: Path) -> None:
    """Two ends of a long log would keep the console busy for minutes, or take its memory."""
    two_partitions(tmp_path)
    small = reader(tmp_path, apart_cap=3, cap=9)
    far, near = small.compare(Wanted("start"), Wanted()), small.compare(Wanted("n7"), Wanted())
    assert (far.same_facts, far.left_only, far.right_only, far.records_apart, far.cap) == (None, None, None, 9, 3)
    assert far.told[0].startswith("Too many records lie between the sides")
    assert near.same_facts is False
    with pytest.raises(TooLarge, match="hold 10 records, and at most 9 are folded"):
        small.graphs(Wanted("start"), Wanted())
    assert small.graphs(Wanted("start"), Wanted("n9")).records == 9


def test_what_the_log_has_not_is_told(tmp_path: Path) -> None:
    """A link beyond the log, or to an agent that never was, would show something else."""
    cuts = two_partitions(tmp_path)
    store_records(tmp_path, "heartbeats", told_by({0: (5, 0, 5), 2: (0, 0, 0)}))
    for ask in (cuts.compare, cuts.graphs):
        with pytest.raises(NoSuchCut, match="beyond the end of partition 0, whose last one is 4"):
            ask(Wanted("0:5"), Wanted())
        with pytest.raises(NoSuchAgent, match="agent 1 was not heard; heard were: 0, 2"):
            ask(Wanted(), Wanted("end", 1))
        with pytest.raises(ValueError, match="PARTITION:OFFSET"):
            ask(Wanted("0:1 OR true"), Wanted())


def test_an_empty_log_has_agents_but_no_cut(tmp_path: Path) -> None:
    """A system that was just started would answer with a fault."""
    cuts = reader(tmp_path)
    assert (cuts.sides().at, cuts.sides().total, cuts.sides().agents) == (None, 0, ())
    store_records(tmp_path, "heartbeats", told_by({0: (0, 0, 0), 1: (0, 0, 0)}))
    with pytest.raises(NoSuchCut, match="no fact yet"):
        cuts.compare(Wanted(), Wanted("end", 0))
    assert cuts.compare(Wanted("end", 0), Wanted("end", 1)).told == ("Agent 0 and agent 1 hold the same facts.",)
    assert [item.agent for item in cuts.sides().agents] == [0, 1]


def merging(tmp_path: Path) -> CompareReader:
    """Give the story of the time travel tests in partition 0, one record a second, and one more equality at its end."""
    red, green = (node(n, name, colour) for n, name, colour in ((0, "r", Colour.RED), (2, "g", Colour.GREEN)))
    told: list[Fact] = [seal(fact).fact for fact in story()]
    first = told[4]
    again = equality(2, first.left, first.right)  # type: ignore[union-attr]
    assert isinstance(told[6], FactRetracted)
    assert (red.operator, green.operator) == ("r", "g")
    store_records(tmp_path, "facts", [fact_at(0, n, 1000 * (n + 1), fact) for n, fact in enumerate([*told, again])])
    return reader(tmp_path)


def test_a_class_that_one_side_merges_is_told_with_its_cause(tmp_path: Path) -> None:
    """Who sees two digests that differ could not find out which fact makes the difference."""
    cuts = merging(tmp_path)
    found = cuts.graphs(Wanted("0:4"), Wanted("0:3"))
    assert (found.same_view, found.classes_count, found.merged_left_count) == (False, 1, 1)
    (item,) = found.classes
    assert (item.merged, item.left_blocks_count, item.right_blocks_count) == ("left", 1, 2)
    assert item.equal_on_left is not None
    assert {item.equal_on_left.one.term, item.equal_on_left.other.term} == {"r", "g"}
    (cause,) = item.equal_on_left.causes
    assert (cause.there, cause.by, cause.fact.partition, cause.fact.offset) == (MISSING, None, 0, 4)
    assert item.equal_on_right is None
    taken_back = cuts.graphs(Wanted("0:6"), Wanted("0:5"))
    (cause,) = taken_back.classes[0].equal_on_right.causes  # type: ignore[union-attr]
    assert (taken_back.classes[0].merged, cause.there, cause.by) == ("right", RETRACTED, "0:6")


def test_what_is_quarantined_on_one_side_alone_is_told_with_its_witness(tmp_path: Path) -> None:
    """An equality that only one agent keeps out would be overlooked."""
    cuts = merging(tmp_path)
    found = cuts.graphs(Wanted("0:5"), Wanted("0:4"))
    (item,) = found.quarantined_left
    assert (item.fact.offset, item.there, found.quarantined_right_count) == (5, MISSING, 0)
    facts = [seal(fact).fact for fact in story()]
    view = IncrementalView(FactStore())
    for fact in facts[:6]:
        view.add(fact)
    assert item.witness is not None
    assert [fact.event_id for fact in item.witness] == [i.hex() for i in view.witness(facts[5].event_id)]


def test_an_agents_digest_is_checked_against_its_facts(tmp_path: Path) -> None:
    """Nobody could tell whether an agent holds what its facts give."""
    store_records(tmp_path, "facts", [fact_at(0, 0, 1000)])
    cuts = reader(tmp_path)
    counts = cuts.graphs(Wanted(), Wanted()).left.counts
    digests = {"set_digest": bytes.fromhex(counts.set_digest), "view_digest": bytes.fromhex(counts.view_digest)}
    beats = [
        heartbeat(0, version=(1, 0, 0), **digests),
        heartbeat(1, version=(1, 0, 0), **{**digests, "view_digest": bytes(16)}),
        heartbeat(2, version=(1, 0, 0)),
    ]
    store_records(tmp_path, "heartbeats", as_records(beats))
    confirmed = [cuts.graphs(Wanted("end", agent), Wanted()).left.confirmed for agent in range(3)]
    assert confirmed == [True, False, None]
    assert cuts.graphs(Wanted(), Wanted()).left.confirmed is None


def test_a_digest_is_not_held_against_an_agent_where_premises_are_unknown(tmp_path: Path) -> None:
    """A rule that was taken back would make every agent look broken: the store does not know what rests on it."""
    red = node(0, "r", Colour.RED), node(1, "s", Colour.RED)
    ends = [node_id(item.operator, item.colour, ()) for item in red]
    derived = seal(replace(equality(0, *ends), event_id=UNSEALED, why=Stated("rule twice"))).fact
    store_records(tmp_path, "facts", [fact_at(0, n, 1000 + n, fact) for n, fact in enumerate((*red, derived))])
    cuts = reader(tmp_path)
    side = cuts.graphs(Wanted(), Wanted()).left
    digests = {"set_digest": bytes.fromhex(side.counts.set_digest), "view_digest": bytes(16)}
    store_records(tmp_path, "heartbeats", told_by({0: (3, 0, 0)}, **digests))
    found = cuts.graphs(Wanted("end", 0), Wanted()).left
    assert (found.derived, found.confirmed) == (1, None)


def test_what_rests_on_a_rule_that_was_taken_back_does_not_count(tmp_path: Path) -> None:
    """An agent's digest could not be checked where rules are at work, and a class would look merged that is not."""
    gone = seal(FactRetracted(graph="main", producer="p", sequence=9, hlc=9, target=DROP.event_id, why="wrong")).fact
    facts = [*FACTS, DERIVED, gone]
    store_records(tmp_path, "facts", [fact_at(0, n, 1000 + n, fact) for n, fact in enumerate(facts)])
    views = IncrementalView(FactStore()), IncrementalView(FactStore())
    for fact in facts:
        views[1].add(fact)
        if fact is not gone:
            views[0].add(fact)
    beats = [
        heartbeat(agent, version=(read, 0, 0), set_digest=view.set_digest(), view_digest=view.view_digest())
        for agent, (read, view) in enumerate(zip((8, 9), views, strict=True))
    ]
    store_records(tmp_path, "heartbeats", as_records(beats))

    found = reader(tmp_path).graphs(Wanted("end", 0), Wanted("end", 1))

    assert (found.left.confirmed, found.right.confirmed) == (True, True)
    assert (found.left.derived, found.left.counts.suspended, found.right.counts.suspended) == (0, 0, 1)
    (apart,) = found.classes
    assert apart.equal_on_left is not None
    assert [cause.there for cause in apart.equal_on_left.causes] == [SUSPENDED]


def test_records_that_come_late_are_compared_too(tmp_path: Path) -> None:
    """A kept answer would miss what the sink wrote since, behind its place."""
    store_records(tmp_path, "facts", [fact_at(0, n, 1000 + n) for n in range(3)])
    cuts = reader(tmp_path)
    assert cuts.graphs(Wanted("0:1"), Wanted("0:2")).left.counts.nodes == 2
    store_records(tmp_path, "facts", [fact_at(1, 0, 1000)])
    assert cuts.graphs(Wanted("0:1"), Wanted("0:2")).left.counts.nodes == 3


def test_a_process_of_its_own_tells_the_same(tmp_path: Path) -> None:
    """Long sides would be compared otherwise than short ones."""
    sides = Wanted("0:6"), Wanted("0:4")
    here = merging(tmp_path).graphs(*sides)
    assert (here.classes_count, here.quarantined_left_count) == (1, 1)
    assert reader(tmp_path, compiled_from=1, apart_from=1).graphs(*sides) == here


def test_a_comparison_that_ends_badly_says_so(tmp_path: Path) -> None:
    """Who compares long sides would wait for ever, or be told that they are the same."""
    side = Side(ComparedSide(name="a", asked="end", live=True, at=None, at_us=None, records=0, unstored=0,
                             published=None), "true", (), {})  # fmt: skip
    question = Question(tmp_path, AGENTS, side, side, 9, 5, is_compiled=False)
    with pytest.raises(TookTooLong, match="comparing 9 records was given up after 0 s"):
        compared_apart(question, deadline_s=0.01)
    with pytest.raises(StoreUnreadable, match="no_such_column"):
        compared_apart(replace(question, left=replace(side, condition="no_such_column")))
