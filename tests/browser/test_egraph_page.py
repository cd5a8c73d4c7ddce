"""The page of the graph in a real browser: search, one class, why two nodes are equal, and what is not there."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import expect

from cli.console_graph import ConsoleGraph
from dash_app.app import Settings, build_app
from egraph.colours import Colour
from egraph.facts import NodeAdded
from egraph.identifiers import NodeId, node_id
from streams.runtimes.live_graph import StillReading
from tests.browser.conftest import Console
from tests.unit.dash_app.console_fakes import FakeReadModel, full_overview, serving
from tests.unit.streams.hand_log import HandLog
from tests.unit.streams.told_graph import GREEN_Z, Folded, hub, told_log

pytestmark = [pytest.mark.browser, pytest.mark.timeout(180)]


def served(graph: ConsoleGraph | None) -> Iterator[tuple[str, FakeReadModel]]:
    """Serve a console over a graph."""
    model = FakeReadModel(full_overview())
    with serving(build_app(model, Settings(period_s=0.3), graph=graph)) as address:
        yield address, model


@pytest.fixture
def site() -> Iterator[tuple[str, FakeReadModel]]:
    """Give a console over a graph with merged classes and a quarantined equality."""
    yield from served(ConsoleGraph(Folded(told_log())))


def test_search_leads_to_a_class_and_why_to_its_facts(console: Console) -> None:
    """Nobody could find a class, see what is in it, or read why two of its nodes are equal and who said so."""
    page = console.page
    page.goto(f"{console.address}/egraph")
    expect(page.locator("#egraph-start-note")).to_contain_text("3 of 3 classes with several members")
    page.get_by_role("searchbox").fill("(f c)")
    page.get_by_role("button", name="Open").click()
    expect(page.locator("#egraph-members tbody tr")).to_have_count(2)
    assert "term=%28f+c%29" in page.url
    assert page.inner_text("#egraph-members-note") == "2 of 2"
    assert page.inner_text("#egraph-parents-note") == "1 of 1 nodes, in 1 classes"
    assert page.inner_text("#egraph-picture-note").startswith("3 of 3 classes: 1 of 1 that name it, 1 of 1")
    assert page.locator("#egraph-picture .eg-class").count() == 3
    assert page.locator("#egraph-picture .eg-arrow").count() == 3
    assert page.locator("#egraph-picture .eg-letter").count() >= 6
    assert "★ 2 symbols" in page.inner_text("#egraph-class")
    page.get_by_role("button", name="why (f c) = (f a)").click()
    expect(page.locator("#egraph-why .proof-verdict")).to_contain_text("✓ equal, by 2 equalities in 3 steps")
    assert page.locator("#egraph-why .proof-chain li").count() == 2
    tree = page.inner_text("#egraph-why .proof-tree")
    assert "lemma 0 c = a" in tree
    assert "“alike” by bob at" in tree
    facts = {row.locator("td").nth(1).inner_text() for row in page.locator("#egraph-why .proof-facts tbody tr").all()}
    assert facts == {"stated", "derived", "node added", "premise"}
    place = page.locator("#egraph-why .proof-tree a").first
    assert place.get_attribute("href") == f"/events?open={place.inner_text()}"
    page.go_back()
    expect(page.locator("#egraph-why")).to_contain_text("Choose “why?” beside a member")
    page.locator('#egraph-picture a[aria-current="true"]').focus()
    page.locator("#egraph-picture .eg-above").focus()
    page.keyboard.press("Enter")
    expect(page.locator("#egraph-class .eg-sought")).to_have_text("(g (f a) b)")
    assert "class=" in page.url
    assert console.complaints == []
    assert console.foreign == []


def test_quarantine_shows_who_stands_against_whom(console: Console) -> None:
    """Somebody would see that an equality is kept out, and not whose statement keeps it out."""
    page = console.page
    page.goto(f"{console.address}/egraph")
    expect(page.locator("#egraph-quarantine")).to_contain_text("it conflicts withx = z by bob at ")
    page.goto(f"{console.address}/egraph?class={GREEN_Z.hex()}")
    expect(page.locator("#egraph-quarantine-note")).to_have_text("1 of 1")
    told = page.inner_text("#egraph-quarantine")
    assert "z = y by eve at" in told
    assert "x = z by bob at" in told
    page.get_by_role("button", name="what keeps them apart?").click()
    expect(page.locator("#egraph-why")).to_contain_text("✕ not equal. 1 blocked equality would join them")
    assert "⚠ quarantined; it conflicts with" in page.inner_text("#egraph-why")
    assert "“the first” by bob" in page.inner_text("#egraph-why")


def test_what_names_no_node_shows_what_comes_near_and_leads_back(console: Console) -> None:
    """A spelling mistake would be a blank page."""
    page = console.page
    page.goto(f"{console.address}/egraph?term=G")
    expect(page.locator("#egraph-found-note")).to_contain_text("1 of 1 nodes that fit, of")
    page.locator("#egraph-found").get_by_role("button", name="(g (f a) b)").click()
    expect(page.locator("#egraph-class .eg-sought")).to_have_text("(g (f a) b)")
    page.goto(f"{console.address}/egraph?term=nowhere")
    expect(page.locator("#egraph-found")).to_contain_text("the log holds no node")
    page.get_by_role("button", name="to the start").click()
    expect(page.locator("#egraph-start tbody tr")).to_have_count(3)
    assert page.url.endswith("/egraph")
    assert console.complaints == []
    page.goto(f"{console.address}/egraph?class={'0' * 32}")
    expect(page.locator("#egraph-found")).to_contain_text("the log holds no node")
    page.goto(f"{console.address}/egraph?left=a&right=nowhere")
    expect(page.locator("#egraph-why [role=alert]")).to_contain_text("the log holds no node")


def test_an_empty_graph_and_a_missing_log_say_what_to_do(console: Console) -> None:
    """Who opens the page too early, or without a broker, would look for a fault."""
    page = console.page
    for graph, told in ((ConsoleGraph(Folded(HandLog())), "The graph is empty"), (None, "--bootstrap")):
        for address, _ in served(graph):
            page.goto(f"{address}/egraph")
            expect(page.locator("#egraph-start")).to_contain_text(told)


def test_a_log_that_is_being_read_is_asked_again(console: Console) -> None:
    """The first visitor of a large log would have to guess when to load the page again."""

    class Slow(Folded):
        refusals = 2

        def ask(self, question: Callable[[Any], Any]) -> Any:
            self.refusals -= 1
            if self.refusals >= 0:
                raise StillReading(10, 2_000)
            return super().ask(question)

    page = console.page
    for address, _ in served(ConsoleGraph(Slow(told_log()))):
        page.goto(f"{address}/egraph")
        expect(page.locator("#egraph-start")).to_contain_text("10 of 2,000 records")
        expect(page.locator("#egraph-start tbody tr")).to_have_count(3)


@pytest.mark.parametrize("width", [390, 820, 1440])
def test_a_class_with_many_parents_stays_in_the_window(console: Console, width: int) -> None:
    """A phone would cut the picture off, or some of the classes be taken for all of them."""
    log, centre = hub(200)
    page = console.page
    page.set_viewport_size({"width": width, "height": 850})
    for address, _ in served(ConsoleGraph(Folded(log))):
        page.goto(f"{address}/egraph?class={centre.hex()}")
        boxes = 7 if width < 720 else 17
        expect(page.locator("#egraph-picture .eg-class")).to_have_count(boxes)
        assert page.inner_text("#egraph-picture-note").startswith(f"{boxes} of 201 classes: {boxes - 1} of 200")
        assert page.inner_text("#egraph-parents-note").startswith("25 of 200 nodes")
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        page.locator("#egraph-parents").get_by_role("button", name="show more").click()
        expect(page.locator("#egraph-parents tbody tr")).to_have_count(100)
        assert "shown=100" in page.url


def test_a_large_graph_opens(console: Console) -> None:
    """A graph of 20,000 nodes would be drawn whole, or not at all; what is left out would not be told."""
    log, centre = hub(20_000)
    page = console.page
    for address, _ in served(ConsoleGraph(Folded(log))):
        page.goto(f"{address}/egraph")
        expect(page.locator("#egraph-start-note")).to_contain_text("20,001 classes, 20,001 nodes in all")
        page.goto(f"{address}/egraph?class={centre.hex()}")
        expect(page.locator("#egraph-picture .eg-class")).to_have_count(17)
        assert page.inner_text("#egraph-picture-note").startswith("17 of 20,001 classes: 16 of 20,000")
        assert page.inner_text("#egraph-parents-note") == "25 of 20,000 nodes, in 20,000 classes"
        page.get_by_role("searchbox").fill("n1999")
        page.get_by_role("button", name="Find alike").click()
        expect(page.locator("#egraph-found-note")).to_have_text("11 of 11 nodes that fit, of 20,001 in all")
        page.get_by_role("searchbox").fill("n")
        page.get_by_role("button", name="Find alike").click()
        expect(page.locator("#egraph-found-note")).to_have_text("25 of 20,000 nodes that fit, of 20,001 in all")
        page.locator("#egraph-found").get_by_role("button", name="show more").click()
        expect(page.locator("#egraph-found tbody tr")).to_have_count(100)
    assert console.complaints == []


def test_keys_lead_through_the_page(console: Console) -> None:
    """Whoever has no mouse would tab through a whole class to search for the next."""
    page = console.page
    page.goto(f"{console.address}/egraph?left=(f c)&right=(f a)")
    expect(page.locator("#egraph-why .proof-verdict")).to_be_visible()
    page.focus("#page")
    page.keyboard.press("?")
    expect(page.locator("#egraph-page-keys")).to_be_visible()
    page.keyboard.press("Escape")
    page.focus("#page")
    page.keyboard.press("c")
    expect(page.locator("#egraph-why")).to_contain_text("Choose “why?” beside a member")
    page.focus("#page")
    page.keyboard.press("/")
    page.keyboard.type("s?")
    assert page.get_by_role("searchbox").input_value().endswith("s?")
    assert console.complaints == []


def test_a_lost_server_is_told_in_place(console: Console) -> None:
    """A class that cannot be asked for would look like one without members."""
    page = console.page
    page.goto(f"{console.address}/egraph?term=(f c)")
    expect(page.locator("#egraph-members tbody tr")).to_have_count(2)
    page.route("**/api/v1/egraph*", lambda route: route.abort())
    page.locator("#egraph-class").get_by_role("button", name="look again").click()
    expect(page.locator("#egraph-found [role=status]").last).to_contain_text("cannot be reached")
    page.unroute_all()
    page.get_by_role("button", name="try again").click()
    expect(page.locator("#egraph-members tbody tr")).to_have_count(2)


CROSSINGS = """() => {
  const box = (id) => document.querySelector(`.eg-class[data-class="${id}"] .eg-box`).getBoundingClientRect();
  const all = [...document.querySelectorAll('.eg-class')].map((link) => [link.dataset.class, box(link.dataset.class)]);
  return [...document.querySelectorAll('.eg-arrow')].flatMap((arrow) => {
    const line = arrow.querySelector('.eg-line');
    const toScreen = line.getScreenCTM();
    const points = Array.from({length: 200}, (_, n) => line.getPointAtLength((line.getTotalLength() * n) / 199));
    return all
      .filter(([id]) => id !== arrow.dataset.from && id !== arrow.dataset.to)
      .filter(([, b]) => points.map((p) => p.matrixTransform(toScreen))
        .some((p) => p.x > b.left && p.x < b.right && p.y > b.top && p.y < b.bottom))
      .map(([id]) => `${arrow.dataset.from.slice(0, 6)} to ${arrow.dataset.to.slice(0, 6)} over ${id.slice(0, 6)}`);
  });
}"""


def wheel(spokes: int) -> tuple[HandLog, NodeId]:
    """Give a node over many leaves under many nodes, so that classes stand in rows on both sides of it."""
    log = HandLog()

    def node(operator: str, *children: NodeId) -> NodeId:
        log.append(NodeAdded, operator=operator, colour=Colour.GREEN, children=children)
        return node_id(operator, Colour.GREEN, children)

    centre = node("centre", *(node(f"leaf{number}") for number in range(spokes)))
    for number in range(spokes):
        node(f"user{number}", centre)
    return log, centre


@pytest.mark.parametrize("width", [390, 820, 1440])
def test_no_arrow_crosses_a_box(console: Console, width: int) -> None:
    """An arrow over the words of a third class would seem to come from it, and could not be followed."""
    log, centre = wheel(15)
    page = console.page
    page.set_viewport_size({"width": width, "height": 850})
    for address, _ in served(ConsoleGraph(Folded(log))):
        page.goto(f"{address}/egraph?class={centre.hex()}")
        expect(page.locator("#egraph-picture .eg-arrow").nth(4)).to_be_attached()
        rows = page.evaluate("new Set([...document.querySelectorAll('.eg-box')].map(b => b.getAttribute('y'))).size")
        assert rows > 3
        assert page.evaluate(CROSSINGS) == []
        assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_facts_of_a_proof_are_readable_beside_the_picture(console: Console) -> None:
    """What a fact says would be broken into columns of three letters."""
    page = console.page
    page.set_viewport_size({"width": 1440, "height": 900})
    page.goto(f"{console.address}/egraph?left=(f c)&right=(f a)")
    cell = page.locator("#egraph-why .proof-facts tbody tr td:nth-child(3)").first
    box = cell.bounding_box()
    assert box is not None
    assert box["width"] >= 200
    assert " UTC" in cell.inner_text()
