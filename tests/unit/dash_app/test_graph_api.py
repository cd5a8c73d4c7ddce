"""The graph over HTTP: parameters reach the question, wrong ones are refused, what is missing is told."""

from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

import pytest

from cli.console_graph import ConsoleGraph
from dash_app.app import Settings, build_app
from streams.runtimes.live_graph import LogUnreadable, StillReading
from tests.unit.dash_app.console_fakes import FakeReadModel, full_overview, serving
from tests.unit.dash_app.test_log_api import get
from tests.unit.streams.told_graph import told_graph

EGRAPH = "/api/v1/egraph"
WHY = "/api/v1/why"


@pytest.fixture(name="site", scope="module")
def _site() -> Iterator[str]:
    with serving(build_app(FakeReadModel(full_overview()), Settings(), graph=told_graph())) as address:
        yield address


def test_every_parameter_reaches_the_question(site: str) -> None:
    """A bound would be ignored, and a link show another class."""
    status, found = get(site, f"{EGRAPH}?node=a&limit=2&around=0")
    assert (status, len(found["members"]), found["members_count"]) == (200, 2, 3)
    assert [box["side"] for box in found["neighbourhood"]["classes"]] == ["itself"]
    status, found = get(site, f"{EGRAPH}/search?text=a&limit=1")
    assert (status, len(found["nodes"]), found["nodes"][0]["term"]) == (200, 1, "a")
    status, found = get(site, f"{EGRAPH}/summary?limit=1")
    assert (status, len(found["classes"]), found["merged_count"]) == (200, 1, 3)


def test_a_proof_is_given_with_the_place_of_every_fact(site: str) -> None:
    """The page could not link a step to its fact, or would take what is not equal for equal."""
    status, found = get(site, f"{WHY}?left={quote('(f a)')}&right={quote('(f c)')}")
    assert (status, found["equal"], found["checked"]) == (200, True, True)
    events = {
        step["event"] for lemma in found["proof"]["lemmas"] for step in lemma["steps"] if step["by"] == "asserted"
    }
    assert {found["facts"][event]["producer"] for event in events} == {"bob", "ann"}
    assert all({"partition", "offset"} <= set(fact) for fact in found["facts"].values())
    status, found = get(site, f"{WHY}?left=a&right={quote('(f a)')}")
    assert (status, found["equal"], found["proof"]) == (200, False, None)


@pytest.mark.parametrize(
    "query",
    [
        "",
        "?node=",
        "?node=a&limit=0",
        "?node=a&limit=501",
        "?node=a&around=41",
        "/search",
        "/search?text=",
        "/summary?limit=0",
    ],
)
def test_a_parameter_out_of_its_bounds_is_the_callers_mistake(site: str, query: str) -> None:
    """A typing error would be a fault of the server, or ask for the whole graph at once."""
    assert get(site, EGRAPH + query)[0] == 422


def test_a_node_that_is_not_there_is_told(site: str) -> None:
    """A link that outlived its node would show a fault."""
    status, found = get(site, f"{EGRAPH}?node=nowhere")
    assert status == 404
    assert "the log holds no node" in found["problem"]
    assert get(site, f"{WHY}?left=a&right=nowhere")[0] == 404
    assert get(site, f"{EGRAPH}?node={quote('(f')}")[0] == 400


@pytest.mark.parametrize(
    ("error", "told"), [(StillReading(10, 2_000), "10 of 2,000 records"), (LogUnreadable("no broker"), "no broker")]
)
def test_a_log_that_cannot_be_read_yet_is_told(error: Exception, told: str) -> None:
    """Who asks while the log is read would see a stack trace, and not that it will come."""

    class Refusing:
        def ask(self, question: Any) -> Any:
            raise error

    with serving(build_app(FakeReadModel(full_overview()), Settings(), graph=ConsoleGraph(Refusing()))) as address:
        for path in (f"{EGRAPH}?node=a", f"{EGRAPH}/search?text=a", f"{EGRAPH}/summary", f"{WHY}?left=a&right=b"):
            status, found = get(address, path)
            assert (status, told in found["problem"]) == (503, True), path


def test_without_a_log_the_routes_say_so() -> None:
    """A console that was started without a broker would fail with a stack trace."""
    with serving(build_app(FakeReadModel(full_overview()), Settings())) as address:
        status, found = get(address, f"{EGRAPH}/summary")
        assert (status, "--bootstrap" in found["problem"]) == (503, True)
