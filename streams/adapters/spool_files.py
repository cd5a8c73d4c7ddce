"""Files of spools: how they are named, found, opened and looked at, and what their disk errors mean.

Belongs here: what a tool needs that looks at spools from outside. Not here: writing (sqlite_spool.py).
"""

import fcntl
import json
import re
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

from streams.outbox.errors import SpoolDamaged, SpoolWriteFailed

SUFFIX = ".spool"
APPLICATION_ID = 0x65675350
"""Tells `file` and us that a SQLite file is a spool: "egSP"."""
VERSION = 1

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")
_BUSY_S = 5.0
_OF_CONTENT = {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB}
_OF_DISK = {
    sqlite3.SQLITE_FULL,
    sqlite3.SQLITE_IOERR,
    sqlite3.SQLITE_READONLY,
    sqlite3.SQLITE_CANTOPEN,
    sqlite3.SQLITE_BUSY,
    sqlite3.SQLITE_PERM,
}


@dataclass(frozen=True, slots=True)
class SpoolStatus:
    """What a spool holds, seen from outside. Times in microseconds since the Unix epoch, sizes in bytes."""

    path: Path
    producer: str
    graph: str
    partitions: int
    sequences: tuple[int, ...]
    hlc: int
    waiting: int
    bytes: int
    oldest: int | None
    in_use: bool


def check_name(name: str) -> str:
    """Give the name back. Raises ValueError for one that cannot name a file and a producer everywhere."""
    if not _NAME.fullmatch(name):
        raise ValueError(f"{name!r} names no producer; use 1 to 100 letters, digits, dots, dashes and underscores")
    return name


def name_of(path: Path) -> str:
    """Give the producer's name of a spool's path."""
    return path.name.removesuffix(SUFFIX)


def lock_path(path: Path) -> Path:
    """Give the file whose lock says that a spool is in use."""
    return path.with_name(path.name + ".lock")


def find_spools(place: Path) -> list[Path]:
    """Give the spool files at a path: itself, or those of the folder, by name. Raises FileNotFoundError."""
    if place.is_dir():
        return sorted(place.glob(f"*{SUFFIX}"))
    if not place.exists():
        raise FileNotFoundError(f"{place} is not there; name a spool file or a folder that holds some")
    return [place]


def connect(path: Path, *, read_only: bool = False) -> sqlite3.Connection:
    """Give a connection that any one thread may use at a time, without implicit transactions."""
    where = f"{path.resolve().as_uri()}?mode={'ro' if read_only else 'rwc'}"
    return sqlite3.connect(where, uri=True, isolation_level=None, check_same_thread=False, timeout=_BUSY_S)


def read_status(path: Path) -> SpoolStatus:
    """Look at a spool, also while its producer runs. Raises SpoolDamaged, SpoolWriteFailed."""
    with disk_errors(path), closing(connect(path, read_only=True)) as database:
        if database.execute("PRAGMA application_id").fetchone()[0] != APPLICATION_ID:
            raise SpoolDamaged(f"{path} is no spool; name a file that a producer made")
        database.execute("BEGIN")
        row = database.execute("SELECT name, graph, partitions, sequences, hlc FROM producer").fetchone()
        found = "SELECT count(*), coalesce(sum(length(raw)), 0), min(spooled_at) FROM facts"
        waiting, size, oldest = database.execute(found).fetchone()
    producer, graph, partitions, sequences, hlc = row
    return SpoolStatus(
        path=path,
        producer=producer,
        graph=graph,
        partitions=partitions,
        sequences=tuple(json.loads(sequences)),
        hlc=hlc,
        waiting=waiting,
        bytes=size,
        oldest=oldest,
        in_use=_is_locked(lock_path(path)),
    )


@contextmanager
def disk_errors(path: Path) -> Iterator[None]:
    """Turn what SQLite and the system say of a spool's file into our errors. Anything else is our own fault."""
    try:
        yield
    except sqlite3.DatabaseError as error:
        code = getattr(error, "sqlite_errorcode", 0) & 0xFF
        if code in _OF_CONTENT:
            raise SpoolDamaged(f"{path} is damaged or no spool ({error}); move it away, look at the disk") from error
        if code in _OF_DISK:
            raise SpoolWriteFailed(f"{path}: {error}; nothing of it was kept, look at the disk") from error
        raise
    except OSError as error:
        raise SpoolWriteFailed(f"{path}: {error.strerror}; nothing of it was kept, look at the disk") from error


def _is_locked(path: Path) -> bool:
    try:
        with open(path) as lock:
            fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except FileNotFoundError:
        return False
    except BlockingIOError:
        return True
    return False
