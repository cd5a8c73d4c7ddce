"""The saved queries and the written list of what can be asked."""

from collections.abc import Iterator

import pytest

from analytics.desk import Desk, relations
from analytics.public_sql.client import Rows
from analytics.saved import saved_queries
from tests.unit.public_sql.stores import small_store


@pytest.fixture(name="desk", scope="module")
def _desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    data_dir = tmp_path_factory.mktemp("store")
    small_store(data_dir)
    desk = Desk(data_dir, agents=3)
    yield desk
    desk.close()


@pytest.mark.parametrize("query", saved_queries(), ids=lambda query: query.name)
def test_a_saved_query_runs_for_strangers(desk: Desk, query: object) -> None:
    """A click on a saved query would show an error: a view has changed, or it asks more than strangers may."""
    found = desk.ask(query.sql)  # type: ignore[attr-defined]
    assert isinstance(found, Rows), found
    assert found.columns


def test_there_are_saved_queries_and_each_is_a_question() -> None:
    """The list beside the editor would be empty, or hold names that nobody understands."""
    found = saved_queries()
    assert len(found) >= 20
    assert all(query.question.endswith("?") and query.sql.startswith(("SELECT", "WITH")) for query in found)


def test_the_schema_names_what_can_be_asked(desk: Desk) -> None:
    """People would have to guess names of columns, or be offered what is refused."""
    schema = desk.schema()
    named = {item["name"]: item for item in schema["relations"]}
    assert {"facts", "v_agents", "v_turns", "v_events"} <= set(named)
    assert {"name": "event_id", "type": "VARCHAR"} in named["facts"]["columns"]
    assert all(item["line"] for item in schema["relations"])
    for name, _, columns in relations(3):
        if columns:
            assert isinstance(desk.ask(f"SELECT * FROM {name}"), Rows), name
