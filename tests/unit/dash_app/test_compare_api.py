"""Two sides compared over HTTP: parameters reach the question, wrong ones are refused, what is not there is told."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from analytics.catalog import store_dir
from analytics.compare_reader import CompareReader
from dash_app.app import Settings, build_app
from tests.unit.analytics.observed import as_records, heartbeat
from tests.unit.analytics.stored import AGENTS, fact_at, store_records
from tests.unit.dash_app.console_fakes import FakeReadModel, full_overview, serving
from tests.unit.dash_app.test_log_api import get

COMPARE = "/api/v1/compare"
GRAPH = "/api/v1/compare/graph"
SIDES = "/api/v1/compare/sides"


@pytest.fixture(name="site", scope="module")
def _site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    data_dir = tmp_path_factory.mktemp("log")
    store_records(data_dir, "facts", [fact_at(1, offset, 100 + offset) for offset in range(30)])
    store_records(
        data_dir, "heartbeats", as_records([heartbeat(0, version=(0, 12, 0)), heartbeat(2, version=(0, 30, 0))])
    )
    comparer = CompareReader(data_dir, agents=AGENTS, cap=20)
    with serving(build_app(FakeReadModel(full_overview()), Settings(), comparer=comparer)) as address:
        yield address


def test_every_parameter_reaches_the_question(site: str) -> None:
    """One side of a link would be ignored, or taken for the other."""
    status, found = get(site, f"{COMPARE}?left=1:4&right_agent=0&limit=3")
    assert (status, found["left"]["name"], found["right"]["name"]) == (200, "the log up to 1:4", "agent 0")
    assert (found["right_only"]["count"], len(found["right_only"]["facts"])) == (7, 3)
    status, found = get(site, f"{COMPARE}?left_agent=0&right=start")
    assert (found["left"]["name"], found["right"]["name"]) == ("agent 0", "the log up to 1:0")
    status, found = get(site, f"{GRAPH}?left=1:4&right=1:6")
    assert (status, found["left"]["counts"]["nodes"], found["right"]["counts"]["nodes"]) == (200, 5, 7)
    status, found = get(site, SIDES)
    assert (status, found["at"], [item["agent"] for item in found["agents"]]) == (200, "1:29", [0, 2])


@pytest.mark.parametrize("path", [COMPARE, GRAPH])
@pytest.mark.parametrize(
    ("query", "told"),
    [
        ("left=1:30", "beyond the end of partition 1, whose last one is 29"),
        ("right=0:0", "nothing of partition 0; it holds 1"),
        ("left_agent=1", "agent 1 was not heard; heard were: 0, 2"),
        ("right=1:0&right_agent=2", "agent 2 was not heard by 1:0; heard were: nobody"),
    ],
)
def test_a_side_that_is_not_there_is_404_with_the_reason(site: str, path: str, query: str, told: str) -> None:
    """A broken link would be a fault of the server, or compare something else."""
    status, found = get(site, f"{path}?{query}")
    assert status == 404
    assert told in found["problem"]


def test_sides_too_large_to_fold_are_refused_with_the_remedy(site: str) -> None:
    """A long log would block the console, or be shown in part as if it were the whole."""
    status, found = get(site, f"{GRAPH}?left=start")
    assert status == 422
    assert "the sides hold 30 records, and at most 20 are folded" in found["problem"]
    assert "egraph replay" in found["problem"]
    assert get(site, f"{COMPARE}?left=start")[0] == 200


@pytest.mark.parametrize(
    "query", ["left=x", "left=", "right=1-2", f"left=t{10**16}", "left_agent=-1", "right_agent=x", "right_agent=99999",
              "limit=0", "limit=100000"],
)  # fmt: skip
@pytest.mark.parametrize("path", [COMPARE, GRAPH])
def test_wrong_parameters_are_refused(site: str, path: str, query: str) -> None:
    """Anything could reach the database, and a slip of the pen would be a fault of the server."""
    assert get(site, f"{path}?{query}")[0] == 422


def test_without_a_store_and_with_a_broken_one_the_problem_is_told(tmp_path: Path) -> None:
    """A console without data, or with a broken disk, would answer 500."""
    with serving(build_app(FakeReadModel(full_overview()), Settings())) as address:
        assert [get(address, path)[0] for path in (COMPARE, GRAPH, SIDES)] == [503] * 3
    store_records(tmp_path, "facts", [fact_at(0, 0, 1)])
    (segment,) = (store_dir(tmp_path) / "facts").glob("*.parquet")
    segment.write_bytes(b"no parquet")
    comparer = CompareReader(tmp_path, agents=AGENTS)
    with serving(build_app(FakeReadModel(full_overview()), Settings(), comparer=comparer)) as address:
        for path in (COMPARE, GRAPH, SIDES):
            status, found = get(address, path)
            assert (status, "cannot be read" in found["problem"]) == (503, True), path
