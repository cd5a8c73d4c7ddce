"""The sink's work on the disk without Kafka, killed at a chosen step: run as `python -m` with a folder.

Belongs here: the workload and the killing. Not here: what must hold afterwards (test_exactly_once.py).
For k = 0, 1, 2, ... a forked child does the workload in folder <k> and gets SIGKILL just before its k-th step on the
disk, until a child comes through. A forked child is cheap: the imports are paid once. Prints one JSON line.
"""

import json
import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from analytics import catalog, segments, sink
from analytics.catalog import publish_catalog, store_dir
from analytics.segments import SegmentWriter
from analytics.sink import TableBuffer
from analytics.tables import tables
from tests.contracts.dying import dying
from tests.unit.analytics.stored import AGENTS, Fetched, fact_at, table_named

LOG = {partition: [fact_at(partition, offset, 1000 + offset) for offset in range(5)] for partition in (0, 1)}
"""What Kafka holds: the same bytes at every reading."""

FETCH = 3


def work(data_dir: Path) -> None:
    """Read the log from where the visible rows end, as the sink does; flush, compact and publish as it goes."""
    sink.COMPACT_RUN, sink.GRACE_SECONDS = 2, -1.0
    table = table_named("facts")
    writer = SegmentWriter(store_dir(data_dir) / table.name)
    buffer = TableBuffer(table, writer)
    try:
        publish_catalog(store_dir(data_dir), tables(AGENTS))
        while fetched := _fetch(buffer.next_offsets):
            buffer.take(fetched)
            buffer.flush()
            while buffer.compact():
                buffer.sweep()
        publish_catalog(store_dir(data_dir), tables(AGENTS))
    finally:
        writer.close()


def _fetch(next_offsets: dict[int, int]) -> list[Fetched]:
    """Give a few records of each partition from one before where it stands: a repetition must not count twice."""
    out: list[Fetched] = []
    for partition, records in LOG.items():
        at = next_offsets.get(partition, 0)
        if at < len(records):
            out += records[max(0, at - 1) : at + FETCH - partition]
    return out


class Killer:
    """Counts steps and kills the process before the one it was told. A file that this step writes is left torn."""

    def __init__(self, step: int) -> None:
        self._left = step

    def wrap(self, owner: Any, name: str, *, path_at: int | None = None) -> None:
        """Make calls of owner.name count."""
        original: Callable[..., Any] = getattr(owner, name)

        def counted(*arguments: Any, **options: Any) -> Any:
            if self._left == 0:
                if path_at is not None:
                    original(*arguments, **options)
                    os.truncate(arguments[path_at], os.path.getsize(arguments[path_at]) // 2)
                os.kill(os.getpid(), signal.SIGKILL)
            self._left -= 1
            return original(*arguments, **options)

        setattr(owner, name, counted)


def wrap_disk(killer: Killer, parquet: Any) -> None:
    """Make the steps on the disk count."""
    killer.wrap(parquet, "write_table", path_at=1)
    for name in ("fsync", "link", "replace", "unlink"):
        killer.wrap(os, name)
    killer.wrap(Path, "unlink")
    assert segments.os is os is catalog.os  # what is wrapped is what they call


def die_at(step: int, data_dir: Path) -> None:
    """Do the work with a crash before the given step on the disk, half of the file written where it writes one."""
    wrap_disk(Killer(step), pq)
    work(data_dir)


def main(root: Path) -> None:
    """Crash at every step, one folder each; print how many steps there are."""
    steps, last_exit = dying(die_at, root)
    print(json.dumps({"steps": steps, "last_exit": last_exit, "agents": AGENTS}))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
