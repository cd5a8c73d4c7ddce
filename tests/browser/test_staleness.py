"""On every page: figures that are old say how old, a cut line says so, and both are over when they are over."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Console
from tests.browser.whole_console import whole_console
from tests.unit.dash_app.console_fakes import FakeReadModel

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]
EDGES = "[...document.querySelectorAll('.page .panel')].map(panel => getComputedStyle(panel).borderTopStyle)"


@pytest.fixture
def site(tmp_path: Path) -> Iterator[tuple[str, FakeReadModel]]:
    """Give a console whose every page has something to show."""
    with whole_console(tmp_path) as served:
        yield served


def test_every_page_tells_that_it_is_old_or_cut_off(console: Console) -> None:
    """On some page a stopped system would look alive, or a page without a server like one with it."""
    console.open()
    console.says("live")
    page = console.page
    paths = page.locator("#navigation a").evaluate_all("links => links.map(link => link.pathname)")
    assert len(paths) >= 7
    console.model.failure = RuntimeError("gone")
    for path in paths:
        page.goto(console.address + path)
        expect(page.locator("#status .badge-old"), path).to_have_text(re.compile(r"^◌ last update \d+ s ago$"))
        page.wait_for_selector(".page .panel", state="attached")
        assert set(page.evaluate(EDGES)) == {"dashed"}, path
        page.context.set_offline(True)
        console.says("✕ disconnected")
        assert set(page.evaluate(EDGES)) == {"dashed"}, path
        page.context.set_offline(False)
        console.says("last update")
    console.model.failure = None
    console.says("live")
    page.wait_for_function(f"() => {EDGES}.every(edge => edge === 'solid')")
