"""The page of the log in a real browser: seeking, pages, one fact with its surroundings, dead letters, bad states."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import expect

from analytics.catalog import store_dir
from analytics.log_reader import LogReader
from dash_app.app import Settings, build_app
from dash_app.redrive_api import Operator
from egraph.colours import Colour
from egraph.facts import EqualityAsserted, Fact, FactRetracted, NodeAdded, Stated
from egraph.identifiers import node_id
from schemas import dead_letter_headers as header
from schemas.codec import seal
from tests.browser.conftest import BROKEN, Console
from tests.unit.analytics.stored import AGENTS, Fetched, fact_at, node, store_records
from tests.unit.dash_app.console_fakes import FakeReadModel, full_overview, serving
from tests.unit.dash_app.test_redrive_api import TOKEN, FakeRedriver

pytestmark = [pytest.mark.browser, pytest.mark.timeout(180)]
IN_SIGHT = """name => {
  const [seen, box] = [document.querySelector(name), document.querySelector(name).getBoundingClientRect()];
  return seen.contains(document.elementFromPoint(box.x + box.width / 2, box.y + box.height / 2));
}"""
HOSTILE = "<img src=x onerror=alert(1)>"


def story() -> list[Fact]:
    """Give a leaf, a pair of it and of a node that never came, an equality of both, and its retraction."""
    leaf = node(0, HOSTILE)
    leaf_id = node_id(leaf.operator, leaf.colour, ())
    children = (leaf_id, node_id("lost", Colour.GREEN, ()))
    pair = NodeAdded(
        graph="main", producer="q@1", sequence=1, hlc=1, operator="pair", colour=Colour.RED, children=children
    )
    pair_id = node_id("pair", Colour.RED, children)
    equal = EqualityAsserted(
        graph="main", producer="q@1", sequence=2, hlc=2, left=leaf_id, right=pair_id, why=Stated("said so")
    )
    said = seal(equal).fact.event_id
    return [
        leaf,
        pair,
        equal,
        FactRetracted(graph="main", producer="q@1", sequence=3, hlc=3, target=said, why="mistake"),
    ]


@pytest.fixture
def site(tmp_path: Path) -> Iterator[tuple[str, FakeReadModel]]:
    """Give a console over a log of 254 facts and one dead letter."""
    plain = [fact_at(0, offset, 1000 + offset) for offset in range(250)]
    store_records(tmp_path, "facts", [*plain, *(fact_at(1, n, 9000 + n, fact) for n, fact in enumerate(story()))])
    headers = {
        header.REASON: b"undecodable", header.DETAIL: b"EOFError: short", header.SOURCE_TOPIC: b"egraph.facts",
        header.SOURCE_PARTITION: b"4", header.SOURCE_OFFSET: b"77",
    }  # fmt: skip
    store_records(tmp_path, "dead_letters", [Fetched(0, 0, 9999, b"\x00\x01<b>", list(headers.items()))])
    model = FakeReadModel(full_overview())
    app = build_app(
        model, Settings(period_s=0.3), log=LogReader(tmp_path, agents=AGENTS), redriver=FakeRedriver(),
        operator=Operator(TOKEN),
    )  # fmt: skip
    with serving(app) as address:
        yield address, model


def test_pages_lead_through_the_log_and_back(console: Console) -> None:
    """People could not reach the beginning of the log, or not tell where they stand in it."""
    page = console.page
    page.goto(f"{console.address}/events")
    expect(page.locator(".record-count")).to_have_text("1–100 of 254 facts")
    assert page.locator(".records tbody tr").first.locator(".record-open").inner_text() == "1:3"
    page.get_by_role("button", name="older").click()
    expect(page.locator(".record-count")).to_have_text("101–200 of 254 facts")
    page.get_by_role("button", name="older").click()
    expect(page.locator(".record-count")).to_have_text("201–254 of 254 facts")
    assert page.get_by_role("button", name="older").is_disabled()
    page.go_back()
    expect(page.locator(".record-count")).to_have_text("101–200 of 254 facts")
    page.get_by_role("button", name="newest").click()
    expect(page.locator(".record-count")).to_have_text("1–100 of 254 facts")
    assert console.complaints == []
    assert console.foreign == []


def test_a_search_stands_in_the_address(console: Console) -> None:
    """A link would show another part of the log to who follows it."""
    page = console.page
    page.goto(f"{console.address}/events")
    page.fill("#events-partition", "0")
    page.fill("#events-offset", "7")
    page.press("#events-offset", "Enter")
    expect(page.locator(".record-count")).to_have_text("1–8 of 8 facts (254 in all)")
    assert "partition=0&offset=7" in page.url.replace("?", "&")
    page.goto(f"{console.address}/events?text=P0O24&kind=NodeAdded")
    expect(page.locator(".record-count")).to_have_text("1–11 of 11 facts (254 in all)")
    assert page.input_value("#events-text") == "P0O24"
    assert page.input_value("#events-kind") == "NodeAdded"


def test_one_fact_leads_to_its_surroundings(console: Console) -> None:
    """Whoever asks why two things are equal no more would look ids up by hand; or text of the log would run."""
    page = console.page
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.goto(f"{console.address}/events")
    page.get_by_role("button", name="open fact 1:1").press("Enter")
    drawer = page.locator("#events-drawer")
    expect(drawer.locator("h2")).to_have_text("NodeAdded 1:1")
    assert page.evaluate("document.activeElement.textContent") == "NodeAdded 1:1"
    assert "not in the store" in drawer.inner_text()
    drawer.get_by_role("button", name=HOSTILE).first.click()
    expect(drawer.locator("h2")).to_have_text("NodeAdded 1:0")
    assert drawer.locator("img").count() == 0
    drawer.get_by_role("button", name="1:2 EqualityAsserted").click()
    expect(drawer.locator(".record-gone")).to_have_text("✕ retracted")
    drawer.get_by_role("button", name="Copy JSON").click()
    expect(drawer.locator("[role=status]")).to_have_text("copied")
    assert json.loads(page.evaluate("navigator.clipboard.readText()"))["fact"]["why"] == "said so"
    drawer.get_by_role("button", name="1:3").click()
    expect(drawer.locator("h2")).to_have_text("FactRetracted 1:3")
    assert drawer.get_by_role("button", name="later").is_disabled()
    page.keyboard.press("Escape")
    expect(drawer).to_be_hidden()
    assert "open=" not in page.url
    assert console.complaints == []


def test_dead_letters_show_reason_bytes_and_remedy(console: Console) -> None:
    """Whoever finds a refused record would not see what it was, nor what to do."""
    page = console.page
    page.goto(f"{console.address}/events")
    page.get_by_role("tab", name="Dead letters").click()
    expect(page.locator(".record-count")).to_have_text("1–1 of 1 dead letters")
    page.locator(".letter summary").click()
    text = page.locator(".letter").inner_text()
    assert "egraph dead-letters redrive egraph.facts/4/77" in text
    assert "00 01 3c 62 3e" in text
    assert "..<b>" in text
    assert "EOFError: short" in text
    page.get_by_role("button", name="undecodable").click()
    assert "reason=undecodable" in page.url
    page.get_by_role("tab", name="Dead letters").focus()
    page.keyboard.press("ArrowLeft")
    expect(page.locator(".record-count")).to_have_text("1–100 of 254 facts")
    assert console.complaints == []


@pytest.mark.parametrize(
    ("query", "title", "way"),
    [
        ("text=nowhere", "No fact fits these filters", "clear the filters"),
        ("after=1.0.0", "Beyond the end of the log", "to the newest"),
        ("tab=dead-letters&reason=empty", "No dead letter here", "all dead letters"),
    ],
)
def test_where_nothing_is_the_page_says_so_and_leads_back(console: Console, query: str, title: str, way: str) -> None:
    """An empty table would look like a fault, and the way back would have to be typed."""
    page = console.page
    page.goto(f"{console.address}/events?{query}")
    expect(page.locator(".record-state h2")).to_have_text(title)
    page.get_by_role("button", name=way).click()
    expect(page.locator(".record-count")).to_be_visible()


def test_an_offset_beyond_the_end_is_told(console: Console) -> None:
    """The newest facts would be taken for those at the offset that was asked for."""
    page = console.page
    page.goto(f"{console.address}/events?partition=1&offset=500")
    expect(page.locator(".record-note")).to_contain_text("beyond the end: the last one is 3")
    page.get_by_role("button", name="drop the offset").click()
    expect(page.locator(".record-count")).to_have_text("1–4 of 4 facts (254 in all)")


def test_a_time_that_is_none_is_told(console: Console) -> None:
    """The whole log would be taken for what came since then."""
    page = console.page
    page.goto(f"{console.address}/events?since=yesterday&partition=1")
    expect(page.locator(".record-note")).to_contain_text("“yesterday” is no time")
    page.get_by_role("button", name="drop “since”").click()
    expect(page.locator(".record-note")).to_have_count(0)
    assert "partition=1" in page.url
    page.goto(f"{console.address}/events?partition=many")
    expect(page.locator(".record-state p")).to_contain_text("partition")
    page.get_by_role("button", name="clear the filters").click()
    expect(page.locator(".record-count")).to_have_text("1–100 of 254 facts")


def test_an_unreadable_store_says_so_and_can_be_asked_again(console: Console, tmp_path: Path) -> None:
    """A broken disk would look like an empty log, or the page would have to be loaded anew."""
    page = console.page
    (segment,) = (store_dir(tmp_path) / "facts").glob("*.parquet")
    whole = segment.read_bytes()
    segment.write_bytes(b"no parquet")
    page.goto(f"{console.address}/events")
    expect(page.locator(".record-state h2")).to_have_text("The facts cannot be shown")
    assert "cannot be read" in page.inner_text(".record-state")
    segment.write_bytes(whole)
    page.get_by_role("button", name="try again").click()
    expect(page.locator(".record-count")).to_have_text("1–100 of 254 facts")


def test_the_operator_sends_a_dead_letter_again_and_nobody_else(console: Console) -> None:
    """A mended record would have to be sent from a shell, or anybody could send it."""
    page = console.page
    page.goto(f"{console.address}/events?tab=dead-letters&letter=egraph.facts/4/77")
    for token, told in (("not-the-operators", "✕ only the operator"), (TOKEN, "✓ sent again")):
        page.get_by_role("button", name="send egraph.facts/4/77 again").click()
        page.get_by_label("token of the operator").last.fill(token)
        page.locator(".redrive-dialog").get_by_role("button", name="Send again").click()
        expect(page.locator(".redrive [role=status]")).to_contain_text(told)
    assert TOKEN not in page.url
    assert console.complaints == []


def test_a_link_leads_to_a_dead_letter(console: Console) -> None:
    """Nobody could show a colleague which record was refused; a link to one that is gone would show nothing."""
    page = console.page
    page.goto(f"{console.address}/events?tab=dead-letters&letter=egraph.facts/4/77")
    expect(page.locator(".letter[open] pre")).to_be_visible()
    page.locator(".letter summary").click()
    page.wait_for_function("() => !location.search.includes('letter=')")
    page.locator(".letter summary").click()
    page.wait_for_function("() => location.search.includes('letter=egraph.facts')")
    page.goto(f"{console.address}/events?tab=dead-letters&letter=egraph.facts/4/78")
    expect(page.locator(".record-note")).to_contain_text("No dead letter of egraph.facts/4/78")
    page.get_by_role("button", name="forget it").click()
    expect(page.locator(".record-note")).to_have_count(0)


def test_the_keyboard_walks_the_log(console: Console) -> None:
    """Whoever has no mouse would tab through every row."""
    page = console.page
    page.goto(f"{console.address}/events")
    expect(page.locator(".record-count")).to_have_text("1–100 of 254 facts")
    page.focus("#page")
    page.keyboard.press("?")
    expect(page.locator("#events-page-keys")).to_be_visible()
    page.keyboard.press("Escape")
    page.keyboard.press("j")
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    expect(page.locator("#events-drawer h2")).to_have_text("EqualityAsserted 1:2")
    page.keyboard.press("[")
    expect(page.locator("#events-drawer h2")).to_have_text("NodeAdded 1:1")
    page.keyboard.press("Escape")
    expect(page.locator("#events-drawer")).to_be_hidden()
    page.keyboard.press("o")
    expect(page.locator(".record-count")).to_have_text("101–200 of 254 facts")
    page.keyboard.press("/")
    page.keyboard.type("?d")
    assert page.input_value("#events-text") == "?d"


def test_a_lost_server_is_told_beside_the_fact(console: Console) -> None:
    """A drawer would stay empty, and the fact would have to be sought again."""
    page = console.page
    page.goto(f"{console.address}/events")
    expect(page.locator(".record-count")).to_be_visible()
    page.route("**/api/v1/events/**", lambda route: route.abort())
    page.get_by_role("button", name="open fact 1:3").click()
    expect(page.locator("#events-drawer [role=alert]")).to_contain_text("cannot be reached")
    page.unroute_all()
    page.locator("#events-drawer").get_by_role("button", name="try again").click()
    expect(page.locator("#events-drawer dl")).to_be_visible()


def test_times_and_kinds_are_not_broken_on_a_phone(console: Console) -> None:
    """A time would stand in two lines, and so would half of the rows that fit."""
    page = console.page
    page.set_viewport_size({"width": 390, "height": 844})
    page.goto(f"{console.address}/events")
    page.wait_for_selector("#events-rows tbody tr")
    cells = page.locator("#events-rows tbody tr:nth-child(n + 5) :is(td.num, td.record-kind)")
    assert cells.count() > 200
    assert cells.evaluate_all(BROKEN) == []


@pytest.mark.parametrize("width", [390, 820, 1440])
def test_nothing_lies_outside_the_window(console: Console, width: int) -> None:
    """A phone would cut rows or the drawer off."""
    page = console.page
    page.set_viewport_size({"width": width, "height": 850})
    for query in ("", "?open=1:2", "?tab=dead-letters"):
        page.goto(f"{console.address}/events{query}")
        page.wait_for_selector("#events-drawer h2" if "open" in query else ".record-count")
        assert page.evaluate("document.documentElement.scrollWidth") <= width, query


@pytest.mark.parametrize(("width", "height"), [(390, 844), (820, 1180)])
def test_a_fact_leaves_the_header_in_sight_and_closes_by_key_and_button(
    console: Console, width: int, height: int
) -> None:
    """Who reads a fact on a phone could not see whether the page is live, or not get back to the list."""
    page = console.page
    page.set_viewport_size({"width": width, "height": height})
    drawer, seen = page.locator("#events-drawer"), page.locator("#status")
    page.goto(f"{console.address}/events?open=1:1")
    expect(drawer.locator("h2")).to_have_text("NodeAdded 1:1")
    page.evaluate("window.scrollTo(0, 500)")
    expect(seen).to_be_in_viewport(ratio=1)
    page.wait_for_function(IN_SIGHT, arg="#status")
    page.focus("#page")
    page.keyboard.press("Escape")
    expect(drawer).to_be_hidden()
    page.goto(f"{console.address}/events?open=1:2")
    expect(drawer.locator("h2")).to_have_text("EqualityAsserted 1:2")
    drawer.evaluate("place => place.scrollTo(0, 9999)")
    drawer.get_by_role("button", name="close the fact").click()
    expect(drawer).to_be_hidden()
    assert console.complaints == []
