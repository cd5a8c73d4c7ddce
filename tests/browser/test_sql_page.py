"""The SQL page in a real browser: a statement in the address, an answer, a refusal, saved queries, a chart, export."""

import json
from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from playwright.sync_api import Browser

from analytics.desk import Desk
from dash_app.app import Settings, build_app
from tests.browser.conftest import DEADLINE_MS, Console
from tests.unit.dash_app.console_fakes import FakeReadModel, full_overview, serving
from tests.unit.public_sql.stores import small_store

pytestmark = [pytest.mark.browser, pytest.mark.timeout(180)]


@pytest.fixture
def site(tmp_path: Path) -> Iterator[tuple[str, FakeReadModel]]:
    """Give a console whose desk answers over a small store."""
    small_store(tmp_path)
    desk = Desk(tmp_path, agents=3)
    model = FakeReadModel(full_overview())
    with serving(build_app(model, Settings(period_s=0.3), desk)) as address:
        yield address, model
    desk.close()


def test_a_link_shows_its_statement_and_its_answer(console: Console, chromium: Browser) -> None:
    """People could not pass a question on; or the answer would be another than the log's."""
    page = console.page
    page.goto(f"{console.address}/sql?q=SELECT%20count(*)%20AS%20n%20FROM%20facts")
    page.wait_for_selector("#sql-answer td")
    assert page.input_value("#sql-text") == "SELECT count(*) AS n FROM facts"
    assert page.inner_text("#sql-answer td") == "20"
    assert "1 rows in" in page.inner_text("#sql-note")
    page.fill("#sql-text", "SELECT agent FROM v_agents ORDER BY agent")
    page.keyboard.press("Control+Enter")
    page.wait_for_function("() => document.querySelectorAll('#sql-answer tbody tr').length === 3")
    assert "q=SELECT%20agent" in page.url
    assert page.locator('#navigation [aria-current="page"]').get_attribute("title") == "SQL"
    assert console.complaints == []
    assert console.foreign == []


def test_a_refusal_is_told_in_place_and_the_way_back_is_open(console: Console) -> None:
    """A mistake would leave the old rows standing under a new statement."""
    page = console.page
    page.goto(f"{console.address}/sql?q=SELECT%201%20AS%20one")
    page.wait_for_selector("#sql-answer td")
    page.fill("#sql-text", "SELECT * FROM read_text('/etc/passwd')")
    page.click("#sql-run")
    page.wait_for_selector("#sql-answer [role=alert]")
    assert "'read_text' is not possible here" in page.inner_text("#sql-answer")
    assert page.locator("#sql-answer td").count() == 0
    assert page.is_disabled("#sql-csv")
    page.fill("#sql-text", "SELECT 2 AS two")
    page.click("#sql-run")
    page.wait_for_selector("#sql-answer td")
    assert page.inner_text("#sql-answer td") == "2"


def test_a_saved_query_is_one_click_and_numbers_have_a_chart(console: Console) -> None:
    """What people ask most would have to be typed, and a series of numbers would be a wall of digits."""
    page = console.page
    page.goto(f"{console.address}/sql")
    page.get_by_role("button", name="How many facts were appended in each second?").click()
    page.wait_for_function("() => document.querySelectorAll('#sql-answer tbody tr').length > 0")
    assert page.input_value("#sql-text").startswith("SELECT date_trunc")
    page.fill("#sql-text", "SELECT range AS x, range * range AS y FROM range(20)")
    page.click("#sql-run")
    page.wait_for_selector("#sql-chart .scatterlayer .trace", timeout=DEADLINE_MS)
    page.fill("#sql-text", "SELECT 'word' AS w")
    page.click("#sql-run")
    page.wait_for_function("() => getComputedStyle(document.getElementById('sql-chart')).display === 'none'")


def test_export_holds_the_rows(console: Console) -> None:
    """A file would hold other rows than the page, or break at a comma."""
    page = console.page
    page.goto(f"{console.address}/sql?q=SELECT%20%27a%2Cb%22%27%20AS%20text%2C%20NULL%20AS%20none%2C%207%20AS%20n")
    page.wait_for_selector("#sql-answer td")
    with page.expect_download() as csv:
        page.click("#sql-csv")
    assert Path(csv.value.path()).read_text() == 'text,none,n\n"a,b""",,7\n'
    with page.expect_download() as document:
        page.click("#sql-json")
    assert json.loads(Path(document.value.path()).read_text()) == [{"text": 'a,b"', "none": None, "n": 7}]
    with page.expect_download() as parquet:
        page.click("#sql-parquet")
    assert pq.read_table(parquet.value.path()).to_pylist() == [{"text": 'a,b"', "none": None, "n": 7}]
    with page.expect_download() as arrow:
        page.click("#sql-arrow")
    assert pa.ipc.open_file(Path(arrow.value.path()).read_bytes()).read_all().num_rows == 1
    assert console.complaints == []


def test_sums_and_words_have_a_chart_and_it_says_what_it_leaves_out(console: Console) -> None:
    """A sum would be no number, counts per kind would have no bars, and lines would be missing without a word."""
    page = console.page
    page.goto(
        f"{console.address}/sql?q=SELECT kind, sum(sequence) AS s FROM facts GROUP BY ALL UNION ALL SELECT 'x', 1"
    )
    page.wait_for_selector("#sql-chart .barlayer .trace")
    columns = ", ".join(f"range AS c{number}" for number in range(8))
    page.fill("#sql-text", f"SELECT {columns} FROM range(3)")
    page.click("#sql-run")
    page.wait_for_selector("#sql-chart .scatterlayer .trace")
    assert page.inner_text("#sql-charted") == "the chart shows 5 of 7 columns of numbers"


def test_a_lost_server_is_told_in_place_and_the_statement_stays(console: Console) -> None:
    """What somebody wrote would be gone, or an old answer would stand under it."""
    page = console.page
    page.goto(f"{console.address}/sql?q=SELECT 1 AS one")
    page.wait_for_selector("#sql-answer td")
    page.route("**/api/v1/sql*", lambda route: route.abort())
    page.route("**/api/v1/sql/file", lambda route: route.abort())
    page.click("#sql-parquet")
    page.wait_for_function("() => document.getElementById('sql-note').textContent.includes('not written')")
    page.fill("#sql-text", "SELECT 2 AS two")
    page.click("#sql-run")
    page.wait_for_selector("#sql-answer [role=alert]")
    assert "cannot be reached" in page.inner_text("#sql-answer")
    page.unroute_all()
    page.click("#sql-answer button")
    page.wait_for_selector("#sql-answer td")
    assert page.inner_text("#sql-answer td") == "2"


def test_keys_of_the_page_are_listed_and_work(console: Console) -> None:
    """Whoever has no mouse could not run a statement twice; or keys would act while somebody types."""
    page = console.page
    page.goto(f"{console.address}/sql?q=SELECT 1 AS one")
    page.wait_for_selector("#sql-answer td")
    page.focus("#page")
    page.keyboard.press("?")
    page.wait_for_selector("#sql-page-keys[open]")
    page.keyboard.press("Escape")
    page.keyboard.press("/")
    page.keyboard.type("?")
    assert page.input_value("#sql-text").count("?") == 1
    assert page.locator("#sql-page-keys[open]").count() == 0


@pytest.mark.parametrize("width", [390, 820, 1440])
def test_nothing_lies_outside_the_window(console: Console, width: int) -> None:
    """A phone would cut the editor off, or hide the way to other pages."""
    page = console.page
    page.set_viewport_size({"width": width, "height": 850})
    page.goto(f"{console.address}/sql?q=SELECT%20*%20FROM%20v_agents")
    page.wait_for_selector("#sql-answer td")
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    if width < 720:
        page.click("#ways-more")
    box = page.locator("#navigation a[title=SQL]").bounding_box()
    assert box is not None
    assert 0 <= box["x"] <= width - 20
    assert box["y"] <= 850


def test_a_broken_link_says_so_and_leads_back(console: Console) -> None:
    """Whoever follows an old link would see an empty page."""
    page = console.page
    page.goto(f"{console.address}/no/such/page")
    page.wait_for_selector(".nowhere")
    assert "/no/such/page" in page.inner_text(".nowhere")
    page.click(".nowhere a")
    page.wait_for_selector("#lattice .node")
    page.click("#navigation a[title=SQL]")
    page.wait_for_selector("#sql-text")
    page.go_back()
    page.wait_for_selector("#lattice .node")


@pytest.mark.parametrize("width", [390, 1600])
def test_questions_of_saved_queries_do_not_cover_each_other(console: Console, width: int) -> None:
    """Those of two lines would be written over the next, and nobody could read either."""
    page = console.page
    page.set_viewport_size({"width": width, "height": 850})
    page.goto(f"{console.address}/sql")
    page.wait_for_selector(".sql-saved")
    assert page.locator(".sql-saved").count() > 10
    cut = "[...document.querySelectorAll('.sql-saved')].filter(e => e.scrollHeight > e.clientHeight + 1)"
    assert page.evaluate(f"{cut}.map(e => e.textContent)") == []
