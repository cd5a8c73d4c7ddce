"""Panels of the live page that compare and follow: changes of figures, the lattice, messages, convergence."""

import re
import time
from dataclasses import replace

import pytest
from playwright.sync_api import Page, expect

from analytics.answers import AgentLags
from tests.browser.conftest import Console
from tests.unit.dash_app.console_fakes import agent_state, period

pytestmark = [pytest.mark.browser, pytest.mark.timeout(180)]


def test_a_figure_tells_its_change_and_nothing_where_there_is_none_to_tell(console: Console) -> None:
    """A rise of latency would go unseen, or one be told of a figure of which the minute before is not known."""
    console.open()
    page = console.page
    shown = {
        "facts": "▲ 720", "classes": "= same", "facts-per-s": "▼ 25 %", "end-to-end-p95": "▲ 21 %",
        "efficiency": "= same",
    }  # fmt: skip
    for name, change in shown.items():
        expect(page.locator(f"#kpi-{name} .kpi-delta")).to_have_text(change)
    for name in ("end-to-end-p99", "violations", "digests", "dead-letters"):
        expect(page.locator(f"#kpi-{name} .kpi-delta")).to_have_count(0)
    told = page.get_by_role("img", name="up 21 % from the minute before")
    expect(told).to_have_attribute("title", "last minute 36, the minute before 30")
    console.model.answer = replace(console.model.answer, earlier=None)
    expect(page.locator(".kpi-delta")).to_have_count(0)
    expect(page.locator("#kpi-facts .kpi-value")).to_have_text("4,321")


def test_growth_from_nothing_is_no_share(console: Console) -> None:
    """The first facts after a silence would be a rise of infinity percent."""
    console.model.answer = replace(console.model.answer, earlier=period(60, facts=4_321, facts_per_s=0.0, p95_ms=0.001))
    console.open()
    expect(console.page.locator("#kpi-facts .kpi-delta")).to_have_text("= same")
    expect(console.page.locator("#kpi-end-to-end-p95 .kpi-delta")).to_have_text("▲ 999+ %")
    expect(console.page.locator("#kpi-facts-per-s .kpi-delta")).to_have_count(0)


def test_agents_are_told_by_health_colour_or_lag_and_never_by_paint_alone(console: Console) -> None:
    """Who is behind could be seen nowhere in the lattice, or only by who tells blue from green."""
    answer = console.model.answer
    console.model.answer = replace(answer, agents=(*answer.agents[:8], agent_state(8, "degraded")))
    console.open()
    page = console.page
    texts = page.locator("#lattice .node-told")
    choice = page.get_by_role("radiogroup", name="what agents are told by")
    expect(texts.nth(8)).to_have_text("! degraded")
    choice.get_by_text("Colour").click()
    expect(texts).to_have_text(["▲ red", "● blue", "■ green"] * 3)
    assert page.url.endswith("/?nodes=colour")
    choice.get_by_text("Lag").click()
    expect(texts).to_have_text(["✓ 0", *(f"−{number}" for number in range(1, 9))])
    name = page.locator("#lattice svg").get_attribute("aria-label") or ""
    assert "A8 lacks 8 facts" in name
    # Health stays to be seen by the shape.
    shapes = page.locator("#lattice .node .shape").evaluate_all("all => all.map(shape => shape.localName)")
    assert shapes == ["circle"] * 8 + ["polygon"]


def test_what_is_chosen_stands_in_the_address(console: Console) -> None:
    """A link to what somebody looks at would show its reader something else."""
    page = console.page
    page.goto(f"{console.address}/?nodes=lag&cells=mbps&scale=linear&messages=table")
    expect(page.locator("#lattice .node-told").nth(8)).to_have_text("−8")
    expect(page.locator("#matrix-note")).to_have_text("row → column, Mbps")
    expect(page.locator("#messages tbody tr")).to_have_count(60)
    page.get_by_role("radiogroup", name="what agents are told by").get_by_text("Health").click()
    page.wait_for_function("() => !window.location.search.includes('nodes')")
    assert page.url.endswith("/?cells=mbps&scale=linear&messages=table")
    page.goto(f"{console.address}/?nodes=nonsense")
    expect(page.locator("#lattice .node-told").first).to_have_text("✓ 0.6")
    assert console.complaints == []


def test_messages_are_arrows_that_lead_to_their_cone(console: Console) -> None:
    """Who spoke to whom, and how long it took, could only be learnt on another page."""
    console.open()
    page = console.page
    messages = console.model.answer.recent_messages
    slow = [item for item in messages if (item.latency_us or 0) >= 100_000]
    expect(page.locator("#messages .ms-message")).to_have_count(len(messages))
    expect(page.locator("#messages a.ms-slow")).to_have_count(len(slow))
    expect(page.locator(".messages-key")).to_contain_text(f"slow, from 100 ms on: {len(slow)}")
    expect(page.locator("#messages-note")).to_contain_text(f"newest {len(messages)}")
    newest = page.locator(f'#messages a[data-place="{messages[0].partition}:{messages[0].offset}"]')
    expect(newest).to_have_attribute("href", f"/causality?event={messages[0].partition}:{messages[0].offset}")
    label = f"A{messages[0].sender} → A{messages[0].receiver} at .*: acknowledgement, 140 ms on the way"
    assert re.search(label, newest.get_attribute("aria-label") or "")
    ends = newest.locator(".ms-line").evaluate("line => [line.x1.baseVal.value, line.x2.baseVal.value]")
    assert ends[0] < ends[1]
    page.get_by_role("radiogroup", name="how messages are shown").get_by_text("Table").click()
    expect(page.locator("#messages tbody tr.slow")).to_have_count(len(slow))
    expect(page.locator("#messages tbody tr").first).to_contain_text("! 140 ms")


def test_what_the_pointer_is_on_stays(console: Console) -> None:
    """An arrow would move away under the pointer before it could be clicked."""
    console.open()
    page = console.page
    page.wait_for_selector("#messages .ms-message")
    page.locator("#messages").hover()
    messages = console.model.answer.recent_messages
    console.model.answer = replace(console.model.answer, recent_messages=messages[5:])
    asked = console.model.asked
    page.wait_for_function("([before]) => Number(document.getElementById('messages').dataset.drawn) > before", arg=[0])
    page.wait_for_timeout(1_500)
    assert console.model.asked > asked
    assert page.locator("#messages .ms-message").count() == len(messages)
    page.mouse.move(2, 2)
    expect(page.locator("#messages .ms-message")).to_have_count(len(messages) - 5)


def test_lags_and_silence_are_told_for_each_agent(console: Console) -> None:
    """One replica that falls behind, or silent, would be hidden among nine."""
    answer = console.model.answer
    quiet = AgentLags(agent=8, facts=(*answer.lags[8].facts[:-20], *(None,) * 20))
    console.model.answer = replace(answer, lags=(*answer.lags[:8], quiet))
    console.open()
    page = console.page
    picture = page.locator("#convergence svg")
    expect(picture).to_contain_text("? silent")
    expect(picture).to_contain_text("−4")
    rows = page.locator("#convergence tbody tr")
    expect(rows).to_have_count(9)
    assert rows.nth(0).locator("td").all_text_contents() == ["A0", "0", "0", "0", "0"]
    assert rows.nth(4).locator("td").all_text_contents() == ["A4", "4", "4", "30", "0"]
    assert rows.nth(8).locator("td").all_text_contents() == ["A8", "–", "8", "10", "20"]


@pytest.mark.parametrize(("width", "height"), [(390, 844), (820, 1180), (1366, 768), (1600, 1000)])
def test_no_panel_overlaps_another_or_cuts_its_picture(console: Console, width: int, height: int) -> None:
    """On a tablet, say, the arrows would lie under the next panel, or the newest message outside its own."""
    console.page.set_viewport_size({"width": width, "height": height})
    console.open()
    page = console.page
    page.wait_for_selector("#messages .ms-message")
    page.wait_for_selector("#convergence svg")
    page.wait_for_timeout(1_200)
    boxes = page.locator(".panels > .panel").evaluate_all(
        "all => all.map(e => (({left, right, top, bottom}) => [left, right, top, bottom])(e.getBoundingClientRect()))"
    )
    for number, (left, right, top, bottom) in enumerate(boxes):
        for other_left, other_right, other_top, other_bottom in boxes[number + 1 :]:
            apart = right <= other_left + 1 or other_right <= left + 1
            assert apart or bottom <= other_top + 1 or other_bottom <= top + 1
    outside = page.evaluate(
        "['lattice', 'messages', 'convergence'].flatMap(name => {"
        " const frame = document.getElementById(name).getBoundingClientRect();"
        " const found = [...document.querySelectorAll(`#${name} svg text`)];"
        " const texts = found.map(text => [text, text.getBoundingClientRect()]);"
        " return texts"
        "  .filter(([, box]) => box.left < frame.left - 1 || box.right > frame.right + 1)"
        "  .concat(texts.filter(([, box]) => box.bottom > frame.bottom + 2))"
        "  .map(([text]) => `${name}: ${text.textContent}`); })"
    )
    assert outside == []
    assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_one_moment_is_marked_on_every_chart(console: Console) -> None:
    """Whether a rise of latency and a lag belong together would have to be guessed from two axes."""
    console.open()
    page = console.page
    chart = page.locator("#convergence > svg")
    expect(chart).to_be_visible()
    seconds = console.model.answer.series.second
    page.wait_for_selector("#percentiles .nsewdrag")
    _stands_still(page, "#convergence > svg")
    box = _box(page, "#convergence > svg")
    left, right = box["x"] + 34, box["x"] + box["width"] - 62
    page.mouse.move(left + (right - left) * 60.5 / len(seconds), box["y"] + 20)

    told = page.locator(".crosshair-told")
    expect(told).to_have_count(7)
    moment = time.strftime("%H:%M:%S", time.gmtime(seconds[60]))
    shown = [text.strip() for text in told.all_inner_texts()]
    assert [text.split(" ")[0] for text in shown[:3]] == [moment] * 3
    assert shown[2:] == [f"{moment} 12 facts/s", "1", "12/s", "1.0 Mbps", "50 %"]
    expect(told.nth(0)).to_contain_text("p50 5.0 · p95 20 · p99 60 ms")
    expect(told.nth(1)).to_contain_text("lag at most")
    other, line = (_box(page, f".crosshair-line:nth-of-type({number})") for number in (1, 2))
    assert abs(line["x"] - (left + (right - left) * 60.5 / len(seconds))) < 2
    drag = _box(page, "#percentiles .nsewdrag")
    at = drag["x"] + drag["width"] * (1 + (seconds[60] - seconds[-1]) / console.model.answer.kpis.window_s)
    assert abs(other["x"] - at) < 3, "the mark lies beside the plot's own axis"

    page.mouse.wheel(0, 1)
    page.wait_for_timeout(200)
    expect(told).to_have_count(7)

    page.mouse.move(5, 5)
    expect(told).to_have_count(0)
    assert console.complaints == []


def _stands_still(page: Page, selector: str) -> None:
    """Wait until an element keeps its place for a second: what is drawn above it pushes it down."""
    before = None
    for _ in range(30):
        now = _box(page, selector)
        if now == before:
            return
        before = now
        page.wait_for_timeout(1_000)
    raise AssertionError(f"{selector} has moved for half a minute")


def _box(page: Page, selector: str) -> dict[str, float]:
    """Give where an element stands, at once: charts are drawn anew each second."""
    found: dict[str, float] = page.evaluate(
        "selector => { const box = document.querySelector(selector).getBoundingClientRect();"
        " return { x: box.x, y: box.y, width: box.width }; }",
        selector,
    )
    return found
