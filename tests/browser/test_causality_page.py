"""The page of causality in a real browser: the diagram, a cone, one message, the keyboard, and what is not there."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import expect

from analytics.causal_reader import CausalReader
from dash_app.app import Settings, build_app
from schemas.records import TimelineEvent, TimelineKind
from tests.browser.conftest import Console
from tests.properties.causal_histories import random_history
from tests.unit.analytics.observed import NOW, as_records, event
from tests.unit.analytics.stored import store_records
from tests.unit.analytics.test_causal_reader import relay
from tests.unit.dash_app.console_fakes import FakeReadModel, full_overview, serving

pytestmark = [pytest.mark.browser, pytest.mark.timeout(180)]
AGENTS = 3


def served(data_dir: Path, agents: int) -> Iterator[tuple[str, FakeReadModel]]:
    """Serve a console over a store."""
    model = FakeReadModel(full_overview())
    app = build_app(model, Settings(period_s=0.3), causality=CausalReader(data_dir, agents=agents))
    with serving(app) as address:
        yield address, model


@pytest.fixture
def site(tmp_path: Path) -> Iterator[tuple[str, FakeReadModel]]:
    """Give a console over a message that is passed on."""
    store_records(tmp_path, "events", as_records(relay()))
    yield from served(tmp_path, AGENTS)


def test_a_click_shows_the_cone_and_follows_the_message(console: Console) -> None:
    """Nobody could see what an event rests on, what came of it, or where its message went."""
    page = console.page
    page.goto(f"{console.address}/causality")
    expect(page.locator("#causality-chart .st-event")).to_have_count(5)
    assert "5 of 5 events" in page.inner_text("#causality-note")
    page.locator('#causality-chart .st-event[data-place="0:0"]').click()
    expect(page.locator('#causality-chart .st-event[aria-pressed="true"]')).to_have_attribute("data-place", "0:0")
    assert "event=0%3A0" in page.url
    assert page.locator("#causality-chart .st-event.st-is-after").count() == 3
    assert page.locator("#causality-chart .st-event.st-is-concurrent").get_attribute("data-place") == "0:1"
    assert "happened after: 3 of 3" in page.inner_text("#causality-legend")
    assert "Known to 2 of 2 other agents" in page.inner_text("#causality-journey")
    assert page.locator("#causality-chart .st-message.st-followed").count() == 1
    assert page.locator("#causality-chart .st-number").all_text_contents() == ["1", "2"]
    assert page.locator("#causality-way .st-event").count() == 3
    words = page.locator("#causality-rows tbody tr").first.locator("td").all_inner_texts()
    assert words[1:5] == ["A2", "receives facts", "← A1", "▶ after"]
    page.locator("#causality-details").get_by_role("button", name="A1 receives facts").click()
    expect(page.locator(".causality-chosen")).to_contain_text("A1 receives facts from A0")
    page.go_back()
    expect(page.locator(".causality-chosen")).to_contain_text("A0 sends facts to A1")
    assert console.complaints == []
    assert console.foreign == []


def test_the_keyboard_reaches_every_event(console: Console) -> None:
    """Without a mouse no cone could be seen."""
    page = console.page
    page.goto(f"{console.address}/causality")
    page.locator('#causality-chart .st-event[tabindex="0"]').focus()
    focused = "document.activeElement.dataset.place"
    assert page.evaluate(focused) == "0:4"
    for key, place in [("ArrowUp", "0:3"), ("ArrowLeft", "0:2"), ("ArrowUp", "0:0"), ("ArrowDown", "0:2")]:
        page.keyboard.press(key)
        assert page.evaluate(focused) == place, key
    page.keyboard.press("Enter")
    expect(page.locator('#causality-chart .st-event[aria-pressed="true"]')).to_be_focused()
    page.keyboard.press("Escape")
    expect(page.locator('#causality-chart .st-event[aria-pressed="true"]')).to_have_count(0)
    assert "event=" not in page.url


def test_its_keys_are_told_and_move_the_window(console: Console) -> None:
    """Who uses a keyboard would find no help on this page alone, and could not move through time."""
    page = console.page
    page.goto(f"{console.address}/causality")
    expect(page.locator("#causality-chart .st-event").first).to_be_attached()
    page.keyboard.press("?")
    dialog = page.get_by_role("dialog", name="Keys of the page of causality")
    expect(dialog).to_contain_text("zoom in")
    page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()
    page.keyboard.press("+")
    page.wait_for_url("**/causality?*from=*")
    page.keyboard.press("n")
    page.wait_for_url(f"{console.address}/causality")
    assert console.complaints == []


@pytest.mark.parametrize(
    ("search", "told", "way"),
    [
        ("event=0:99", "no event at 0:99", "to the newest events"),
        ("event=nonsense", "event: ", "to the newest events"),
        ("from=5&to=9", "No event in this window", "to the newest"),
    ],
)
def test_what_is_not_there_says_so_and_leads_back(console: Console, search: str, told: str, way: str) -> None:
    """A broken link would be a blank page."""
    page = console.page
    page.goto(f"{console.address}/causality?{search}")
    expect(page.locator("#causality-chart")).to_contain_text(told)
    page.get_by_role("button", name=way, exact=True).click()
    expect(page.locator("#causality-chart .st-event")).to_have_count(5)
    assert page.url.endswith("/causality")


def test_an_empty_timeline_says_what_fills_it(console: Console, tmp_path: Path) -> None:
    """Who opens the page before the first event would see a blank panel, and look for a fault."""
    page = console.page
    for address, _ in served(tmp_path / "empty", AGENTS):
        page.goto(f"{address}/causality")
        expect(page.locator("#causality-chart")).to_contain_text("The timeline is empty")
        page.get_by_role("button", name="look again").click()
        expect(page.locator("#causality-chart")).to_contain_text("egraph sink")


@pytest.mark.parametrize("width", [390, 820, 1440])
def test_many_events_stay_in_the_window(console: Console, width: int, tmp_path: Path) -> None:
    """A phone would cut rows off, or a busy second be drawn as if it were all."""
    history = random_history(1, 9, 300)
    store_records(tmp_path / "busy", "events", as_records(history.events), 9)
    page = console.page
    page.set_viewport_size({"width": width, "height": 850})
    for address, _ in served(tmp_path / "busy", 9):
        page.goto(f"{address}/causality?event=0:150&from=1&to=9000000000000000")
        page.wait_for_selector(".st-is-itself")
        shown = 60 if width < 720 else 200
        assert page.inner_text("#causality-note").startswith(f"nearest {shown} of 300 events")
        expect(page.get_by_role("button", name="zoom out")).to_be_disabled()
        assert re.search(r"happened before: \d+ of \d+", page.inner_text("#causality-legend"))
        assert page.evaluate("document.documentElement.scrollWidth") <= width


def bursts() -> list[TimelineEvent]:
    """Give messages from agent 0 to 1 in two bursts that lie a minute apart; the last takes 20 s."""
    made, clocks = [], [0, 0]
    for number, (start, lasts) in enumerate([(0, 9), (20, 9), (40, 9), (60_000, 9), (60_030, 20_000)]):
        clocks[0] += 1
        sent_at = NOW + 1000 * start
        made.append(
            event(sent_at, kind=TimelineKind.MESSAGE_SENT, agent=0, peer=1, sequence=clocks[0], message_id=number + 1,
                  facts=1, clock=(clocks[0], 0, 0))
        )  # fmt: skip
        clocks[1] += 1
        made.append(
            event(sent_at + 1000 * lasts, agent=1, peer=0, sequence=clocks[1], message_id=number + 1, facts=1,
                  sent_at=sent_at, latency_us=1000 * lasts, clock=(clocks[0], clocks[1], 0))
        )  # fmt: skip
    return made


def test_idle_time_does_not_squeeze_what_happened(console: Console, tmp_path: Path) -> None:
    """Messages with facts come in bursts: these would be two vertical lines, with a minute of nothing between them."""
    store_records(tmp_path / "bursts", "events", as_records(bursts()))
    page = console.page
    for address, _ in served(tmp_path / "bursts", AGENTS):
        page.goto(f"{address}/causality?only=facts")
        expect(page.locator("#causality-chart .st-event")).to_have_count(10)
        expect(page.locator("#causality-chart .st-break")).to_have_count(1)
        expect(page.locator("#causality-chart .st-break text")).to_have_text("60.0 s")
        places = "marks => marks.map(mark => mark.querySelector('.st-hit').cx.baseVal.value)"
        sends = page.locator("#causality-chart .st-send").evaluate_all(places)
        broken = max(sends) - min(sends)
        # What is on its way for long is told by its length, so that time is never left out.
        receipts = page.locator("#causality-chart .st-receipt").evaluate_all(places)
        assert receipts[-1] - sends[-1] > 10 * (sends[1] - sends[0])
        page.get_by_role("button", name="with idle time").click()
        expect(page.locator("#causality-chart .st-break")).to_have_count(0)
        assert page.url.endswith("only=facts&idle=shown")
        whole = page.locator("#causality-chart .st-send").evaluate_all(places)
        assert max(whole) - min(whole) > 5 * broken
        page.get_by_role("button", name="with idle time").click()
        expect(page.locator("#causality-chart .st-break")).to_have_count(1)
    assert console.complaints == []


def test_ticks_are_told_apart_and_stand_inside(console: Console) -> None:
    """Three ticks in a row would be called +0.01 ms, and the last one lose its end."""
    page = console.page
    page.goto(f"{console.address}/causality")
    page.wait_for_selector("#causality-chart .st-axis")
    ticks = page.locator("#causality-chart .st-axis")
    names = ticks.all_text_contents()
    assert len(names) > 3
    assert len(set(names)) == len(names)
    chart = page.locator("#causality-chart").bounding_box()
    last = ticks.last.bounding_box()
    assert chart is not None
    assert last is not None
    assert last["x"] + last["width"] <= chart["x"] + chart["width"]


def test_vector_clocks_tell_whose_count_each_is(console: Console) -> None:
    """Who doubts a relation could not check it against the clocks that it is made of."""
    page = console.page
    page.set_viewport_size({"width": 1600, "height": 1000})
    page.goto(f"{console.address}/causality?event=0:2")
    expect(page.locator("#causality-details .causality-clock")).to_have_text("1 1 0")
    own = page.locator("#causality-rows .causality-clock b").all_text_contents()
    assert own == ["2", "2", "1", "1", "1"]
    expect(page.locator("#causality-rows .causality-clock").first).to_have_text("1 2 2")
