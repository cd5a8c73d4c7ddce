"""Runs each stranger's query in a process of its own, that ends with it: run as `python -m` with a socket's number.

Belongs here: forking, confining, the deadline. Not here: who asks (client.py), what a query may do. This process has
one thread and opens nothing, so that a child begins clean; forking from the console, which has many threads and open
connections, would give all of them to strangers.

A request is one JSON document and the pipe for its answer, sent together. On the pipe comes the answer's JSON, then a
line that says how the child ended: what stands before it counts only if the child ended well.
"""

import array
import contextlib
import gc
import json
import os
import select
import signal
import socket
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import duckdb

from analytics.public_sql import connection
from analytics.public_sql.allow_list import StatementRefused
from analytics.public_sql.confinement import CannotConfine, check_kernel, confine

REQUEST_BYTES_MAX = 64 * 1024
TOO_LATE = "the query took too long and was ended; ask about a shorter time, or for fewer rows"
MEMORY_BYTES = 600 * 1024 * 1024
CPU_SECONDS = 3
DEADLINE_S = 2.4


@dataclass
class _Child:
    pipe: int
    deadline: float
    killed: bool = False


def serve(requests: socket.socket) -> None:
    """Take requests until the other end is closed."""
    connection.open_engine().close()  # what an engine loads, once for all
    gc.freeze()  # a child that collects would copy the memory that it shares
    children: dict[int, _Child] = {}
    listening = True
    while listening or children:
        pause = min((child.deadline for child in children.values()), default=time.monotonic() + 60) - time.monotonic()
        # A child that ends shows within the pause below: SIGCHLD would need a handler, and those are inherited.
        ready, _, _ = select.select(
            [requests] if listening else [], [], [], max(0.0, min(pause, 0.01 if children else 60))
        )
        if ready:
            listening = _take(requests, children)
        _look_after(children)


def _take(requests: socket.socket, children: dict[int, _Child]) -> bool:
    """Start the child of the next request. Gives False when nobody can ask any more."""
    size = array.array("i").itemsize
    raw, ancillary, _, _ = requests.recvmsg(REQUEST_BYTES_MAX, socket.CMSG_LEN(size))
    if not raw:
        return False
    pipe = array.array("i", ancillary[0][2][:size])[0]
    pid = os.fork()
    if pid == 0:
        _be_child(json.loads(raw), pipe)
    children[pid] = _Child(pipe, time.monotonic() + DEADLINE_S)
    return True


def _look_after(children: dict[int, _Child]) -> None:
    now = time.monotonic()
    for pid, child in list(children.items()):
        if now >= child.deadline and not child.killed:
            child.killed = True
            os.kill(pid, signal.SIGKILL)
        ended, status = os.waitpid(pid, 0 if child.killed else os.WNOHANG)
        if ended:
            verdict = {"code": os.waitstatus_to_exitcode(status), "late": child.killed}
            with contextlib.suppress(OSError):  # nobody waits for the answer any more
                os.write(child.pipe, b"\n" + json.dumps(verdict).encode())
            os.close(child.pipe)
            del children[pid]


def _be_child(request: dict[str, str], pipe: int) -> None:
    """Answer one request and end. Never returns."""
    code = 1
    try:
        os.dup2(pipe, 3)
        os.closerange(4, 1 << 16)
        devnull = os.open(os.devnull, os.O_RDWR)
        for standard in (0, 1, 2):
            os.dup2(devnull, standard)
        os.close(devnull)
        _tell(3, _answered(Path(request["catalog"]), request["statement"]))
        code = 0
    finally:
        os._exit(code)


def _answered(catalog: Path, statement: str) -> dict[str, object]:
    try:
        check_kernel()
        engine = connection.open_engine()
        confine(catalog.parent, memory_bytes=MEMORY_BYTES, cpu_seconds=CPU_SECONDS)
    except CannotConfine as error:
        return {"refused": "kernel", "message": str(error)}
    try:
        connection.attach(engine, catalog)
    except duckdb.Error as error:
        return {"refused": "catalog", "message": f"the catalog cannot be opened: {error}"}
    try:
        return connection.answer(engine, statement)
    except StatementRefused as error:
        return {"refused": "statement", "message": str(error)}
    except (MemoryError, duckdb.OutOfMemoryException):
        return {"refused": "memory", "message": "the query needs more memory than there is for it; ask for less"}
    except duckdb.InterruptException:
        return {"refused": "time", "message": TOO_LATE}  # the engine ends it a little before its process would be
    except duckdb.Error as error:
        return {"refused": "query", "message": str(error)}


def _tell(pipe: int, document: dict[str, object]) -> None:
    raw = json.dumps(document).encode()
    while raw:
        raw = raw[os.write(pipe, raw) :]


if __name__ == "__main__":
    serve(socket.socket(fileno=int(sys.argv[1])))
