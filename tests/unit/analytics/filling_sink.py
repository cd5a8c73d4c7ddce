"""The sink's work on a disk that fills and empties, as a process of its own: run as `python -m` with a folder.

Belongs here: the workload. Not here: the disk, what must hold (test_full_disk.py).
For each line of input it takes in some records and publishes them and the catalog; it answers with a line for each
refusal of the disk, and one when all is visible.
"""

import asyncio
import logging
import sys
from pathlib import Path

from analytics import sink
from analytics.catalog import publish_catalog, store_dir
from analytics.segments import SegmentWriter
from analytics.sink import Sink, TableBuffer
from analytics.tables import tables
from tests.unit.analytics.crashing_sink import LOG
from tests.unit.analytics.stored import AGENTS, table_named


async def main(data_dir: Path) -> None:
    """Answer until the input ends."""
    sink._DISK_PAUSE_S, sink._DISK_RETRIES = 0.05, 1000
    table = table_named("facts")
    buffer = TableBuffer(table, SegmentWriter(store_dir(data_dir) / table.name))
    work = Sink("nowhere", data_dir, AGENTS)
    for number, _ in enumerate(sys.stdin):
        for records in LOG.values():
            buffer.take(records[number : number + 1])
        await work._retried(buffer.flush)
        await work._retried(publish_catalog, store_dir(data_dir), tables(AGENTS))
        print("visible", flush=True)
    buffer.writer.close()


if __name__ == "__main__":
    logging.basicConfig(level=logging.ERROR, stream=sys.stdout, format="%(message)s")
    asyncio.run(main(Path(sys.argv[1])))
