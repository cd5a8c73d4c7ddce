"""What the broker sends, handed on batch by batch: no object per record between the socket and the loops.

Belongs here: record batches of message format 2 (Kafka protocol guide, "Record Batch"): header, checksum, compression;
and making aiokafka's fetcher give them. Not here: the records inside (schemas/columns/records.py), Faust
(runtimes/transport.py). Reaches into aiokafka, hence its exact pin. Whatever is not plain, an older format or a
transaction, goes aiokafka's way, record by record.
"""

import struct
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from types import FunctionType, MethodType
from typing import Any

import numpy as np
from aiokafka import codec
from aiokafka.consumer import fetcher as aiokafka_fetcher
from aiokafka.errors import CorruptRecordException
from aiokafka.record.default_records import DefaultRecordBatch
from aiokafka.record.memory_records import MemoryRecords
from aiokafka.record.util import calc_crc32c

from schemas.columns.compiling import compiled
from schemas.columns.record_rows import OFFSET, RECORD_ROWS
from schemas.columns.records import DAMAGED, RECORD_BYTES_MIN
from schemas.columns.words import PADDING
from streams.ports import LogRecord
from streams.record_spans import RecordSpans

_HEADER = struct.Struct(">qiibIhiqqqhii")
_LENGTH_AT, _LENGTH_COUNTS_FROM, _MAGIC_AT, _CHECKED_FROM = 8, 12, 16, 21
_CODEC, _APPEND_TIME, _TRANSACTIONAL, _CONTROL = 0x07, 0x08, 0x10, 0x20
_DECODERS = {1: codec.gzip_decode, 2: codec.snappy_decode, 3: codec.lz4_decode, 4: codec.zstd_decode}


@dataclass(frozen=True, slots=True)
class FetchedBatch:
    """One batch as the broker sent it, its checksum verified.

    `offset` is that of its last record, `timestamp` its latest. Records below `wanted_from` were not asked for.
    """

    topic: str
    partition: int
    offset: int
    timestamp: int
    timestamp_type: int
    wanted_from: int
    base: int
    since: int
    codec: int
    records: int
    data: memoryview


class _Kept:
    """aiokafka's MemoryRecords, which does not give its bytes."""

    def __init__(self, data: bytes) -> None:
        self.data = data
        self.records = MemoryRecords(data)
        self.has_next = self.records.has_next
        self.size_in_bytes = self.records.size_in_bytes


class FetchedBatches:
    """Stands where aiokafka has its PartitionRecords: gives batches, and the offset to fetch from next."""

    def __init__(self, tp: Any, data: bytes, bounds: Sequence[tuple[int, int]], fetch_offset: int) -> None:
        self.next_fetch_offset = fetch_offset
        self._batches = self._verified(tp, memoryview(data), bounds)

    def __iter__(self) -> Iterator[FetchedBatch]:
        return self._batches

    def __next__(self) -> FetchedBatch:
        return next(self._batches)

    def _verified(self, tp: Any, data: memoryview, bounds: Sequence[tuple[int, int]]) -> Iterator[FetchedBatch]:
        for begin, end in bounds:
            base, _, _, _, crc, attributes, last, since, latest, _, _, _, count = _HEADER.unpack_from(data, begin)
            if calc_crc32c(data[begin + _CHECKED_FROM : end]) != crc:
                raise CorruptRecordException(f"Invalid CRC - {tp}")
            wanted_from, self.next_fetch_offset = self.next_fetch_offset, base + last + 1
            if attributes & _CONTROL or count == 0 or base + last < wanted_from:
                continue
            yield FetchedBatch(
                tp.topic, tp.partition, base + last, latest, int(bool(attributes & _APPEND_TIME)), wanted_from,
                base, since, attributes & _CODEC, count, data[begin:end],
            )  # fmt: skip


def hand_out_batches(fetcher: Any) -> None:
    """Make a fetcher of aiokafka give a FetchedBatch where it would give the records of one.

    Its method stays as it is, with two names in it standing for the classes above.
    """
    stock = aiokafka_fetcher.Fetcher._proc_fetch_request
    names = vars(aiokafka_fetcher) | {"MemoryRecords": _Kept, "PartitionRecords": _partition_records}
    fetcher._proc_fetch_request = MethodType(FunctionType(stock.__code__, names, stock.__name__), fetcher)


def _partition_records(tp: Any, kept: _Kept, aborted: Any, fetch_offset: int, *rest: Any) -> Any:
    *_, isolation_level = rest
    bounds = bounds_of(kept.data)
    if bounds is None or isolation_level != aiokafka_fetcher.READ_UNCOMMITTED:
        return aiokafka_fetcher.PartitionRecords(tp, kept.records, aborted, fetch_offset, *rest)
    return FetchedBatches(tp, kept.data, bounds, fetch_offset)


def bounds_of(data: bytes) -> list[tuple[int, int]] | None:
    """Give where each whole batch stands, or None if one is of another format. The last one may be cut off."""
    found = []
    at = 0
    while at + _LENGTH_COUNTS_FROM <= len(data):
        end = at + _LENGTH_COUNTS_FROM + int.from_bytes(data[at + _LENGTH_AT : at + _LENGTH_COUNTS_FROM], signed=True)
        if end > len(data):
            break
        if end - at < _HEADER.size or data[at + _MAGIC_AT] != 2:
            return None
        found.append((at, end))
        at = end
    return found


def records_of(batches: Sequence[FetchedBatch]) -> Sequence[LogRecord]:
    """Give the records of one partition's batches, in offset order. Raises CorruptRecordException."""
    bodies = [_body(batch) for batch in batches]
    counts = [batch.records for batch in batches]
    sizes = [len(body) for body in bodies]
    if any(count > size // RECORD_BYTES_MIN for count, size in zip(counts, sizes, strict=True)):
        return _one_by_one(batches)
    raw = b"".join((*bodies, bytes(PADDING)))
    data = np.frombuffer(raw, np.uint8)
    table = np.empty((RECORD_ROWS, sum(counts)), np.int64)
    read, at, row, last = compiled().read_records, 0, 0, -1
    for batch, size in zip(batches, sizes, strict=True):
        appended = batch.timestamp if batch.timestamp_type else -1
        before = last
        last = read(data, at, at + size, row, batch.records, batch.base, batch.since, appended, table)
        if last == DAMAGED or batch.base <= before:
            return _one_by_one(batches)
        at += size
        row += batch.records
    first = int(np.searchsorted(table[OFFSET], batches[0].wanted_from))
    return RecordSpans(batches[0].topic, batches[0].partition, raw, table[:, first:])


def _body(batch: FetchedBatch) -> bytes | memoryview:
    """Give the records of a batch, decompressed."""
    body = batch.data[_HEADER.size :]
    if not batch.codec:
        return body
    decode = _DECODERS.get(batch.codec)
    if decode is None:
        raise CorruptRecordException(f"{batch.topic}/{batch.partition}: no codec has number {batch.codec}")
    try:
        decompressed: bytes = decode(body.tobytes())
    except Exception as error:  # each library has errors of its own
        raise CorruptRecordException(f"{batch.topic}/{batch.partition}, offset {batch.base}: {error!r}") from error
    return decompressed


def _one_by_one(batches: Sequence[FetchedBatch]) -> list[LogRecord]:
    """Read as aiokafka does: it says what is wrong, or that it only looked so."""
    found = []
    for batch in batches:
        wanted_from = batch.wanted_from
        for record in DefaultRecordBatch(batch.data.tobytes()):
            if record.offset >= wanted_from:
                wanted_from = record.offset + 1
                headers: Any = tuple(record.headers)
                place = batch.topic, batch.partition, record.offset, record.timestamp
                found.append(LogRecord(*place, record.key, record.value, headers))
    return found
