"""The order of events over HTTP: parameters reach the question, wrong ones are refused, what is missing is told."""

from collections.abc import Iterator

import pytest

from analytics.causal_reader import CausalReader
from dash_app.app import Settings, build_app
from tests.unit.analytics.observed import NOW, as_records
from tests.unit.analytics.stored import AGENTS, store_records
from tests.unit.analytics.test_causal_reader import relay
from tests.unit.dash_app.console_fakes import FakeReadModel, full_overview, serving
from tests.unit.dash_app.test_log_api import get

PATH = "/api/v1/causality"


@pytest.fixture(name="site", scope="module")
def _site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    data_dir = tmp_path_factory.mktemp("causality")
    store_records(data_dir, "events", as_records(relay()))
    causality = CausalReader(data_dir, agents=AGENTS)
    with serving(build_app(FakeReadModel(full_overview()), Settings(), causality=causality)) as address:
        yield address


def test_every_parameter_reaches_the_question(site: str) -> None:
    """A link to a moment would show another one, and nobody would see that it does."""
    for query, offsets in {
        "": [0, 1, 2, 3, 4],
        f"from_us={NOW + 10}": [2, 3, 4],
        f"to_us={NOW + 10}": [0, 1, 2],
        f"from_us={NOW + 10}&to_us={NOW + 20}": [2, 3],
        "limit=2": [3, 4],
        "only_facts=true": [0, 2, 3, 4],
        "event=0:2&limit=1": [2],
    }.items():
        status, found = get(site, f"{PATH}?{query}")
        assert (status, [item["offset"] for item in found["events"]]) == (200, offsets), query
    found = get(site, f"{PATH}?event=0:2")[1]
    assert (found["agents"], found["total"], found["cone"]["before"], found["cone"]["after"]) == (AGENTS, 5, 1, 2)
    assert [item["relation"] for item in found["events"]] == ["before", "concurrent", "itself", "after", "after"]


def test_an_event_that_is_not_held_is_told(site: str) -> None:
    """A link that outlived its event would show a page without it, or a fault."""
    status, found = get(site, f"{PATH}?event=0:5")
    assert status == 404
    assert "no event at 0:5" in found["problem"]


@pytest.mark.parametrize(
    "query", ["event=1", "event=a:b", "event=-1:2", "event=1:2:3", "from_us=now", "to_us=-1", "limit=0", "limit=1001"]
)
def test_a_parameter_out_of_its_bounds_is_the_callers_mistake(site: str, query: str) -> None:
    """A typing error would be a fault of the server, or ask for the whole timeline at once."""
    assert get(site, f"{PATH}?{query}")[0] == 422


def test_without_a_log_the_route_says_so() -> None:
    """A console that was built without a store would fail with a stack trace."""
    with serving(build_app(FakeReadModel(full_overview()), Settings())) as address:
        assert get(address, PATH)[0] == 503
