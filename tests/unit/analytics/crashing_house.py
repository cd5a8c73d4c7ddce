"""Rollups, compaction and retention, killed at a chosen step on the disk: run as `python -m` with a folder.

Belongs here: the workload. Not here: the killing (crashing_sink.py), what must hold afterwards (test_house_crashes.py).
"""

import json
import sys
from pathlib import Path

import pyarrow.parquet as pq

from analytics import housekeeping, sink
from analytics.catalog import publish_catalog, store_dir
from analytics.housekeeping import Retention
from analytics.sink import let_go, open_buffer
from analytics.tables import tables
from tests.contracts.dying import dying
from tests.unit.analytics.crashing_sink import Killer, wrap_disk
from tests.unit.analytics.observed import NOW, SECOND, as_records, event
from tests.unit.analytics.stored import AGENTS, table_named

DAY = 24 * 3600 * SECOND
OLD, YOUNG = 5, 2
TIMES = [NOW - DAY + place * SECOND for place in range(OLD)] + [NOW - place for place in range(YOUNG)]
LATE = NOW - DAY + SECOND
"""It comes last and belongs to a span that was merged and whose raw rows were let go of long ago."""
LOG = as_records([event(at, latency_us=1000) for at in (*TIMES, LATE)])
NAMES = ("events", "flow_minutes")
RETENTION = Retention(age_s=3600)


def work(data_dir: Path) -> None:
    """Read from one record before where the visible rows end; flush, merge and let go, in the order of the sink."""
    sink.COMPACT_RUN, housekeeping.MERGED_RUN, sink.GRACE_SECONDS = 3, 2, 600.0
    store = store_dir(data_dir)
    buffers = [open_buffer(store, table_named(name)) for name in NAMES]
    try:
        while (at := min(buffer.next_offsets.get(0, 0) for buffer in buffers)) < len(LOG):
            for buffer in buffers:
                buffer.take(LOG[max(0, at - 1) : at + 3 - (at == 0)])
                buffer.flush()
            let_go(buffers, RETENTION, NOW)
            for buffer in buffers:
                buffer.compact()
                buffer.sweep()
            publish_catalog(store, tables(AGENTS))
    finally:
        for buffer in buffers:
            buffer.writer.close()


def die_at(step: int, data_dir: Path) -> None:
    """Do the work with a crash before the given step on the disk."""
    wrap_disk(Killer(step), pq)
    work(data_dir)


if __name__ == "__main__":
    steps, last_exit = dying(die_at, Path(sys.argv[1]))
    print(json.dumps({"steps": steps, "last_exit": last_exit}))
