"""What it costs to take an equality back, to ask what if, and to explain, at a million facts and in a giant class.

Run: python -m tests.benchmarks.bench_retract [--events 1000000] [--calls 2000]. One JSON line; asserts nothing.

The graph is that of bench_fold. Each call takes one accepted equality back and, untimed, asserts it again. The giant
class has 100 k members under 100 k congruent parents, asserted in a chain and cut in its middle. Explained is why an
end of the equality equals the member of its class that is farthest from it in the list.
Process CPU per call, microseconds; `noop` is a call that withdraws what was withdrawn before: what a call costs.
"""

import argparse
import gc
import json
import time
from collections.abc import Callable
from typing import Any

import numpy as np

from egraph.kernel.engine import Kernel
from egraph.kernel.explaining import lemmas
from tests.benchmarks.bench_fold import Workload, batches

GIANT = 100_000


def timed(call: Callable[[], Any]) -> float:
    """Give the microseconds of CPU that a call takes."""
    begin = time.process_time_ns()
    call()
    return (time.process_time_ns() - begin) / 1000


def spread(times: list[float]) -> dict[str, float]:
    """Give median, 99th percentile and the largest."""
    return {
        "median": round(float(np.median(times)), 1),
        "p99": round(float(np.percentile(times, 99)), 1),
        "max": round(max(times), 1),
    }


def folded(events: int) -> tuple[Kernel, Any]:
    """Give a kernel with the workload in it, digests kept, and its assertions."""
    work = Workload(events)
    ((added, operators, offsets, children, left, right),) = batches(work, work.ids(), events)
    kernel = Kernel(digests=True)
    numbers = kernel.intern(added)
    kernel.add_nodes(numbers, operators, offsets, kernel.intern(children))
    handles = kernel.register(kernel.intern(left), kernel.intern(right))
    assert kernel.close_bulk(handles)
    return kernel, handles


def ids(first: int, count: int) -> Any:
    """Give GREEN ids."""
    found = np.full((count, 2), 0xC0, np.uint64)
    found[:, 1] = np.arange(first, first + count)
    return found


def giant() -> tuple[Kernel, Any]:
    """Give a kernel with one class of many members under as many congruent parents, and its assertions."""
    kernel = Kernel(digests=True)
    leaves, over = kernel.intern(ids(0, GIANT)), kernel.intern(ids(GIANT, GIANT))
    kernel.add_nodes(leaves, np.arange(GIANT), np.zeros(GIANT + 1, np.int32), [])
    kernel.add_nodes(over, np.full(GIANT, 7), np.arange(GIANT + 1), leaves)
    handles = kernel.register(leaves[:-1], leaves[1:])
    assert not kernel.assert_each(handles).any()
    return kernel, handles


def measure(events: int, calls: int) -> dict[str, Any]:
    """Measure all kinds of calls."""
    kernel, handles = folded(events)
    chosen = np.random.default_rng(1).choice(handles, calls, replace=False)
    size = len(kernel)
    gc.collect()
    gc.freeze()
    retract, suppose, reasons, noop = [], [], [], []
    steps = 0
    for place, handle in enumerate(chosen.tolist()):
        x = int(kernel.ends[handle, 0])
        one = [handle]
        group = kernel.members(x)
        far = int(group[len(group) // 2])
        reasons.append(timed(lambda x=x, far=far: lemmas(kernel, x, far)))
        steps += sum(len(edges) for *_, edges in lemmas(kernel, x, far))
        retract.append(timed(lambda one=one: kernel.retract(one)))
        noop.append(timed(lambda one=one: kernel.retract(one)))
        assert not kernel.assert_each(one).any()
        a, b = place * 7919 % size, place * 104_729 % size

        def ask(a: int = a, b: int = b) -> None:
            with kernel.what_if([a], [b]):
                pass

        suppose.append(timed(ask))
    large, edges = giant()
    first = timed(lambda: large.retract(edges[GIANT // 2 : GIANT // 2 + 1]))
    assert len(set(large.class_of([0, GIANT - 1]).tolist())) == 2
    large.assert_each(edges[GIANT // 2 : GIANT // 2 + 1])
    again = []
    for place in range(GIANT // 2, GIANT // 2 + 5):
        again.append(timed(lambda place=place: large.retract(edges[place : place + 1])))
        large.assert_each(edges[place : place + 1])
    return {
        "facts": events,
        "retract_us": spread(retract),
        "noop_us": spread(noop),
        "what_if_us": spread(suppose),
        "explain_us": spread(reasons),
        "explain_steps_mean": round(steps / calls, 2),
        "giant_first_ms": round(first / 1000, 1),
        "giant_median_ms": round(float(np.median(again)) / 1000, 1),
        "labels_snapshot_ms": round(timed(kernel.labels) / 1000, 2),
    }


def main() -> None:
    """Measure and print one JSON line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--events", type=int, default=1_000_000)
    parser.add_argument("--calls", type=int, default=2000)
    options = parser.parse_args()
    print(json.dumps(measure(options.events, options.calls)))


if __name__ == "__main__":
    main()
