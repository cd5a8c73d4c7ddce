"""Record batches as a broker sends them, built from log records."""

import struct
from collections.abc import Sequence

from aiokafka.record.default_records import DefaultRecordBatchBuilder
from aiokafka.record.util import calc_crc32c
from aiokafka.structs import TopicPartition

from streams.adapters.fetched import FetchedBatches, bounds_of, records_of
from streams.ports import LogRecord
from streams.record_spans import RecordSpans


def as_fetched(records: Sequence[LogRecord]) -> RecordSpans:
    """Give records, which follow each other without a gap, as a worker gets them from the broker: in one batch."""
    first = records[0]
    builder = DefaultRecordBatchBuilder(2, 0, 0, -1, -1, -1, 1 << 30)
    for number, record in enumerate(records):
        builder.append(number, record.timestamp_ms, record.key, record.value, list(record.headers))
    made = bytearray(builder.build())
    struct.pack_into(">q", made, 0, first.offset)
    data = sealed(made)
    bounds = bounds_of(data)
    assert bounds is not None
    found = records_of(list(FetchedBatches(TopicPartition(first.topic, first.partition), data, bounds, 0)))
    assert isinstance(found, RecordSpans)
    assert list(found) == list(records)
    return found


def sealed(made: bytearray) -> bytes:
    """Write the checksum into a batch."""
    struct.pack_into(">I", made, 17, calc_crc32c(bytes(made[21:])))
    return bytes(made)
