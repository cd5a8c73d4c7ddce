"""The page of runs in a real browser: phases of a saturation, rules, a killed agent, sync rounds."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import expect

from analytics.log_reader import LogReader
from analytics.run_reader import RunReader
from dash_app.app import Settings, build_app
from egraph.facts import RuleAdded
from schemas.records import AgentLifecycle, AnyRecord, Phase, Turn, encode_record
from tests.browser.conftest import Console
from tests.unit.analytics.stored import AGENTS, Fetched, fact_at, store_records
from tests.unit.analytics.test_control_views import report
from tests.unit.dash_app.console_fakes import FakeReadModel, full_overview, serving

pytestmark = [pytest.mark.browser, pytest.mark.timeout(180)]


def story() -> list[AnyRecord]:
    """Give two phases of a run, an agent that was killed and came back, and a sync round."""
    return [
        *(report(agent, Phase.BACKFILL, started_at=1_000_000, at=2_000_000 + agent, derived=3) for agent in (0, 1)),
        report(2, Phase.LIVE, started_at=3_000_000, at=4_500_000, rounds=7),
        AgentLifecycle(turn=Turn.KILLED, agent=4, incarnation=10, at=1, detail="asked by hand"),
        AgentLifecycle(turn=Turn.RECOVERED, agent=4, incarnation=11, at=4, attempt=1, detail="heard again"),
        AgentLifecycle(turn=Turn.ROUND_STARTED, at=5_000, round="sync-5"),
        AgentLifecycle(turn=Turn.ROUND_COMPLETED, at=46_000, round="sync-5", detail="all agree"),
    ]


@pytest.fixture
def site(tmp_path: Path) -> Iterator[tuple[str, FakeReadModel]]:
    """Give a console over a store with a story."""
    fetched = [Fetched(0, offset, 1000 + offset, encode_record(item)) for offset, item in enumerate(story())]
    for name in ("lifecycle", "phases"):
        store_records(tmp_path, name, fetched)
    rule = RuleAdded(graph="main", producer="r", sequence=0, hlc=1, name="twice", pattern="(f ?x)", replacement="?x")
    store_records(tmp_path, "facts", [fact_at(1, 0, 1000, rule)])
    model = FakeReadModel(full_overview())
    sources = {"log": LogReader(tmp_path, agents=AGENTS), "runs": RunReader(tmp_path, agents=AGENTS)}
    with serving(build_app(model, Settings(period_s=0.3), **sources)) as address:  # type: ignore[arg-type]
        yield address, model


def test_the_story_is_told(console: Console) -> None:
    """Nobody could see what a saturation came to, or that an agent was killed and came back."""
    page = console.page
    page.goto(f"{console.address}/runs")
    expect(page.locator(".run-phase")).to_have_count(2)
    assert "6 derived" in page.locator(".run-phase").first.inner_text()
    assert "1.50 s" in page.locator(".run-phase").nth(1).inner_text()
    page.locator(".run-phase summary").nth(1).press("Enter")
    assert page.locator(".run-phase").nth(1).locator("tbody td").first.inner_text() == "A2"
    turns = page.locator("#runs-turns tbody tr")
    assert turns.first.locator("td").all_inner_texts()[1:3] == ["A4", "✓ recovered"]
    assert turns.nth(1).locator("td").all_inner_texts()[1:3] == ["A4", "✕ killed"]
    assert "all agree" in page.inner_text("#runs-rounds")
    page.get_by_role("link", name="twice").click()
    expect(page.locator("#events-drawer h2")).to_have_text("RuleAdded 1:0")
    assert console.complaints == []
    assert console.foreign == []


@pytest.mark.parametrize("width", [390, 820, 1440])
def test_nothing_lies_outside_the_window(console: Console, width: int) -> None:
    """A phone would cut rows off."""
    page = console.page
    page.set_viewport_size({"width": width, "height": 850})
    page.goto(f"{console.address}/runs")
    page.wait_for_selector(".run-phase")
    page.locator(".run-phase summary").first.click()
    assert page.evaluate("document.documentElement.scrollWidth") <= width
