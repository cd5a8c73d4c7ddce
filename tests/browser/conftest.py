"""A real Chromium and a console fed by a fake read model. Fails, never skips, without Chromium."""

from collections.abc import Iterator
from dataclasses import dataclass, field

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from dash_app.app import Settings, build_app
from tests.machine import NO_CHROMIUM, chromium_path
from tests.unit.dash_app.console_fakes import FakeReadModel, full_overview, serving

DEADLINE_MS = 30_000
BROKEN = """(cells) => cells.filter((cell) => {
  const words = document.createRange();
  words.selectNodeContents(cell);
  const lines = [...words.getClientRects()].filter((box) => box.width);
  return lines.length && Math.max(...lines.map((box) => box.bottom)) - Math.min(...lines.map((box) => box.top)) > 30;
}).map((cell) => cell.textContent)"""
"""Of the cells of a table, those whose words stand in several lines: what they say. For cells of one word."""
expect.set_options(timeout=DEADLINE_MS)


@dataclass
class Console:
    """A page on a served console, the model behind it, and what the browser complained about."""

    page: Page
    model: FakeReadModel
    address: str
    complaints: list[str] = field(default_factory=list)
    foreign: list[str] = field(default_factory=list)

    def open(self) -> None:
        """Load the page."""
        self.page.goto(self.address)
        self.page.wait_for_selector("#page > *")

    def says(self, status: str) -> None:
        """Wait until the header says so."""
        self.page.wait_for_function(
            "text => document.getElementById('status')?.textContent.includes(text)", arg=status, timeout=DEADLINE_MS
        )


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    """Give one browser per file.

    Not one per session: Playwright keeps an event loop running in this thread, and no other test could start its own.
    """
    path = chromium_path()
    assert path is not None, NO_CHROMIUM
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture
def site() -> Iterator[tuple[str, FakeReadModel]]:
    """Give a console with a quick tick and something in every panel."""
    model = FakeReadModel(full_overview())
    with serving(build_app(model, Settings(period_s=0.3, source="fake"))) as address:
        yield address, model


@pytest.fixture
def console(chromium: Browser, site: tuple[str, FakeReadModel]) -> Iterator[Console]:
    """Give a page that is not loaded yet, in a browser profile of its own."""
    context = chromium.new_context(viewport={"width": 1600, "height": 1000}, locale="en-GB", timezone_id="UTC")
    page = context.new_page()
    page.set_default_timeout(DEADLINE_MS)
    watched = Console(page, site[1], site[0])
    page.on("console", lambda m: watched.complaints.append(m.text) if m.type in ("error", "warning") else None)
    page.on("pageerror", lambda error: watched.complaints.append(str(error)))
    page.on(
        "request",
        lambda request: watched.foreign.append(request.url) if not request.url.startswith(watched.address) else None,
    )
    yield watched
    context.close()
