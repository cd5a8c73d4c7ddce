"""The cone that SQL gives is the one that clocks compared in Python give, and the one that truly was.

Reproduce a failure with EGRAPH_SEED=<printed seed>.
"""

from collections import Counter
from pathlib import Path

import duckdb
import pytest

from analytics.catalog import publish_catalog, store_dir
from analytics.causal_reader import CausalReader
from analytics.tables import tables
from tests.properties.causal_histories import History, precedes, random_history
from tests.simulation.runs import base_seed
from tests.unit.analytics.observed import as_records
from tests.unit.analytics.stored import store_records

AGENTS = 5
COUNT = 90
RUNS = 4


@pytest.mark.parametrize("number", range(RUNS))
def test_the_cone_in_sql_is_the_cone_of_the_clocks_and_of_what_happened(number: int, tmp_path: Path) -> None:
    """The console would show a cause as unrelated, or blame an event that could not have had any influence."""
    seed = base_seed() + number
    history = random_history(seed, AGENTS, COUNT)
    store_records(tmp_path, "events", as_records(history.events), AGENTS)
    path = publish_catalog(store_dir(tmp_path), tables(AGENTS))
    reader = CausalReader(tmp_path, agents=AGENTS)
    with duckdb.connect(str(path), read_only=True) as connection:
        for place, item in enumerate(history.events):
            question = f'SELECT "offset", relation FROM causal_cone({item.agent}, {item.sequence})'
            found = dict(connection.execute(question).fetchall())
            by_clocks = {other: _by_clocks(history, other, place) for other in range(COUNT)}
            assert found == by_clocks, f"seed {seed}, event {place}"
            assert by_clocks == {other: _by_graph(history, other, place) for other in range(COUNT)}, f"seed {seed}"
            if place % 10 == 0:
                _compare(reader, history, place, by_clocks, f"seed {seed}, event {place}")


def _compare(reader: CausalReader, history: History, place: int, expected: dict[int, str], where: str) -> None:
    """What the console asks gives the same, and the first event of each agent that knows of the chosen one."""
    answer = reader.space_time((0, place), limit=2 * COUNT)
    assert answer is not None
    assert answer.cone is not None
    assert {item.offset: item.relation for item in answer.events} == expected, where
    counts = Counter(expected.values())
    cone = answer.cone
    assert (cone.before, cone.after, cone.concurrent) == (counts["before"], counts["after"], counts["concurrent"]), (
        where
    )
    agent = history.events[place].agent
    firsts: dict[int, int] = {}
    lasts: dict[int, int] = {}
    for other, relation in expected.items():
        if history.events[other].agent != agent:
            if relation == "after":
                firsts.setdefault(history.events[other].agent, other)
            elif relation == "before":
                lasts[history.events[other].agent] = other
    assert {item.agent: item.offset for item in cone.reached} == firsts, where
    assert {item.agent: item.offset for item in cone.known_of} == lasts, where


def _by_clocks(history: History, one: int, other: int) -> str:
    clocks = history.events[one].clock, history.events[other].clock
    if one == other:
        return "itself"
    if precedes(*clocks):
        return "before"
    return "after" if precedes(clocks[1], clocks[0]) else "concurrent"


def _by_graph(history: History, one: int, other: int) -> str:
    if one == other:
        return "itself"
    if one in history.past[other]:
        return "before"
    return "after" if other in history.past[one] else "concurrent"
