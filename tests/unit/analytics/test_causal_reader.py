"""Windows of the timeline, and the cone of an event: what is shown of what, and where a message went."""

from pathlib import Path

import pytest

from analytics.catalog import store_dir
from analytics.causal_reader import CausalReader
from analytics.current_store import StoreUnreadable
from schemas.records import TimelineEvent, TimelineKind
from tests.unit.analytics.observed import NOW, as_records, event
from tests.unit.analytics.stored import AGENTS, fact_at, store_records

SENT, RECEIVED = TimelineKind.MESSAGE_SENT, TimelineKind.MESSAGE_RECEIVED


def relay() -> list[TimelineEvent]:
    """Give a message from agent 0 to 1, one from 1 to 2 that passes it on, and an event that has to do with neither."""
    return [
        event(NOW, kind=SENT, agent=0, peer=1, sequence=1, message_id=1, clock=(1, 0, 0)),
        event(NOW + 5, kind=TimelineKind.HEARTBEAT_SENT, agent=2, peer=-1, sequence=1, clock=(0, 0, 1)),
        event(NOW + 10, agent=1, peer=0, sequence=1, message_id=1, clock=(1, 1, 0), sent_at=NOW, latency_us=10),
        event(NOW + 20, kind=SENT, agent=1, peer=2, sequence=2, message_id=2, clock=(1, 2, 0)),
        event(NOW + 30, agent=2, peer=1, sequence=2, message_id=2, clock=(1, 2, 2), sent_at=NOW + 20, latency_us=10),
    ]


def reader_of(data_dir: Path, events: list[TimelineEvent]) -> CausalReader:
    """Store events; give a reader."""
    store_records(data_dir, "events", as_records(events))
    return CausalReader(data_dir, agents=AGENTS)


def test_a_message_is_followed_to_every_agent_that_came_to_know_of_it(tmp_path: Path) -> None:
    """Who asks where a message went would be told of its receiver alone, or of agents that never heard of it."""
    answer = reader_of(tmp_path, relay()).space_time((0, 0))
    assert answer is not None
    assert answer.cone is not None
    cone = answer.cone
    assert [item.relation for item in answer.events] == ["itself", "concurrent", "after", "after", "after"]
    assert (cone.before, cone.after, cone.concurrent) == (0, 3, 1)
    assert [(item.agent, item.offset, item.peer) for item in cone.reached] == [(1, 2, 0), (2, 4, 1)]
    assert cone.sent is not None
    assert cone.arrived is not None
    assert (cone.sent.offset, cone.arrived.offset) == (0, 2)


def test_a_receipt_knows_its_send_and_what_it_rests_on(tmp_path: Path) -> None:
    """The cause of an arrival could not be found from the arrival."""
    answer = reader_of(tmp_path, relay()).space_time((0, 4))
    assert answer is not None
    assert answer.cone is not None
    cone = answer.cone
    assert cone.sent is not None
    assert (cone.sent.offset, cone.arrived) == (3, cone.event)
    assert [(item.agent, item.offset) for item in cone.known_of] == [(0, 0), (1, 3)]
    assert cone.reached == ()


def test_an_event_of_no_message_has_no_ends(tmp_path: Path) -> None:
    """A heartbeat would be shown as a message that was lost."""
    answer = reader_of(tmp_path, relay()).space_time((0, 1))
    assert answer is not None
    assert answer.cone is not None
    assert (answer.cone.sent, answer.cone.arrived, answer.cone.event.peer) == (None, None, None)


def test_more_than_fits_is_cut_to_the_newest_and_counted(tmp_path: Path) -> None:
    """A busy second would freeze the browser, or silence would be drawn where events were left out."""
    events = [event(NOW + n, sequence=n + 1, clock=(n + 1, 0, 0)) for n in range(50)]
    answer = reader_of(tmp_path, events).space_time(from_us=NOW, to_us=NOW + 39, limit=10)
    assert answer is not None
    assert (len(answer.events), answer.matching, answer.total) == (10, 40, 50)
    assert (answer.from_us, answer.to_us) == (NOW, NOW + 39)
    assert (answer.shown_from_us, answer.shown_to_us) == (NOW + 30, NOW + 39)


def test_around_an_event_the_nearest_are_shown(tmp_path: Path) -> None:
    """A chosen event would be missing from its own picture."""
    events = [event(NOW + n, sequence=n + 1, clock=(n + 1, 0, 0)) for n in range(50)]
    reader = reader_of(tmp_path, events)
    for low, high in ((None, None), (NOW, NOW + 49)):
        answer = reader.space_time((0, 20), from_us=low, to_us=high, limit=11)
        assert answer is not None
        assert (answer.events[0].offset, answer.events[-1].offset) in ((15, 25), (16, 24))
    assert reader.space_time((0, 50)) is None
    assert reader.space_time((7, 1)) is None


@pytest.mark.parametrize(
    ("given", "window"),
    [
        ({}, (NOW + 40, NOW + 49)),
        ({"from_us": NOW + 5}, (NOW + 5, NOW + 14)),
        ({"to_us": NOW + 20}, (NOW + 11, NOW + 20)),
        ({"from_us": NOW + 90}, (NOW + 90, NOW + 90)),
        ({"from_us": NOW + 9, "to_us": NOW + 2}, (NOW + 9, NOW + 2)),
    ],
)
def test_an_end_that_was_not_asked_for_lies_where_as_many_fit(
    given: dict[str, int], window: tuple[int, int], tmp_path: Path
) -> None:
    """A link with one end of a window would show all of history, or nothing."""
    events = [event(NOW + n, sequence=n + 1, clock=(n + 1, 0, 0)) for n in range(50)]
    answer = reader_of(tmp_path, events).space_time(limit=10, **given)
    assert answer is not None
    assert (answer.from_us, answer.to_us) == window
    assert len(answer.events) == answer.matching == (10 if window[0] < min(window[1], NOW + 50) else 0)


def test_only_messages_with_facts_and_the_chosen_event(tmp_path: Path) -> None:
    """A quiet hour of heartbeats would bury the messages, or the chosen event vanish from its own picture."""
    beat = TimelineKind.HEARTBEAT_SENT
    events = [event(NOW + n, kind=beat, peer=-1, sequence=n + 1, clock=(n + 1, 0, 0)) for n in range(40)]
    events += [event(NOW + 90 + n, agent=1, sequence=n + 1, clock=(0, n + 1, 0)) for n in range(2)]
    events += [
        event(NOW + 200 + n, kind=beat, agent=2, peer=-1, sequence=n + 1, clock=(0, 0, n + 1)) for n in range(40)
    ]
    reader = reader_of(tmp_path, events)
    answer = reader.space_time(limit=10, only_facts=True)
    assert answer is not None
    assert ([item.offset for item in answer.events], answer.matching, answer.total) == ([40, 41], 2, 82)
    answer = reader.space_time((0, 3), limit=10, only_facts=True)
    assert answer is not None
    assert [item.offset for item in answer.events] == [3, 40, 41]


def test_facts_of_the_shown_time_stand_with_the_events(tmp_path: Path) -> None:
    """Facts of another time would be drawn, or those left out not be told."""
    store_records(tmp_path, "facts", [fact_at(1, offset, NOW // 1000 + offset) for offset in range(5)])
    events = [event(NOW - 1_000 + n * 1_000, sequence=n + 1, clock=(n + 1, 0, 0)) for n in range(4)]
    answer = reader_of(tmp_path, events).space_time(limit=2)
    assert answer is not None
    assert [(item.partition, item.offset, item.summary) for item in answer.facts] == [(1, 2, "p1o2"), (1, 1, "p1o1")]
    answer = CausalReader(tmp_path, agents=AGENTS).space_time(from_us=NOW - 1000, to_us=NOW + 9000, limit=4)
    assert answer is not None
    assert (len(answer.facts), answer.facts_matching) == (4, 5)


def test_an_empty_store_has_no_window_and_a_damaged_one_says_so(tmp_path: Path) -> None:
    """Whoever starts the console first would see an error, or a broken disk would be a stack trace."""
    reader = CausalReader(tmp_path, agents=AGENTS)
    answer = reader.space_time()
    assert answer is not None
    assert (answer.events, answer.total, answer.from_us, answer.newest_us, answer.cone) == ((), 0, None, None, None)
    store_records(tmp_path, "events", as_records(relay()))
    (segment,) = (store_dir(tmp_path) / "events").glob("*.parquet")
    segment.write_bytes(b"no parquet")
    with pytest.raises(StoreUnreadable, match="parquet"):
        reader.space_time()
