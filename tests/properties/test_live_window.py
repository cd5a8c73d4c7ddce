"""The running window of the live page against the same figures in SQL over the whole store, through random histories.

A history flushes rows of every table, late ones among them, merges segments that the window has and has not seen, lets
old ones go, deletes what was merged, and starts the read model anew.
"""

from collections.abc import Callable
from dataclasses import astuple, fields, replace
from pathlib import Path
from random import Random
from types import SimpleNamespace
from typing import Any

import pytest

from analytics.answers import Overview
from analytics.catalog import store_dir
from analytics.read_model import ReadModel
from analytics.segments import SegmentWriter
from analytics.sink import TableBuffer
from analytics.tables import tables
from schemas.records import AgentLifecycle, TimelineKind, Turn, encode_record
from tests.properties.overview_in_sql import OverviewInSql
from tests.unit.analytics.observed import NOW, SECOND, event, heartbeat
from tests.unit.analytics.stored import AGENTS, Fetched, fact_at

WINDOW_S = 20
STEPS = 70
LOOKS_EVERY = 3
NAMES = ("events", "facts", "heartbeats", "lifecycle", "dead_letters")
KINDS = (
    TimelineKind.MESSAGE_RECEIVED, TimelineKind.MESSAGE_RECEIVED, TimelineKind.ACK_RECEIVED, TimelineKind.MESSAGE_SENT,
    TimelineKind.HEARTBEAT_SENT,
)  # fmt: skip


class World:
    """A store, its clock and what its sink does next."""

    def __init__(self, data_dir: Path, seed: int) -> None:
        self.draw = Random(seed)
        self.now = NOW
        self._tables = {table.name: table for table in tables(AGENTS) if table.name in NAMES}
        self._writers = {name: SegmentWriter(store_dir(data_dir) / name) for name in NAMES}
        self._buffers = {name: TableBuffer(self._tables[name], writer) for name, writer in self._writers.items()}
        self._offsets: dict[tuple[str, int], int] = {}

    def step(self) -> None:
        """Do one thing that a sink does, and let time pass."""
        self.now += self.draw.choice((1, 150_000, 900_000, 900_000, 4 * SECOND))
        name = self.draw.choice(NAMES)
        shown = self._writers[name].shown
        what = self.draw.choices(("flush", "merge", "let go", "sweep"), (12, 3, 1, 1))[0]
        if what == "merge" and len(shown) > 2:
            first = self.draw.randrange(len(shown) - 1)
            run = shown[first : first + self.draw.randint(2, 6)]
            self._writers[name].compact(run, self._tables[name].time_column)
        elif what == "let go" and len(shown) > 3:
            self._writers[name].let_go(shown[: self.draw.randint(2, len(shown) - 1)])
        elif what == "sweep":
            self._writers[name].sweep(-1.0)
        else:
            self._buffers[name].take([self._record(name) for _ in range(self.draw.randrange(30))])
            self._buffers[name].flush()

    def close(self) -> None:
        """Give the locks back."""
        for writer in self._writers.values():
            writer.close()

    def _record(self, name: str) -> Fetched:
        partition = 0 if name in ("heartbeats", "lifecycle") else self.draw.randrange(3)
        offset = self._offsets.get((name, partition), 0)
        self._offsets[name, partition] = offset + 1
        at_ms = self.now // 1000 - self.draw.randrange(800)
        late_ms = at_ms - self.draw.choice((0, 0, 500, 5_000, 40_000))
        match name:
            case "facts":
                return fact_at(partition, offset, late_ms)
            case "dead_letters":
                place = str(self.draw.randrange(9)).encode()
                headers = [("reason", b"empty"), ("source-topic", b"egraph.facts"), ("source-partition", b"0")]
                return Fetched(partition, offset, late_ms, b"", [*headers, ("source-offset", place)])
            case "heartbeats":
                behind_ms = self.draw.choice((0, 0, 0, 400_000))  # a sink that catches up
                return Fetched(0, offset, self.now // 1000 - behind_ms, encode_record(self._heartbeat()))
            case "lifecycle":
                turn = self.draw.choice((Turn.LOST, Turn.RECOVERED, Turn.ROUND_STARTED))
                told = AgentLifecycle(turn=turn, agent=1, at=self.now, round="sync-1" if "ROUND" in turn.name else "")
                return Fetched(0, offset, self.now // 1000, encode_record(told))
            case _:
                return Fetched(partition, offset, at_ms, encode_record(self._event()))

    def _event(self) -> Any:
        draw = self.draw
        kind = draw.choice(KINDS)
        beats = kind is TimelineKind.HEARTBEAT_SENT
        agent = draw.randrange(AGENTS)
        made = event(
            self.now - draw.choice((0, 0, 1, SECOND, 7 * SECOND, WINDOW_S * SECOND, 50 * SECOND, -2 * SECOND))
            - draw.randrange(SECOND),
            kind=kind, agent=agent, peer=-1 if beats else draw.randrange(AGENTS),
            latency_us=-1 if beats or draw.random() < 0.2 else draw.choice((draw.randrange(9), draw.randrange(90_000))),
            bytes=draw.randrange(50_000), facts=draw.randrange(9),
        )  # fmt: skip
        made = replace(made, useful=draw.randint(0, made.facts))
        if not beats:
            return made
        folds = tuple((bucket, draw.randint(1, 9)) for bucket in sorted(draw.sample(range(300), 3)))
        return replace(made, digest=draw.choice((b"a" * 16, b"b" * 16)), latencies=folds)

    def _heartbeat(self) -> Any:
        version = (self.draw.randrange(2),) * AGENTS
        return heartbeat(
            self.draw.randrange(AGENTS), incarnation=self.draw.randint(1, 2), version=version,
            at=self.now - self.draw.choice((0, 500)) * SECOND, facts=self.draw.randrange(4),
            nodes=self.draw.randrange(99), violations=self.draw.randrange(2), classes=self.draw.randrange(9),
            accepted=self.draw.randrange(9), quarantined=self.draw.randrange(9),
        )  # fmt: skip


def figures(answer: Overview, number: Callable[[Any], Any] = lambda value: value) -> dict[str, Any]:
    """Give an answer in parts, with each of its numbers as `number` gives it."""
    flows = [tuple(map(number, astuple(flow))) for flow in answer.flows]
    series = {name: list(map(number, values)) for name, values in vars_of(answer.series).items()}
    return {
        "newest": answer.newest_event_us,
        "kpis": {name: number(value) for name, value in vars_of(answer.kpis).items()},
        "agents": answer.agents,
        "flows": flows,
        "series": series,
        "lags": answer.lags,
        "messages": answer.recent_messages,
        **{
            name: part and {key: number(value) for key, value in vars_of(part).items()}
            for name, part in (("latest", answer.latest), ("earlier", answer.earlier))
        },
        "facts": answer.recent_facts,
        "turns": (answer.recent_turns, answer.recent_turns_count),
    }


def vars_of(part: Any) -> dict[str, Any]:
    """Give the fields of a part."""
    return {field.name: getattr(part, field.name) for field in fields(part)}


def near(value: float | None) -> Any:
    """Give a number within the last digit that either side rounds to."""
    return None if value is None else pytest.approx(value, rel=1e-9, abs=0.0011)


@pytest.mark.parametrize("seed", range(5))
def test_running_figures_are_those_of_the_whole_store(
    tmp_path: Path, seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The live page would count a row twice or never: after a merge, a late event, retention, or a restart."""
    world = World(tmp_path, seed)
    monkeypatch.setattr("analytics.read_model.time", SimpleNamespace(time_ns=lambda: world.now * 1000))
    model, whole = ReadModel(tmp_path, agents=AGENTS), OverviewInSql(tmp_path, agents=AGENTS)
    seen = 0
    for number in range(STEPS):
        world.step()
        if world.draw.randrange(LOOKS_EVERY) == 0:
            if world.draw.random() < 0.1:
                model = ReadModel(tmp_path, agents=AGENTS)
            window_s = WINDOW_S if world.draw.random() < 0.9 else WINDOW_S // 2
            found, expected = model.overview(window_s), whole.overview(window_s, world.now)
            seen += sum(item.messages for item in expected.flows)
            plain = figures(found)
            for part, value in figures(expected, near).items():
                assert plain[part] == value, f"{part} at step {number}"
    world.close()
    assert seen > 0
