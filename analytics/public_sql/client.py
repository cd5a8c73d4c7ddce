"""Asks the fork server: the side of the process that answers strangers over HTTP.

Belongs here: starting the server, one request at a time in each of a few slots, reading the answer with a deadline.
Not here: what may be asked.
"""

import array
import json
import os
import select
import socket
import subprocess
import sys
import threading
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from analytics.public_sql.confinement import CannotConfine, check_kernel
from analytics.public_sql.limits import ANSWER_BYTES_MAX, TEXT_BYTES_MAX

PARALLEL = 2
WAITING_MAX = 20
PATIENCE_S = 2.6
"""From the moment a query has a slot: the server kills its process a little earlier."""
_READ_BYTES_MAX = 4 * ANSWER_BYTES_MAX


@dataclass(frozen=True, slots=True)
class Refused:
    """No answer. `kind` is statement, query, memory, time, busy, catalog or kernel; `message` says what to do."""

    kind: str
    message: str


@dataclass(frozen=True, slots=True)
class Rows:
    """An answer: names and types of the columns, rows of plain values, and why some are missing, if they are."""

    columns: tuple[tuple[str, str], ...]
    rows: list[list[Any]]
    truncated: str | None
    elapsed_ms: float


class PublicSql:
    """Answers statements of strangers over one catalog. Safe to use from several threads."""

    def __init__(self, catalog: Path) -> None:
        self._catalog = catalog
        self._slots = threading.BoundedSemaphore(PARALLEL)
        self._lock = threading.Lock()
        self._waiting = 0
        self._server: subprocess.Popen[bytes] | None = None
        self._requests: socket.socket | None = None

    def ask(self, statement: str) -> Rows | Refused:
        """Answer a statement: its first rows, or why not. Never raises for what a stranger may cause."""
        try:
            size = len(statement.encode())
        except UnicodeEncodeError:
            return Refused("statement", "the statement is no text that UTF-8 can hold; look for half characters in it")
        if size > TEXT_BYTES_MAX:
            return Refused("statement", f"the statement is longer than {TEXT_BYTES_MAX // 1024} KiB; ask for less")
        try:
            check_kernel()
        except CannotConfine as error:
            return Refused("kernel", str(error))
        if not self._catalog.exists():
            return Refused("catalog", "there is no data yet; ask again when the sink has written")
        with self._lock:
            if self._waiting >= WAITING_MAX:
                return Refused("busy", "too many queries are waiting; try again in a few seconds")
            self._waiting += 1
        try:
            with self._slots:
                return self._ask(statement)
        finally:
            with self._lock:
                self._waiting -= 1

    def close(self) -> None:
        """End the server. A query that runs is given up."""
        with self._lock:
            server, self._server = self._server, None
            if self._requests is not None:
                self._requests.close()
                self._requests = None
        if server is not None:
            server.terminate()
            server.wait(5)

    def _ask(self, statement: str) -> Rows | Refused:
        started = time.monotonic()
        ours, theirs = os.pipe()
        try:
            try:
                self._send({"catalog": str(self._catalog.resolve()), "statement": statement}, theirs)
            finally:
                os.close(theirs)
            raw = _read(ours, started + PATIENCE_S)
        finally:
            os.close(ours)
        return _understood(raw, (time.monotonic() - started) * 1000)

    def _send(self, request: dict[str, str], pipe: int) -> None:
        raw = json.dumps(request).encode()
        ancillary = [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", [pipe]))]
        with self._lock:
            if self._server is None or self._server.poll() is not None:
                self._start()
            assert self._requests is not None
            self._requests.sendmsg([raw], ancillary)

    def _start(self) -> None:
        if self._requests is not None:
            self._requests.close()
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with theirs:
            # Nothing of the environment goes along: it may hold secrets.
            self._server = subprocess.Popen(
                (sys.executable, "-m", "analytics.public_sql.fork_server", str(theirs.fileno())),
                pass_fds=(theirs.fileno(),),
                stdin=subprocess.DEVNULL,
                start_new_session=True,
                env={"PYTHONPATH": os.pathsep.join(sys.path)},
            )
        self._requests = ours


def _read(pipe: int, deadline: float) -> bytes | None:
    """Read to the end. Gives None when it comes too late or is too long."""
    parts: list[bytes] = []
    size = 0
    while (left := deadline - time.monotonic()) > 0:
        if not select.select([pipe], [], [], left)[0]:
            break
        part = os.read(pipe, 1 << 16)
        if not part:
            return b"".join(parts)
        parts.append(part)
        size += len(part)
        if size > _READ_BYTES_MAX:
            break
    return None


def _understood(raw: bytes | None, elapsed_ms: float) -> Rows | Refused:
    late = Refused(
        "time", "the query took longer than 2.4 s and was ended; ask about a shorter time, or for fewer rows"
    )
    if raw is None:
        return late
    body, _, tail = raw.rpartition(b"\n")
    verdict = json.loads(tail) if tail else {"code": 1, "late": False}
    if verdict["late"] or verdict["code"] == -24:  # SIGXCPU
        return late
    if verdict["code"] != 0 or not body:
        return Refused("memory", "the query's process ended, most likely for want of memory; ask for less")
    document = json.loads(body)
    if "refused" in document:
        return Refused(document["refused"], document["message"])
    columns = tuple((column["name"], column["type"]) for column in document["columns"])
    return Rows(columns, document["rows"], document["truncated"], round(elapsed_ms, 1))
