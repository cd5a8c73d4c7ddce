"""Batches as the broker sends them: the same records as aiokafka reads, one by one, out of the same bytes."""

import struct
from random import Random
from typing import Any

import pytest
from aiokafka.consumer.fetcher import READ_COMMITTED, READ_UNCOMMITTED, PartitionRecords
from aiokafka.errors import CorruptRecordException
from aiokafka.record.default_records import DefaultRecordBatchBuilder
from aiokafka.record.memory_records import MemoryRecords
from aiokafka.structs import TopicPartition

from streams.adapters.fetched import FetchedBatch, FetchedBatches, _Kept, _partition_records, records_of
from streams.ports import LogRecord
from streams.record_spans import RecordSpans, between, is_run, offsets_of, timestamps_ms_of
from tests.unit.streams.kafka_batches import sealed

TP = TopicPartition("egraph.facts", 4)
HEADER_BYTES = 61


def batch(random: Random, base: int, count: int, codec: int = 0, append_time: bool = False) -> bytes:
    """Build a batch as a producer does, and set what the broker sets."""
    builder = DefaultRecordBatchBuilder(2, codec, 0, -1, -1, -1, 1 << 20)
    for number in range(count):
        key, value = (None if random.random() < 0.2 else random.randbytes(random.choice((0, 3, 90))) for _ in "kv")
        headers = [
            (name, random.choice((b"", b"\xff" * 70))) for name in random.sample(["x", "ö" * 40, ""], number % 3)
        ]
        assert builder.append(number, 1_700_000_000_000 + random.randrange(-5000, 5000), key, value, headers)
    made = bytearray(builder.build())
    struct.pack_into(">q", made, 0, base)
    if append_time:
        made[22] |= 8
    return sealed(made)


def stock(data: bytes, fetch_offset: int) -> list[LogRecord]:
    """Give what aiokafka reads."""
    records = PartitionRecords(TP, MemoryRecords(data), [], fetch_offset, None, None, True, READ_UNCOMMITTED)
    return [
        LogRecord(item.topic, item.partition, item.offset, item.timestamp, item.key, item.value, item.headers)
        for item in records
    ]


def ours(data: bytes, fetch_offset: int, isolation: int = READ_UNCOMMITTED) -> Any:
    """Give what stands in place of aiokafka's records."""
    return _partition_records(TP, _Kept(data), [], fetch_offset, None, None, True, isolation)


@pytest.mark.parametrize("codec", [0, 1, 2, 3, 4])
def test_records_are_those_of_aiokafka(codec: int) -> None:
    """A key, a time or a header would be another one, in dead letters too, or a fact would be lost between batches."""
    random = Random(codec)
    data = b"".join(batch(random, base, 40, codec, base == 50) for base in (10, 50, 95))
    for fetch_offset in (0, 10, 11, 49, 60, 130):
        batches = ours(data, fetch_offset)
        found = records_of(list(batches))
        expected = stock(data, fetch_offset)

        assert isinstance(found, RecordSpans)
        assert list(found) == expected
        assert [found[at] for at in range(len(found))] == expected
        assert list(found[3:7]) == expected[3:7]
        assert list(offsets_of(found)) == [item.offset for item in expected] == list(offsets_of(expected))
        assert list(timestamps_ms_of(found)) == [item.timestamp_ms for item in expected]
        assert timestamps_ms_of(expected) == timestamps_ms_of(found)
        assert batches.next_fetch_offset == 135


def test_a_run_has_no_gap() -> None:
    """Records that were lost on the way would be passed over, or each batch would be looked at one by one."""
    data = batch(Random(0), 10, 5) + batch(Random(0), 16, 5)
    found = records_of(list(ours(data, 0)))
    for records in (found, list(found)):
        assert is_run(records[:5], 10)
        assert not is_run(records[:5], 9)
        assert not is_run(records, 10)
        assert is_run(records[:0], 99)


def test_a_part_of_what_was_fetched_is_what_was_asked_for() -> None:
    """A reader would get records behind the cut, or lose those in front of it."""
    random = Random(7)
    data = b"".join(batch(random, base, 10) for base in (5, 20))
    spans, singly = records_of(list(ours(data, 0))), stock(data, 0)

    for first, until in ((0, 99), (5, 30), (6, 29), (13, 22), (16, 19), (30, 40), (9, 9)):
        part = between(spans, first, until)
        assert isinstance(part, RecordSpans)
        assert list(part) == between(singly, first, until)


def test_what_is_damaged_on_the_way_is_no_record() -> None:
    """Bytes that nobody wrote would be folded, or refused as if a producer had written them."""
    good = batch(Random(1), 0, 9)
    for at in range(17, len(good), 7):
        bad = bytearray(good)
        bad[at] ^= 4
        with pytest.raises(CorruptRecordException):
            list(ours(good + bytes(bad), 0))


def test_damage_under_a_right_checksum_is_judged_by_aiokafka() -> None:
    """A broken batch would end as other records than those that every other client of the broker sees."""
    random = Random(2)
    same = raised = 0
    for _ in range(300):
        bad = bytearray(batch(random, 7, 4))
        bad[random.randrange(HEADER_BYTES, len(bad))] = random.randrange(256)
        data = sealed(bad)
        try:
            expected: Any = stock(data, 0)
        except (CorruptRecordException, UnicodeDecodeError) as error:
            with pytest.raises(type(error)):
                list(records_of(list(ours(data, 0))))
            raised += 1
        else:
            assert list(records_of(list(ours(data, 0)))) == expected
            same += 1
    assert same > 20
    assert raised > 20


def test_a_batch_that_was_cut_off_waits_for_the_next_fetch() -> None:
    """Its records would be taken for damage, and the worker would end whenever a fetch is full."""
    whole, cut = batch(Random(3), 0, 5), batch(Random(3), 5, 5)[:-9]
    batches = ours(whole + cut, 0)

    assert [item.offset for item in batches] == [4]
    assert batches.next_fetch_offset == 5


def test_control_batches_are_passed_over() -> None:
    """A marker of a transaction would be folded as a fact."""
    marker = bytearray(batch(Random(4), 5, 1))
    marker[22] |= 0x20
    batches = ours(batch(Random(4), 0, 5) + sealed(marker), 0)

    assert [type(item) for item in batches] == [FetchedBatch]
    assert batches.next_fetch_offset == 6


def test_other_formats_and_transactions_go_the_stock_way() -> None:
    """Old messages would be read by the rules of new ones, and aborted ones would be folded."""
    data = batch(Random(5), 0, 5)
    old = bytearray(data)
    old[16] = 1

    assert isinstance(ours(data, 0), FetchedBatches)
    assert isinstance(ours(data, 0, READ_COMMITTED), PartitionRecords)
    assert isinstance(ours(bytes(old), 0), PartitionRecords)
