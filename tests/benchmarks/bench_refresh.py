"""What one refresh of the console's overview costs over a store of ten million events.

Run: python -m tests.benchmarks.bench_refresh [--events N]. One JSON line; asserts nothing.
The store is made of merged segments of a million events and sixty single flushes, with its newest event now; a refresh
is `ReadModel.overview`, with a new segment before each, as the sink adds one. Wall and CPU milliseconds of the process.
Beside it the first refresh after a start, which reads the whole window, and, in turns, the same in SQL over all.
"""

import argparse
import json
import statistics
import tempfile
import time
from pathlib import Path
from random import Random
from typing import Any

import numpy as np
import pyarrow as pa

from analytics.catalog import store_dir
from analytics.housekeeping import FULL_ROWS
from analytics.read_model import ReadModel
from analytics.segments import SegmentWriter
from analytics.tables import Table, tables
from tests.properties.overview_in_sql import OverviewInSql
from tests.unit.analytics.observed import as_records, heartbeat
from tests.unit.analytics.stored import store_records

AGENTS = 9
_RATE = 10_000
FLUSH = _RATE * 4 // 5
_FLUSHES = 60
_REFRESHES = 12
_KINDS = ("MessageSent", "MessageReceived", "MessageSent", "AckReceived")


def rows(table: Table, count: int, last_us: int, seed: int, first_offset: int = 0) -> pa.Table:
    """Give made-up events, ten thousand a second, up to a time."""
    draw = np.random.default_rng(seed)
    flow = draw.integers(0, 32, count)
    columns: dict[str, Any] = {
        "partition": np.zeros(count, np.int32),
        "offset": first_offset + np.arange(count, dtype=np.int64),
        "ts": last_us - np.arange(count, dtype=np.int64)[::-1] * (1_000_000 // _RATE),
        "kind": [_KINDS[number % 4] for number in range(count)],
        "incarnation": np.ones(count, np.int64),
        "sequence": np.arange(count, dtype=np.int64),
        "message_id": np.arange(count, dtype=np.int64),
        "sender_incarnation": np.ones(count, np.int64),
        "agent": flow % AGENTS,
        "peer": (flow * 7 + 1) % AGENTS,
        "latency_us": draw.lognormal(8.5, 1.0, count).astype(np.int64),
        "bytes": draw.integers(40, 20_000, count),
        "facts": draw.integers(0, 50, count),
        "useful": draw.integers(0, 5, count),
        **{f"vc{agent}": draw.integers(0, 10**6, count) for agent in range(AGENTS)},
    }
    made = [
        pa.array(columns[field.name]).cast(pa.int64()).cast(field.type)
        if field.name in columns and field.name != "kind"
        else pa.array(columns["kind"])
        if field.name == "kind"
        else pa.nulls(count, field.type)
        for field in table.schema
    ]
    return pa.Table.from_arrays(made, schema=table.schema)


def fill(data_dir: Path, events: int, agents: int = AGENTS) -> int:
    """Fill a store up to now with about so many events and a heartbeat of each agent. Gives how many events."""
    table = next(item for item in tables(agents) if item.name == "events")
    writer = SegmentWriter(store_dir(data_dir) / table.name)
    now = time.time_ns() // 1000
    span = 1_000_000 // _RATE
    large = (events - _FLUSHES * FLUSH) // FULL_ROWS
    for number in range(large):
        behind = ((large - number - 1) * FULL_ROWS + _FLUSHES * FLUSH) * span
        writer.publish(rows(table, FULL_ROWS, now - behind, number), {0: number})
    for number in range(_FLUSHES):
        writer.publish(rows(table, FLUSH, now - (_FLUSHES - number - 1) * FLUSH * span, number), {0: large + number})
    writer.close()
    store_records(data_dir, "heartbeats", as_records([heartbeat(agent) for agent in range(agents)], now // 1000))
    return large * FULL_ROWS + _FLUSHES * FLUSH


def measure(data_dir: Path, events: int) -> dict[str, Any]:
    """Make the store, refresh some times."""
    filled = fill(data_dir, events)
    table = next(item for item in tables(AGENTS) if item.name == "events")
    writer = SegmentWriter(store_dir(data_dir) / table.name)
    model, in_sql = ReadModel(data_dir, agents=AGENTS), OverviewInSql(data_dir, agents=AGENTS)
    spent = time.process_time()
    model.overview()
    first = (time.process_time() - spent) * 1000
    wall, cpu, whole = [], [], []
    draw = Random(3)
    for number in range(_REFRESHES):
        writer.publish(rows(table, FLUSH, time.time_ns() // 1000, draw.randrange(100)), {0: 1000 + number})
        began, spent = time.perf_counter(), time.process_time()
        model.overview()
        wall.append((time.perf_counter() - began) * 1000)
        cpu.append((time.process_time() - spent) * 1000)
        if number % 3 == 0:
            spent = time.process_time()
            in_sql.overview()
            whole.append((time.process_time() - spent) * 1000)
    writer.close()
    return {
        "events": filled + _REFRESHES * FLUSH,
        "refresh_wall_ms": round(statistics.median(wall), 1),
        "refresh_cpu_ms": round(statistics.median(cpu), 1),
        "worst_wall_ms": round(max(wall), 1),
        "first_cpu_ms": round(first, 1),
        "in_sql_cpu_ms": round(statistics.median(whole), 1),
    }


def main() -> None:
    """Print one JSON line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--events", type=int, default=10_000_000)
    with tempfile.TemporaryDirectory(prefix="egraph-bench-") as folder:
        print(json.dumps(measure(Path(folder), parser.parse_args().events)))


if __name__ == "__main__":
    main()
