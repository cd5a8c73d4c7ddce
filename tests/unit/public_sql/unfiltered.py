"""Runs statements in the walls of public SQL but without judging them first: run as `python -m`, JSON in and out.

Belongs here: forking a child for each statement and telling what it got. Not here: what must hold.
Standard input: {"catalog": path, "statements": [...]}. Standard output: a line of JSON for each, with what came back,
how the child ended, its wall time in seconds and its greatest resident size in bytes.
"""

import contextlib
import json
import os
import signal
import sys
import time
from pathlib import Path
from typing import Any

import duckdb
import numpy as np

from analytics.public_sql import connection
from analytics.public_sql.confinement import confine
from analytics.public_sql.fork_server import CPU_SECONDS, DEADLINE_S, MEMORY_BYTES

CANARY_OF_PYTHON = "canary-in-a-variable"


def child(catalog: Path, statement: str, pipe: int) -> None:
    """Do what the fork server does, without the allow-list. Never returns."""
    python_secret = np.array([CANARY_OF_PYTHON])
    try:
        engine = connection.open_engine()
        confine(catalog.parent, memory_bytes=MEMORY_BYTES, cpu_seconds=CPU_SECONDS)
        connection.attach(engine, catalog)
        try:
            found = repr(engine.execute(statement).fetchmany(1000))[:100_000]
        except (duckdb.Error, MemoryError) as error:
            found = f"refused: {error}"
        raw = found.encode(errors="replace")
        while raw:
            raw = raw[os.write(pipe, raw) :]
    finally:
        del python_secret
        os._exit(0)


def run(catalog: Path, statement: str) -> dict[str, Any]:
    """Run one statement in a child of its own."""
    ours, theirs = os.pipe()
    started = time.monotonic()
    pid = os.fork()
    if pid == 0:
        os.close(ours)
        child(catalog, statement, theirs)
    os.close(theirs)
    os.set_blocking(ours, False)
    found, killed = b"", False
    while True:
        with contextlib.suppress(BlockingIOError):
            found += os.read(ours, 1 << 16)
        ended, status, usage = os.wait4(pid, os.WNOHANG)
        if ended:
            break
        if time.monotonic() - started > DEADLINE_S and not killed:
            os.kill(pid, signal.SIGKILL)
            killed = True
        time.sleep(0.005)
    os.set_blocking(ours, True)
    while part := os.read(ours, 1 << 16):
        found += part
    os.close(ours)
    return {
        "found": found.decode(errors="replace"),
        "code": os.waitstatus_to_exitcode(status),
        "late": killed,
        "seconds": time.monotonic() - started,
        "bytes": usage.ru_maxrss * 1024,
    }


def main() -> None:
    """Run every statement of standard input."""
    request = json.load(sys.stdin)
    for statement in request["statements"]:
        print(json.dumps(run(Path(request["catalog"]), statement)), flush=True)


if __name__ == "__main__":
    main()
