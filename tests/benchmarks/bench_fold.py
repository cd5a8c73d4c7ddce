"""Folding speed: the kernel against the pure-Python closure (egraph/closure.py), on a hidden model without conflicts.

Run: python -m tests.benchmarks.bench_fold [--sizes 10000 100000 1000000] [--runs 5]. One JSON line; asserts nothing.

Each node has a hidden value, and only nodes of one value are asserted equal, so that the graph does not collapse:
82 % node events (a fifth of them known content), 18 % equalities, arity 0 to 2, children skewed to the recent, about a
third of the new nodes are variants that become congruent later; a value has a colour, and no equality is refused.
A million events make 655 k nodes and 480 k classes.
Both start from decoded facts (16-byte ids, numbers of operators) and do the same: number the ids, keep the nodes, close
under congruence, keep the masks and judge by them. Both get batches of a thousand facts; `bulk` gets all at once.
Process CPU, engines interleaved, garbage collector off, median.
"""

import argparse
import gc
import json
import resource
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from hashlib import blake2b
from random import Random
from typing import Any

import numpy as np
import psutil

from egraph.closure import AddedNodes, Closure
from egraph.identifiers import NodeId
from egraph.kernel.engine import Kernel
from egraph.store import NodeTable

OPERATORS = 24
BATCH = 1000
RED, BLUE, GREEN = 1, 2, 3


class Workload:
    """Events by arrival: (node, -1) or (left, right). Contents by node number; a child is a number of content."""

    def __init__(self, events: int, seed: int = 1) -> None:
        self.random = Random(seed)
        self.index: dict[tuple[int, ...], int] = {}
        self.content: list[tuple[int, ...]] = []
        self.value: list[int] = []
        self.values: dict[tuple[int, ...], int] = {}
        self.alike: list[list[int]] = []
        self.colour: list[int] = []  # of a value: all its nodes have it, so that no class can break the rule
        self.unequal: list[int] = []  # nodes that have company of their value, and were not asserted equal to it yet
        self.events: list[tuple[int, int]] = []
        self.add(OPERATORS)
        while len(self.events) < events:
            if self.random.random() < 0.82:
                self.node_event()
            else:
                self.equality_event()

    def recent(self) -> int:
        """Give a known node, mostly a recent one."""
        return int(len(self.content) * (1 - self.random.random() ** 2 * 0.999))

    def equality_event(self) -> None:
        """Assert two nodes of one value equal: mostly one that was not yet, sometimes any."""
        left = self.unequal.pop() if self.unequal and self.random.random() < 0.85 else self.recent()
        others = [item for item in self.random.choices(self.alike[self.value[left]], k=3) if item != left]
        self.events.append((left, others[0] if others else left))

    def node_event(self) -> None:
        """Add a known node again, a variant of one (the same operator over nodes of the same values), or a new one."""
        pick = self.random.random()
        if pick < 0.2:
            self.events.append((self.recent(), -1))
        elif pick < 0.47 and self.variant():
            return
        else:
            arity = self.random.choice((0, 0, 1, 2))
            if arity:
                self.add(self.random.randrange(1, OPERATORS), *(self.recent() for _ in range(arity)))
            else:  # a leaf has a name of its own, and sometimes a value that others have
                alike = self.random.random() < 0.85
                self.add(OPERATORS + len(self.content), alike_to=self.value[self.recent()] if alike else -1)

    def variant(self) -> bool:
        """Add a variant of a recent node; False if there is none."""
        operator, *children = self.content[self.recent()]
        varied = [self.random.choice(self.alike[self.value[child]]) for child in children]
        if (operator, *varied) in self.index:
            return False
        self.add(operator, *varied)
        return True

    def add(self, operator: int, *children: int, alike_to: int = -1) -> None:
        """Add a node, or name it again."""
        content = (operator, *children)
        number = self.index.setdefault(content, len(self.content))
        self.events.append((number, -1))
        if number < len(self.content):
            return
        below = tuple(self.value[child] for child in children)
        value = alike_to if alike_to >= 0 else self.values.setdefault((operator, *below), len(self.alike))
        if value == len(self.alike):
            self.alike.append([])
            choice = {GREEN, RED, BLUE} - {
                RED + BLUE - self.colour[item] for item in below if self.colour[item] != GREEN
            }
            self.colour.append(self.random.choice(sorted(choice)))
        if self.alike[value]:
            self.unequal.append(number)
        self.alike[value].append(number)
        self.value.append(value)
        self.content.append(content)

    def ids(self) -> list[NodeId]:
        """Give an id for each content, its colour in the top bits."""
        digests = (
            blake2b(number.to_bytes(8, "little"), digest_size=16).digest() for number in range(len(self.content))
        )
        return [
            NodeId(bytes((digest[0] & 63 | self.colour[value] << 6,)) + digest[1:])
            for digest, value in zip(digests, self.value, strict=True)
        ]


def by_python(work: Workload, ids: list[NodeId]) -> tuple[float, int]:
    """Fold in pure Python; gives CPU seconds and the number of classes."""
    gc.collect()
    gc.freeze()
    gc.disable()
    begin = time.process_time()
    table = NodeTable()
    nodes = AddedNodes(table)
    closure = Closure(nodes)
    for at in range(0, len(work.events), BATCH):
        numbered = [intern(table, work, ids, *event) for event in work.events[at : at + BATCH]]
        nodes.grow()
        for left, right in numbered:
            if right >= 0:
                closure.assert_equal(left, right)
            elif not nodes.added[left]:
                nodes.add(left)
                closure.node_added(left)
    seconds = time.process_time() - begin
    gc.enable()
    gc.unfreeze()
    return seconds, nodes.count - sum(len(group) - 1 for group in closure.members.values())


def intern(table: NodeTable, work: Workload, ids: list[NodeId], left: int, right: int) -> tuple[int, int]:
    """Number the ids of one event as NodeTable.define does, which would hash the content anew to check it."""
    number = table.mention(ids[left])
    if right >= 0:
        return number, table.mention(ids[right])
    if table.symbol[number] < 0:
        operator, *children = work.content[left]
        numbers = [table.mention(ids[child]) for child in children]
        table.symbol[number] = operator
        table.first_child[number] = len(table.children)
        table.arity[number] = len(numbers)
        table.children.extend(numbers)
    return number, -1


Batch = tuple[Any, ...]


def batches(work: Workload, ids: list[NodeId], size: int) -> list[Batch]:
    """Give columns per batch: ids, operators, offsets, ids of children, ids of the ends of equalities."""
    names = np.frombuffer(b"".join(ids), np.uint64).reshape(-1, 2)
    out = []
    for at in range(0, len(work.events), size):
        events = np.array(work.events[at : at + size], np.int64)
        added, ends = events[events[:, 1] < 0, 0], events[events[:, 1] >= 0]
        contents = [work.content[number] for number in added.tolist()]
        offsets = np.cumsum([0, *(len(item) - 1 for item in contents)]).astype(np.int32)
        children = np.array([child for item in contents for child in item[1:]], np.int64)
        operators = np.array([item[0] for item in contents], np.int32)
        out.append((names[added], operators, offsets, names[children], names[ends[:, 0]], names[ends[:, 1]]))
    return out


def by_kernel(columns: list[Batch], bulk: bool) -> tuple[float, int]:
    """Fold batches in the kernel; gives CPU seconds and the number of classes."""
    gc.collect()
    begin = time.process_time()
    kernel = Kernel()
    for added, operators, offsets, children, left, right in columns:
        numbers = kernel.intern(added)
        refused = kernel.add_nodes(numbers, operators, offsets, kernel.intern(children)).any()
        handles = kernel.register(kernel.intern(left), kernel.intern(right))
        refused |= not kernel.close_bulk(handles) if bulk else kernel.assert_each(handles).any()
    seconds = time.process_time() - begin
    return seconds, -1 if refused else len(np.unique(kernel.labels()))


def measure(events: int, runs: int) -> dict[str, float]:
    """Run the engines in turn; give thousands of events per CPU second, and ratios to the Python closure."""
    work = Workload(events)
    ids = work.ids()
    streamed, whole = batches(work, ids, BATCH), batches(work, ids, events)
    engines: dict[str, Callable[[], tuple[float, int]]] = {
        "python": lambda: by_python(work, ids),
        "kernel": lambda: by_kernel(streamed, False),
        "bulk": lambda: by_kernel(whole, True),
    }
    by_kernel(streamed[:1], False)  # compile, or load what was compiled
    by_kernel(streamed[:1], True)
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


def first_fold(*, with_scipy: bool) -> float:
    """Give the CPU seconds of a process that imports what it needs and folds two facts, its cache warm; median of 5.

    numba imports scipy wherever it is installed. Of our packages only the extra `ilp` brings it.
    """
    code = ("" if with_scipy else "import sys; sys.modules['scipy'] = None; ") + (
        "import numpy as np; from egraph.kernel.engine import Kernel; kernel = Kernel(); "
        "numbers = kernel.intern(np.array([[3 << 6, 1], [3 << 6, 2]], np.uint64)); "
        "kernel.add_nodes(numbers, [1, 2], [0, 0, 0], []); kernel.assert_equal(numbers[:1], numbers[1:])"
    )
    spent = []
    for _ in range(6):
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        subprocess.run((sys.executable, "-c", code), check=True, timeout=300)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        spent.append(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)
    return round(statistics.median(spent[1:]), 2)


def memory(events: int) -> int:
    """Give the bytes that the kernel takes for a node, measured in a process of its own."""
    words = (sys.executable, "-m", "tests.benchmarks.bench_fold", "--memory", str(events))
    return int(subprocess.run(words, capture_output=True, text=True, check=True, timeout=600).stdout)


def bytes_by_node(events: int) -> int:
    """Give what the resident memory grows by while the kernel folds, by node."""
    work = Workload(events)
    columns = batches(work, work.ids(), BATCH)
    by_kernel(columns[:1], False)  # the compiled code
    gc.collect()
    process = psutil.Process()
    before = process.memory_info().rss
    kernel = Kernel()
    for added, operators, offsets, children, left, right in columns:
        kernel.add_nodes(kernel.intern(added), operators, offsets, kernel.intern(children))
        kernel.assert_each(kernel.register(kernel.intern(left), kernel.intern(right)))
    return round((process.memory_info().rss - before) / len(work.content))


def main() -> None:
    """Measure every size and print one JSON line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sizes", type=int, nargs="+", default=[10_000, 100_000, 1_000_000])
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--memory", type=int, help="Measure the memory of so many events, here, and nothing else.")
    options = parser.parse_args()
    if options.memory:
        print(bytes_by_node(options.memory))
        return
    print(
        json.dumps(
            {
                **{f"fold_{events}": measure(events, options.runs) for events in options.sizes},
                "first_fold_cpu_s": first_fold(with_scipy=False),
                "first_fold_with_scipy_cpu_s": first_fold(with_scipy=True),
                "bytes_by_node": memory(options.sizes[-1]),
            }
        )
    )


if __name__ == "__main__":
    main()
