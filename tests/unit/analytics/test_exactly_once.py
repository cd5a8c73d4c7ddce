"""The sink's promise: whatever the moment of a crash, every row is visible exactly once after the restart."""

import asyncio
import errno
import json
import os
import subprocess
import sys
from pathlib import Path

import duckdb
import pyarrow.parquet as pq
import pytest
from aiokafka import TopicPartition

from analytics import sink
from analytics.catalog import CATALOG_NAME, covered_files, store_dir
from analytics.segments import SegmentWriter
from analytics.sink import Sink, TableBuffer
from schemas.records import AgentLifecycle, Phase, PhaseOrder, Turn, encode_record
from schemas.topics import CONTROL
from tests.unit.analytics import crashing_sink
from tests.unit.analytics.crashing_sink import LOG
from tests.unit.analytics.stored import fact_at, table_named

ROOT = Path(__file__).parents[3]
EVERYTHING = sorted((partition, record.offset) for partition, records in LOG.items() for record in records)


def visible(data_dir: Path) -> list[tuple[int, int]]:
    """Give (partition, offset) of every visible row, read by file, so that nothing merges two copies."""
    rows: list[tuple[int, int]] = []
    for name in covered_files(store_dir(data_dir), table_named("facts")):
        columns = pq.read_table(name, columns=["partition", "offset"]).to_pydict()
        rows += zip(columns["partition"], columns["offset"], strict=True)
    return sorted(rows)


def in_catalog(data_dir: Path) -> list[tuple[int, int]]:
    """Give what a reader of the published catalog sees."""
    with duckdb.connect(str(store_dir(data_dir) / CATALOG_NAME), read_only=True) as connection:
        return connection.execute('SELECT partition, "offset" FROM facts ORDER BY ALL').fetchall()


def is_prefix_per_partition(rows: list[tuple[int, int]]) -> bool:
    """Tell whether the rows of each partition are 0, 1, 2, ... without gap or repetition."""
    return all(
        [offset for its, offset in rows if its == partition] == list(range(sum(its == partition for its, _ in rows)))
        for partition in LOG
    )


@pytest.fixture
def whole_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    """Put the compaction settings back that the workload changes."""
    monkeypatch.setattr(sink, "COMPACT_RUN", sink.COMPACT_RUN)
    monkeypatch.setattr(sink, "GRACE_SECONDS", sink.GRACE_SECONDS)


@pytest.mark.usefixtures("whole_runs")
def test_every_crash_point(tmp_path: Path) -> None:
    """A crash at some step on the disk would lose rows, show rows twice, or leave files that nobody deletes."""
    done = subprocess.run(
        (sys.executable, "-m", "tests.unit.analytics.crashing_sink", str(tmp_path)),
        cwd=ROOT,
        capture_output=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr.decode()[-2000:]
    told = json.loads(done.stdout.decode().splitlines()[-1])
    assert told["last_exit"] == 0, done.stderr.decode()[-2000:]
    assert told["steps"] > 25, "the workload hardly touches the disk"
    seen_at_crash = set()
    for step in range(told["steps"]):
        data_dir = tmp_path / str(step)
        before = visible(data_dir)
        assert is_prefix_per_partition(before), f"at the crash before step {step}: {before}"
        seen_at_crash.add(len(before))

        crashing_sink.work(data_dir)

        assert visible(data_dir) == EVERYTHING, f"after the restart, step {step}"
        assert in_catalog(data_dir) == EVERYTHING, f"in the catalog, step {step}"
        assert list((store_dir(data_dir) / "facts" / "tmp").iterdir()) == [], f"left behind, step {step}"
    assert len(seen_at_crash) > 3, "all crashes hit the same moment"


def test_a_torn_file_is_never_named_as_a_segment(tmp_path: Path) -> None:
    """A file that is written in place could be read half-way, or counted after a power cut."""
    writer = SegmentWriter(tmp_path / "facts")
    buffer = TableBuffer(table_named("facts"), writer)
    buffer.take(LOG[0][:2])
    torn = writer.directory / "tmp" / "seg-000000000000-000000000000.parquet"
    torn.write_bytes(b"PAR1 and no more")
    writer.close()

    again = SegmentWriter(tmp_path / "facts")

    assert not torn.exists()
    assert again.next_offsets == {}
    again.close()


@pytest.mark.parametrize("step", ["fsync", "link"])
def test_a_full_disk_loses_nothing_and_shows_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    """A flush that failed would drop its rows, or show them and write them once more at the retry."""
    writer = SegmentWriter(store_dir(tmp_path) / "facts")
    buffer = TableBuffer(table_named("facts"), writer)
    buffer.take(LOG[0])

    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(os, step, full)
        with pytest.raises(OSError, match="No space left"):
            buffer.flush()
    assert visible(tmp_path) == []
    assert buffer.has_news
    assert list((writer.directory / "tmp").iterdir()) == []

    buffer.flush()

    assert visible(tmp_path) == [(0, record.offset) for record in LOG[0]]
    assert not buffer.has_news
    writer.close()


def test_a_failed_directory_sync_does_not_show_rows_twice(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The name stands already when the directory's sync fails: writing the rows under a second name repeats them."""
    writer = SegmentWriter(store_dir(tmp_path) / "facts")
    buffer = TableBuffer(table_named("facts"), writer)
    buffer.take(LOG[0])
    real, calls = os.fsync, []

    def second_fails(handle: int) -> None:
        calls.append(handle)
        if len(calls) == 2:
            raise OSError(errno.EIO, "Input/output error")
        real(handle)

    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", second_fails)
        with pytest.raises(OSError, match="Input/output"):
            buffer.flush()
    assert len(calls) == 2
    with pytest.raises(FileExistsError):
        buffer.flush()
    writer.close()

    again = TableBuffer(table_named("facts"), SegmentWriter(store_dir(tmp_path) / "facts"))
    again.take(LOG[0])

    assert visible(tmp_path) == [(0, record.offset) for record in LOG[0]]
    assert not again.has_news
    again.writer.close()


def test_refused_records_move_the_offset(tmp_path: Path) -> None:
    """A partition that ends with records without rows would be read again after every restart."""
    writer = SegmentWriter(store_dir(tmp_path) / "facts")
    buffer = TableBuffer(table_named("facts"), writer)
    buffer.take([fact_at(0, 0, 1), LOG[0][1]._replace(value=b"not a fact"), LOG[0][2]._replace(value=None)])
    buffer.flush()
    writer.close()

    again = SegmentWriter(store_dir(tmp_path) / "facts")

    assert again.next_offsets == {0: 3}
    assert visible(tmp_path) == [(0, 0)]
    again.close()


def test_a_flush_is_due_by_rows_or_by_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Rows would wait for ever, or the buffer would grow without bound."""
    writer = SegmentWriter(tmp_path / "facts")
    buffer = TableBuffer(table_named("facts"), writer)
    now = buffer._since
    assert not buffer.is_due(now + 3600), "nothing has come, so nothing is due"
    buffer.take(LOG[0][:3])

    assert not buffer.is_due(now)
    assert buffer.is_due(now + 2 * sink.FLUSH_SECONDS)
    monkeypatch.setattr(sink, "FLUSH_ROWS", 3)
    assert buffer.is_due(now)
    writer.close()


def test_a_table_that_got_no_row_tells_its_progress_seldom(tmp_path: Path) -> None:
    """Tables that share a busy topic would each write an empty file a second, until readers drown in files."""
    writer = SegmentWriter(tmp_path / "lifecycle")
    buffer = TableBuffer(table_named("lifecycle"), writer)
    buffer.take(LOG[0][:3])  # records that are none of this table's
    now = buffer._since

    assert buffer.has_news
    assert not buffer.is_due(now + 2 * sink.FLUSH_SECONDS)
    assert buffer.is_due(now + 2 * sink.ROWLESS_FLUSH_SECONDS), "else a restart would read everything again"
    writer.close()


class PlacedConsumer:
    """Stands in for a consumer: notes where reading of the control topic will begin."""

    def __init__(self) -> None:
        self.begins: int | None = None

    def assign(self, partitions: list[TopicPartition]) -> None:
        """Accept any assignment."""

    async def end_offsets(self, partitions: list[TopicPartition]) -> dict[TopicPartition, int]:
        """Give ends behind everything."""
        return dict.fromkeys(partitions, 100)

    def seek(self, partition: TopicPartition, offset: int) -> None:
        """Note it."""
        if partition.topic == CONTROL.name:
            self.begins = offset


def test_a_crash_between_the_flushes_of_two_tables_of_one_topic_costs_no_row(tmp_path: Path) -> None:
    """What one table had not written yet would be skipped for ever, because its neighbour has it behind itself."""
    phase = encode_record(PhaseOrder(run="r", cycle=0, phase=Phase.LIVE, at=1, cut=(1,), rounds=1, nodes=1, matches=1))
    turn = encode_record(AgentLifecycle(turn=Turn.REGISTERED, agent=1, at=1))
    said = [fact_at(0, offset, 0)._replace(value=turn if offset in (1, 3) else phase) for offset in range(6)]

    def opened() -> tuple[Sink, dict[str, TableBuffer]]:
        sink_now = Sink("nowhere", tmp_path, 9)
        sink_now._open()
        return sink_now, {buffer.table.name: buffer for buffer in sink_now._buffers}

    _, buffers = opened()
    for name in ("phases", "lifecycle"):
        buffers[name].take(said)
    buffers["phases"].flush()
    for buffer in buffers.values():
        buffer.writer.close()  # as the end of a killed process does

    again, buffers = opened()
    consumer = PlacedConsumer()
    asyncio.run(again._seek(consumer))
    for name in ("phases", "lifecycle"):
        buffers[name].take(said[consumer.begins :])
        buffers[name].flush()

    rows = {}
    for name in ("phases", "lifecycle"):
        rows[name] = []
        for file in covered_files(store_dir(tmp_path), table_named(name)):
            rows[name] += pq.read_table(file, columns=["offset"]).to_pydict()["offset"]
        buffers[name].writer.close()
    assert rows == {"phases": [0, 2, 4, 5], "lifecycle": [1, 3]}
