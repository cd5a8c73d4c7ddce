"""Segments: which files make up a table, who may write it, what a compaction changes."""

import os
from itertools import pairwise
from pathlib import Path
from random import Random

import pyarrow as pa
import pytest

from analytics.ledger import Segment, cover
from analytics.segments import SegmentWriter, TableIsLocked, list_segments

SCHEMA = pa.schema([("n", pa.int64())])


def rows(*numbers: int) -> pa.Table:
    """Give rows."""
    return pa.Table.from_pylist([{"n": number} for number in numbers], schema=SCHEMA)


def numbers_in(directory: Path) -> list[int]:
    """Give every visible row, in the order of the files."""
    import pyarrow.parquet as pq

    files = [directory / item.file_name for item in cover(list_segments(directory))]
    return [row["n"] for file in files for row in pq.ParquetFile(file).read().to_pylist()]


def random_history(random: Random) -> tuple[int, set[Segment]]:
    """Give how many flushes there were and the files: compactions of runs, of compactions too, some sources swept."""
    flushes = random.randint(1, 20)
    blocks = [Segment(number, number) for number in range(flushes)]
    files = set(blocks)
    for _ in range(random.randint(0, 6)):
        first = random.randrange(len(blocks))
        run = blocks[first : first + random.randint(2, 5)]
        merged = Segment(run[0].first, run[-1].last)
        blocks[first : first + len(run)] = [merged]
        files.add(merged)
    contained = sorted(files - set(blocks))
    return flushes, files - {item for item in contained if random.random() < 0.3}


def test_cover_takes_each_flush_once() -> None:
    """A row would be counted twice, or not at all, while a compaction and its sources stand side by side."""
    random = Random(11)
    for _ in range(500):
        flushes, files = random_history(random)
        shuffled = list(files)
        random.shuffle(shuffled)

        taken = cover(shuffled)

        assert [number for item in taken for number in range(item.first, item.last + 1)] == list(range(flushes))
        assert set(taken) <= files
        assert all(before.last < after.first for before, after in pairwise(taken))


def test_names_sort_as_numbers_and_other_files_do_not_count(tmp_path: Path) -> None:
    """A stray file would be read as rows, or flush 10 would come before flush 2."""
    wanted = [Segment(0, 1), Segment(2, 2), Segment(10, 10), Segment(100, 199)]
    for item in reversed(wanted):
        (tmp_path / item.file_name).touch()
    for stray in ("lock", "seg-1-2.parquet", "seg-000000000003-000000000003.parquet.writing", "notes.parquet"):
        (tmp_path / stray).touch()

    assert list(list_segments(tmp_path)) == wanted
    assert sorted(item.file_name for item in wanted) == [item.file_name for item in wanted]
    assert list_segments(tmp_path / "none") == ()


def test_rows_and_progress_come_back_together(tmp_path: Path) -> None:
    """A restarted sink would go on at another place than where the visible rows end."""
    writer = SegmentWriter(tmp_path)
    assert writer.next_offsets == {}
    writer.publish(rows(1, 2), {0: 2})
    writer.publish(rows(), {0: 2, 8: 5})
    writer.close()

    again = SegmentWriter(tmp_path)
    assert again.next_offsets == {0: 2, 8: 5}
    again.publish(rows(3), {0: 3, 8: 5})
    again.close()

    assert numbers_in(tmp_path) == [1, 2, 3]


def test_a_second_writer_is_refused_while_the_first_lives(tmp_path: Path) -> None:
    """Two sinks would write the same rows under two names."""
    first = SegmentWriter(tmp_path)
    with pytest.raises(TableIsLocked, match="stop the other sink"):
        SegmentWriter(tmp_path)
    first.publish(rows(1), {0: 1})
    first.close()

    SegmentWriter(tmp_path).close()


def test_a_refused_writer_leaves_the_first_ones_work_alone(tmp_path: Path) -> None:
    """The cleaning of leftovers would delete a file that the living writer is about to link."""
    first = SegmentWriter(tmp_path)
    half = tmp_path / "tmp" / "half"
    half.touch()
    with pytest.raises(TableIsLocked):
        SegmentWriter(tmp_path)

    assert half.exists()
    first.close()


def zombie_and_successor(directory: Path) -> tuple[SegmentWriter, SegmentWriter]:
    """Give two writers of one table that both hold a lock: what a lost or foreign lock file makes possible."""
    zombie = SegmentWriter(directory)
    zombie.publish(rows(0), {0: 1})
    (directory / "lock").unlink()
    return zombie, SegmentWriter(directory)


def test_a_zombie_cannot_take_a_name_that_stands(tmp_path: Path) -> None:
    """The last defence behind the lock: a rename in place of the link would replace visible rows."""
    zombie, successor = zombie_and_successor(tmp_path)
    successor.publish(rows(1), {0: 2})

    with pytest.raises(FileExistsError):
        zombie.publish(rows(1), {0: 2})

    assert numbers_in(tmp_path) == [0, 1]
    assert list((tmp_path / "tmp").iterdir()) == []
    zombie.close()
    successor.close()


def test_a_zombie_behind_a_compaction_shows_nothing(tmp_path: Path) -> None:
    """After the sweep the zombie's name is free again; its rows stand in the compaction already."""
    zombie, successor = zombie_and_successor(tmp_path)
    run = [Segment(0, 0), *(successor.publish(rows(number), {0: number + 1}) for number in (1, 2, 3))]
    successor.compact(run, "n")
    successor.sweep(-1.0)

    zombie.publish(rows(1), {0: 2})

    assert numbers_in(tmp_path) == [0, 1, 2, 3]
    zombie.close()
    successor.close()


def test_a_compaction_changes_the_files_and_nothing_else(tmp_path: Path) -> None:
    """Rows or progress would be lost, added, or left out of order in the merged file."""
    writer = SegmentWriter(tmp_path)
    run = [writer.publish(rows(*numbers), {0: until}) for numbers, until in (((3, 1), 4), ((), 6), ((2,), 7))]
    writer.publish(rows(9), {0: 8})

    merged = writer.compact(run, "n")

    assert cover(list_segments(tmp_path)) == (merged, Segment(3, 3))
    assert numbers_in(tmp_path) == [1, 2, 3, 9]
    writer.close()
    again = SegmentWriter(tmp_path)
    assert again.next_offsets == {0: 8}
    (tmp_path / Segment(3, 3).file_name).unlink()
    again.close()
    last = SegmentWriter(tmp_path)
    assert last.next_offsets == {0: 7}, "progress of a compaction is that of its last source"
    last.close()


def test_a_compaction_refuses_a_run_with_a_hole(tmp_path: Path) -> None:
    """A cover over the hole would hide the flush inside it."""
    writer = SegmentWriter(tmp_path)
    run = [writer.publish(rows(number), {0: number + 1}) for number in range(3)]

    with pytest.raises(ValueError, match="unbroken"):
        writer.compact([run[0], run[2]], "n")
    assert numbers_in(tmp_path) == [0, 1, 2]
    writer.close()


def test_a_compaction_takes_in_rows_of_another_number_of_agents(tmp_path: Path) -> None:
    """After a change of --agents the columns vc0, vc1, ... differ, and every sink would die at its first compaction."""
    writer = SegmentWriter(tmp_path)
    wider = pa.Table.from_pylist([{"n": 2, "vc9": 7}], schema=SCHEMA.append(pa.field("vc9", pa.int64())))
    run = [writer.publish(rows(1), {0: 1}), writer.publish(wider, {0: 2})]
    try:
        writer.compact(run, "n")
    finally:
        writer.close()

    assert numbers_in(tmp_path) == [1, 2]


def test_sources_are_swept_only_after_the_grace(tmp_path: Path) -> None:
    """A reader that opened its files before the compaction would find them gone."""
    writer = SegmentWriter(tmp_path)
    run = [writer.publish(rows(number), {0: number + 1}) for number in range(3)]
    assert writer.sweep(-1.0) == 0, "nothing is contained yet"
    merged = writer.compact(run[:2], "n")

    assert writer.sweep(3600.0) == 0
    os.utime(tmp_path / merged.file_name, (1, 1))
    assert writer.sweep(3600.0) == 2

    assert list_segments(tmp_path) == (merged, run[2])
    assert numbers_in(tmp_path) == [0, 1, 2]
    writer.close()
