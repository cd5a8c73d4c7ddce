"""A console over a log that tests of time travel go through, and when its page has come to a cut. No tests here."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from playwright.sync_api import expect

from analytics.causal_reader import CausalReader
from analytics.cut_reader import CutReader
from dash_app.app import Settings, build_app
from schemas.codec import seal
from schemas.records import TimelineEvent
from tests.browser.conftest import Console
from tests.unit.analytics.observed import NOW, as_records, event, heartbeat
from tests.unit.analytics.stored import AGENTS, fact_at, store_records
from tests.unit.analytics.test_causal_reader import relay
from tests.unit.analytics.test_cut_reader import story
from tests.unit.dash_app.console_fakes import FakeReadModel, full_overview, serving

START_MS = 1_700_000_000_000
CAP = 100
PANELS = 11


def moment(offset: int) -> int:
    """Give the time of append of a record of partition 0 in milliseconds: two a second."""
    return START_MS + 500 * offset


def relayed(at_us: int) -> list[TimelineEvent]:
    """Give a message that is passed on, with five events, so that the first is at a time."""
    shift = at_us - NOW
    return [
        replace(item, at=item.at + shift, sent_at=item.sent_at + shift if item.sent_at > 0 else item.sent_at)
        for item in relay()
    ]


@contextmanager
def travelled(tmp_path: Path) -> Iterator[tuple[str, FakeReadModel]]:
    """Give a console over 120 records: a story in partition 1 at the beginning, then nodes in partition 0."""
    told = [fact_at(1, n, START_MS - 1000 + n, seal(fact).fact) for n, fact in enumerate(story())]
    store_records(tmp_path, "facts", [*told, *(fact_at(0, n, moment(n)) for n in range(113))])
    messages = [
        event(1000 * (moment(n) + 9), sequence=1000 + n, latency_us=1000 + 300 * n, bytes=9000, facts=4, useful=3)
        for n in range(113)
    ]
    store_records(tmp_path, "events", as_records([*messages, *relayed(1000 * moment(60) + 100_000)]))
    store_records(tmp_path, "heartbeats", as_records([heartbeat(agent) for agent in range(AGENTS)], moment(10)))
    cuts = CutReader(tmp_path, agents=AGENTS, cap=CAP)
    causality = CausalReader(tmp_path, agents=AGENTS)
    model = FakeReadModel(full_overview())
    with serving(build_app(model, Settings(period_s=0.3), cuts=cuts, causality=causality)) as address:
        yield address, model


def at(console: Console, place: str) -> None:
    """Wait until every panel shows the cut at a place."""
    notes = console.page.locator(".travel-panels .panel-head .note")
    expect(notes).to_have_text([re.compile(rf"^at {place}(,|$)")] * PANELS)
    for part in ("kpis", "graph"):
        expect(console.page.locator(f"#travel-{part}")).to_have_attribute("data-at", place)


def settled(console: Console, place: str) -> None:
    """Wait until no panel waits for an answer about the cut at a place."""
    at(console, place)
    expect(console.page.locator(".travel-body[aria-busy='true']")).to_have_count(0)


def opened(console: Console) -> None:
    """Open what is used seldom in the bar."""
    console.page.locator("#travel-menu > summary").click()
