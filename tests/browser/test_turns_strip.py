"""The strip of turns on the live page: what befell agents lately, by icon and word, with the way to all of it."""

import re
from dataclasses import replace

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Console
from tests.unit.dash_app.console_fakes import EMPTY, agent_state, full_overview, turn_row

pytestmark = [pytest.mark.browser, pytest.mark.timeout(180)]


def test_turns_stand_where_they_happened_with_icon_and_word(console: Console) -> None:
    """Nobody on the live page could tell that an agent was lost and came back, or would see nine dots for one start."""
    console.open()
    page = console.page
    markers = page.locator("#turns .turns-marker")
    expect(markers).to_have_text(["✓ A4 recovered", "↻ A4 restart ordered", "✕ A4 lost", "+ 9 agents registered"])
    assert "nothing was heard of it for 10.4 s" in (markers.nth(2).get_attribute("title") or "")
    stems = page.locator("#turns .turns-stem").evaluate_all("all => all.map(stem => stem.getBoundingClientRect().left)")
    assert stems == sorted(stems, reverse=True)
    box = page.evaluate(
        "(({left, width}) => [left, width])(document.querySelector('.turns-line').getBoundingClientRect())"
    )
    assert abs((stems[0] - box[0]) / box[1] - (1 - 40 / 180)) < 0.02
    rows = page.locator("#turns table tbody tr")
    assert rows.count() == 12
    assert rows.nth(1).locator("td").all_text_contents()[1:] == ["A4", "restart ordered", "lost, by orchestrator"]
    assert markers.first.get_attribute("href") == "/runs#runs-turns"
    assert console.complaints == []


def test_agents_that_are_amiss_now_stand_at_the_end(console: Console) -> None:
    """An agent that is suspect has had no turn yet, so the strip would say that nothing is wrong."""
    answer = console.model.answer
    bands = {3: "suspect", 7: "down", 8: "down"}
    agents = tuple(agent_state(number, bands.get(number, "healthy")) for number in range(9))
    console.model.answer = replace(answer, agents=agents, recent_turns=(), recent_turns_count=0)
    console.open()
    expect(console.page.locator("#turns .turns-marker")).to_have_text(["✕ A7, A8 down now", "? A3 suspect now"])


def test_quiet_minutes_and_no_data_are_told(console: Console) -> None:
    """An empty strip would be taken for a broken one, or a console without data for a quiet system."""
    console.model.answer = replace(full_overview(), recent_turns=(), recent_turns_count=0)
    console.open()
    expect(console.page.locator("#turns")).to_have_text("✓ nothing befell the agents in the last 3 min")
    console.model.answer = EMPTY
    expect(console.page.locator("#turns")).to_contain_text("no data yet")


def test_trouble_keeps_its_words_where_all_happens_at_once(console: Console) -> None:
    """The routine of a restart, within a second of it, would push out the words that say what happened."""
    kinds = ("RECOVERED", "REGISTERED", "ORDERED_RESTART", "LOST")
    turns = tuple(turn_row(60 + number / 10, kind, 4) for number, kind in enumerate(kinds))
    console.model.answer = replace(full_overview(), recent_turns=turns, recent_turns_count=4)
    console.page.set_viewport_size({"width": 820, "height": 900})
    console.open()
    markers = console.page.locator("#turns .turns-marker")
    expect(markers).to_have_text([re.compile("A4 recovered"), *[re.compile("A4")] * 2, re.compile("A4 lost")])


@pytest.mark.parametrize("width", [390, 820, 1600])
def test_words_do_not_cover_each_other(console: Console, width: int) -> None:
    """In the worst minute, when most happens, nobody could read what."""
    kinds = ("LOST", "ORDERED_RESTART", "RECOVERED", "KILLED", "PARKED", "RELEASED")
    turns = tuple(turn_row(5 + 4 * number, kinds[number % 6], number % 9) for number in range(40))
    console.model.answer = replace(full_overview(), recent_turns=turns, recent_turns_count=200)
    console.page.set_viewport_size({"width": width, "height": 900})
    console.open()
    expect(console.page.locator("#turns .turns-marker").first).to_be_visible()
    boxes = console.page.locator("#turns .turns-marker").evaluate_all(
        "all => all.map(e => e.getBoundingClientRect()).map(b => [b.left, b.top, b.right, b.bottom])"
    )
    crossed = [
        (one, other)
        for number, one in enumerate(boxes)
        for other in boxes[:number]
        if one[0] < other[2] and other[0] < one[2] and one[1] < other[3] and other[1] < one[3]
    ]
    assert crossed == []
    assert max(box[2] for box in boxes) <= width
    assert console.page.inner_text("#turns-note") == "newest 40 of 200, last 3 min"
    assert len(boxes) + console.page.locator("#turns .turns-icon").count() == 40


def test_a_marker_leads_to_the_story(console: Console) -> None:
    """Who wants to know more about a turn would have to look for the page that has it."""
    console.open()
    marker = console.page.locator("#turns .turns-marker").first
    marker.evaluate("element => (window.held = element)")
    asked = console.model.asked
    while console.model.asked < asked + 3:
        console.page.wait_for_timeout(100)
    assert console.page.evaluate("window.held.isConnected"), "a click between two ticks would be lost"
    marker.click()
    console.page.wait_for_selector("#runs-turns")
    assert console.page.url.endswith("/runs#runs-turns")
