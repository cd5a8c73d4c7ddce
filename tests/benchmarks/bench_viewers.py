"""What viewers cost the server, against a plain console in the same run; and what a first visit transfers.

Run: python -m tests.benchmarks.bench_viewers [--events N] [--seconds S]. One JSON line; asserts nothing.
`egraph console` and the plain console (figures_console.py) serve one store of ten million events, to which a writer
adds 10,000 events a second, facts and heartbeats, and merges, as the sink does. Chromium loads each page with a cold
cache: bytes as they came over the line, compressed. Then each console has nobody, one viewer and twenty, in turns; its
figure is the CPU of its process, milliseconds a second with its refresh. Twenty cost ours less than the runs differ by
themselves, so it has two hundred, too. The plain one cannot serve twenty: its figure is the CPU of an answer to one
viewer, which each further one needs again.
"""

import argparse
import asyncio
import json
import multiprocessing
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from multiprocessing.synchronize import Event
from pathlib import Path
from typing import Any

import numpy as np

from analytics.catalog import store_dir
from analytics.housekeeping import due_run
from analytics.segments import SegmentWriter
from analytics.sink import TableBuffer
from analytics.tables import tables
from launcher.child import stop_all
from tests.benchmarks.bench_refresh import AGENTS, FLUSH, fill, rows
from tests.benchmarks.broker import EGRAPH
from tests.benchmarks.first_load import chromium, load
from tests.benchmarks.viewers import View, ask, listen, watch
from tests.machine import cpu_seconds
from tests.unit.analytics.observed import as_records, heartbeat
from tests.unit.analytics.stored import fact_at

VIEWERS = {"console": (0, 1, 20, 200), "plain": (0, 1, 20)}
PAGES = {
    "/": "#facts .ag-row", "/events": "#events-page tbody tr", "/timetravel": "#timetravel-page > *",
    "/causality": "#causality-page > *", "/egraph": "#egraph-page > *", "/runs": "#runs-page > *",
    "/sql": "#sql-page", "/compare": "#compare-page > *",
}  # fmt: skip
VIEWS = {"console": listen, "plain": ask}
_FLUSH_S = 0.8
_FACTS = 80
_WARM_S = 12.0
_WATCH_S = 10.0


def write(data_dir: Path, stop: Event) -> None:
    """Add to the store until told to stop: a flush of each table every 0.8 seconds, merges by the sink's rule."""
    kinds = {table.name: table for table in tables(AGENTS) if table.name in ("events", "facts", "heartbeats")}
    writers = {name: SegmentWriter(store_dir(data_dir) / name) for name in kinds}
    buffers = {name: TableBuffer(kinds[name], writers[name]) for name in ("facts", "heartbeats")}
    offsets, number = dict.fromkeys(kinds, 10_000_000), 0
    while not stop.wait(_FLUSH_S):
        now, number = time.time_ns() // 1000, number + 1
        events = rows(kinds["events"], FLUSH, now, number, offsets["events"])
        offsets["events"] += FLUSH
        writers["events"].publish(events, {0: offsets["events"]})
        beats = as_records([heartbeat(agent, version=(number,) * AGENTS) for agent in range(AGENTS)], now // 1000)
        buffers["heartbeats"].take(
            item._replace(offset=offsets["heartbeats"] + place) for place, item in enumerate(beats)
        )
        buffers["facts"].take([fact_at(0, offsets["facts"] + place, now // 1000) for place in range(_FACTS)])
        offsets["heartbeats"] += len(beats)
        offsets["facts"] += _FACTS
        for buffer in buffers.values():
            buffer.flush()
        for name, writer in writers.items():
            time_column = kinds[name].time_column
            run = due_run(writer.shown, lambda item, of=writer, by=time_column: of.content(item, by).rows)  # type: ignore[misc]
            if run:
                writer.compact(run, time_column)
    for writer in writers.values():
        writer.close()


@contextmanager
def writing(data_dir: Path) -> Iterator[None]:
    """Let a process write meanwhile."""
    spawn = multiprocessing.get_context("spawn")
    stop = spawn.Event()
    process = spawn.Process(target=write, args=(data_dir, stop))
    process.start()
    try:
        yield
    finally:
        stop.set()
        process.join(30)


@contextmanager
def served(command: tuple[str, ...]) -> Iterator[tuple[int, str]]:
    """Start a console; give its process and its address."""
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        for line in process.stdout:
            if line.startswith("console: "):
                yield process.pid, line.split()[1]
                return
        raise SystemExit(f"{command} did not start; its messages stand above")
    finally:
        stop_all([process], 10.0)


def burden(pid: int, address: str, view: View, viewers: int, seconds: float) -> dict[str, float]:
    """Let viewers watch; give the server's CPU in milliseconds a second, and what they saw."""
    if viewers:
        asyncio.run(watch(address, view, viewers, 2.0))  # so that the shared tick is awake
    before, began = cpu_seconds(pid), time.monotonic()
    if not viewers:
        time.sleep(seconds)
        return {"cpu_ms_per_s": _per_s(cpu_seconds(pid) - before, began)}
    seen = asyncio.run(watch(address, view, viewers, seconds))
    spent = cpu_seconds(pid) - before
    return {"cpu_ms_per_s": _per_s(spent, began), "cpu_ms": round(1000 * spent)} | seen.figures(seconds, viewers)


def _per_s(cpu: float, began: float) -> float:
    return round(1000 * cpu / (time.monotonic() - began), 1)


def shared_cost(by_viewers: dict[str, dict[str, float]]) -> dict[str, float]:
    """Give the CPU milliseconds a second for one viewer, and for each further one, at a refresh and an answer a second.

    The runs together tell a refresh from an answer: cpu = refreshes * a + answers * b, by least squares. So the figures
    stand for a second with its refresh even where a busy machine has made it later.
    """
    runs = [by_viewers[str(count)] for count in VIEWERS["console"] if count]
    counts = np.array([[run["refreshes"], run["answers"]] for run in runs])
    refresh, answer = np.linalg.lstsq(counts, np.array([run["cpu_ms"] for run in runs]), rcond=None)[0].tolist()
    return {"one_viewer_ms": round(refresh + answer, 1), "further_viewer_ms": round(answer, 2)}


def first_loads(address: str, plain: str) -> dict[str, Any]:
    """Give the bytes of a first visit to each page, and what an open Overview asks for."""
    found: dict[str, Any] = {"mb": {}, "largest": {}}
    foreign: list[str] = []
    with chromium() as browser:
        for path, ready in PAGES.items():
            cold, later = load(browser, address, path, ready, _WATCH_S if path == "/" else 0.0)
            found["mb"][path] = round(cold.bytes / 1e6, 2)
            foreign += cold.foreign + later.foreign
            if path == "/":
                found["largest"] = {name: round(size / 1e6, 2) for name, size in cold.largest.most_common(6)}
                found["open_page_asks_per_s"] = {name: count / _WATCH_S for name, count in later.asked.items()}
        cold, later = load(browser, plain, "/", "#facts", _WATCH_S)
        found["plain_mb"] = round(cold.bytes / 1e6, 2)
        found["plain_page_asks_per_s"] = {name: count / _WATCH_S for name, count in later.asked.items()}
    found |= {"worst_mb": max(found["mb"].values()), "elsewhere": len(foreign), "elsewhere_first": foreign[:3]}
    return found


def measure(data_dir: Path, events: int, seconds: float) -> dict[str, Any]:
    """Fill, write, serve both, watch in turns, load."""
    filled = fill(data_dir, events)
    port = ("--port", "0")
    commands = {
        "console": (*EGRAPH, "console", "--data-dir", str(data_dir), *port),
        "plain": (sys.executable, "-m", "tests.benchmarks.figures_console", "--data-dir", str(data_dir)),
    }
    print(f"filled with {filled:,} events", file=sys.stderr)
    with ExitStack() as stack:
        stack.enter_context(writing(data_dir))
        running = {name: stack.enter_context(served(command)) for name, command in commands.items()}
        found: dict[str, Any] = {name: {} for name in commands}
        for name, (_, address) in running.items():
            asyncio.run(watch(address, VIEWS[name], 1, _WARM_S))
        loads = first_loads(running["console"][1], running["plain"][1])
        print(loads, file=sys.stderr)
        time.sleep(6.0)  # until the shared tick has noticed that nobody looks
        for viewers in VIEWERS["console"]:
            for name, (pid, address) in running.items():
                if viewers in VIEWERS[name]:
                    found[name][str(viewers)] = burden(pid, address, VIEWS[name], viewers, seconds)
                    print(name, viewers, found[name][str(viewers)], file=sys.stderr)
    console, plain = found["console"] | shared_cost(found["console"]), found["plain"]
    one = plain["1"]["cpu_ms"] / max(plain["1"]["answers"], 1)
    return {
        "events": filled,
        "console": console,
        "plain": plain | {"each_viewer_ms": round(one, 1)},
        "plain_to_console_one": round(one / console["one_viewer_ms"], 1),
        "plain_to_console_further": round(one / console["further_viewer_ms"]),
        "first_load": loads,
        "load": round(os.getloadavg()[0], 1),
    }


def main() -> None:
    """Print one JSON line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--events", type=int, default=10_000_000)
    parser.add_argument("--seconds", type=float, default=20.0)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="egraph-bench-") as folder:
        print(json.dumps(measure(Path(folder), options.events, options.seconds)))


if __name__ == "__main__":
    main()
