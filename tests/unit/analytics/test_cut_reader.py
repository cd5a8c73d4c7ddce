"""The log at a cut: which record an address names, what was in the log by then, the e-graph folded up to it."""

from pathlib import Path

import pytest

from analytics.cut_figures import PERIOD_S
from analytics.cut_reader import AROUND, CutReader
from analytics.log_places import NoSuchCut
from egraph.colours import Colour
from egraph.facts import EqualityAsserted, Fact, FactRetracted, NodeAdded, Stated
from egraph.identifiers import NodeId, node_id
from egraph.store import FactStore
from egraph.view import IncrementalView
from schemas import dead_letter_headers as header
from schemas.codec import seal
from schemas.records import TimelineKind
from tests.unit.analytics.observed import NOW, SECOND, as_records, event, heartbeat
from tests.unit.analytics.stored import AGENTS, Fetched, fact_at, node, store_records


def reader(data_dir: Path, **options: int) -> CutReader:
    """Give a reader of the system of the tests."""
    return CutReader(data_dir, agents=AGENTS, **options)


def equality(sequence: int, left: NodeId, right: NodeId) -> EqualityAsserted:
    """Give a sealed, stated equality whose place in the order follows its sequence."""
    draft = EqualityAsserted(
        graph="main", producer="e", sequence=sequence, hlc=(1 << 16) + sequence, left=left, right=right,
        why=Stated("said so"),
    )  # fmt: skip
    sealed = seal(draft).fact
    assert isinstance(sealed, EqualityAsserted)
    return sealed


def story() -> list[Fact]:
    """Give five nodes, an equality, one that breaks the class rule, and the retraction of the first."""
    red, blue, green = (node_id(name, colour, ()) for name, colour in zip("rbg", Colour, strict=True))
    top = NodeAdded(graph="main", producer="p", sequence=3, hlc=3, operator="f", colour=Colour.RED, children=(red,))
    first, second = equality(0, red, green), equality(1, red, blue)
    return [
        node(0, "r", Colour.RED), node(1, "b", Colour.BLUE), node(2, "g", Colour.GREEN), top, first, second,
        FactRetracted(graph="main", producer="p", sequence=9, hlc=9, target=first.event_id, why="mistake"),
    ]  # fmt: skip


def two_partitions(tmp_path: Path) -> CutReader:
    """Give a log of ten records that alternate between partitions 0 and 2, one a second, the first at second 1."""
    store_records(tmp_path, "facts", [fact_at(2 * (n % 2), 5 + n // 2, 1000 * (n + 1)) for n in range(10)])
    return reader(tmp_path)


@pytest.mark.parametrize(
    ("at", "step", "expected", "position"),
    [
        ("start", 0, "0:5", 1),
        ("end", 0, "2:9", 10),
        ("0:6", 0, "0:6", 3),
        ("n4", 0, "2:6", 4),
        ("t3500000", 0, "0:6", 3),
        ("t3000000", 0, "0:6", 3),
        ("0:6", 1, "2:6", 4),
        ("0:6", -1, "2:5", 2),
        ("0:6", 4, "0:8", 7),
        ("0:6", 99, "2:9", 10),
        ("0:6", -99, "0:5", 1),
        ("start", -1, "0:5", 1),
    ],
)
def test_an_address_and_a_step_lead_to_one_record(
    tmp_path: Path, at: str, step: int, expected: str, position: int
) -> None:
    """A link or a key of the page would show another moment than it names."""
    found = two_partitions(tmp_path).cut(at, step=step)
    assert (found.at, found.position, found.total) == (expected, position, 10)
    assert found.moment_us == (int(at[1:]) if at[0] == "t" else position * 1_000_000)
    assert found.behind_us == 10_000_000 - found.moment_us
    assert f"{found.fact.partition}:{found.fact.offset}" == expected


def test_records_of_one_moment_are_told_apart(tmp_path: Path) -> None:
    """A batch appended in one millisecond could not be walked through, or records of it be passed over."""
    store_records(tmp_path, "facts", [fact_at(p, o, 1000) for p in (0, 1) for o in range(3)])
    cuts = reader(tmp_path)
    walked = [cuts.cut("start", step=step).at for step in range(6)]
    assert walked == ["0:0", "0:1", "0:2", "1:0", "1:1", "1:2"]
    assert [cuts.cut("end", step=-step).at for step in range(6)] == walked[::-1]


def test_a_cut_tells_what_was_in_the_log(tmp_path: Path) -> None:
    """Counts of a moment would hold what came later, or partitions not reached yet be missing."""
    cuts = two_partitions(tmp_path)
    headers = {
        header.REASON: b"empty", header.DETAIL: b"", header.SOURCE_TOPIC: b"egraph.facts", header.SOURCE_PARTITION: b"1"
    }  # fmt: skip
    letters = [
        Fetched(0, n, at, b"", [*headers.items(), (header.SOURCE_OFFSET, str(n).encode())])
        for n, at in enumerate((2500, 9500))
    ]
    store_records(tmp_path, "dead_letters", letters)
    found = cuts.cut("0:6")
    assert found.by_kind == {"NodeAdded": 3}
    assert found.dead_letters == 1
    told = [(item.partition, item.next_offset, item.records, item.last_offset) for item in found.partitions]
    assert told == [(0, 7, 2, 9), (2, 6, 1, 9)]
    places = [(fact.partition, fact.offset) for fact in found.around]
    assert places == [(0, 5), (2, 5), (0, 6), (2, 6), (0, 7), (2, 7), (0, 8), (2, 8), (0, 9)]
    assert len(cuts.cut("2:9").around) == AROUND + 1
    start = cuts.cut("start")
    assert [(item.next_offset, item.records) for item in start.partitions] == [(6, 1), (5, 0)]


@pytest.mark.parametrize(
    ("at", "told"),
    [
        ("0:10", "beyond the end of partition 0, whose last one is 9"),
        ("0:4", "before what is kept of partition 0, whose first is 5"),
        ("1:0", "nothing of partition 1; it holds 0, 2"),
        ("n11", "the log has 10 records"),
        ("n0", "the log has 10 records"),
        ("t10000001", "beyond the end of the log"),
        ("t999999", "before the first record"),
    ],
)
def test_what_the_log_has_not_is_told(tmp_path: Path, at: str, told: str) -> None:
    """A link beyond the log would show its end as if it were asked for, and nobody would notice."""
    cuts = two_partitions(tmp_path)
    for ask in (cuts.cut, cuts.graph):
        with pytest.raises(NoSuchCut, match=told):
            ask(at)


def test_a_hole_and_an_empty_log_are_told(tmp_path: Path) -> None:
    """The place of a refused record would look like one beyond the log; an empty log like a fault."""
    cuts = reader(tmp_path)
    with pytest.raises(NoSuchCut, match="no fact yet"):
        cuts.cut("end")
    assert cuts.density().total == 0
    store_records(tmp_path, "facts", [fact_at(0, offset, 1) for offset in (0, 2)])
    with pytest.raises(NoSuchCut, match="no fact at offset 1; a refused record"):
        cuts.cut("0:1")


@pytest.mark.parametrize("at", ["", "1", "1:", ":1", "a:b", "t", "n-1", "1:2:3", "0:1\n", "t1.5", "٣:1"])
def test_what_is_no_address_is_refused(tmp_path: Path, at: str) -> None:
    """A link that was cut short would lead to some other moment."""
    with pytest.raises(ValueError, match="PARTITION:OFFSET"):
        reader(tmp_path).cut(at)


@pytest.mark.parametrize("by", ["time", "records"])
@pytest.mark.parametrize("buckets", [1, 3, 9, 10, 240])
def test_the_strip_counts_every_record_once(tmp_path: Path, buckets: int, by: str) -> None:
    """The strip would leave the first or the last records out, or have more buckets than were asked for."""
    found = two_partitions(tmp_path).density(buckets, by=by)
    assert (sum(found.facts), found.total, found.by) == (10, 10, by)
    assert len(found.facts) == len(found.marked) == len(found.began_us) == len(found.lasted_us) <= buckets
    assert (found.oldest_us, found.newest_us, found.began_us[0]) == (1_000_000, 10_000_000, 1_000_000)
    assert found.facts[0] >= 1
    assert found.facts[-1] >= 1


def test_a_strip_by_records_tells_how_long_they_took(tmp_path: Path) -> None:
    """A burst that holds most of the log would be one line of the strip, and nobody could find a place in it."""
    moments = [0, 1, 2, 3, 4, 5, 6000, 9000]
    store_records(tmp_path, "facts", [fact_at(0, n, moment) for n, moment in enumerate(moments)])
    found = reader(tmp_path).density(4, by="records")
    assert (found.facts, found.began_us) == ((2, 2, 2, 2), (0, 2000, 4000, 6_000_000))
    assert found.lasted_us == (2000, 2000, 5_996_000, 3_000_000)


@pytest.mark.parametrize("by", ["time", "records"])
def test_retractions_and_refused_records_are_marked(tmp_path: Path, by: str) -> None:
    """The places of trouble could not be seen on the strip."""
    store_records(tmp_path, "facts", [fact_at(0, n, 1000 * n, fact) for n, fact in enumerate(story())])
    headers = {
        header.REASON: b"empty", header.DETAIL: b"", header.SOURCE_TOPIC: b"egraph.facts",
        header.SOURCE_PARTITION: b"1", header.SOURCE_OFFSET: b"0",
    }  # fmt: skip
    store_records(tmp_path, "dead_letters", [Fetched(0, 0, 2500, b"", list(headers.items()))])
    assert reader(tmp_path).density(7, by=by).marked == (0, 0, 1, 0, 0, 0, 1)


def test_the_graph_at_each_cut_is_that_of_the_facts_up_to_it(tmp_path: Path) -> None:
    """Classes, quarantine or digests of a moment would be those of another one, forward or backward."""
    facts = [seal(fact).fact for fact in story()]
    store_records(tmp_path, "facts", [fact_at(0, n, 1000 + n, fact) for n, fact in enumerate(facts)])
    cuts = reader(tmp_path)
    for offset in (0, 3, 4, 5, 6, 2, 6):
        view = IncrementalView(FactStore())
        for fact in facts[: offset + 1]:
            view.add(fact)
        counts = view.counts()
        found = cuts.graph(f"0:{offset}").counts
        assert found is not None
        assert (found.classes, found.accepted, found.quarantined, found.retracted) == (
            counts.classes, counts.accepted, counts.quarantined, counts.retracted,
        )  # fmt: skip
        assert (found.set_digest, found.view_digest) == (view.set_digest().hex(), view.view_digest().hex())
    before = cuts.graph("0:5")
    assert [len(item.operators) for item in before.largest] == [2]
    assert [item.why for item in before.quarantined] == ["said so"]
    assert before.derived == 0


def test_records_that_come_late_are_folded_too(tmp_path: Path) -> None:
    """A view kept from the last question would miss what the sink wrote since, behind its place."""
    store_records(tmp_path, "facts", [fact_at(0, n, 1000 + n) for n in range(3)])
    cuts = reader(tmp_path)
    cuts.graph("0:1")
    store_records(tmp_path, "facts", [fact_at(1, 0, 1000)])
    found = cuts.graph("0:2").counts
    assert found is not None
    assert (found.facts, found.nodes) == (4, 4)


def test_repeated_and_refused_records_count_once_and_not_at_all(tmp_path: Path) -> None:
    """The digest of a cut would not be that of the agents, which refuse and repeat nothing."""
    store_records(tmp_path, "facts", [fact_at(0, 0, 1), fact_at(0, 1, 2, node(0, "p0o0")), fact_at(0, 2, 3)])
    headers = {
        header.REASON: b"sequence-reuse", header.DETAIL: b"", header.SOURCE_TOPIC: b"egraph.facts",
        header.SOURCE_PARTITION: b"0", header.SOURCE_OFFSET: b"2",
    }  # fmt: skip
    store_records(tmp_path, "dead_letters", [Fetched(0, 0, 4, b"", list(headers.items()))])
    found = reader(tmp_path).graph("end")
    assert found.counts is not None
    assert (found.records, found.counts.facts) == (3, 1)


def test_beyond_the_cap_only_the_size_is_told(tmp_path: Path) -> None:
    """A long log would keep whoever looks at its end waiting, or show a part of it as the whole."""
    store_records(tmp_path, "facts", [fact_at(0, n, n) for n in range(5)])
    cuts = reader(tmp_path, cap=3)
    within, beyond = cuts.graph("n3"), cuts.graph("n4")
    assert within.counts is not None
    assert (beyond.counts, beyond.records, beyond.cap) == (None, 4, 3)


def test_agents_that_held_the_same_facts_confirm_the_digest(tmp_path: Path) -> None:
    """Nobody could tell whether the graph of a cut is what the agents saw."""
    store_records(tmp_path, "facts", [fact_at(0, 0, 1000)])
    cuts = reader(tmp_path)
    alone = cuts.graph("end")
    assert alone.counts is not None
    assert (alone.agreeing, alone.differing) == ((), ())
    digests = bytes.fromhex(alone.counts.set_digest), bytes.fromhex(alone.counts.view_digest)
    told = [
        heartbeat(0, set_digest=digests[0], view_digest=digests[1]),
        heartbeat(1, set_digest=digests[0], view_digest=bytes(16)),
        heartbeat(2, set_digest=bytes(16), view_digest=digests[1]),
    ]
    store_records(tmp_path, "heartbeats", as_records(told))
    found = cuts.graph("end")
    assert (found.agreeing, found.differing) == ((0,), (1,))


def test_agents_are_shown_as_they_were_told_last_before_the_cut(tmp_path: Path) -> None:
    """An agent would be shown with what it said later, or long before it fell silent."""
    at_ms = NOW // 1000
    store_records(tmp_path, "facts", [fact_at(0, 0, at_ms)])
    beats = [(0, 10_000, 3), (0, 2_000, 5), (0, -1_000, 9), (1, 61_000, 4), (2, 0, 6)]
    records = [
        as_records([heartbeat(agent, facts=facts)], at_ms - before)[0]._replace(offset=offset)
        for offset, (agent, before, facts) in enumerate(beats)
    ]
    store_records(tmp_path, "heartbeats", records)
    found = reader(tmp_path).cut("end").agents
    assert [(item.agent, item.facts, item.told_ms) for item in found] == [(0, 5, 2_000), (2, 6, 0)]


def test_agents_at_a_cut_stand_as_they_did_then(tmp_path: Path) -> None:
    """The lattice of the past would show who is healthy now, or lags behind what nobody had passed by then."""
    at_ms = NOW // 1000
    store_records(tmp_path, "facts", [fact_at(0, 0, at_ms)])
    beats = [(0, 9_900, (1, 0, 0)), (1, 4_000, (4, 2, 0)), (2, 100, (3, 2, 7)), (0, -500, (9, 9, 9))]
    records = [
        as_records([heartbeat(agent, version=version, neighbours=(1,))], at_ms - before)[0]._replace(offset=offset)
        for offset, (agent, before, version) in enumerate(beats)
    ]
    store_records(tmp_path, "heartbeats", records)
    found = reader(tmp_path).cut("end").agents
    assert [(item.agent, item.band, item.lag) for item in found] == [
        (0, "down", 12), (1, "degraded", 7), (2, "healthy", 1),
    ]  # fmt: skip
    assert found[0].neighbours == (1,)


def test_figures_are_those_up_to_the_cut(tmp_path: Path) -> None:
    """Percentiles, flows and tiles of a moment would hold what came later, or be those of now."""
    store_records(tmp_path, "facts", [fact_at(0, 0, NOW // 1000)])
    seen = {-9_999_999: 99_000, -4_500_000: 1_000, -1_000_000: 3_000, -1: 4_000, 0: 2_000, 1: 99_000}
    messages = [event(NOW + at, latency_us=latency, bytes=10**6 // 8) for at, latency in seen.items()]
    sent = event(NOW - 10, kind=TimelineKind.MESSAGE_SENT, latency_us=-1)
    store_records(tmp_path, "events", as_records([*messages, sent]))
    window = reader(tmp_path).cut("end", window_s=5).window
    assert (window.window_s, window.messages, window.second) == (5, 4, (-4, -3, -2, -1, 0))
    assert window.p50_ms == (1.0, None, None, 3.0, 3.0)
    assert (window.events_per_s, window.mbps) == ((1, 0, 0, 1, 3), (1.0, 0.0, 0.0, 1.0, 2.0))
    assert window.latest.p50_ms == 3.0
    assert window.latest.events_per_s == round(6 / PERIOD_S, 2)
    assert [(item.sender, item.receiver, item.messages, item.p50_ms) for item in window.flows] == [(1, 0, 5, 3.0)]


def test_a_period_is_compared_with_the_one_before_it(tmp_path: Path) -> None:
    """A tile would say that a figure rose although it fell, or compare with a time of which nothing is known."""
    store_records(tmp_path, "facts", [fact_at(0, 0, NOW // 1000)])
    period = PERIOD_S * SECOND
    early = [event(NOW - period - at, latency_us=8_000) for at in (0, SECOND, period - 1)]
    late = [event(NOW - at, latency_us=2_000) for at in (0, period - 1)]
    store_records(tmp_path, "events", as_records([*early, *late]))
    assert reader(tmp_path).cut("end").window.earlier is None
    before = event(NOW - 2 * period, latency_us=99_000)
    store_records(tmp_path, "events", [as_records([before])[0]._replace(offset=9)])
    window = reader(tmp_path).cut("end").window
    assert window.earlier is not None
    assert (window.latest.p50_ms, window.earlier.p50_ms) == (2.0, 8.0)
    assert (window.latest.events_per_s, window.earlier.events_per_s) == (
        round(2 / PERIOD_S, 2), round(3 / PERIOD_S, 2),
    )  # fmt: skip


def test_convergence_is_that_of_the_seconds_before_the_cut(tmp_path: Path) -> None:
    """Agents would agree at a moment at which they did not, or lag behind what came later."""
    at_ms = NOW // 1000
    store_records(tmp_path, "facts", [fact_at(0, 0, at_ms)])
    beats = [
        (0, 4_500, (1, 0, 0), b"a" * 16, 2), (1, 4_500, (4, 2, 0), b"b" * 16, 7), (0, 500, (4, 2, 0), b"b" * 16, 7),
        (1, 500, (4, 2, 0), b"b" * 16, 7), (0, -1, (9, 9, 9), b"c" * 16, 0),
    ]  # fmt: skip
    records = [
        as_records([heartbeat(agent, version=version, view_digest=digest, quarantined=kept, facts=sum(version))],
                   at_ms - before)[0]._replace(offset=offset)
        for offset, (agent, before, version, digest, kept) in enumerate(beats)
    ]  # fmt: skip
    store_records(tmp_path, "heartbeats", records)
    window = reader(tmp_path).cut("end", window_s=6).window
    assert window.distinct_digests == (None, 2, 2, 2, None, 1)
    assert window.quarantined == (None, 7, 7, 7, None, 7)
    assert [(item.agent, item.facts) for item in window.lags] == [
        (0, (None, 5, 5, 5, None, 0)), (1, (None, 0, 0, 0, None, 0)),
    ]  # fmt: skip
    assert (window.latest.distinct_digests, window.latest.quarantined) == (1, 7)


def test_no_event_of_a_cut_is_later_than_it(tmp_path: Path) -> None:
    """The picture of a moment would show messages that nobody had sent by then."""
    store_records(tmp_path, "facts", [fact_at(0, n, NOW // 1000 + 1000 * n) for n in range(3)])
    times = [NOW + at for at in (-2 * SECOND, 0, 1, SECOND, SECOND + 1, 9 * SECOND)]
    store_records(tmp_path, "events", as_records([event(at, latency_us=10) for at in times]))
    cuts = reader(tmp_path)
    first_ms = NOW // 1000 * 1000
    for address, moment in {"0:0": first_ms, "0:1": first_ms + SECOND, f"t{NOW + SECOND}": NOW + SECOND}.items():
        found = cuts.cut(address)
        assert found.moment_us == moment
        assert found.space_time is not None
        assert [item.at_us for item in found.space_time.events] == [at for at in times if at <= moment]
    assert [len(cuts.cut("end", now=now).space_time.events) for now in (False, True)] == [5, 6]  # type: ignore[union-attr]


def test_no_fact_of_a_cut_is_later_than_it_even_in_one_moment(tmp_path: Path) -> None:
    """The list of a record in the middle of a batch would show the rest of the batch, or that alone."""
    store_records(tmp_path, "facts", [fact_at(p, o, NOW // 1000) for p in (0, 1) for o in range(3)])
    store_records(tmp_path, "events", as_records([event(NOW // 1000 * 1000 - 5)]))
    cuts = reader(tmp_path)
    for position in range(1, 7):
        found = cuts.cut(f"n{position}", events=4).space_time
        assert found is not None
        places = [(fact.partition, fact.offset) for fact in found.facts]
        assert places == [(p, o) for p in (0, 1) for o in range(3)][:position][::-1][:4]
        assert found.facts_matching == position


def test_a_moment_after_the_newest_record_is_a_place_too(tmp_path: Path) -> None:
    """What agents did after the last fact could not be travelled through."""
    store_records(tmp_path, "facts", [fact_at(0, 0, 1000), fact_at(0, 1, 2000)])
    store_records(tmp_path, "events", as_records([event(7_000_000)]))
    cuts = reader(tmp_path)
    found = cuts.cut("t5000000")
    assert (found.at, found.moment_us, found.behind_us) == ("0:1", 5_000_000, 2_000_000)
    assert cuts.cut("t5000000", step=-1).moment_us == 1_000_000
    with pytest.raises(NoSuchCut, match="beyond the end of the log"):
        cuts.cut("t7000001")
    strip = cuts.density(6)
    assert (strip.newest_us, sum(strip.facts)) == (7_000_000, 2)
    assert cuts.density(2, by="records").newest_us == 2_000_000
