"""Panels of time travel in a real browser: one record, nothing later than the moment, cones, tiles, in one window."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Console
from tests.browser.travelled import moment, settled, travelled
from tests.unit.dash_app.console_fakes import FakeReadModel

pytestmark = [pytest.mark.browser, pytest.mark.timeout(180)]


@pytest.fixture
def site(tmp_path: Path) -> Iterator[tuple[str, FakeReadModel]]:
    """Give a console over a log of 120 records."""
    with travelled(tmp_path) as served:
        yield served


def test_moving_the_cut_moves_every_panel_to_the_same_record(console: Console) -> None:
    """Panels of different moments would stand side by side, and be read as one."""
    page = console.page
    page.goto(f"{console.address}/timetravel?at=0:40")
    settled(console, "0:40")
    for turn in ("ArrowRight", "Shift+ArrowRight", "ArrowLeft", "Home", "End", "ArrowLeft"):
        page.keyboard.press(turn)
        place = page.locator("#travel-place")
        expect(place).not_to_contain_text("0:40 ")
    settled(console, "0:111")
    page.locator("#travel-slider").fill("300")
    expect(page.locator("#travel-place")).not_to_contain_text("0:111")
    moved = re.search(r"\d+:\d+$", page.locator("#travel-place > span").first.inner_text())
    assert moved is not None
    settled(console, moved.group())
    expect(page.locator("#travel-record dd").first).to_contain_text(":")
    expect(page.locator("#travel-around [aria-current]")).to_contain_text(moved.group())
    assert console.complaints == []


def test_no_message_of_a_moment_is_later_than_it(console: Console) -> None:
    """The past would show what had not happened yet: in the picture, in its cone, or in the list."""
    page = console.page
    at_us = 1000 * moment(60) + 100_000
    page.goto(f"{console.address}/timetravel?at=t{at_us + 20}")
    settled(console, "0:60")
    marks = page.locator("#travel-space .st-event")
    expect(marks).to_have_count(61 + 4)
    shown = page.locator("#travel-events tbody tr").all_inner_texts()
    assert "sends facts" in shown[0]
    page.locator('#travel-space .st-event[data-place="0:113"]').dispatch_event("click")
    key = page.locator("#travel-space-key")
    expect(key).to_contain_text("happened before: 0")
    expect(key).to_contain_text("happened after: 2")
    expect(key).to_contain_text("concurrent: 62")
    expect(marks).to_have_count(61 + 4)
    expect(page.locator("#travel-space .st-card")).to_contain_text("vc [1 0 0]")
    expect(page.locator("#travel-space .st-number")).to_have_text(["1"])
    assert page.url.endswith(f"?at=t{at_us + 20}&event=0:113")
    page.reload()
    expect(key).to_contain_text("happened after: 2")
    page.goto(f"{console.address}/timetravel?at=t{at_us + 40}&event=0:113")
    expect(key).to_contain_text("happened after: 3")
    expect(page.locator("#travel-space .st-number")).to_have_text(["1", "2"])
    page.get_by_role("button", name="clear the chosen event").click()
    expect(key).to_contain_text("message: ")
    assert page.url.endswith(f"?at=t{at_us + 40}")
    page.goto(f"{console.address}/timetravel?at=0:60&event=0:113")
    expect(key).to_contain_text("this event is later than the cut")
    assert console.complaints == []


def test_who_chooses_an_event_has_left_the_live_page(console: Console) -> None:
    """The picture would move on under the eyes of who looks at an event."""
    page = console.page
    page.goto(f"{console.address}/timetravel")
    settled(console, "0:112")
    page.locator('#travel-space .st-event[data-place="0:113"]').dispatch_event("click")
    expect(page.locator(".travel-band")).to_contain_text("Not live: time travel")
    expect(page.locator("#travel-space-key")).to_contain_text("happened after: 3")
    assert page.url.endswith(f"?at=t{1000 * (moment(112) + 9)}&event=0:113")
    page.keyboard.press("l")
    expect(page.locator(".travel-band strong")).to_have_text("Live")
    expect(page.locator("#travel-space-key")).to_contain_text("message: ")
    assert "event=" not in page.url


def test_tiles_tell_a_moment_and_how_it_differs_from_the_time_before(console: Console) -> None:
    """Who looks at a moment could not tell whether it was quick or slow, or whether that was new."""
    page = console.page
    page.goto(f"{console.address}/timetravel?at=0:10")
    settled(console, "0:10")
    expect(page.locator("#travel-kpi-p50")).to_contain_text("2.4ms")
    expect(page.locator("#travel-kpi-p50 .kpi-delta")).to_have_count(0)
    expect(page.locator("#travel-kpi-digests")).to_contain_text("1of 3 agents")
    page.goto(f"{console.address}/timetravel?at=0:112")
    settled(console, "0:112")
    expect(page.locator("#travel-kpi-p50 .kpi-delta")).to_have_count(0)
    page.goto(f"{console.address}/timetravel?at=t{1000 * (moment(112) + 9)}")
    expect(page.locator("#travel-kpi-digests")).to_contain_text("–nobody heard")
    expect(page.locator("#travel-kpi-mbps")).to_contain_text("0.14Mbps")


def test_one_moment_is_marked_on_every_chart(console: Console) -> None:
    """What happened together on two charts would have to be measured off by eye."""
    page = console.page
    page.goto(f"{console.address}/timetravel?at=0:100")
    settled(console, "0:100")
    box = page.locator("#travel-percentiles .cut-chart").bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + box["width"] - 76, box["y"] + 60)
    told = page.locator(".crosshair-told")
    expect(told.first).to_be_visible()
    assert told.count() >= 5
    page.mouse.move(2, 2)
    expect(told).to_have_count(0)


@pytest.mark.parametrize(("width", "height"), [(390, 844), (820, 1180), (1600, 1000)])
def test_nothing_lies_outside_the_window(console: Console, width: int, height: int) -> None:
    """A phone would cut the bar or panels off, or the bar hide what it moves."""
    page = console.page
    page.set_viewport_size({"width": width, "height": height})
    for query in ("", "?at=1:5", "?at=0:900"):
        page.goto(f"{console.address}/timetravel{query}")
        page.wait_for_selector("#travel-state h2" if "900" in query else "#travel-graph[data-at]")
        assert page.evaluate("document.documentElement.scrollWidth") <= width, query
    bar = page.locator(".travel-bar").bounding_box()
    assert bar is not None
    assert bar["height"] < (64 if width == 1600 else 0.17 * height)
    for name in ("one record back", "play", "one record on"):
        button = page.get_by_role("button", name=name, exact=True)
        expect(button).to_be_in_viewport(ratio=1)
