"""A log in a file: Avro container, one record for each log record, sealed by a closing record.

Belongs here: writing and reading the file, and knowing whether it is whole. Not here: Kafka, folding.
The file is readable by any Avro tool. Its schema is a union: `LogRecord`s, partition after partition in offset order,
then one `LogEnd` with their number and a blake2b-256 over all their fields, because a container alone notices neither
a missing tail nor a changed bit.
"""

import json
import os
from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from hashlib import blake2b
from pathlib import Path
from types import TracebackType
from typing import Any, BinaryIO, Self

import fastavro
from fastavro.schema import parse_schema, to_parsing_canonical_form
from fastavro.write import Writer

from streams.folders import sync_folder
from streams.ports import LogRecord

_RECORD = "egraph.log.LogRecord"
_END = "egraph.log.LogEnd"
_BYTES_OR_NULL = ["null", "bytes"]
_HEADER = {
    "type": "record",
    "name": "egraph.log.Header",
    "fields": [{"name": "name", "type": "string"}, {"name": "value", "type": "bytes"}],
}
_SCHEMA = [
    {
        "type": "record",
        "name": _RECORD,
        "doc": "One record of a topic as the broker keeps it.",
        "fields": [
            {"name": "topic", "type": "string"},
            {"name": "partition", "type": "int"},
            {"name": "offset", "type": "long"},
            {"name": "timestamp_ms", "type": "long"},
            {"name": "key", "type": _BYTES_OR_NULL},
            {"name": "value", "type": _BYTES_OR_NULL},
            {"name": "headers", "type": {"type": "array", "items": _HEADER}},
        ],
    },
    {
        "type": "record",
        "name": _END,
        "doc": "Closes the file; without it the file is damaged.",
        "fields": [
            {"name": "records", "type": "long"},
            {"name": "digest", "type": {"type": "fixed", "name": "egraph.log.Digest", "size": 32}},
        ],
    },
]
_CODEC = "deflate"  # every Avro implementation has it
_SPANS_KEY = "egraph.spans"


class DamagedLogFile(Exception):
    """The file is no log file, is cut short, or was changed. Nothing of it may be used."""

    def __init__(self, path: Path, detail: str) -> None:
        super().__init__(f"{path} is not a whole log file: {detail}; export the log again")


@dataclass(frozen=True, slots=True)
class LogSpans:
    """What a file holds: a topic, and for each of its partitions the offsets [first, until)."""

    topic: str
    partitions: dict[int, tuple[int, int]]

    @property
    def records(self) -> int:
        """Give the number of offsets covered."""
        return sum(until - first for first, until in self.partitions.values())


class LogFileWriter(AbstractContextManager["LogFileWriter"]):
    """Writes aside; leaving the block without an exception seals, fsyncs and renames, so `path` is whole or old."""

    def __init__(self, path: Path, spans: LogSpans) -> None:
        self._path = path
        self._aside = path.with_name(f".{path.name}.{os.getpid()}.part")
        self._spans = spans
        self._seal = _Seal()

    def __enter__(self) -> Self:
        self._path.parent.mkdir(parents=True, exist_ok=True)
        self._file = self._aside.open("wb")
        metadata = {_SPANS_KEY: json.dumps({"topic": self._spans.topic, "partitions": self._spans.partitions})}
        # Any: fastavro's types do not know that a union takes (name, fields).
        self._writer: Any = Writer(self._file, _SCHEMA, codec=_CODEC, sync_interval=256 * 1024, metadata=metadata)
        return self

    def write(self, records: Iterable[LogRecord]) -> None:
        """Append records; of each partition in offset order."""
        for record in records:
            self._seal.add(record)
            self._writer.write((_RECORD, _fields(record)))

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            if kind is None:
                self._writer.write((_END, {"records": self._seal.records, "digest": self._seal.digest()}))
                self._writer.flush()
                self._file.flush()
                os.fsync(self._file.fileno())
        finally:
            self._file.close()
            if kind is not None:
                self._aside.unlink(missing_ok=True)
        if kind is None:
            self._aside.replace(self._path)
            sync_folder(self._path.parent)


def read_spans(path: Path) -> LogSpans:
    """Give what the file says it holds, unverified. Raises DamagedLogFile, FileNotFoundError."""
    with _opened(path) as file:
        return _open_container(path, file)[1]


def verify(path: Path) -> LogSpans:
    """Read the whole file, give what it holds. Raises DamagedLogFile, FileNotFoundError."""
    for _ in read_records(path):
        pass
    return read_spans(path)


def read_records(path: Path) -> Iterator[LogRecord]:
    """Give the records in file order. Raises DamagedLogFile, at the latest at the end: use `verify` before acting."""
    with _opened(path) as file:
        container, spans = _open_container(path, file)
        seal, expected, closed = _Seal(), {p: first for p, (first, _) in spans.partitions.items()}, False
        for name, fields in _entries(path, container):
            if closed:
                raise DamagedLogFile(path, "something follows the closing record")
            if name == _END:
                if fields["records"] != seal.records or fields["digest"] != seal.digest():
                    raise DamagedLogFile(path, "its contents do not match its closing digest")
                closed = True
                continue
            record = _record(fields)
            if record.topic != spans.topic or expected.get(record.partition) != record.offset:
                raise DamagedLogFile(path, f"{record.topic}/{record.partition} offset {record.offset} is out of place")
            expected[record.partition] += 1
            seal.add(record)
            yield record
        if not closed:
            raise DamagedLogFile(path, "it is cut short")
        if any(expected[p] != until for p, (_, until) in spans.partitions.items()):
            raise DamagedLogFile(path, "it lacks records of its spans")


class _Seal:
    """Digest over all fields of all records, each with its length, so that nothing can shift."""

    def __init__(self) -> None:
        self._hash = blake2b(digest_size=32, person=b"egraph.log")
        self.records = 0

    def add(self, record: LogRecord) -> None:
        self.records += 1
        parts = [record.key, record.value]
        for name, value in record.headers:
            parts += [name.encode(), value]
        head = f"{record.topic}/{record.partition}/{record.offset}/{record.timestamp_ms}/{len(parts)}"
        self._hash.update(_sized(head.encode()) + b"".join(_sized(part) for part in parts))

    def digest(self) -> bytes:
        return self._hash.digest()


def _sized(part: bytes | None) -> bytes:
    return (-1 if part is None else len(part)).to_bytes(8, "little", signed=True) + (part or b"")


def _fields(record: LogRecord) -> dict[str, Any]:
    return record._asdict() | {"headers": [{"name": name, "value": value} for name, value in record.headers]}


def _record(fields: dict[str, Any]) -> LogRecord:
    headers = tuple((header["name"], header["value"]) for header in fields.pop("headers"))
    return LogRecord(**fields, headers=headers)


def _opened(path: Path) -> BinaryIO:
    if not path.exists():
        raise FileNotFoundError(f"{path} does not exist; `egraph log export {path}` writes one")
    return path.open("rb")


def _open_container(path: Path, file: BinaryIO) -> tuple[Any, LogSpans]:
    try:
        container = fastavro.reader(file, return_record_name=True, return_record_name_override=False)
        if to_parsing_canonical_form(container.writer_schema) != to_parsing_canonical_form(parse_schema(_SCHEMA)):
            raise ValueError("another schema")
        spans = json.loads(container.metadata[_SPANS_KEY])
        partitions = {int(p): (int(first), int(until)) for p, (first, until) in spans["partitions"].items()}
        return container, LogSpans(str(spans["topic"]), partitions)
    except Exception as error:  # hostile bytes make fastavro raise anything
        raise DamagedLogFile(path, f"no container of a log ({type(error).__name__})") from error


def _entries(path: Path, container: Any) -> Iterator[tuple[str, dict[str, Any]]]:
    while True:
        try:
            entry = next(container)
        except StopIteration:
            return
        except Exception as error:  # as above
            raise DamagedLogFile(path, f"a block cannot be read ({type(error).__name__}: {error})") from error
        if not isinstance(entry, tuple):
            raise DamagedLogFile(path, "it holds something that is no record")
        yield entry
