"""Extraction speed: the best term of every class of a large e-graph, against egglog's `extract` of one term.

Run: python -m tests.benchmarks.bench_extraction [--iterations 8 11] [--runs 5]. One JSON line; asserts nothing.

The graph is egglog's own: its `math` microbenchmark (24 unconditional rules, seven terms) after so many iterations,
read out of it; the costs of the seven terms must be those that egglog finds. Process CPU, interleaved, heap frozen,
median. egglog is no dependency of the project: run this with an interpreter that has egglog 13.2.0 and numba. Without
egglog the graph is a random one of the same shape, and the only baseline is the same loops as plain Python.
"""

import argparse
import gc
import json
import statistics
import time
from collections.abc import Callable
from random import Random
from typing import Any

from egraph.colours import Colour
from egraph.extraction.columns import Columns, Symbol, read_columns
from egraph.extraction.costs import NodeCost, by_operator, size
from egraph.extraction.dag import extract_dag
from egraph.extraction.tree import extract_trees

RULES = """
(datatype Math (Diff Math Math) (Integral Math Math) (Add Math Math) (Sub Math Math) (Mul Math Math) (Div Math Math)
  (Pow Math Math) (Ln Math) (Sqrt Math) (Sin Math) (Cos Math) (Const i64) (Var String))
(rewrite (Add a b) (Add b a))
(rewrite (Mul a b) (Mul b a))
(rewrite (Add a (Add b c)) (Add (Add a b) c))
(rewrite (Mul a (Mul b c)) (Mul (Mul a b) c))
(rewrite (Sub a b) (Add a (Mul (Const -1) b)))
(rewrite (Add a (Const 0)) a)
(rewrite (Mul a (Const 0)) (Const 0))
(rewrite (Mul a (Const 1)) a)
(rewrite (Sub a a) (Const 0))
(rewrite (Mul a (Add b c)) (Add (Mul a b) (Mul a c)))
(rewrite (Add (Mul a b) (Mul a c)) (Mul a (Add b c)))
(rewrite (Mul (Pow a b) (Pow a c)) (Pow a (Add b c)))
(rewrite (Pow x (Const 1)) x)
(rewrite (Pow x (Const 2)) (Mul x x))
(rewrite (Diff x (Add a b)) (Add (Diff x a) (Diff x b)))
(rewrite (Diff x (Mul a b)) (Add (Mul a (Diff x b)) (Mul b (Diff x a))))
(rewrite (Diff x (Sin x)) (Cos x))
(rewrite (Diff x (Cos x)) (Mul (Const -1) (Sin x)))
(rewrite (Integral (Const 1) x) x)
(rewrite (Integral (Cos x) x) (Sin x))
(rewrite (Integral (Sin x) x) (Mul (Const -1) (Cos x)))
(rewrite (Integral (Add f g) x) (Add (Integral f x) (Integral g x)))
(rewrite (Integral (Sub f g) x) (Sub (Integral f x) (Integral g x)))
(rewrite (Integral (Mul a b) x) (Sub (Mul a (Integral b x)) (Integral (Mul (Diff x a) (Integral b x)) x)))
"""
X = '(Var "x")'
TERMS = (
    f"(Integral (Ln {X}) {X})",
    f"(Integral (Add {X} (Cos {X})) {X})",
    f"(Integral (Mul (Cos {X}) {X}) {X})",
    f"(Diff {X} (Add (Const 1) (Mul (Const 2) {X})))",
    f"(Diff {X} (Sub (Pow {X} (Const 3)) (Mul (Const 7) (Pow {X} (Const 2)))))",
    f'(Add (Mul (Var "y") (Add {X} (Var "y"))) (Sub (Add {X} (Const 2)) (Add {X} {X})))',
    '(Div (Const 1) (Sub (Div (Add (Const 1) (Sqrt (Var "five"))) (Const 2)) '
    '(Div (Sub (Const 1) (Sqrt (Var "five"))) (Const 2))))',
)


class Egglog:
    """The same graph inside egglog."""

    def __init__(self, iterations: int) -> None:
        from egglog import bindings

        self.egraph: Any = bindings.EGraph()
        self.run(RULES)
        for number, term in enumerate(TERMS):
            self.run(f"(let $root{number} {term})")
        self.run(f"(run {iterations})")

    def run(self, program: str) -> list[Any]:
        """Run commands, give what they answer."""
        return list(self.egraph.run_program(*self.egraph.parse_program(program)))

    def extract(self, number: int) -> int:
        """Extract one of the terms, give its cost."""
        return int(self.run(f"(extract $root{number})")[0].cost)

    def columns(self) -> tuple[Columns, NodeCost, list[int]]:
        """Give the graph as columns, egglog's costs, and the classes of the terms."""
        text = self.egraph.serialize(
            [], max_functions=None, max_calls_per_function=None, include_temporary_functions=False
        ).to_json()
        read = json.loads(text)
        # Classes by age, as in a table that grew; egglog writes one operator after the other.
        nodes = dict(sorted(read["nodes"].items(), key=lambda item: by_age(item[1]["eclass"])))
        classes: dict[str, int] = {}
        names: dict[Symbol, int] = {}
        costs: dict[str, int] = {}
        labels, symbols, offsets, children = [], [], [0], []
        for node in nodes.values():
            labels.append(classes.setdefault(node["eclass"], len(classes)))
            symbols.append(names.setdefault(Symbol(node["op"], Colour.GREEN), len(names)))
            costs[node["op"]] = int(node["cost"])
            children += [classes.setdefault(nodes[child]["eclass"], len(classes)) for child in node["children"]]
            offsets.append(len(children))
        columns = read_columns(
            classes=len(classes), labels=labels, symbols=symbols, offsets=offsets, children=children,
            order=range(len(labels)), names=tuple(names),
        )  # fmt: skip
        lets = {item["let"]: name for name, item in read["class_data"].items() if "let" in item}
        roots = [classes[lets[f"$root{number}"]] for number in range(len(TERMS)) if f"$root{number}" in lets]
        return columns, by_operator(costs, 1), roots


def by_age(eclass: str) -> tuple[bool, int]:
    """Give the place of one of egglog's classes: literals, then terms as they were made."""
    sort, _, number = eclass.rpartition("-")
    return sort == "Math", int(number)


def random_graph(nodes: int, seed: int = 1) -> tuple[Columns, NodeCost, list[int]]:
    """Give a random graph: 2.4 nodes a class, mostly of two children, which are mostly recent."""
    random = Random(seed)
    classes = nodes * 10 // 24
    labels, children, offsets = [], [], [0]
    for node in range(nodes):
        label = node if node < classes else random.randrange(classes)
        labels.append(label)
        if label >= 16:
            children += [int(label * (1 - random.random() ** 2 * 0.999)) for _ in range(random.choice((1, 2, 2, 2, 2)))]
        offsets.append(len(children))
    names = tuple(Symbol(f"op{number}", Colour.GREEN) for number in range(13))
    columns = read_columns(
        classes=classes, labels=labels, symbols=[random.randrange(13) for _ in labels], offsets=offsets,
        children=children, order=range(nodes), names=names,
    )  # fmt: skip
    return columns, size, [classes - 1]


def taken(call: Callable[[], Any]) -> float:
    """Give the CPU seconds of a call."""
    gc.collect()
    gc.freeze()
    begin = time.process_time()
    call()
    return time.process_time() - begin


def measure(egglog: Egglog | None, graph: tuple[Columns, NodeCost, list[int]], runs: int) -> dict[str, Any]:
    """Extract in turn; give milliseconds, and the ratio to egglog."""
    columns, cost, roots = graph
    figures: dict[str, Any] = {"nodes": len(columns), "classes": columns.classes}
    trees = extract_trees(columns, cost)  # compiles, or loads what was compiled
    if egglog is not None:
        ours = [trees.cost_of(root) for root in roots]
        figures["same_costs"] = ours == [egglog.extract(number) for number in range(len(roots))]
    ways: dict[str, Callable[[], Any]] = {
        "trees": lambda: extract_trees(columns, cost),
        "settled": lambda: extract_trees(columns, cost, sweeps_max=0),
    }
    if egglog is not None:
        ways["egglog"] = lambda: egglog.extract(0)
    else:
        ways["plain"] = lambda: extract_trees(columns, cost, jit=False)
    seconds: dict[str, list[float]] = {name: [] for name in ways}
    for _ in range(runs):
        for name, way in ways.items():
            seconds[name].append(taken(way))
    median = {name: statistics.median(several) for name, several in seconds.items()}
    figures |= {f"{name}_ms": round(1000 * value, 2) for name, value in median.items()}
    baseline = "egglog" if egglog is not None else "plain"
    figures[f"{baseline}_to_trees"] = round(median[baseline] / median["trees"], 1)
    dag: list[Any] = []
    figures["dag_ms"] = round(1000 * taken(lambda: dag.append(extract_dag(columns, cost, roots[:1]))), 1)
    figures["dag_cost"], figures["tree_cost"] = dag[0].cost, trees.cost_of(roots[0])
    return figures


def main() -> None:
    """Measure every size and print one JSON line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--iterations", type=int, nargs="+", default=[8, 11])
    parser.add_argument("--runs", type=int, default=5)
    options = parser.parse_args()
    try:
        import egglog  # noqa: F401
    except ImportError:
        print(json.dumps({"random_100000": measure(None, random_graph(100_000), options.runs)}))
        return
    found: dict[str, Any] = {}
    for iterations in options.iterations:
        egraph = Egglog(iterations)
        found[f"math_{iterations}"] = measure(egraph, egraph.columns(), options.runs)
    found["egglog_to_trees"] = found[f"math_{max(options.iterations)}"]["egglog_to_trees"]
    print(json.dumps(found))


if __name__ == "__main__":
    main()
