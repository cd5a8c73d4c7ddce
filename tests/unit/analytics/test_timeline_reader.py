"""Export of the timeline: every event of a window once, and the messages of an agent."""

from pathlib import Path

import pytest

from analytics.log_reader import Key
from analytics.timeline_answers import TimelineEvent as Exported
from analytics.timeline_reader import TimelineReader
from tests.unit.analytics.observed import NOW, RECEIVED, SECOND, as_records, random_events
from tests.unit.analytics.stored import AGENTS, store_records


def pages(reader: TimelineReader, limit: int, from_us: int | None, to_us: int | None) -> list[Exported]:
    """Read page after page."""
    found: list[Exported] = []
    key: Key | None = None
    for _ in range(10_000):
        page = reader.timeline(from_us=from_us, to_us=to_us, after=key, limit=limit)
        assert len(page.events) <= limit
        found += page.events
        if page.next is None:
            assert page.matching == len(found)
            return found
        key = Key.read(page.next)
    raise AssertionError("the pages do not end")


@pytest.mark.parametrize("limit", [1, 7, 10_000])
def test_pages_hold_each_event_of_the_window_once_in_the_order_of_time(tmp_path: Path, limit: int) -> None:
    """An export would lack events, or count some twice."""
    events = random_events(5, 20)
    store_records(tmp_path, "events", as_records(events))
    reader = TimelineReader(tmp_path, agents=AGENTS)
    low, high = NOW - 15 * SECOND, NOW - 5 * SECOND
    for window in ((None, None), (low, None), (None, high), (low, high)):
        wanted = [
            (item.at, item.agent, item.sequence, tuple(item.clock))
            for item in events
            if (window[0] is None or item.at >= window[0]) and (window[1] is None or item.at <= window[1])
        ]
        found = pages(reader, limit, *window)
        assert sorted((item.at_us, item.agent, item.sequence, item.clock) for item in found) == sorted(wanted)
        assert [item.at_us for item in found] == sorted(item.at_us for item in found)


def test_messages_of_an_agent_are_those_it_sent_and_those_it_received(tmp_path: Path) -> None:
    """The ends of a message would be mixed up, or another agent's messages be shown."""
    events = random_events(6)
    store_records(tmp_path, "events", as_records(events))
    found = TimelineReader(tmp_path, agents=AGENTS).messages(1, limit=500)
    its = [item for item in events if item.agent == 1 and item.kind in (*RECEIVED, "MessageSent", "AckSent")]
    assert its
    assert found.matching == len(its)
    assert [item.at_us for item in found.messages] == sorted((item.at for item in its), reverse=True)[:500]
    for message in found.messages:
        assert 1 in (message.sender, message.receiver)
        assert (message.receiver == 1) == message.kind.endswith("Received")
    (newest,) = TimelineReader(tmp_path, agents=AGENTS).messages(1, limit=1).messages
    assert newest == found.messages[0]
    assert TimelineReader(tmp_path, agents=AGENTS).messages(1, since_us=NOW + SECOND).matching == 0
