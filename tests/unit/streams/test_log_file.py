"""The log file: what was written is read, and nothing else is."""

from pathlib import Path

import fastavro
import pytest

from streams.log_file import DamagedLogFile, LogFileWriter, LogSpans, read_records, read_spans, verify
from streams.ports import LogRecord

SPANS = LogSpans("egraph.facts", {0: (0, 3), 1: (5, 5), 2: (7, 9)})
RECORDS = [
    LogRecord("egraph.facts", 0, 0, 1, b"main", b"value", (("name", b"\x00\xff"), ("name", b""))),
    LogRecord("egraph.facts", 0, 1, 2, None, b"", ()),
    LogRecord("egraph.facts", 0, 2, -1, b"", None, ()),
    LogRecord("egraph.facts", 2, 7, 1 << 50, b"k", bytes(300_000), ()),
    LogRecord("egraph.facts", 2, 8, 0, b"k", bytes(range(256)), ()),
]


def write(path: Path, spans: LogSpans = SPANS, records: list[LogRecord] = RECORDS) -> bytes:
    """Write a file and give its bytes."""
    with LogFileWriter(path, spans) as file:
        file.write(records)
    return path.read_bytes()


def test_what_was_written_is_read(tmp_path: Path) -> None:
    """A log that loses a key, an empty value or a header is another log."""
    path = tmp_path / "log.avro"
    write(path)

    assert list(read_records(path)) == RECORDS
    assert verify(path) == SPANS


def test_any_avro_reader_reads_it(tmp_path: Path) -> None:
    """The file is an archive: it must not need this program."""
    path = tmp_path / "log.avro"
    write(path)
    with path.open("rb") as file:
        entries = list(fastavro.reader(file))

    assert [record.value for record in RECORDS] == [entry["value"] for entry in entries[:-1]]
    assert len(RECORDS) == entries[-1]["records"]


def test_every_cut_and_every_changed_byte_is_noticed(tmp_path: Path) -> None:
    """A damaged log that imports would be a silent fork of the truth."""
    path = tmp_path / "log.avro"
    whole = write(path)
    for at in [*range(0, len(whole), 7), len(whole) - 1]:
        for damaged in (whole[:at], whole[:at] + bytes((whole[at] ^ 0x10,)) + whole[at + 1 :]):
            path.write_bytes(damaged)
            try:
                spans, records = read_spans(path), list(read_records(path))
            except DamagedLogFile:
                continue
            # What is left are bytes that say nothing about the log, such as the schema's documentation.
            assert (spans, records) == (SPANS, RECORDS), at


def test_records_that_do_not_fit_the_spans_are_damage(tmp_path: Path) -> None:
    """A gap or another order would give other offsets, hence other positions, after an import."""
    path = tmp_path / "log.avro"
    for records in (RECORDS[:2] + RECORDS[3:], [RECORDS[1], RECORDS[0], *RECORDS[2:]], RECORDS[:-1], []):
        write(path, records=records)
        with pytest.raises(DamagedLogFile):
            verify(path)


def test_a_failed_export_leaves_the_old_file(tmp_path: Path) -> None:
    """An export that dies half-way must not take the last good one with it."""
    path = tmp_path / "log.avro"
    whole = write(path)

    def die() -> None:
        with LogFileWriter(path, SPANS) as file:
            file.write(RECORDS[:1])
            raise ConnectionError("the broker went away")

    with pytest.raises(ConnectionError):
        die()
    assert path.read_bytes() == whole
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("content", [b"", b"Obj\x01", b"not a container", bytes(1000)])
def test_what_is_no_log_file_is_refused(tmp_path: Path, content: bytes) -> None:
    """A wrong file name must give a message, not a stack trace."""
    path = tmp_path / "log.avro"
    path.write_bytes(content)
    with pytest.raises(DamagedLogFile, match="not a whole log file"):
        read_spans(path)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    """The message says which file and how one comes by it."""
    with pytest.raises(FileNotFoundError, match="egraph log export"):
        verify(tmp_path / "none.avro")
