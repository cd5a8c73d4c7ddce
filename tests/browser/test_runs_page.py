"""The page of runs in a real browser: phases of a saturation, rules, a killed agent, sync rounds."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import expect

from analytics.log_reader import LogReader
from analytics.run_reader import RunReader
from dash_app.app import Settings, build_app
from egraph.colours import Colour
from egraph.derive.proof import DerivationProof, InlineTerm
from egraph.facts import Derived, EqualityAsserted, RuleAdded
from egraph.identifiers import node_id
from schemas.records import AgentLifecycle, AnyRecord, Phase, Turn, encode_record
from schemas.rule_work import RuleWork
from tests.browser.conftest import BROKEN, Console
from tests.unit.analytics.stored import AGENTS, Fetched, fact_at, store_records
from tests.unit.analytics.test_control_views import costing, report
from tests.unit.dash_app.console_fakes import FakeReadModel, full_overview, serving

pytestmark = [pytest.mark.browser, pytest.mark.timeout(180)]


RULES = (
    RuleWork(rule="twice", candidates=1_234_567, matches=4_000, nodes=300, unions=200, time_us=750_000),
    RuleWork(rule="distribute-over-a-sum-of-products", candidates=900, matches=7, nodes=6, unions=5, time_us=200_000),
    *(RuleWork(rule=f"idle-{number:02}", candidates=1, time_us=1_000) for number in range(50)),
)


def story() -> list[AnyRecord]:
    """Give two phases of a run, an agent that was killed and came back, and a sync round."""
    return [
        *(report(agent, Phase.BACKFILL, started_at=1_000_000, at=2_000_000 + agent, derived=3) for agent in (0, 1)),
        costing(2, *RULES, started_at=3_000_000, at=4_500_000, rounds=7),
        AgentLifecycle(turn=Turn.KILLED, agent=4, incarnation=10, at=1, detail="asked by hand"),
        AgentLifecycle(turn=Turn.RECOVERED, agent=4, incarnation=11, at=4, attempt=1, detail="heard again"),
        AgentLifecycle(turn=Turn.ROUND_STARTED, at=5_000, round="sync-5"),
        AgentLifecycle(turn=Turn.ROUND_COMPLETED, at=46_000, round="sync-5", detail="all agree"),
    ]


def derived(sequence: int, rule: str, number: int, *operators: str) -> EqualityAsserted:
    """Give an equality that agent 4 derived in a round, with nodes that its proof makes."""
    leaf = node_id("a", Colour.RED, ())
    proof = DerivationProof(terms=(leaf, *(InlineTerm(name, Colour.RED, (0,)) for name in operators)), lemmas=())
    why = Derived(rule=rule, substitution=(), rule_set=b"r" * 16, round=number, premises=(), proof=proof)
    return EqualityAsserted(
        graph="main", producer="agent-4@1f", sequence=sequence, hlc=sequence, left=leaf, right=leaf, why=why
    )


@pytest.fixture
def site(tmp_path: Path) -> Iterator[tuple[str, FakeReadModel]]:
    """Give a console over a store with a story."""
    fetched = [Fetched(0, offset, 1000 + offset, encode_record(item)) for offset, item in enumerate(story())]
    for name in ("lifecycle", "phases"):
        store_records(tmp_path, name, fetched)
    rule = RuleAdded(graph="main", producer="r", sequence=0, hlc=1, name="twice", pattern="(f ?x)", replacement="?x")
    made = [derived(1, "twice", 1, "f"), derived(2, "twice", 2, "g", "h"), derived(3, "swap", 2)]
    store_records(tmp_path, "facts", [fact_at(1, n, 1000 + n, fact) for n, fact in enumerate([rule, *made])])
    model = FakeReadModel(full_overview())
    sources = {"log": LogReader(tmp_path, agents=AGENTS), "runs": RunReader(tmp_path, agents=AGENTS)}
    with serving(build_app(model, Settings(period_s=0.3), **sources)) as address:  # type: ignore[arg-type]
        yield address, model


def test_the_story_is_told(console: Console) -> None:
    """Nobody could see what a saturation came to, or that an agent was killed and came back."""
    page = console.page
    page.goto(f"{console.address}/runs")
    expect(page.locator(".run-phase")).to_have_count(2)
    assert "6 derived" in page.locator(".run-phase").first.inner_text()
    assert "1.50 s" in page.locator(".run-phase").nth(1).inner_text()
    page.locator(".run-phase summary").nth(1).press("Enter")
    assert page.locator(".run-phase").nth(1).locator("tbody td").first.inner_text() == "A2"
    turns = page.locator("#runs-turns tbody tr")
    assert turns.first.locator("td").all_inner_texts()[1:3] == ["A4", "✓ recovered"]
    assert turns.nth(1).locator("td").all_inner_texts()[1:3] == ["A4", "✕ killed"]
    assert "all agree" in page.inner_text("#runs-rounds")
    page.get_by_role("link", name="twice").click()
    expect(page.locator("#events-drawer h2")).to_have_text("RuleAdded 1:0")
    assert console.complaints == []
    assert console.foreign == []


def test_each_rule_has_its_profile_and_its_rounds(console: Console) -> None:
    """Nobody could tell which rule makes the nodes, nor in which round; a link would show another rule."""
    page = console.page
    page.goto(f"{console.address}/runs")
    rows = page.locator("#runs-profile tbody tr")
    expect(rows).to_have_count(2)
    assert rows.first.locator("td").all_inner_texts() == ["twice", "1–2", "1", "3", "2", "2"]
    expect(page.locator("#runs-perround tbody tr")).to_have_count(2)
    page.locator("#runs-profile").get_by_role("button", name="swap").click()
    expect(page.locator("#runs-perround tbody tr")).to_have_count(1)
    expect(page.locator("#runs-made-note")).to_have_text("1 of 1 of swap, most nodes first")
    page.goto(page.url)
    expect(page.locator("#runs-perround tbody tr")).to_have_count(1)
    page.focus("#page")
    page.keyboard.press("a")
    expect(page.locator("#runs-perround tbody tr")).to_have_count(2)
    page.goto(f"{console.address}/runs?rule=nowhere")
    expect(page.locator("#runs-perround")).to_contain_text("No rule nowhere has made anything")
    page.locator("#runs-perround").get_by_role("button", name="rounds of all rules").click()
    expect(page.locator("#runs-perround tbody tr")).to_have_count(2)
    assert console.complaints == []


def test_a_run_tells_what_each_rule_cost(console: Console) -> None:
    """Nobody could tell which rule makes a saturation slow, or shares would not add up to the whole."""
    page = console.page
    page.goto(f"{console.address}/runs")
    costs = page.locator(".run-costs")
    expect(costs).to_have_count(1)
    assert "twice 75% of 1.00 s · 50 of 52 rules" in costs.locator("summary").inner_text()
    costs.locator("summary").press("Enter")
    rows = costs.locator("tbody tr")
    assert rows.first.locator("td").all_inner_texts() == [
        "twice", "1,234,567", "4,000", "300", "200", "750 ms", "75%",
    ]  # fmt: skip
    expect(rows).to_have_count(51)
    assert rows.last.locator("td").all_inner_texts() == ["2 other rules", "2", "0", "0", "0", "2.0 ms", "0.2%"]
    page.wait_for_function("() => location.search.includes('open=r+rules')")
    page.goto(page.url)
    expect(rows.first).to_be_visible()
    costs.get_by_role("link", name="all, in SQL").click()
    page.wait_for_url("**/sql?q=*v_rule_profile*")
    assert console.complaints == []


def test_costs_are_cards_on_a_phone(console: Console) -> None:
    """Seven columns would be cut off on a phone, or numbers stand there without a name."""
    page = console.page
    page.set_viewport_size({"width": 390, "height": 850})
    page.goto(f"{console.address}/runs?open=r rules")
    card = page.locator(".run-costs tbody tr").first
    expect(card).to_be_visible()
    labels = "all => all.map((item) => getComputedStyle(item, '::before').content.replaceAll('\"', ''))"
    assert card.locator("td[data-label]").evaluate_all(labels) == [
        "candidates", "matches", "new nodes", "new unions", "time", "share",
    ]  # fmt: skip
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    place = "item => [item.scrollWidth - item.clientWidth, item.getBoundingClientRect().right]"
    wide, right = page.locator(".run-costs .run-scroll").evaluate(place)
    assert (wide, right <= 390) == (0, True)
    cut = "all => all.filter((item) => item.scrollWidth > item.clientWidth + 1).map((item) => item.textContent)"
    assert page.locator(".run-costs td").evaluate_all(cut) == []
    expect(page.get_by_role("table", name="rules of r by what they cost").get_by_role("row")).to_have_count(52)


def test_a_link_opens_a_phase(console: Console) -> None:
    """Nobody could show a colleague why a phase stopped; a link to a run that is gone would open nothing, silently."""
    page = console.page
    page.goto(f"{console.address}/runs")
    page.locator(".run-phase summary").nth(1).click()
    page.wait_for_function("() => location.search.includes('open=')")
    page.goto(page.url)
    expect(page.locator(".run-phase").nth(1).locator("tbody tr")).to_be_visible()
    expect(page.locator(".run-phase[open]")).to_have_count(1)
    page.goto(f"{console.address}/runs?open=nowhere 1 LIVE")
    expect(page.locator("#runs-told")).to_contain_text("No phase nowhere 1 LIVE")
    page.get_by_role("button", name="forget it").click()
    expect(page.locator("#runs-told")).to_be_hidden()


def test_figures_stay_when_the_server_is_lost_and_say_how_old_they_are(console: Console) -> None:
    """A line that is cut for a moment would empty the page, or old figures would pass for new ones."""
    page = console.page
    page.goto(f"{console.address}/runs")
    expect(page.locator(".run-phase")).to_have_count(2)
    page.route("**/api/v1/phases*", lambda route: route.abort())
    page.focus("#page")
    page.keyboard.press("r")
    expect(page.locator("#runs-told")).to_contain_text("cannot be reached")
    expect(page.locator(".run-phase")).to_have_count(2)
    page.unroute_all()
    page.locator("#runs-told").get_by_role("button", name="try again").click()
    expect(page.locator("#runs-told")).to_be_hidden()


@pytest.mark.parametrize("width", [390, 820, 1440])
def test_nothing_lies_outside_the_window(console: Console, width: int) -> None:
    """A phone would cut rows off."""
    page = console.page
    page.set_viewport_size({"width": width, "height": 850})
    page.goto(f"{console.address}/runs")
    page.wait_for_selector(".run-phase")
    page.locator(".run-phase summary").first.click()
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    if width < 720:
        cells = page.locator(".run-rows tbody td:is(.num, .strong, .rule-name, [class^=ink])")
        assert cells.count() > 10
        assert cells.evaluate_all(BROKEN) == []
        wide = "all => all.filter((item) => item.scrollWidth > item.clientWidth + 1).map((item) => item.id)"
        assert page.locator("#runs-profile, #runs-perround, #runs-rules, #runs-turns").evaluate_all(wide) == []
