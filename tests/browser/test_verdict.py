"""The verdict of the live page: what somebody who has never seen it can tell at once, in words and by a sign."""

import re
from dataclasses import replace

import pytest
from playwright.sync_api import expect

from analytics.answers import Overview
from tests.browser.conftest import Console
from tests.unit.dash_app.console_fakes import EMPTY, OTHER_DIGEST, agent_state, full_overview

pytestmark = [pytest.mark.browser, pytest.mark.timeout(180)]


def with_bands(answer: Overview, **bands: str) -> Overview:
    """Give the answer with some agents in other bands: A4="down"."""
    agents = tuple(agent_state(number, bands.get(f"A{number}", "healthy")) for number in range(9))
    return replace(answer, agents=agents)


def quiet(answer: Overview, digests: int) -> Overview:
    """Give the answer with nothing on its way, and so many digests."""
    agents = tuple(replace(agent, lag=0) for agent in answer.agents)
    return replace(answer, agents=agents, kpis=replace(answer.kpis, distinct_digests=digests, facts_per_s=0.0))


def test_agreement_slowness_and_quarantine_are_told_in_words(console: Console) -> None:
    """Somebody new to the page would have to know what a digest, a flow and a quarantine are to read it."""
    console.open()
    page = console.page
    expect(page.locator("#verdict-agreement")).to_have_text("✓All 9 agents agree4,321 facts, one digest")
    expect(page.locator("#verdict-slow")).to_contain_text("✓Nothing is slowslowest flow A8 → A4, p95 38 ms")
    expect(page.locator("#verdict-quarantined")).to_contain_text(
        "⊘7 equalities quarantinedeach would put BLUE under RED"
    )
    page.get_by_role("link", name="which, and why").click()
    page.wait_for_selector("#egraph-page")
    assert page.url.endswith("/egraph")


BANDS = full_overview()
TROUBLE = {
    "agents that are gone": (
        with_bands(BANDS, A1="down", A4="down", A7="down"), r"✕A1, A4, A7 downthe other 6 agree", "bad"
    ),
    "agents that are late": (with_bands(BANDS, A2="degraded", A3="suspect"), r"!A2, A3 latenot heard for", "late"),
    "facts on their way": (
        replace(BANDS, kpis=replace(BANDS.kpis, distinct_digests=3)), r"…Catching up3 digests, A8 lacks 8 facts", "busy"
    ),
    "replicas that differ": (quiet(BANDS, 2), r"✕Agents disagree2 digests, and nobody lacks a fact", "bad"),
    "a broken rule": (
        replace(BANDS, kpis=replace(BANDS.kpis, violations=2)), r"✕2 classes break the colour rulemust be 0", "bad"
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", TROUBLE)
def test_trouble_is_the_verdict(console: Console, case: str) -> None:
    """The page would say that all is well above a picture of what is not."""
    answer, words, sign = TROUBLE[case]
    console.model.answer = answer
    console.open()
    expect(console.page.locator("#verdict-agreement")).to_have_text(re.compile(words))
    expect(console.page.locator(f"#verdict-agreement.verdict-{sign}")).to_have_count(1)


def test_slow_flows_are_counted_and_the_slowest_is_named(console: Console) -> None:
    """Who asks what is slow would have to look for the largest of 28 numbers, and guess from when on it is too much."""
    answer = console.model.answer
    slow = tuple(replace(flow, p95_ms=250.0 if flow.sender == 6 else flow.p95_ms) for flow in answer.flows)
    console.model.answer = replace(answer, flows=slow)
    console.open()
    page = console.page
    count = sum(flow.sender == 6 for flow in slow)
    expect(page.locator("#verdict-slow")).to_contain_text(
        f"!{count} of {len(slow)} flows are slowover 100 ms; slowest A6"
    )
    expect(page.locator("#matrix td.slow")).to_have_text(["250"] * count)
    expect(page.locator(".matrix-key")).to_contain_text("from 100 ms on: slow")


def test_a_colour_of_a_time_means_the_same_at_every_moment(console: Console) -> None:
    """The slowest flow of a fast system would look as alarming as one that hangs."""
    console.open()
    cell = console.page.locator("#matrix tbody tr").nth(8).locator("td").nth(4)
    expect(cell).to_have_text("38")
    before = cell.get_attribute("style")
    answer = console.model.answer
    flows = tuple(replace(flow, p95_ms=900.0) if flow.sender == 0 else flow for flow in answer.flows)
    console.model.answer = replace(answer, flows=flows)
    expect(console.page.locator("#matrix td.slow").first).to_have_text("900")
    assert cell.get_attribute("style") == before


def test_an_old_verdict_says_of_when_it_is(console: Console) -> None:
    """The words "all agents agree" would stand over figures of an hour ago."""
    console.open()
    expect(console.page.locator("#verdict-agreement")).to_be_visible()
    assert console.page.locator("#verdict-old").count() == 0
    console.model.failure = RuntimeError("gone")
    expect(console.page.locator("#verdict-old")).to_have_text(re.compile(r"◌As of \d\d:\d\d:\d\dnot now"))
    console.model.failure = None
    expect(console.page.locator("#verdict-old")).to_have_count(0)


def test_without_agents_there_is_no_verdict(console: Console) -> None:
    """A console that nobody feeds would say that all agents agree."""
    console.model.answer = EMPTY
    console.open()
    expect(console.page.locator("#verdict")).to_have_text("…No agent has been heardno data yet: start with make demo")


@pytest.mark.parametrize("scheme", ["dark", "light"])
def test_what_matters_stands_in_one_window(console: Console, scheme: str) -> None:
    """Somebody would have to scroll to learn whether the agents agree, what is slow and whether they converge."""
    answer = console.model.answer
    console.model.answer = replace(answer, agents=(*answer.agents[:8], agent_state(8, digest=OTHER_DIGEST)))
    console.open()
    page = console.page
    page.wait_for_selector("#equalities .mini-head")
    if scheme == "light":
        page.click("#scheme-button")
    page.wait_for_selector(f'html[data-mantine-color-scheme="{scheme}"]')
    expect(page.locator("#agents .ag-row")).to_have_count(9)
    assert page.viewport_size == {"width": 1600, "height": 1000}
    assert page.evaluate("document.documentElement.scrollHeight") <= 1000
    parts = (
        ".verdict-part, .kpi, #turns, #lattice .node, #matrix table, .matrix-key, #percentiles, .mini, #agents .ag-row"
    )
    bottoms = page.locator(parts).evaluate_all(
        "all => all.map(e => [e.className.baseVal ?? e.className, e.getBoundingClientRect().bottom])"
    )
    assert [name for name, bottom in bottoms if bottom > 1000] == []
    clipped = (
        "[...document.querySelectorAll('.panels > .panel > .body')].filter(e => e.scrollHeight > e.clientHeight + 1)"
    )
    assert page.evaluate(f"{clipped}.map(e => e.id)") == []
