"""The log at a cut over HTTP: parameters reach the question, wrong ones are refused, what is not there is told."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from analytics.catalog import store_dir
from analytics.cut_reader import CutReader
from dash_app.app import Settings, build_app
from tests.unit.analytics.stored import AGENTS, fact_at, store_records
from tests.unit.dash_app.console_fakes import FakeReadModel, full_overview, serving
from tests.unit.dash_app.test_log_api import get

CUT = "/api/v1/cut"
GRAPH = "/api/v1/cut/graph"
DENSITY = "/api/v1/log/density"
RECENT = "/api/v1/egraph/recent"


@pytest.fixture(name="site", scope="module")
def _site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    data_dir = tmp_path_factory.mktemp("log")
    store_records(data_dir, "facts", [fact_at(1, offset, 100 + offset) for offset in range(30)])
    cuts = CutReader(data_dir, agents=AGENTS)
    with serving(build_app(FakeReadModel(full_overview()), Settings(), cuts=cuts)) as address:
        yield address


def test_every_parameter_reaches_the_question(site: str) -> None:
    """A step or a window of the page would be ignored."""
    for query, expected in {"": "1:29", "?at=start": "1:0", "?at=1:7": "1:7", "?at=1:7&step=-3": "1:4"}.items():
        status, found = get(site, CUT + query)
        assert (status, found["at"]) == (200, expected), query
    assert get(site, f"{CUT}?window_s=20")[1]["window"]["window_s"] == 20
    assert len(get(site, f"{DENSITY}?buckets=5")[1]["facts"]) == 5
    status, found = get(site, f"{GRAPH}?at=n3")
    assert (status, found["at"], found["counts"]["nodes"]) == (200, "1:2", 3)
    assert (found["change"]["outcome"], len(found["change"]["classes"])) == ("node-new", 1)
    status, found = get(site, f"{RECENT}?drawn=2")
    assert (status, found["records"], len(found["classes"]), found["nodes_count"]) == (200, 30, 2, 30)


@pytest.mark.parametrize("path", [CUT, GRAPH])
def test_what_is_beyond_the_log_is_404_with_the_reason(site: str, path: str) -> None:
    """A broken link would be a fault of the server, or show another moment."""
    status, found = get(site, f"{path}?at=1:30")
    assert status == 404
    assert "beyond the end of partition 1, whose last one is 29" in found["problem"]


@pytest.mark.parametrize(
    "path",
    [
        f"{CUT}?at=x",
        f"{CUT}?at=",
        f"{CUT}?at=1:{10**18}",
        f"{CUT}?at=t{10**16}",
        f"{CUT}?step=1.5",
        f"{CUT}?step=9999999",
        f"{CUT}?window_s=0",
        f"{GRAPH}?at=1-2",
        f"{GRAPH}?drawn=1",
        f"{GRAPH}?drawn=41",
        f"{RECENT}?drawn=1",
        f"{RECENT}?drawn=41",
        f"{DENSITY}?buckets=0",
        f"{DENSITY}?buckets=100000",
    ],
)
def test_wrong_parameters_are_refused(site: str, path: str) -> None:
    """Anything could reach the database, and a slip of the pen would be a fault of the server."""
    assert get(site, path)[0] == 422


def test_the_largest_numbers_that_are_let_through_are_answered(site: str) -> None:
    """A number that the pattern allows and the database does not would be a fault of the server."""
    for at in (f"{10**9 - 1}:{10**18 - 1}", f"1:{10**18 - 1}", f"t{10**16 - 1}", f"n{10**18 - 1}"):
        assert get(site, f"{CUT}?at={at}")[0] == 404, at


def test_without_a_store_and_with_a_broken_one_the_problem_is_told(tmp_path: Path) -> None:
    """A console without data, or with a broken disk, would answer 500."""
    with serving(build_app(FakeReadModel(full_overview()), Settings())) as address:
        assert get(address, CUT)[0] == 503
    store_records(tmp_path, "facts", [fact_at(0, 0, 1)])
    (segment,) = (store_dir(tmp_path) / "facts").glob("*.parquet")
    segment.write_bytes(b"no parquet")
    cuts = CutReader(tmp_path, agents=AGENTS)
    with serving(build_app(FakeReadModel(full_overview()), Settings(), cuts=cuts)) as address:
        for path in (CUT, GRAPH, DENSITY, RECENT):
            status, found = get(address, path)
            assert (status, "cannot be read" in found["problem"]) == (503, True), path
