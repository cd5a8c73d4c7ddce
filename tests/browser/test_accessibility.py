"""Every page and state, dark, light and on a phone, judged by axe-core against WCAG 2; and what the browser logs."""

from collections.abc import Iterator
from dataclasses import replace
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, ViewportSize, expect

from dash_app.app import Settings, build_app
from tests.browser.conftest import Console
from tests.browser.whole_console import STATES, whole_console
from tests.unit.dash_app.console_fakes import EMPTY, FakeReadModel, agent_state, serving

pytestmark = [pytest.mark.browser, pytest.mark.timeout(240)]
AXE = files("axe_playwright_python").joinpath("axe.min.js")
PHONE: ViewportSize = {"width": 390, "height": 844}
_LOOKS = 12
STANDARD = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]


@pytest.fixture
def site(tmp_path: Path) -> Iterator[tuple[str, FakeReadModel]]:
    """Give a console whose every page has something to show."""
    with whole_console(tmp_path) as served:
        yield served


def violations(page: Page) -> list[str]:
    """Give what axe-core finds on the page: rule, element, and what is wrong with it."""
    page.evaluate(AXE.read_text(encoding="utf-8") + "; undefined")
    found: list[dict[str, Any]] = page.evaluate(
        "tags => axe.run(document, {runOnly: {type: 'tag', values: tags}, resultTypes: ['violations']})"
        ".then(result => result.violations)",
        STANDARD,
    )
    return [
        f"{item['id']}: {node['target']}: {node['failureSummary']}" for item in found for node in item["nodes"]
    ]  # fmt: skip


def lasting_violations(page: Page) -> list[str]:
    """Give what axe-core still finds after some seconds: a table that is being built, or colours that are changing
    over to the other scheme, are no state that anybody reads."""
    for _ in range(_LOOKS):
        found = violations(page)
        if not found:
            break
        page.wait_for_timeout(500)
    return found


LEFTOVERS = """() => {
  const found = [], words = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (words.nextNode()) {
    const within = words.currentNode.parentElement;
    const is_leftover = /^(null|undefined|NaN|\\[object .*\\])$/.test(words.currentNode.data.trim());
    if (is_leftover && !within.closest("td, script, style"))
      found.push(`${words.currentNode.data} in ${within.className || within.tagName}`);
  }
  return found;
}"""
"""Texts that a script wrote in place of nothing; cells of tables may say so of a value."""


def judged(console: Console, address: str, sign: str) -> list[str]:
    """Give what is wrong at an address in either scheme, and on a phone."""
    console.page.goto(console.address + address)
    for part in sign.split(", "):
        expect(console.page.locator(part).first).to_be_attached()
    wrong = both_schemes(console) + console.page.evaluate(LEFTOVERS)
    console.page.set_viewport_size(PHONE)
    return wrong + [f"phone: {item}" for item in lasting_violations(console.page)]


def both_schemes(console: Console) -> list[str]:
    """Give what is wrong on the page that is open, first dark and then light."""
    page, wrong = console.page, []
    for scheme in ("dark", "light"):
        expect(page.locator("html")).to_have_attribute("data-mantine-color-scheme", scheme)
        wrong += [f"{scheme}: {item}" for item in lasting_violations(page)]
        page.click("#scheme-button")
    return wrong


@pytest.mark.parametrize("state", STATES)
def test_every_state_meets_wcag_in_both_schemes(console: Console, state: str) -> None:
    """Who sees weakly, or uses a keyboard or a screen reader, would be kept out of a part of the console."""
    assert judged(console, *STATES[state]) == []  # and nobody would know what "null" means
    assert console.complaints == []
    assert console.foreign == []


def test_every_page_of_the_navigation_is_judged(console: Console) -> None:
    """A new page would be left out of the two tests above."""
    console.open()
    paths = console.page.locator("#navigation a").evaluate_all("links => links.map(link => link.pathname)")
    assert set(paths) == {address.split("?")[0] for address, _ in STATES.values()} - {"/nowhere"}


def test_trouble_and_old_figures_meet_wcag_too(console: Console) -> None:
    """The page would be hardest to read when it matters most."""
    bands = ("healthy", "degraded", "suspect", "down")
    answer = console.model.answer
    agents = tuple(agent_state(number, bands[number % 4]) for number in range(9))
    console.model.answer = replace(answer, agents=agents, kpis=replace(answer.kpis, violations=1, distinct_digests=2))
    assert judged(console, "/", "#lattice .node.ink-down, #matrix td[style], #agents .ag-row") == []
    console.model.failure = RuntimeError("gone")
    console.says("last update")
    assert both_schemes(console) == []


def test_pages_without_data_meet_wcag_too(console: Console) -> None:
    """A console that nobody has fed yet would be told in grey on grey, or with errors in the browser's log."""
    with serving(build_app(FakeReadModel(EMPTY), Settings(period_s=0.3))) as address:
        console.address = address
        console.foreign.clear()
        for path in sorted({where.split("?")[0] for where, _ in STATES.values()}):
            assert judged(console, path, "#page > *") == [], path
        assert console.complaints == []
