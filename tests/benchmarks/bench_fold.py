"""Folding speed: the kernel against the pure-Python closure (egraph/closure.py), on a hidden model without conflicts.

Run: python -m tests.benchmarks.bench_fold [--sizes 10000 100000 1000000] [--runs 5]. One JSON line; asserts nothing.

Each node has a hidden value, and only nodes of one value are asserted equal, so that the graph does not collapse:
82 % node events (a fifth of them known content), 18 % equalities, arity 0 to 2, children skewed to the recent, a third
of the new nodes are variants that become congruent later. Process CPU, engines interleaved, heap frozen, median.
Both start from dense numbers of operators. The Python closure is given interned nodes (its store does that at decoding,
untimed here); the kernel's time includes interning. The kernel gets batches of a thousand events, or all at once.
"""

import argparse
import gc
import json
import statistics
import time
from collections.abc import Callable
from random import Random
from typing import Any

import numpy as np

from egraph.closure import AddedNodes, Closure
from egraph.identifiers import NodeId
from egraph.kernel.engine import Kernel
from egraph.store import NodeTable

GREEN = 3
OPERATORS = 24
BATCH = 1000


class Workload:
    """Events by arrival: content of each node event, with children as numbers of content; equalities likewise."""

    def __init__(self, events: int, seed: int = 1) -> None:
        self.random = Random(seed)
        self.index: dict[tuple[int, ...], int] = {}
        self.content: list[tuple[int, ...]] = []
        self.value: list[int] = []
        self.values: dict[tuple[int, ...], int] = {}
        self.alike: list[list[int]] = []
        self.events: list[tuple[int, int]] = []  # (node, -1) or (left, right)
        self.intern((0,))
        self.events.append((0, -1))
        while len(self.events) < events:
            if self.random.random() < 0.82:
                self.events.append((self.node_event(), -1))
            else:
                left = self.recent()
                self.events.append((left, self.random.choice(self.alike[self.value[left]])))

    def recent(self) -> int:
        """Give a known node, mostly a recent one."""
        return int(len(self.content) * (1 - self.random.random() ** 2 * 0.999))

    def node_event(self) -> int:
        """Give a known node again, a variant of one, or a new one."""
        pick = self.random.random()
        if pick < 0.2:
            return self.recent()
        if pick < 0.47:  # a variant: the same operator over other nodes of the same values
            operator, *children = self.content[self.recent()]
            return self.intern((operator, *(self.random.choice(self.alike[self.value[c]]) for c in children)))
        arity = self.random.choice((0, 1, 1, 2, 2))
        if arity == 0:  # a leaf has a name of its own, but often a value that others have
            return self.intern((OPERATORS * 2 + len(self.content),))
        return self.intern((self.random.randrange(1, OPERATORS), *(self.recent() for _ in range(arity))))

    def intern(self, content: tuple[int, ...]) -> int:
        """Give the number of some content."""
        number = self.index.setdefault(content, len(self.content))
        if number == len(self.content):
            key = (content[0], *(self.value[child] for child in content[1:]))
            if len(content) == 1:
                key = (0, self.random.randrange(1 + len(self.content) // 2))
            value = self.values.setdefault(key, len(self.alike))
            if value == len(self.alike):
                self.alike.append([])
            self.alike[value].append(number)
            self.value.append(value)
            self.content.append(content)
        return number


def by_python(work: Workload) -> tuple[float, int]:
    """Fold event by event in pure Python; gives CPU seconds and the number of classes."""
    table = NodeTable()
    for number, (operator, *children) in enumerate(work.content):
        table.mention(NodeId(b"\xc0" + number.to_bytes(15, "little")))
        table.symbol[number] = operator
        table.first_child[number] = len(table.children)
        table.arity[number] = len(children)
        table.children.extend(children)
    gc.collect()
    gc.freeze()
    begin = time.process_time()
    nodes = AddedNodes(table)
    nodes.grow()
    closure = Closure(nodes)
    for left, right in work.events:
        if right >= 0:
            closure.assert_equal(left, right)
        elif not nodes.added[left]:
            nodes.add(left)
            closure.node_added(left)
    seconds = time.process_time() - begin
    gc.unfreeze()
    return seconds, nodes.count - sum(len(group) - 1 for group in closure.members.values())


Batch = tuple[Any, ...]


def batches(work: Workload, size: int) -> list[Batch]:
    """Give columns per batch. Content is numbered by first arrival, as the kernel numbers nodes."""
    out = []
    known = 0
    for at in range(0, len(work.events), size):
        events = work.events[at : at + size]
        added = [left for left, right in events if right < 0]
        first = {number: position for position, number in reversed(list(enumerate(added)))}
        contents = [work.content[number] for number in added]
        offsets = np.cumsum([0, *(len(item) - 1 for item in contents)])
        named = [child if child < known else -1 - first[child] for item in contents for child in item[1:]]
        ends = np.array([event for event in events if event[1] >= 0], np.int64).reshape(-1, 2)
        operators = np.array([item[0] for item in contents], np.int64)
        children = np.array(named, np.int64)
        out.append((operators, np.full(len(added), GREEN), offsets, children, ends[:, 0].copy(), ends[:, 1].copy()))
        known = max(known, 1 + max(added, default=-1))
    return out


def by_kernel(columns: list[Batch], bulk: bool) -> tuple[float, int]:
    """Fold batches in the kernel; gives CPU seconds and the number of classes."""
    gc.collect()
    begin = time.process_time()
    kernel = Kernel()
    for operators, colours, offsets, children, left, right in columns:
        kernel.add_nodes(operators, colours, offsets, children)
        if bulk:
            kernel.close_bulk(left, right)
        else:
            kernel.assert_equal(left, right)
    seconds = time.process_time() - begin
    return seconds, len(np.unique(kernel.class_of(np.arange(len(kernel)))))


def measure(events: int, runs: int) -> dict[str, float]:
    """Run the engines in turn; give thousands of events per CPU second, and ratios to the Python closure."""
    work = Workload(events)
    streamed, whole = batches(work, BATCH), batches(work, events)
    engines: dict[str, Callable[[], tuple[float, int]]] = {
        "python": lambda: by_python(work),
        "kernel": lambda: by_kernel(streamed, False),
        "bulk": lambda: by_kernel(whole, True),
    }
    by_kernel(streamed[:1], False)  # compile, or load what was compiled
    by_kernel(batches(Workload(100), 100), True)
    seconds: dict[str, list[float]] = {name: [] for name in engines}
    classes = set()
    for _ in range(runs):
        for name, engine in engines.items():
            taken, count = engine()
            seconds[name].append(taken)
            classes.add(count)
    median = {name: statistics.median(taken) for name, taken in seconds.items()}
    figures = {f"{name}_kev_per_s": round(events / taken / 1000) for name, taken in median.items()}
    return {
        "nodes": len(work.content),
        "classes": classes.pop() if len(classes) == 1 else -1,  # -1: the engines disagree
        **figures,
        "kernel_ratio": round(median["python"] / median["kernel"], 2),
        "bulk_ratio": round(median["python"] / median["bulk"], 2),
    }


def main() -> None:
    """Measure every size and print one JSON line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sizes", type=int, nargs="+", default=[10_000, 100_000, 1_000_000])
    parser.add_argument("--runs", type=int, default=5)
    options = parser.parse_args()
    print(json.dumps({f"fold_{events}": measure(events, options.runs) for events in options.sizes}))


if __name__ == "__main__":
    main()
