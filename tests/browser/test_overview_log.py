"""The live page over a log: its foot leads back in time, and its e-graph shows what changed last."""

import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from playwright.sync_api import Page, Route, expect

from analytics.catalog import store_dir
from analytics.cut_reader import CutReader
from dash_app.app import Settings, build_app
from schemas.codec import seal
from tests.browser.conftest import Console
from tests.unit.analytics.stored import AGENTS, fact_at, node, store_records
from tests.unit.analytics.test_cut_reader import equality, story
from tests.unit.analytics.test_recent_graph import leaf
from tests.unit.dash_app.console_fakes import START_US, FakeReadModel, fact_row, full_overview, serving

pytestmark = [pytest.mark.browser, pytest.mark.timeout(180)]
NOW_MS = START_US // 1000
NODES = 113


def moment(offset: int) -> int:
    """Give the time of append of a record of partition 0 in milliseconds: two a second, long ago."""
    return NOW_MS - 600_000 + 500 * offset


@pytest.fixture
def site(tmp_path: Path) -> Iterator[tuple[str, FakeReadModel]]:
    """Give a console over 119 records: a story in partition 1 at the beginning, then nodes in partition 0."""
    told = [fact_at(1, n, moment(0) - 1000 + n, seal(fact).fact) for n, fact in enumerate(story()[:-1])]
    store_records(tmp_path, "facts", [*told, *(fact_at(0, n, moment(n)) for n in range(NODES))])
    model = FakeReadModel(full_overview())
    cuts = CutReader(tmp_path, agents=AGENTS)
    with serving(build_app(model, Settings(period_s=0.3), cuts=cuts)) as address:
        yield address, model


def opened(console: Console) -> Page:
    """Open the live page; wait until its foot knows the log and what is quarantined in it."""
    console.open()
    expect(console.page.locator("#transport-place")).to_contain_text("▼ 1 quarantined")
    return console.page


def travelled(page: Page, place: str, at: str | None = None) -> None:
    """Wait until time travel shows a record, at its address or, if `at` is given, at that of a moment."""
    expect(page.locator("#travel-graph")).to_have_attribute("data-at", place)
    assert page.url.endswith(f"/timetravel?at={at or place}")
    expect(page.locator(".travel-band strong")).to_have_text("Not live: time travel")


def test_the_foot_says_which_record_is_shown_and_that_it_is_followed(console: Console) -> None:
    """Nobody could tell how long the log is, or that the page shows its end."""
    page = opened(console)
    expect(page.locator("#transport-place")).to_contain_text("record 119")
    expect(page.locator(".transport-follows")).to_have_text("following live")
    expect(page.locator("#transport-slider")).to_have_value("1000")
    expect(page.get_by_role("link", name="one record on")).to_have_attribute("aria-disabled", "true")
    console.model.failure = RuntimeError("gone")
    expect(page.locator(".transport-follows")).to_have_text("not live")
    assert console.complaints == []


def test_a_log_without_quarantine_has_a_foot_without_marks(console: Console, tmp_path: Path) -> None:
    """The foot would say "null" where the graph has nothing in quarantine, or is too large to be read unasked."""
    for segment in (store_dir(tmp_path) / "facts").glob("*.parquet"):
        segment.unlink()
    store_records(tmp_path, "facts", [fact_at(0, n, moment(n)) for n in range(5)])
    console.open()
    expect(console.page.locator("#transport-place")).to_have_text("record 5following live")


def test_a_log_that_is_still_being_read_is_asked_for_again(console: Console) -> None:
    """The picture would stay away for as long as nothing is appended, although the log was read long ago."""
    asked = []

    def answer(route: Route) -> None:
        asked.append(route.request.url)
        response = route.fetch()
        found = response.json()
        if len(asked) <= 3:
            found |= {"is_folded": False, "classes": [], "changed": []}
        route.fulfill(response=response, json=found)

    console.page.route("**/api/v1/egraph/recent*", answer)
    console.open()
    expect(console.page.locator("#recent-graph")).to_contain_text("records of the log are being read")
    expect(console.page.locator("#recent-graph svg")).to_be_visible()
    assert len(asked) > 3
    assert console.complaints == []


@pytest.mark.parametrize(
    ("name", "place"), [("first record", "1:0"), ("one record back", "0:111"), ("stop at the newest record", "0:112")]
)
def test_its_buttons_lead_to_their_record(console: Console, name: str, place: str) -> None:
    """Somebody would be led to another moment than the button says, or to the newest one without a word."""
    page = opened(console)
    page.get_by_role("link", name=name, exact=True).click()
    travelled(page, place)
    page.go_back()
    expect(page.locator("#transport-place")).to_contain_text("record 119")
    assert console.complaints == []


def test_its_keys_are_told_and_lead_back_in_time(console: Console) -> None:
    """Who uses a keyboard would find no help on the page that everybody opens first."""
    page = opened(console)
    page.keyboard.press("?")
    dialog = page.get_by_role("dialog", name="Keys of the live page")
    expect(dialog).to_contain_text("which equalities are quarantined, and why")
    page.keyboard.press("Escape")
    page.keyboard.press("b")
    travelled(page, "0:111")
    page.go_back()
    expect(page.locator("#transport-place")).to_contain_text("▼ 1 quarantined")
    page.keyboard.press("q")
    page.wait_for_url("**/egraph")
    assert console.complaints == []


def test_its_newest_record_is_followed_in_time_travel(console: Console) -> None:
    """The way to the page that goes through the log would lead to a moment that stands still."""
    page = opened(console)
    page.get_by_role("link", name="newest record, in time travel").click()
    expect(page.locator(".travel-band strong")).to_have_text("Live")


def test_its_slider_leads_to_the_record_of_that_time(console: Console) -> None:
    """The knob would stand at one moment, and the page that it opens at another."""
    page = opened(console)
    first, last = moment(0) - 1000, moment(NODES - 1)
    share = round(1000 * (moment(50) + 100 - first) / (last - first)) / 1000
    page.locator("#transport-slider").evaluate(
        "(slider, value) => { slider.value = value; slider.dispatchEvent(new Event('input'));"
        " slider.dispatchEvent(new Event('change')); }",
        str(share * 1000),
    )
    travelled(page, "0:50", f"t{round(1000 * (first + share * (last - first)))}")


def test_a_mark_leads_to_the_quarantined_record(console: Console) -> None:
    """Where trouble arose could be seen, but not be opened; near the mark one would land beside it."""
    page = opened(console)
    box = page.locator("#transport-strip").bounding_box()
    assert box is not None
    page.mouse.click(box["x"] + box["width"] * 5 / (moment(NODES - 1) - moment(0) + 1000) + 4, box["y"] + 6)
    travelled(page, "1:5")


def test_a_merged_class_is_shown_with_its_moment_and_leads_to_its_page(console: Console, tmp_path: Path) -> None:
    """Two terms would have become equal before everybody's eyes, and the picture have stayed as it was."""
    pair = [node(500 + number, name) for number, name in enumerate("lm")]
    ends = leaf("l"), leaf("m")
    store_records(tmp_path, "facts", [fact_at(2, n, NOW_MS - 60_000, fact) for n, fact in enumerate(pair)])
    page = opened(console)
    expect(page.locator("#recent-graph .cg-word").first).to_have_text(re.compile("◆ new"))
    expect(page.locator("#recent-graph .cg-changed")).to_have_count(0)
    store_records(tmp_path, "facts", [fact_at(2, 2, NOW_MS - 2_000, equality(7, *ends))])
    answer = console.model.answer
    console.model.answer = replace(answer, recent_facts=(fact_row(77, kind="EqualityAsserted"), *answer.recent_facts))
    merged = page.locator(f'#recent-graph .cg-way[href="/egraph?class={min(ends).hex()}"]')
    expect(merged).to_contain_text("merged")
    assert sorted(merged.locator(".cg-sign").all_text_contents()) == ["l", "m"]
    expect(merged.locator(".cg-changed")).to_have_count(1)
    expect(page.locator("#recent-graph-note")).to_contain_text(f"of {NODES + 4 + 2 - 2} classes")
    # Some seconds later it is no news any more, and told so without a colour.
    console.model.answer = replace(console.model.answer, generated_at_us=START_US + 9_000_000)
    expect(page.locator("#recent-graph .cg-changed")).to_have_count(0)
    expect(merged).to_contain_text("merged")
    merged.click()
    page.wait_for_selector("#egraph-page")
    assert page.url.endswith(f"/egraph?class={min(ends).hex()}")
    assert console.complaints == []


def test_a_console_without_a_log_says_so_in_both_places(console: Console) -> None:
    """An empty panel and a dead bar would look like a fault of the browser."""
    with serving(build_app(FakeReadModel(full_overview()), Settings(period_s=0.3))) as address:
        console.address = address
        console.open()
        for place in ("#recent-graph", "#transport-place"):
            expect(console.page.locator(place)).to_contain_text("this console has no log to read")
        expect(console.page.locator("#transport-slider")).to_be_disabled()
        assert console.complaints == []
