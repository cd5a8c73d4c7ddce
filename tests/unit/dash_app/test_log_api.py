"""The log over HTTP: parameters reach the question, wrong ones are refused, faults of the store are told."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from analytics.catalog import store_dir
from analytics.log_reader import LogReader
from analytics.run_reader import RunReader
from dash_app.app import Settings, build_app
from tests.unit.analytics.stored import AGENTS, fact_at, store_records
from tests.unit.dash_app.console_fakes import FakeReadModel, full_overview, serving
from tests.unit.dash_app.test_sql_api import send

FACTS = "/api/v1/events"
LETTERS = "/api/v1/dead-letters"


@pytest.fixture(name="site", scope="module")
def _site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    data_dir = tmp_path_factory.mktemp("log")
    store_records(data_dir, "facts", [fact_at(1, offset, 100 + offset) for offset in range(30)])
    log, runs = LogReader(data_dir, agents=AGENTS), RunReader(data_dir, agents=AGENTS)
    with serving(build_app(FakeReadModel(full_overview()), Settings(), log=log, runs=runs)) as address:
        yield address


def get(address: str, path: str) -> tuple[int, Any]:
    """Ask a route; give status and document."""
    status, _, body = send(address, "GET", path)
    return status, json.loads(body)


def test_every_parameter_reaches_the_question(site: str) -> None:
    """A filter of the page would be ignored, and all facts be taken for those that were asked for."""
    for query, expected in {
        "partition=1&offset=3": [3, 2, 1, 0],
        "since_us=128000": [29, 28],
        "until_us=101999": [1, 0],
        "text=p1o29": [29],
        "partition=0": [],
        "kind=RuleAdded": [],
        "producer=x": [],
        "after=103000.1.3&limit=2": [2, 1],
    }.items():
        status, found = get(site, f"{FACTS}?{query}")
        assert (status, [fact["offset"] for fact in found["facts"]]) == (200, expected), query
    status, found = get(site, f"{FACTS}?limit=2")
    assert (found["total"], found["matching"], found["before"], found["next"]) == (30, 30, 0, "128000.1.28")


def test_one_fact_has_its_neighbours_and_a_missing_one_is_404(site: str) -> None:
    """A script could not walk the log, or would take a missing fact for a fault."""
    status, found = get(site, f"{FACTS}/1/7")
    assert (status, found["fact"]["operator"], found["earlier_offset"], found["later_offset"]) == (200, "p1o7", 6, 8)
    status, found = get(site, f"{FACTS}/1/30")
    assert status == 404
    assert "no fact at 1:30" in found["problem"]


@pytest.mark.parametrize(
    "path",
    [
        f"{FACTS}?limit=0",
        f"{FACTS}?limit=501",
        f"{FACTS}?partition=-1",
        f"{FACTS}?offset=99999999999999999999",
        f"{FACTS}?since_us=now",
        f"{FACTS}?until_us=999999999999999999",
        f"{FACTS}?kind=Other",
        f"{FACTS}?after=1.2",
        f"{FACTS}?text={'x' * 201}",
        f"{FACTS}/one/2",
        f"{FACTS}/1/-2",
        f"{LETTERS}?limit=101",
        f"{LETTERS}?after=x",
        "/api/v1/phases?limit=0",
        "/api/v1/phases?limit=51",
        "/api/v1/turns?limit=501",
    ],
)
def test_a_parameter_out_of_its_bounds_is_the_callers_mistake(site: str, path: str) -> None:
    """A typing error would be a fault of the server, or ask for the whole log at once."""
    assert get(site, path)[0] == 422


@pytest.mark.parametrize("text", ["%27%20OR%201=1--", "%25", "_", "%00", "%F0%9F%A6%86", "%5C"])
def test_text_is_text(site: str, text: str) -> None:
    """A quote or a wildcard in the search would change the question."""
    status, found = get(site, f"{FACTS}?text={text}")
    assert (status, found["matching"]) == (200, 0)


def test_no_dead_letters_is_an_answer(site: str) -> None:
    """A log without a fault would look like a fault."""
    assert get(site, LETTERS) == (
        200, {"letters": [], "total": 0, "matching": 0, "before": 0, "next": None, "by_reason": {}},
    )  # fmt: skip


def test_a_system_without_a_story_is_an_answer(site: str) -> None:
    """A log that was never saturated would look like a fault."""
    nothing = {"runs": 0, "runs_shown": 0, "work": [], "costs": [], "rules": [], "rules_count": 0}
    nothing |= {"production": [], "production_count": 0, "rule": None, "profile": [], "profile_count": 0}
    nothing |= {"rounds": [], "rounds_count": 0}
    assert get(site, "/api/v1/phases?limit=3") == (200, nothing)
    assert get(site, "/api/v1/turns") == (200, {"turns": [], "turns_count": 0, "rounds": [], "rounds_count": 0})


def test_the_description_names_routes_and_parameters(site: str) -> None:
    """Who writes a script would have to read our source."""
    described = get(site, "/openapi.json")[1]["paths"]
    facts = described[FACTS]["get"]
    assert {item["name"] for item in facts["parameters"]} >= {"partition", "offset", "text", "after", "limit"}
    assert all(item["description"] for item in facts["parameters"])
    assert LETTERS in described


def test_an_unreadable_store_is_told_and_can_come_back(tmp_path: Path) -> None:
    """A broken disk would be a stack trace, or the console would have to be started anew."""
    store_records(tmp_path, "facts", [fact_at(0, 0, 1)])
    (segment,) = (store_dir(tmp_path) / "facts").glob("*.parquet")
    whole = segment.read_bytes()
    segment.write_bytes(b"no parquet")
    log = LogReader(tmp_path, agents=AGENTS)
    with serving(build_app(FakeReadModel(full_overview()), Settings(), log=log)) as address:
        status, found = get(address, FACTS)
        assert status == 503
        assert "cannot be read" in found["problem"]
        segment.write_bytes(whole)
        assert get(address, FACTS)[0] == 200


def test_without_a_log_the_routes_say_so() -> None:
    """A console that was built without a store would fail with a stack trace."""
    with serving(build_app(FakeReadModel(full_overview()), Settings())) as address:
        assert get(address, FACTS)[0] == 503
