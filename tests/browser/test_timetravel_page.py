"""The page of time travel in a real browser: live and not, play, steps, keys, links, places that the log has not."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import expect

from analytics.catalog import store_dir
from egraph.colours import Colour
from egraph.facts import FactRetracted, NodeAdded
from egraph.identifiers import node_id
from schemas.codec import seal
from tests.browser.conftest import Console
from tests.browser.travelled import START_MS, at, moment, opened, travelled
from tests.unit.analytics.stored import fact_at, store_records
from tests.unit.analytics.test_cut_reader import story
from tests.unit.dash_app.console_fakes import FakeReadModel

pytestmark = [pytest.mark.browser, pytest.mark.timeout(180)]


@pytest.fixture
def site(tmp_path: Path) -> Iterator[tuple[str, FakeReadModel]]:
    """Give a console over a log of 120 records."""
    with travelled(tmp_path) as served:
        yield served


def test_what_is_not_live_cannot_be_taken_for_it(console: Console) -> None:
    """Somebody would act on a state of the past, or not find back from it."""
    page = console.page
    page.goto(f"{console.address}/timetravel")
    expect(page.locator(".travel-band strong")).to_have_text("Live")
    at(console, "0:112")
    assert "at=" not in page.url
    page.get_by_role("button", name="one record back").click()
    at(console, "0:111")
    expect(page.locator(".travel-band")).to_contain_text("Not live: time travel")
    expect(page.locator(".travel-band")).to_contain_text("509 ms and 1 records behind the newest")
    expect(page.locator("#status")).to_contain_text("❚❚ time travel, not live")
    assert page.url.endswith("?at=0:111")
    page.get_by_role("button", name="back to live").click()
    expect(page.locator(".travel-band strong")).to_have_text("Live")
    expect(page.locator("#status")).to_contain_text("● live")
    assert "at=" not in page.url
    page.go_back()
    at(console, "0:111")
    assert console.complaints == []
    assert console.foreign == []


def test_play_goes_through_the_log_and_stops_at_its_end(console: Console) -> None:
    """Play would stand still, run on after pause, or never tell that the log has ended."""
    page = console.page
    page.goto(f"{console.address}/timetravel?at=0:100")
    at(console, "0:100")
    page.select_option("#travel-speed", "1")
    page.get_by_role("button", name="play", exact=True).click()
    expect(page.locator("#travel-place")).to_contain_text("0:102")
    page.get_by_role("button", name="pause", exact=True).click()
    stood = re.search(r"0:(\d+)", page.inner_text("#travel-place"))
    assert stood is not None
    page.select_option("#travel-speed", "100")
    page.get_by_role("button", name="play", exact=True).click()
    at_end = page.locator("#travel-place")
    expect(at_end).to_contain_text("record 120 / 120")
    expect(page.get_by_role("button", name="play", exact=True)).to_be_visible()
    expect(page.locator(".travel-band strong")).to_have_text("Not live: time travel")
    assert page.url.endswith("?at=0:112")
    assert console.complaints == []


def test_every_panel_shows_the_moment_of_a_link(console: Console) -> None:
    """A link would show its reader another moment, or panels of different ones side by side."""
    page = console.page
    page.goto(f"{console.address}/timetravel?at=1:5")
    at(console, "1:5")
    tiles = page.locator("#travel-graph .cut-tile").all_inner_texts()
    assert [tile.split("\n") for tile in tiles[:4]] == [
        ["classes", "3"], ["e-nodes", "4"], ["accepted", "1"], ["quarantined", "! 1"],
    ]  # fmt: skip
    expect(page.locator("#travel-record")).to_contain_text("EqualityAsserted")
    expect(page.locator("#travel-agents")).to_contain_text("No agent was heard")
    page.get_by_role("button", name="go to 1:6").click()
    at(console, "1:6")
    assert "✓ Nothing is quarantined" not in page.inner_text("#travel-graph")
    expect(page.locator("#travel-record")).to_contain_text("FactRetracted")
    page.go_back()
    at(console, "1:5")
    page.goto(f"{console.address}/timetravel?at=0:10")
    at(console, "0:10")
    expect(page.locator("#travel-agents")).to_contain_text("✓ 3 agents with one digest")
    expect(page.locator("#travel-flows")).to_contain_text("A1 → A0")
    expect(page.locator("#travel-lattice .node")).to_have_count(3)
    expect(page.locator("#travel-lattice .node-told").first).to_have_text("✓ 0.3/s")
    page.select_option("#travel-nodes", "colour")
    expect(page.locator("#travel-lattice .node-told").first).to_have_text("▲ red")
    assert page.url.endswith("?at=0:10&nodes=colour")
    to_messages = page.get_by_role("link", name="open in Causality")
    expect(to_messages).to_have_attribute("href", f"/causality?to={1000 * moment(10)}")
    expect(page.locator("#travel-percentiles .cut-chart")).to_be_visible()
    assert console.complaints == []


def test_what_a_record_changed_is_drawn_and_told(console: Console) -> None:
    """The e-graph of a cut would be counts alone; what its record did would have to be guessed."""
    page = console.page
    page.goto(f"{console.address}/timetravel?at=1:3")
    at(console, "1:3")
    told, drawing = page.locator("#travel-graph .cut-told"), page.locator("#travel-graph .cut-drawing")
    expect(told).to_contain_text("+ Adds (f r), a new class.")
    expect(told).to_contain_text("drawn: 2 of 2 classes · 2 e-nodes")
    expect(drawing.locator(".cg-changed")).to_have_count(1)
    expect(drawing.locator(".cg-word")).to_have_text("◆ new class")
    expect(drawing.locator(".cg-new + g + text")).to_have_text("+ f")
    expect(drawing.locator(".eg-arrow")).to_have_count(1)
    page.get_by_role("button", name="one record on").click()
    at(console, "1:4")
    expect(told).to_contain_text("States r = g: accepted.")
    expect(drawing.locator(".cg-word")).to_have_text("◆ merged of 2 classes")
    page.keyboard.press("ArrowRight")
    at(console, "1:5")
    expect(told).to_contain_text("! States r = b: quarantined.")
    expect(drawing.locator(".cg-said")).to_have_text("≠ kept apart")
    expect(drawing.locator(".cg-changed")).to_have_count(0)
    page.keyboard.press("ArrowRight")
    at(console, "1:6")
    expect(told).to_contain_text("✂ Retracts r = g, which was accepted.")
    expect(drawing.locator(".cg-word")).to_have_text(["◆ split off", "◆ split off"])
    page.locator("#travel-graph details summary").click()
    rows = page.locator("#travel-graph details tbody tr")
    expect(rows).to_have_count(3)
    expect(rows.first).to_contain_text("split off")
    page.keyboard.press("ArrowLeft")
    at(console, "1:5")
    expect(rows.first).to_be_visible()
    assert console.complaints == []


def test_a_phone_draws_fewer_classes_and_says_of_how_many(console: Console, tmp_path: Path) -> None:
    """On a phone the drawing would not be readable, or what it leaves out not be known."""
    top = [
        NodeAdded(graph="main", producer="q", sequence=n, hlc=1, operator=f"over{n}", colour=Colour.GREEN,
                  children=(node_id("r", Colour.RED, ()),)) for n in range(13)
    ]  # fmt: skip
    again = FactRetracted(graph="main", producer="q", sequence=20, hlc=1, target=story()[4].event_id, why="again")
    told = [*top, again]
    store_records(
        tmp_path, "facts", [fact_at(2, n, START_MS - 500 + n, seal(fact).fact) for n, fact in enumerate(told)]
    )
    page = console.page
    for width, drawn in ((1440, 10), (390, 6)):
        page.set_viewport_size({"width": width, "height": 850})
        page.goto(f"{console.address}/timetravel?at=2:13")
        at(console, "2:13")
        expect(page.locator("#travel-graph .cg-box")).to_have_count(drawn)
        expect(page.locator("#travel-graph .cut-told")).to_contain_text(f"drawn: {drawn} of 16 classes")
        expect(page.locator("#travel-graph .cut-told")).to_contain_text("had been retracted before: nothing changes")


def test_keys_move_the_cursor_and_help_names_them(console: Console) -> None:
    """Who uses the keyboard could not travel, or would not learn how."""
    page = console.page
    page.goto(f"{console.address}/timetravel?at=0:50")
    at(console, "0:50")
    for key, place in {
        "ArrowRight": "0:51", "ArrowLeft": "0:50", "Home": "1:0", "Shift+ArrowRight": "0:93", "End": "0:112",
    }.items():  # fmt: skip
        page.keyboard.press(key)
        at(console, place)
    for _ in range(5):
        page.keyboard.press("ArrowLeft")
    at(console, "0:107")
    page.keyboard.press("?")
    expect(page.get_by_role("dialog")).to_contain_text("play or pause")
    page.keyboard.press("Escape")
    page.keyboard.press("Home")
    at(console, "1:0")
    page.keyboard.press(" ")
    expect(page.locator("#travel-place")).not_to_contain_text("1:0")
    page.keyboard.press(" ")
    page.keyboard.press("l")
    expect(page.locator(".travel-band strong")).to_have_text("Live")
    assert console.complaints == []


def test_a_place_can_be_jumped_to(console: Console) -> None:
    """Who knows an offset or a time would have to step there; a slip would lead somewhere else."""
    page = console.page
    page.goto(f"{console.address}/timetravel")
    at(console, "0:112")
    for text, place in {"0:7": "0:7", "#1": "1:0", "22:13:30": "0:21", "2023-11-14 22:13:22.5": "0:5"}.items():
        page.fill("#travel-jump", text)
        page.press("#travel-jump", "Enter")
        at(console, place)
    page.fill("#travel-jump", "yesterday")
    page.press("#travel-jump", "Enter")
    expect(page.locator("#travel-jump-told")).to_contain_text("write 3:1041")
    at(console, "0:5")
    page.locator("#travel-slider").fill("1000")
    at(console, "0:112")
    opened(console)
    page.select_option("#travel-axis", "records")
    expect(page.locator("#travel-ends")).to_contain_text("in steps of 1 records")
    assert page.url.endswith(f"?at=t{1000 * (moment(112) + 9)}&axis=records")
    page.locator("#travel-slider").fill("500")
    at(console, "0:52")
    page.reload()
    at(console, "0:52")
    opened(console)
    expect(page.locator("#travel-axis")).to_have_value("records")
    page.get_by_text("strip as a table").click()
    expect(page.locator("#travel-strip-rows tbody tr").first).to_be_visible()


@pytest.mark.parametrize(
    ("query", "title", "told", "way", "place"),
    [
        ("0:500", "There is no such moment in the log", "whose last one is 112", "last record of partition 0", "0:112"),
        ("7:0", "There is no such moment in the log", "nothing of partition 7", "first record", "1:0"),
        ("t99", "There is no such moment in the log", "before the first record", "newest record", "0:112"),
        ("nonsense", "This address names no moment of the log", "PARTITION:OFFSET", "newest record", "0:112"),
    ],
)
def test_a_place_that_the_log_has_not_is_told_with_the_way_back(
    console: Console, query: str, title: str, told: str, way: str, place: str
) -> None:
    """A broken link would show another moment as if it were the one that was asked for, or nothing at all."""
    page = console.page
    page.goto(f"{console.address}/timetravel?at={query}")
    expect(page.locator("#travel-state h2")).to_have_text(title)
    expect(page.locator("#travel-state")).to_contain_text(told)
    expect(page.locator("#travel-panels")).to_be_hidden()
    expect(page.locator(".travel-band strong")).to_have_text("Not live: time travel")
    page.locator("#travel-state").get_by_role("button", name=way).click()
    at(console, place)
    expect(page.locator("#travel-state")).to_be_hidden()


def test_the_cap_is_told_and_a_broken_store_can_be_asked_again(console: Console, tmp_path: Path) -> None:
    """A long log would look like one without classes; a broken disk like an empty log."""
    page = console.page
    page.goto(f"{console.address}/timetravel")
    expect(page.locator("#travel-graph")).to_contain_text("120 records are in this cut; the page folds at most 100")
    expect(page.locator("#travel-graph .cut-change")).to_have_count(0)
    (segment,) = (store_dir(tmp_path) / "facts").glob("*.parquet")
    whole = segment.read_bytes()
    segment.write_bytes(b"no parquet")
    page.goto(f"{console.address}/timetravel?at=0:3")
    expect(page.locator("#travel-state h2")).to_have_text("The log cannot be shown")
    segment.write_bytes(whole)
    page.get_by_role("button", name="try again").click()
    at(console, "0:3")
