"""The page that compares in a real browser: two cuts, two agents, what is not there, and sides that move on."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import expect

from analytics.catalog import store_dir
from analytics.compare_reader import CompareReader
from dash_app.app import Settings, build_app
from schemas.codec import seal
from tests.browser.conftest import Console
from tests.unit.analytics.observed import as_records, heartbeat
from tests.unit.analytics.stored import AGENTS, fact_at, store_records
from tests.unit.analytics.test_cut_reader import story
from tests.unit.dash_app.console_fakes import FakeReadModel, full_overview, serving

pytestmark = [pytest.mark.browser, pytest.mark.timeout(180)]
START_MS = 1_700_000_000_000
CAP = 60
TOLD_MS = START_MS + 30_000


@pytest.fixture
def site(tmp_path: Path) -> Iterator[tuple[str, FakeReadModel]]:
    """Give a console over 47 records: a story in partition 1, then nodes in partition 0; agent 2 is behind by 12."""
    told = [fact_at(1, n, START_MS - 1000 + n, seal(fact).fact) for n, fact in enumerate(story())]
    store_records(tmp_path, "facts", [*told, *(fact_at(0, n, START_MS + 500 * n) for n in range(40))])
    ends = {0: (40, 7, 0), 1: (40, 7, 0), 2: (30, 5, 0)}
    beats = [
        heartbeat(agent, version=ends[agent], view_digest=(b"w" if agent == 2 else b"v") * 16, facts=sum(ends[agent]))
        for agent in range(AGENTS)
    ]
    store_records(tmp_path, "heartbeats", as_records(beats, TOLD_MS))
    comparer = CompareReader(tmp_path, agents=AGENTS, cap=CAP)
    with serving(build_app(FakeReadModel(full_overview()), Settings(period_s=0.3), comparer=comparer)) as address:
        yield address, FakeReadModel(full_overview())


def compared(console: Console) -> None:
    """Wait until every panel shows an answer."""
    expect(console.page.locator("#compare-answer")).to_be_visible()
    expect(console.page.locator("#compare-answer [aria-busy=true]")).to_have_count(0)


def opened(console: Console, query: str) -> None:
    """Open the page at an address, and wait for its answer."""
    console.page.goto(f"{console.address}/compare?{query}")
    compared(console)


def test_two_cuts_are_told_apart_down_to_the_fact(console: Console) -> None:
    """Who sees two moments with different digests could not find out which fact made the difference."""
    page = console.page
    opened(console, "left=1:5&right=1:6")
    expect(page.locator(".compare-sign")).to_contain_text("≠")
    expect(page.locator(".compare-sign")).to_contain_text("Different views, of different facts")
    expect(page.locator("#compare-told li")).to_have_text([
        "The log up to 1:5 holds nothing that the log up to 1:6 lacks.",
        "The log up to 1:6 holds 1 fact that the log up to 1:5 lacks.",
        "The log up to 1:5 is 1 record behind the log up to 1:6 on partition 1.",
    ])  # fmt: skip
    expect(page.locator("#compare-left-note")).to_have_text("none")
    expect(page.locator("#compare-right-note")).to_have_text("1 of 1 fact")
    first = page.locator("#compare-classes li").filter(has_text="on the left only").first
    expect(first).to_contain_text("r = ■ g on the left alone, because:")
    expect(first).to_contain_text(re.compile("“said so” by e at 1:4 is retracted on the right by 1:6"))
    assert first.get_by_role("link", name="1:6").get_attribute("href") == "/events?open=1:6"
    assert "&left=" in str(first.get_by_role("link", name="why now").get_attribute("href"))
    expect(page.locator("#compare-quarantine")).to_contain_text("1 equality is quarantined on both sides.")
    opened(console, "left=1:5&right=1:4")
    kept = page.locator("#compare-quarantine li").first
    expect(kept).to_contain_text("quarantined on the left only")
    expect(kept).to_contain_text("r = ● b “said so” by e at 1:5; it is not there on the right")
    expect(kept).to_contain_text("it conflicts with")
    assert console.complaints == []
    assert console.foreign == []


def test_agents_are_compared_in_plain_words(console: Console) -> None:
    """Nobody could tell which agent is behind, by how much, and whether that is why the digests differ."""
    page = console.page
    opened(console, "left_agent=2&right_agent=0")
    told = page.locator("#compare-told")
    expect(told).to_contain_text("Agent 2 is 10 records behind agent 0 on partition 0.")
    expect(told).to_contain_text("Agent 0 holds 12 facts that agent 2 lacks.")
    expect(told).to_contain_text("They published different view digests, as agents do that have not read the same.")
    expect(page.locator("#compare-counts th")).to_have_text(
        ["count", "◧ left", "", "◨ right", "◧ published", "◨ published"]
    )
    expect(page.locator("#compare-counts tbody tr").first).to_have_text(re.compile("facts35≠473547"))
    page.get_by_role("button", name="swap the sides").click()
    compared(console)
    expect(page.locator(".compare-card h3")).to_have_text(["Agent 0", "Agent 2"])
    assert page.url.endswith("?left_agent=0&right_agent=2")
    opened(console, "left_agent=0&right_agent=1")
    expect(page.locator(".compare-sign")).to_contain_text("✓The same: same facts, same view")
    expect(page.locator("#compare-reach")).to_contain_text("= Both sides reach equally far")
    page.go_back()
    compared(console)
    expect(page.locator(".compare-card h3")).to_have_text(["Agent 0", "Agent 2"])
    assert console.complaints == []


def test_agents_that_must_agree_and_do_not_raise_the_alarm(console: Console, tmp_path: Path) -> None:
    """Replicas that parted for good would be shown as the same, because their facts are."""
    parted = as_records([heartbeat(1, version=(40, 7, 0), view_digest=b"z" * 16)], TOLD_MS + 1000)
    store_records(tmp_path, "heartbeats", [parted[0]._replace(offset=AGENTS)])
    opened(console, "left_agent=0&right_agent=1")
    sign = console.page.locator(".compare-sign")
    expect(sign).to_contain_text("✕Different view digests were published of the same records")
    expect(console.page.locator("#compare-told")).to_contain_text("that must never be")


def test_the_page_starts_with_what_is_worth_comparing(console: Console) -> None:
    """Who opens the page for the first time would face an empty form."""
    page = console.page
    page.goto(f"{console.address}/compare")
    expect(page.locator("#compare-state")).to_contain_text("≠ 3 agents published 2 different view digests")
    page.get_by_role("button", name="agent 2, furthest behind, and agent 1").click()
    compared(console)
    assert page.url.endswith("?left_agent=2&right_agent=1")
    page.go_back()
    expect(page.locator("#compare-state")).to_be_visible()
    page.get_by_role("button", name="agent 1 as the left side").click()
    expect(page.locator("#compare-right-agent")).to_be_focused()
    page.get_by_role("button", name="agent 0 as the right side").click()
    compared(console)
    expect(page.locator(".compare-card h3")).to_have_text(["Agent 1", "Agent 0"])


def test_agents_are_readable_on_a_phone(console: Console) -> None:
    """A role or a digest would be broken into lines, and the buttons stand one on the other."""
    page = console.page
    page.set_viewport_size({"width": 390, "height": 844})
    page.goto(f"{console.address}/compare")
    page.wait_for_selector("#compare-state tbody tr")
    rows = page.locator("#compare-state tbody tr")
    assert rows.count() > 0
    assert rows.locator("td.compare-unbroken .mono, td.compare-unbroken span[class^=ink]").evaluate_all(
        "all => all.filter((item) => item.getClientRects().length !== 1).map((item) => item.textContent)"
    ) == []  # fmt: skip
    tops = rows.first.locator(".compare-pick button").evaluate_all("all => all.map(b => b.getBoundingClientRect().top)")
    assert len(set(tops)) == 1
    assert page.evaluate("document.documentElement.scrollWidth") <= 390


def test_a_lost_server_is_told_and_the_comparison_can_be_asked_again(console: Console) -> None:
    """Whoever compares while the line is cut would see an empty page, or the answer to another question."""
    page = console.page
    page.goto(f"{console.address}/compare?left=start&right=end")
    page.wait_for_selector(".compare-sign")
    page.route("**/api/v1/compare*", lambda route: route.abort())
    page.route("**/api/v1/compare/*", lambda route: route.abort())
    page.focus("#page")
    page.keyboard.press("r")
    expect(page.locator("#compare-state [role=status]")).to_contain_text("cannot be reached")
    page.unroute_all()
    page.get_by_role("button", name="try again").click()
    expect(page.locator(".compare-sign")).to_be_visible()


def test_sides_are_chosen_by_keyboard_alone(console: Console) -> None:
    """Who uses no pointer could not compare; a slip of the pen would compare something else."""
    page = console.page
    page.goto(f"{console.address}/compare")
    expect(page.locator("#compare-state tbody tr")).to_have_count(AGENTS)
    page.focus("#compare-left-at")
    for text, name in {
        "0:7": "The log up to 0:7",
        "#1": "The log up to 1:0",
        "22:13:22.5": "The log up to 0:5",
    }.items():
        page.fill("#compare-left-at", text)
        page.press("#compare-left-at", "Enter")
        expect(page.locator(".compare-card h3").first).to_have_text(name)
        compared(console)
    page.fill("#compare-right-at", "yesterday")
    page.press("#compare-right-at", "Enter")
    expect(page.locator("#compare-right-told")).to_contain_text("write now, start, 3:1041")
    expect(page.locator("#compare-right-at")).to_be_focused()
    page.locator("#compare-told").click()
    page.keyboard.press("s")
    expect(page.locator(".compare-card h3")).to_have_text(["The log now", "The log up to 0:5"])
    page.keyboard.press("?")
    expect(page.get_by_role("dialog")).to_contain_text("swap the sides")
    page.keyboard.press("Escape")
    page.reload()
    compared(console)
    expect(page.locator("#compare-right-at")).to_have_value("2023-11-14 22:13:22.500")


@pytest.mark.parametrize(
    ("query", "title", "told"),
    [
        ("left=0:500&right=end", "There is no such moment in the log", "whose last one is 39"),
        ("left=7:0&right=end", "There is no such moment in the log", "nothing of partition 7"),
        ("left_agent=9&right_agent=0", "There is no such agent", "agent 9 was not heard; heard were: 0, 1, 2"),
        ("left=start&left_agent=0&right=end", "There is no such agent", "agent 0 was not heard by 1:0"),
        ("left=nonsense&right=end", "This address names no two sides", "PARTITION:OFFSET"),
    ],
)
def test_a_side_that_is_not_there_is_told_with_the_way_back(
    console: Console, query: str, title: str, told: str
) -> None:
    """A broken link would compare something else, or show nothing at all."""
    page = console.page
    page.goto(f"{console.address}/compare?{query}")
    expect(page.locator("#compare-state h2")).to_have_text(title)
    expect(page.locator("#compare-state")).to_contain_text(told)
    expect(page.locator("#compare-answer")).to_be_hidden()
    page.get_by_role("button", name="to the start of this page").click()
    expect(page.locator("#compare-state")).to_contain_text("Compare two cuts of the log, or two agents")
    assert console.complaints == []


def test_a_side_that_moves_on_is_told_and_compared_again(console: Console, tmp_path: Path) -> None:
    """What was true when the page was opened would be read as the present."""
    page = console.page
    opened(console, "left=0:39&right=end")
    expect(page.locator(".compare-sign")).to_contain_text("✓")
    store_records(tmp_path, "facts", [fact_at(0, n, START_MS + 500 * n) for n in (40, 41)])
    expect(page.locator("#compare-moved")).to_contain_text("2 records came into the log")
    expect(page.locator("#compare-told")).to_contain_text("hold the same facts")
    page.keyboard.press("r")
    expect(page.locator("#compare-told")).to_contain_text("The log now holds 2 facts that the log up to 0:39 lacks.")
    expect(page.locator("#compare-moved")).to_be_hidden()
    newest = max((store_dir(tmp_path) / "facts").glob("*.parquet"))
    whole = newest.read_bytes()
    newest.write_bytes(b"no parquet")
    expect(page.locator("#compare-moved")).to_contain_text("✕ Not refreshed since")
    page.get_by_role("button", name="compare again").click()
    expect(page.locator("#compare-state h2")).to_have_text("The sides cannot be compared")
    newest.write_bytes(whole)
    page.get_by_role("button", name="try again").click()
    compared(console)


def test_what_is_too_large_to_fold_is_told_and_the_rest_shown(console: Console, tmp_path: Path) -> None:
    """A long log would look like one without classes, or take the positions with it."""
    store_records(tmp_path, "facts", [fact_at(0, n, START_MS + 500 * n) for n in range(40, 90)])
    opened(console, "left=0:10&right=end")
    for name in ("classes", "quarantine"):
        expect(console.page.locator(f"#compare-{name}")).to_contain_text("the sides hold 97 records, and at most 60")
    expect(console.page.locator("#compare-right-note")).to_have_text("20 of 79 facts")
    console.page.locator("#compare-right").get_by_role("button", name="show more").click()
    expect(console.page.locator("#compare-right-note")).to_have_text("79 of 79 facts")
    assert console.page.url.endswith("&shown=80")


def test_every_chart_has_its_numbers_in_a_table(console: Console) -> None:
    """Who cannot see the bars would not learn what they say."""
    page = console.page
    opened(console, "left_agent=2&right=1:6")
    for name in ("reach", "alone"):
        chart = page.locator(f"#compare-{name} svg").first
        expect(chart).to_have_attribute("aria-label", re.compile("the table below has the numbers"))
        page.locator(f"#compare-{name} summary").click()
    expect(page.locator("#compare-reach tbody tr")).to_have_text(
        ["0300\u25e7 left by 3039", "157\u25e8 right by 26", "200= level–"]
    )
    expect(page.locator("#compare-alone tbody tr")).to_have_text([
        "kindEqualityAsserted01", "kindFactRetracted01", "kindNodeAdded300", "producerp301", "producere01",
    ])  # fmt: skip


@pytest.mark.parametrize("width", [390, 820, 1440])
def test_nothing_lies_outside_the_window(console: Console, width: int) -> None:
    """A phone would cut the form or panels off."""
    page = console.page
    page.set_viewport_size({"width": width, "height": 850})
    for query in ("", "?left=1:5&right=1:6", "?left_agent=2&right_agent=0", "?left=0:900"):
        page.goto(f"{console.address}/compare{query}")
        page.wait_for_selector("#compare-state:not([hidden]), #compare-quarantine[aria-busy=false]")
        assert page.evaluate("document.documentElement.scrollWidth") <= width, query
