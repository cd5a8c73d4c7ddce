"""A spool in one SQLite file, `<name>.spool`, with a lock beside it.

Belongs here: the file, its lock, what each disk error means. Not here: what is kept when (streams/outbox/outbox.py).

Names. The producer in the facts is `<name>@<incarnation>`, drawn when the file is made: a second file of the same
name, or the same file made anew, is another producer and cannot use a sequence again. With Durability.NORMAL a power
cut can take the newest steps back although their facts stand in the log; so a file that was used that way, was not
closed, and is opened under another boot of the machine, goes on as a new incarnation. What waits in it keeps its bytes.
"""

import fcntl
import json
import os
import secrets
import sqlite3
import time
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path
from typing import IO, Self

from egraph.identifiers import event_id
from schemas.codec import event_id_of
from schemas.registry import HEADER_BYTES
from streams.adapters.spool_files import APPLICATION_ID, SUFFIX, VERSION, check_name, connect, disk_errors, lock_path
from streams.folders import sync_folder
from streams.ingest.fact_stream import StreamPosition, producer_name
from streams.outbox.errors import SpoolDamaged, SpoolInUse, SpoolMismatch
from streams.outbox.spool import Identity, SpooledFact, Waiting

_LOCK_PATIENCE_S = 0.5
_SCHEMA = """
CREATE TABLE producer (
  name TEXT NOT NULL, graph TEXT NOT NULL, partitions INTEGER NOT NULL,
  sequences TEXT NOT NULL, hlc INTEGER NOT NULL,
  durability TEXT NOT NULL, boot TEXT NOT NULL, closed INTEGER NOT NULL
);
CREATE TABLE facts (
  number INTEGER PRIMARY KEY, partition INTEGER NOT NULL, event_id BLOB NOT NULL,
  spooled_at INTEGER NOT NULL, raw BLOB NOT NULL
);
"""


class Durability(StrEnum):
    """What a step of the spool survives: FULL a power cut, NORMAL the death of the process alone."""

    FULL = "FULL"
    NORMAL = "NORMAL"


class SqliteSpool:
    """Facts in a SQLite file in WAL mode, held by a lock for as long as it is open."""

    def __init__(
        self, path: Path, database: sqlite3.Connection, lock: IO[str], identity: Identity, durability: Durability
    ) -> None:
        self._path, self._database, self._lock = path, database, lock
        self._identity, self._durability = identity, durability

    @classmethod
    def open(
        cls, directory: Path, name: str, *, graph: str, partitions: int | None, durability: Durability = Durability.FULL
    ) -> Self:
        """Open the spool of this name, or make it. `partitions` may be None for one that is there.

        Raises SpoolInUse, SpoolMismatch, SpoolDamaged, SpoolWriteFailed, and ValueError for a name that is no name.
        """
        path = directory / (check_name(name) + SUFFIX)
        with disk_errors(path):
            directory.mkdir(parents=True, exist_ok=True)
            lock = _locked(path)
        database = None
        try:
            with disk_errors(path):
                database = connect(path)
                identity = _begin(database, path, name, graph, partitions, durability)
                sync_folder(directory)
        except BaseException:
            if database is not None:
                database.close()
            lock.close()
            raise
        return cls(path, database, lock, identity, durability)

    @property
    def identity(self) -> Identity:
        """Give whose facts these are."""
        return self._identity

    def position(self) -> StreamPosition:
        """Give the producer's position after the last fact that was ever kept here."""
        with disk_errors(self._path):
            sequences, hlc = self._database.execute("SELECT sequences, hlc FROM producer").fetchone()
        return StreamPosition(tuple(json.loads(sequences)), hlc)

    def waiting(self) -> Sequence[Waiting]:
        """Give what is kept, by ascending number."""
        with disk_errors(self._path):
            rows = self._database.execute(
                "SELECT number, partition, length(raw), spooled_at FROM facts ORDER BY number"
            ).fetchall()
        return [Waiting(*row) for row in rows]

    def keep(self, facts: Sequence[SpooledFact], position: StreamPosition) -> None:
        """Keep facts together with the position behind them, in one transaction."""
        with disk_errors(self._path), _transaction(self._database):
            self._database.executemany(
                "INSERT INTO facts (number, partition, event_id, spooled_at, raw) VALUES (?, ?, ?, ?, ?)", facts
            )
            self._database.execute(
                "UPDATE producer SET sequences = ?, hlc = ?", (json.dumps(position.sequences), position.hlc)
            )

    def read(self, numbers: Sequence[int]) -> Sequence[bytes]:
        """Give the bytes of facts, in the order asked. Raises SpoolDamaged unless they are the bytes that were kept."""
        marks = ",".join("?" * len(numbers))
        with disk_errors(self._path):
            rows = self._database.execute(f"SELECT number, event_id, raw FROM facts WHERE number IN ({marks})", numbers)
            found = {number: (identity, raw) for number, identity, raw in rows}
        for number in numbers:
            if number not in found or not _is_whole(*found[number]):
                raise SpoolDamaged(
                    f"{self._path}: fact {number} is not what was kept; nothing more is sent from it,"
                    " look at the disk and move the file away"
                )
        return [found[number][1] for number in numbers]

    def forget(self, numbers: Collection[int]) -> None:
        """Drop facts that the log has acknowledged, in one transaction."""
        with disk_errors(self._path):
            self._database.execute("PRAGMA synchronous = NORMAL")  # a power cut may bring them back: they go once more
            try:
                with _transaction(self._database):
                    self._database.executemany("DELETE FROM facts WHERE number = ?", [(number,) for number in numbers])
            finally:
                self._database.execute(f"PRAGMA synchronous = {self._durability.value}")

    def close(self) -> None:
        """Mark the file as closed and let another process open it."""
        if self._lock.closed:
            return
        try:
            with disk_errors(self._path):
                with _transaction(self._database):
                    self._database.execute("UPDATE producer SET closed = 1")
                self._database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        finally:
            self._database.close()
            self._lock.close()


def _begin(
    database: sqlite3.Connection, path: Path, name: str, graph: str, partitions: int | None, durability: Durability
) -> Identity:
    """Make or check the file, and mark it as open. Gives the identity that its facts have from now on."""
    database.execute("PRAGMA journal_mode = WAL")
    database.execute("PRAGMA journal_size_limit = 16777216")
    database.execute("PRAGMA synchronous = FULL")  # the mark must outlive a power cut, whatever comes later
    boot = _boot()
    with _transaction(database):
        if not database.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]:
            identity = _make(database, path, name, graph, partitions)
        else:
            identity = _found(database, path, name, graph, partitions, boot)
        database.execute("UPDATE producer SET durability = ?, boot = ?, closed = 0", (durability.value, boot))
    database.execute(f"PRAGMA synchronous = {durability.value}")
    return identity


def _make(database: sqlite3.Connection, path: Path, name: str, graph: str, partitions: int | None) -> Identity:
    if partitions is None:
        raise SpoolMismatch(f"{path} is new: the number of partitions must be known once; reach the broker, or give it")
    for statement in _SCHEMA.split(";")[:-1]:
        database.execute(statement)
    database.execute(f"PRAGMA application_id = {APPLICATION_ID}")
    database.execute(f"PRAGMA user_version = {VERSION}")
    identity = Identity(_fresh_name(name), graph, partitions)
    database.execute(
        "INSERT INTO producer VALUES (?, ?, ?, ?, 0, '', '', 1)",
        (identity.producer, graph, partitions, json.dumps([0] * partitions)),
    )
    return identity


def _found(
    database: sqlite3.Connection, path: Path, name: str, graph: str, partitions: int | None, boot: str
) -> Identity:
    if database.execute("PRAGMA application_id").fetchone()[0] != APPLICATION_ID:
        raise SpoolDamaged(f"{path} is a database, but no spool; name another folder")
    if database.execute("PRAGMA user_version").fetchone()[0] != VERSION:
        raise SpoolMismatch(f"{path} was made by another release; send what is in it with that one")
    row = database.execute("SELECT name, graph, partitions, durability, boot, closed FROM producer").fetchone()
    producer, its_graph, its_partitions, durability, its_boot, closed = row
    if its_graph != graph or partitions not in (None, its_partitions):
        raise SpoolMismatch(
            f"{path} belongs to graph {its_graph!r} with {its_partitions} partitions, not to {graph!r} with"
            f" {partitions or its_partitions}; use another folder or name"
        )
    if durability == Durability.NORMAL and not closed and not (boot and boot == its_boot):
        producer = _fresh_name(name)
        database.execute("UPDATE producer SET name = ?, sequences = ?", (producer, json.dumps([0] * its_partitions)))
    return Identity(producer, its_graph, its_partitions)


def _fresh_name(name: str) -> str:
    """Give a name that no file ever had: time and chance, because clocks can show one time twice."""
    return f"{producer_name(name, time.time_ns() // 1000)}-{secrets.token_hex(2)}"


def _boot() -> str:
    """Give what names this boot of the machine, or "" where nothing does."""
    try:
        return Path("/proc/sys/kernel/random/boot_id").read_text().strip()
    except OSError:
        return ""


def _locked(path: Path) -> IO[str]:
    """Take the lock. A moment's patience, because somebody may just look whether it is taken."""
    lock = open(lock_path(path), "a+")  # noqa: SIM115 - stays open as long as the spool
    deadline = time.monotonic() + _LOCK_PATIENCE_S
    while True:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() < deadline:
                time.sleep(0.02)
                continue
            lock.seek(0)
            holder = lock.read().strip() or "unknown"
            lock.close()
            raise SpoolInUse(f"{path} is in use by process {holder}; end it, or take another name") from None
        lock.truncate(0)
        lock.write(str(os.getpid()))
        lock.flush()
        return lock


def _is_whole(identity: bytes, raw: bytes) -> bool:
    return event_id_of(raw) == identity == event_id(raw[:HEADER_BYTES], raw[HEADER_BYTES + len(identity) :])


@contextmanager
def _transaction(database: sqlite3.Connection) -> Iterator[None]:
    database.execute("BEGIN IMMEDIATE")
    try:
        yield
        database.execute("COMMIT")
    except BaseException:
        if database.in_transaction:
            database.execute("ROLLBACK")
        raise
