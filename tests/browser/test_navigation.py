"""The way from page to page: all of them in the bar of a desk, on a phone some in a sheet that a button opens."""

import pytest
from playwright.sync_api import ViewportSize, expect

from tests.browser.conftest import Console
from tests.browser.test_accessibility import lasting_violations

pytestmark = [pytest.mark.browser, pytest.mark.timeout(120)]
PHONES: list[ViewportSize] = [{"width": 320, "height": 640}, {"width": 390, "height": 844}]
THUMB = 44


def test_a_desk_shows_every_page_and_no_button(console: Console) -> None:
    """Half of the pages would be hidden where there is room for all."""
    console.open()
    ways = console.page.locator("#navigation a")
    expect(ways).to_have_count(8)
    for way in ways.all():
        expect(way).to_be_visible()
    expect(console.page.locator("#ways-more")).to_be_hidden()


@pytest.mark.parametrize("size", PHONES)
def test_a_phone_reaches_every_page_by_thumb(console: Console, size: ViewportSize) -> None:
    """A page would be out of reach on a phone, or its way too small to hit."""
    page = console.page
    page.set_viewport_size(size)
    console.open()
    more = page.get_by_role("button", name="more pages")
    for title in page.locator("#navigation a").evaluate_all("links => links.map(link => link.title)"):
        way = page.locator(f"#navigation a[title='{title}']")
        if not way.is_visible():
            more.click()
        box = way.bounding_box()
        assert box is not None
        assert box["width"] >= THUMB, title
        assert box["height"] >= THUMB, title
        assert 0 <= box["x"] <= box["x"] + box["width"] <= size["width"], title
        assert box["y"] + box["height"] <= size["height"], title
        way.click()
        expect(way).to_have_attribute("aria-current", "page")
        expect(page.locator("#ways-more")).to_have_attribute("aria-expanded", "false")
    expect(page.get_by_role("button", name="more pages, SQL is shown")).to_be_visible()
    assert console.complaints == []


def test_the_sheet_is_for_the_keyboard_too(console: Console) -> None:
    """Who uses no pointer could not open the sheet, would not be in it then, or not get out of it."""
    page = console.page
    page.set_viewport_size(PHONES[1])
    console.open()
    more, sheet = page.locator("#ways-more"), page.locator("#ways-rest")
    expect(sheet).to_be_hidden()
    more.focus()
    page.keyboard.press("Enter")
    expect(sheet).to_be_visible()
    expect(sheet.locator("a").first).to_be_focused()
    page.keyboard.press("Escape")
    expect(sheet).to_be_hidden()
    expect(more).to_be_focused()
    page.keyboard.press("Enter")
    page.keyboard.press("Shift+Tab")
    page.keyboard.press("Shift+Tab")
    expect(sheet).to_be_hidden()
    more.click()
    page.locator("h1").click()
    expect(sheet).to_be_hidden()


def test_the_open_sheet_meets_wcag(console: Console) -> None:
    """The ways in the sheet would be the ones that nobody judged."""
    page = console.page
    page.set_viewport_size(PHONES[1])
    page.goto(f"{console.address}/runs")
    for _ in ("dark", "light"):
        page.locator("#ways-more").click()
        expect(page.locator("#ways-rest")).to_be_visible()
        assert lasting_violations(page) == []
        page.click("#scheme-button")
