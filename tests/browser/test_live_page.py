"""The live page in a real browser: every panel, every state, both schemes, three widths."""

import re
from dataclasses import replace

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import DEADLINE_MS, Console
from tests.unit.dash_app.console_fakes import EMPTY, OTHER_DIGEST, agent_state, fact_row

pytestmark = [pytest.mark.browser, pytest.mark.timeout(180)]


def test_every_panel_shows_the_answer(console: Console) -> None:
    """If it failed, a panel would stay blank, or show another number than the read model gave."""
    console.open()
    console.says("live")
    page = console.page
    page.wait_for_selector("#facts .ag-row")
    tiles = {
        "facts": "4,321", "classes": "900", "violations": "0", "digests": "1",
        "facts-per-s": "12", "mbps": "1.7", "end-to-end-p50": "6.1", "end-to-end-p95": "36", "end-to-end-p99": "1.23",
        "efficiency": "20", "dead-letters": "3",
    }  # fmt: skip
    assert {name: page.inner_text(f"#kpi-{name} .kpi-value") for name in tiles} == tiles
    assert page.locator("#lattice .node").count() == 9
    assert page.locator("#lattice .edge").count() == len(console.model.answer.flows)
    assert page.locator("#lattice .node").nth(4).locator("title").first.text_content() == (
        "A4, BLUE: healthy, 4,321 facts, lacks 4 facts, view digest beef" + 28 * "0"
    )
    assert page.locator("#lattice .node").nth(4).locator(".node-health").text_content() == "✓ 1.1"
    assert page.inner_text("#tally-accepted") == "41"
    assert page.inner_text("#tally-quarantined") == "7"
    page.wait_for_selector("#percentiles .scatterlayer .trace", state="attached")  # a level line has no height
    assert page.locator("#percentiles .scatterlayer .trace").count() == 3
    labels = page.locator("#percentiles .annotation-text").all_text_contents()
    assert sorted(labels) == ["p50 5.0", "p95 20", "p99 60"]
    assert page.inner_text("#bands") == "✓ 9 healthy"


def test_matrix_has_a_number_for_each_flow_and_its_metric_changes(console: Console) -> None:
    """If it failed, the matrix would mix up sender and receiver, fill non-edges, or ignore the toggle."""
    console.open()
    page = console.page
    page.wait_for_selector("#matrix tbody tr")
    flows = {(flow.sender, flow.receiver): flow for flow in console.model.answer.flows}

    def cells() -> dict[tuple[int, int], str]:
        rows = page.evaluate(
            "[...document.querySelectorAll('#matrix tbody tr')]"
            ".map(row => [...row.querySelectorAll('td')].map(cell => cell.textContent))"
        )
        return {(i, j): text for i, row in enumerate(rows) for j, text in enumerate(row) if text}

    assert cells() == {key: f"{flow.p95_ms:.0f}" for key, flow in flows.items()}
    choice = page.get_by_role("radiogroup", name="value in the cells")
    choice.get_by_text("Mbps").click()
    page.wait_for_function("() => document.getElementById('matrix-note').textContent.includes('Mbps')")
    assert cells() == dict.fromkeys(flows, "0.50")
    choice.get_by_text("Eff.").click()
    page.wait_for_function("() => document.getElementById('matrix-note').textContent.includes('%')")
    assert cells() == dict.fromkeys(flows, "25")


def test_tables_have_the_rows_of_the_log(console: Console) -> None:
    """If it failed, the table of last facts would show other facts, another order, or stale rows."""
    console.open()
    page = console.page
    page.wait_for_selector("#facts .ag-row")

    def column(grid: str, name: str) -> list[str]:
        found = page.evaluate(
            "([grid, name]) => [...document.querySelectorAll(`#${grid} .ag-row`)]"
            ".sort((a, b) => a.getAttribute('row-index') - b.getAttribute('row-index'))"
            ".map(row => row.querySelector(`[col-id=${name}]`)?.textContent)",
            [grid, name],
        )
        return [str(item) for item in found]

    assert column("facts", "position")[:5] == [f"{offset % 9}:{offset}" for offset in range(30, 25, -1)]
    assert column("facts", "colour")[0] == "▲ red"
    assert column("facts", "summary")[0] == "add/2"
    assert column("agents", "agent") == [f"A{number}" for number in range(9)]
    assert column("agents", "lag") == [str(number) for number in range(9)]
    assert column("agents", "rss_mb") == ["101"] * 9
    newer = fact_row(31, kind="EqualityAsserted", colour="", summary="<b>x</b> = y")
    console.model.answer = replace(console.model.answer, recent_facts=(newer, *console.model.answer.recent_facts))
    page.wait_for_function(
        "() => document.querySelector('#facts .ag-row[row-index=\"0\"] [col-id=summary]')?.textContent"
        " === '<b>x</b> = y'"
    )
    assert column("facts", "position")[:2] == ["4:31", "3:30"]


def test_trouble_of_an_agent_reaches_the_page(console: Console) -> None:
    """If it failed, a dead agent or a diverged replica would look healthy, or be told by colour alone."""
    console.open()
    console.says("live")
    page = console.page
    changed = {2: agent_state(2, "degraded"), 5: agent_state(5, digest=OTHER_DIGEST), 7: agent_state(7, "down")}
    answer = console.model.answer
    console.model.answer = replace(
        answer,
        agents=tuple(changed.get(agent.agent, agent) for agent in answer.agents),
        kpis=replace(answer.kpis, distinct_digests=2, violations=1, facts_per_s=0.0),
    )
    page.wait_for_selector('#lattice .node.ink-down[data-agent="7"]')
    assert page.text_content('#lattice [data-agent="7"] .node-health') == "✕ down"
    assert page.text_content('#lattice [data-agent="2"] .node-health') == "! degraded"
    assert page.text_content('#lattice [data-agent="5"] .node-digest') == "≠cafe"
    shapes = {
        page.evaluate(f"document.querySelector('#lattice [data-agent=\"{number}\"] .shape').outerHTML.split(' ')[0]")
        for number in (0, 7)
    }
    assert shapes == {"<circle", "<polygon"}
    assert page.inner_text("#bands").split("\n") == ["✓ 7 healthy", "! 1 degraded", "✕ 1 down"]
    assert page.locator("#kpi-violations.kpi-alert").count() == 1
    assert page.locator("#kpi-digests.kpi-alert").count() == 1


def test_stopped_read_model_is_told_as_age_and_recovers(console: Console) -> None:
    """If it failed, the page would pass off old numbers as live, or not come back."""
    console.open()
    console.says("live")
    console.model.failure = RuntimeError("gone")
    console.says("last update")
    assert re.search(r"last update \d+ s ago", console.page.inner_text("#status"))
    assert console.page.inner_text("#kpi-facts .kpi-value") == "4,321"
    console.model.failure = None
    console.says("live")


def test_quiet_data_is_told_as_old(console: Console) -> None:
    """If it failed, a stopped sink would look live because the console itself still answers."""
    answer = console.model.answer
    console.model.answer = replace(answer, generated_at_us=answer.generated_at_us + 40_000_000)
    console.open()
    console.says("last data 40 s ago")


def test_cut_line_is_told_and_heals(console: Console) -> None:
    """If it failed, a page without a server would go on looking live."""
    console.open()
    console.says("live")
    console.page.context.set_offline(True)
    console.says("disconnected")
    console.page.context.set_offline(False)
    console.says("live")


def test_news_is_told_over_the_socket_and_asked_for_where_none_goes_through(console: Console) -> None:
    """The page would be as old as its next question; or, behind a proxy without sockets, stay at its first answer."""
    questions: list[str] = []
    page = console.page
    page.on("request", lambda request: questions.append(request.url) if "/api/v1/overview" in request.url else None)
    with page.expect_websocket() as opened:
        console.open()
    console.says("live")
    opened.value.wait_for_event("framereceived")
    asked = len(questions)
    console.model.answer = replace(console.model.answer, kpis=replace(console.model.answer.kpis, facts=5_555))
    expect(page.locator("#kpi-facts .kpi-value")).to_have_text("5,555")
    assert len(questions) == asked, "nothing is asked for while the socket tells"

    page.route_web_socket("**/api/v1/live*", lambda socket: socket.close())
    console.open()
    console.says("live")
    console.model.answer = replace(console.model.answer, kpis=replace(console.model.answer.kpis, facts=6_666))
    expect(page.locator("#kpi-facts .kpi-value")).to_have_text("6,666")
    assert len(questions) > asked


def test_a_hidden_page_is_told_nothing_until_it_is_seen_again(console: Console) -> None:
    """Tabs in the background would keep the server and its store at work."""
    page = console.page
    hide = """hidden => {
      Object.defineProperty(document, "hidden", { configurable: true, get: () => hidden });
      document.dispatchEvent(new Event("visibilitychange"));
    }"""
    with page.expect_websocket() as opened:
        console.open()
    console.says("live")
    with opened.value.expect_event("close"):
        page.evaluate(hide, True)
    page.wait_for_timeout(8_000)  # the tick rests five seconds after the last page
    asked = console.model.asked
    page.wait_for_timeout(2_000)
    assert console.model.asked == asked
    with page.expect_websocket():
        page.evaluate(hide, False)
    console.says("live")


def test_before_the_first_data_every_panel_says_so(console: Console) -> None:
    """If it failed, a new user would face blank panels, or scripts that break on nothing."""
    console.model.answer = EMPTY
    console.open()
    console.says("no data yet: start with make demo")
    page = console.page
    for panel in (
        "turns",
        "lattice",
        "matrix",
        "messages",
        "convergence",
        "equalities",
        "agents",
        "facts",
        "percentiles",
    ):
        page.wait_for_function(
            "name => document.getElementById(name)?.textContent?.includes('no data yet')",
            arg=panel,
            timeout=DEADLINE_MS,
        )
    assert page.inner_text("#kpi-facts .kpi-value") == "0"
    assert page.inner_text("#kpi-digests .kpi-value") == "–"
    assert page.locator(".kpi-alert").count() == 0
    assert console.complaints == []


def test_scheme_switches_and_is_remembered(console: Console) -> None:
    """If it failed, the switch would leave half the page dark, or forget the choice at the next visit."""
    console.open()
    console.says("live")
    page = console.page

    def looks() -> tuple[str, str]:
        body = page.evaluate("getComputedStyle(document.body).backgroundColor")
        return page.evaluate("document.documentElement.getAttribute('data-mantine-color-scheme')"), body

    dark = looks()
    page.click("#scheme-button")
    page.wait_for_selector('html[data-mantine-color-scheme="light"][data-ag-theme-mode="light"]')
    light = looks()
    assert dark[0] == "dark"
    assert dark[1] != light[1]
    page.reload()
    console.says("live")
    assert looks() == light


@pytest.mark.parametrize("width", [390, 820, 1600])
def test_no_width_scrolls_sideways(console: Console, width: int) -> None:
    """If it failed, a phone or tablet would cut panels off."""
    console.page.set_viewport_size({"width": width, "height": 850})
    console.open()
    console.says("live")
    page = console.page
    page.wait_for_selector("#matrix tbody tr")
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    boxes = page.evaluate("[...document.querySelectorAll('.panel, .kpi')].map(e => e.getBoundingClientRect().right)")
    assert len(boxes) == 10 + 11
    assert max(boxes) <= width
    columns = page.evaluate("new Set([...document.querySelectorAll('.panel')].map(e => e.offsetLeft)).size")
    assert (columns == 1) == (width < 720)


@pytest.mark.parametrize("width", [360, 390, 820, 1100, 1366, 1440, 1680, 1920])
def test_no_figure_loses_its_name(console: Console, width: int) -> None:
    """If it failed, three tiles would be called "End to end..." and nobody could tell p50 from p99."""
    console.page.set_viewport_size({"width": width, "height": 900})
    console.open()
    console.says("live")
    page = console.page
    page.wait_for_selector("#equalities .mini-head")
    shown = ".kpi-name, .kpi-unit, .kpi-value, .tally-note, .mini-head, .mini-head .note"
    assert page.locator(shown).count() > 30
    cut = f"[...document.querySelectorAll('{shown}')].filter(e => e.scrollWidth > e.clientWidth + 1 && e.clientWidth)"
    assert page.evaluate(f"{cut}.map(e => e.textContent)") == []


@pytest.mark.parametrize("width", [1380, 1440, 1920])
def test_tables_show_their_first_columns_whole(console: Console, width: int) -> None:
    """If it failed, the time of a fact would end in dots, or the age of a heartbeat would lie outside the panel."""
    console.page.set_viewport_size({"width": width, "height": 1000})
    console.open()
    page = console.page
    for cell in ("#facts .ag-row-first .ag-cell[col-id=time]", "#agents .ag-row-first .ag-cell[col-id=last_seen]"):
        page.wait_for_selector(cell)
        box = page.locator(cell).bounding_box()
        panel = page.locator(f"{cell.split()[0]}").bounding_box()
        assert box is not None
        assert panel is not None
        assert box["x"] + box["width"] <= panel["x"] + panel["width"] + 1
        text = f"document.querySelector({cell!r}).querySelector('.ag-cell-value') ?? document.querySelector({cell!r})"
        assert page.evaluate(f"(e => e.scrollWidth <= e.clientWidth + 1)({text})"), cell


def test_browser_has_no_complaint_and_asks_nobody_else(console: Console) -> None:
    """If it failed, the console would have script errors, or need the internet."""
    console.open()
    console.says("live")
    console.page.wait_for_selector("#facts .ag-row")
    console.page.get_by_text("linear", exact=True).click()
    console.page.wait_for_timeout(1_500)
    assert console.complaints == []
    assert console.foreign == []


def test_controls_and_pictures_have_names(console: Console) -> None:
    """If it failed, a screen reader would meet nameless buttons, pictures or regions."""
    console.open()
    console.says("live")
    page = console.page
    page.wait_for_selector("#lattice svg")
    assert page.evaluate("document.documentElement.lang") == "en"
    assert page.locator("h1").count() == 1
    assert page.get_by_role("button", name="switch between dark and light").count() == 1
    assert page.get_by_role("radiogroup", name="value in the cells").count() == 1
    for region in (
        "Lattice",
        "Flow matrix",
        "Gossip latency",
        "Messages",
        "Convergence",
        "Equalities",
        "E-graph",
        "Agents",
        "Last facts",
    ):
        assert page.get_by_role("region", name=region, exact=True).count() == 1
    assert "A0 healthy" in (
        page.get_by_role("img", name=re.compile("agents by health")).get_attribute("aria-label") or ""
    )
