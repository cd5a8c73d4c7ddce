"""Statements that would take all time and memory of the machine: how each ends in the jail of strangers' SQL.

Run: python -m tests.benchmarks.bench_public_sql. One JSON line; asserts nothing.
The battery is tests/unit/public_sql/denial_of_service.sql; memory is the most that the jailed process had resident.
"""

import json
import sys
import tempfile
import threading
import time
from collections import Counter
from pathlib import Path

from analytics.public_sql.client import PublicSql, Refused
from tests.unit.public_sql.stores import battery, small_store

_LOOK_S = 0.01


class Watch:
    """The most memory that any process below this one has had, in MB, looked at every hundredth of a second."""

    def __init__(self) -> None:
        self.most_mb = 0.0
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def __enter__(self) -> "Watch":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._ended.wait(_LOOK_S):
            self.most_mb = max([self.most_mb, *(_peak_mb(pid) for pid in _below("self"))])


def _below(pid: str) -> list[str]:
    """Give the processes below one, but not itself."""
    found: list[str] = []
    try:
        for task in (Path("/proc") / pid / "task").iterdir():
            for child in (task / "children").read_text().split():
                found += [child, *_below(child)]
    except OSError:
        pass  # it has ended
    return found


def _peak_mb(pid: str) -> float:
    try:
        lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    except OSError:
        return 0.0
    return next((int(line.split()[1]) / 1024 for line in lines if line.startswith("VmHWM:")), 0.0)


def main() -> None:
    """Print one JSON line."""
    statements = battery("denial_of_service.sql")
    ended: Counter[str] = Counter()
    slowest = ("", 0.0)
    with tempfile.TemporaryDirectory(prefix="egraph-bench-") as folder, Watch() as watch:
        sql = PublicSql(small_store(Path(folder)))
        try:
            sql.ask("SELECT 1")  # the server that forks starts with the first question
            for statement in statements:
                began = time.perf_counter()
                answer = sql.ask(statement)
                took = time.perf_counter() - began
                ended[answer.kind if isinstance(answer, Refused) else "rows"] += 1
                slowest = max(slowest, (statement, took), key=lambda item: item[1])
        finally:
            sql.close()
    print(f"the slowest, {slowest[1]:.2f} s: {slowest[0][:160]}", file=sys.stderr)
    print(
        json.dumps(
            {
                "statements": len(statements),
                "slowest_s": round(slowest[1], 3),
                "most_mb": round(watch.most_mb, 1),
                "ended": dict(ended),
            }
        )
    )


if __name__ == "__main__":
    main()
