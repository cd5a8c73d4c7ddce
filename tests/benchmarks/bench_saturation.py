"""Equality saturation against egglog: the same rules and terms, the same number of e-nodes after every iteration.

Run: python -m tests.benchmarks.bench_saturation [--egglog PYTHON] [--runs 5] [--cases math:8 sums:6 ...]
`--egglog` is an interpreter that has egglog 13.2.0, by default this one. Prints a table, then one JSON line.
Demands equal counts; asserts no time.

Process CPU of matching, firing and closing alone: both compile rules and enter terms before the clock starts.
Each engine works in a process of its own; their runs alternate. A ratio is the median of the ratios of the turns (of
three where one takes more than two seconds): a machine that slows down between two turns slows both sides of each. Ours
keeps its trace; `trace_cost` compares with a run without it. Memory is the peak of a fresh process less what it holds
before, by e-node in the end.
"""

import argparse
import json
import resource
import statistics
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from egraph.saturation.limits import Limits
from egraph.saturation.saturation import Saturation
from tests.benchmarks.saturation_cases import WORKLOADS, Workload

CASES = (
    "math:8", "math:9", "math:10", "math:11", "sums:6", "sums:7", "sums:8", "sums:9", "sums:10", "sums:11",
)  # fmt: skip
LARGE = 100_000
"""Rows from which on a case counts as large."""
SLOW_SECONDS = 2.0
MEMORY_CASES = ("math:11", "sums:11")
OURS = (sys.executable, "-m", "tests.benchmarks.bench_saturation", "--worker")
THEIRS = str(Path(__file__).with_name("egglog_worker.py"))


class Worker:
    """A process that answers requests."""

    def __init__(self, *command: str) -> None:
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def ask(self, **request: Any) -> dict[str, Any]:
        """Send a request, and wait for the answer."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps(request) + "\n")
        self._process.stdin.flush()
        answer: dict[str, Any] = json.loads(self._process.stdout.readline())
        return answer

    def close(self) -> None:
        """End the process."""
        assert self._process.stdin is not None
        self._process.stdin.close()
        self._process.wait(timeout=60)


def workload(case: str) -> Workload:
    """Give a case by its name."""
    kind, _, size = case.partition(":")
    return WORKLOADS[kind](int(size))


def answer(request: dict[str, Any]) -> dict[str, Any]:
    """Run a case here."""
    work = workload(request["case"])
    limits = Limits(rounds=work.rounds, nodes=1 << 27, matches=1 << 40)
    saturation = Saturation(work.rule_set(), work.nodes(), limits=limits, trace=request["trace"])
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    start = time.process_time()
    outcome = saturation.run()
    seconds = time.process_time() - start
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    return {"seconds": seconds, "rows": [item.rows for item in outcome.by_round], "peak": peak, "before": before}


def compare(case: str, ours: Worker, theirs: Worker, runs: int) -> dict[str, Any]:
    """Demand equal counts after every iteration, then time both, turn by turn."""
    rows = ours.ask(case=case, trace=True)["rows"]
    program = workload(case).egglog()
    expected = theirs.ask(program=program, rounds=len(rows), want="count")["rows"]
    assert rows == expected, f"{case}: {rows} e-nodes, egglog has {expected}"
    times: dict[str, list[float]] = {"ours": [], "without_trace": [], "egglog": []}
    for turn in range(runs):
        if turn >= 3 and max(map(max, times.values())) > SLOW_SECONDS:
            break
        for name in ("ours", "without_trace")[:: 1 if turn % 2 else -1]:
            times[name].append(ours.ask(case=case, trace=name == "ours")["seconds"])
        times["egglog"].append(theirs.ask(program=program, rounds=len(rows), want="time")["seconds"])
    median = {name: statistics.median(values) for name, values in times.items()}
    return {
        "rows": rows[-1], "rounds": len(rows), **{f"{name}_s": round(value, 5) for name, value in median.items()},
        "ratio": _by_turn(times["ours"], times["egglog"]),
        "ratio_without_trace": _by_turn(times["without_trace"], times["egglog"]),
        "trace_cost": _by_turn(times["ours"], times["without_trace"]),
    }  # fmt: skip


def _by_turn(ours: list[float], theirs: list[float]) -> float:
    return round(statistics.median(mine / its for mine, its in zip(ours, theirs, strict=True)), 3)


def memory(case: str, egglog: str) -> dict[str, float]:
    """Give the peak of a fresh process of each engine, in MiB, and ours by e-node."""
    ours, theirs = Worker(*OURS), Worker(egglog, THEIRS)
    mine = ours.ask(case=case, trace=True)
    its = theirs.ask(program=workload(case).egglog(), rounds=len(mine["rows"]), want="time")
    ours.close()
    theirs.close()
    return {
        "peak_mib": round(mine["peak"] / 2**20), "egglog_peak_mib": round(its["peak"] / 2**20),
        "bytes_by_node": round((mine["peak"] - mine["before"]) / mine["rows"][-1]),
    }  # fmt: skip


def start_up() -> float:
    """Give the CPU seconds of a process that imports everything and saturates something small, its cache warm."""
    code = (
        "from tests.benchmarks.bench_saturation import answer; answer({'case': 'sums:3', 'trace': True})"
    )  # fmt: skip
    spent = []
    for _ in range(4):
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        subprocess.run((sys.executable, "-c", code), check=True, timeout=300)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        spent.append(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)
    return round(statistics.median(spent[1:]), 2)


def main() -> None:
    """Compare all cases."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--egglog", default=sys.executable)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--cases", nargs="*", default=CASES)
    parser.add_argument("--worker", action="store_true")
    options = parser.parse_args()
    if options.worker:
        for line in sys.stdin:
            print(json.dumps(answer(json.loads(line))), flush=True)
        return
    ours, theirs = Worker(*OURS), Worker(options.egglog, THEIRS)
    ours.ask(case="math:5", trace=True)
    ours.ask(case="math:5", trace=False)
    figures: dict[str, Any] = {}
    for case in options.cases:
        figures[case] = compare(case, ours, theirs, options.runs)
        print(case, figures[case], file=sys.stderr, flush=True)
    ours.close()
    theirs.close()
    large = [item["ratio"] for item in figures.values() if item["rows"] >= LARGE]
    print(
        json.dumps(
            {
                "worst_ratio": max(item["ratio"] for item in figures.values()),
                "worst_large_ratio": max(large, default=None),
                "worst_trace_cost": max(item["trace_cost"] for item in figures.values()),
                "start_up_cpu_s": start_up(),
                **{f"memory_{case}": memory(case, options.egglog) for case in MEMORY_CASES if case in options.cases},
                "cases": figures,
            }
        )
    )


if __name__ == "__main__":
    main()
