"""Extraction speed: the best term of every class of a large e-graph, against egglog's `extract` of one term.

Run: python -m tests.benchmarks.bench_extraction [--iterations 8 11] [--runs 5]. One JSON line; asserts nothing.

The graph is that of egglog's `math` microbenchmark (24 unconditional rules, seven terms) after so many iterations, 1M
nodes after 11, saturated by us and by egglog; the costs of the seven terms must be those that egglog finds. Process
CPU, interleaved, heap frozen, median. Without egglog (a dependency for developers) the baseline is the same loops as
plain Python, and the graph the largest on which that is bearable.
"""

import argparse
import gc
import json
import re
import statistics
import time
from collections.abc import Callable
from importlib.util import find_spec
from typing import Any

from egraph.colours import Colour
from egraph.extraction.columns import Columns
from egraph.extraction.dag import DagExtraction, extract_dag, tree_as_dag
from egraph.extraction.from_saturation import saturation_columns
from egraph.extraction.tree import extract_trees
from egraph.identifiers import NodeId, node_id
from egraph.rules.conditions import Content
from egraph.rules.forms import Atom, Form, read_forms
from egraph.rules.reader import read_rules
from egraph.saturation.limits import Limits
from egraph.saturation.saturation import Saturation

NODES_MAX = 8_000_000
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


LITERAL = re.compile(r'\((Const|Var) "?([-\w]+)"?\)')
VARIABLE = re.compile(r"(?<= )[a-z](?=[ )])")
PLAIN_ITERATIONS_MAX = 9


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


def as_egglog(operator: str, _colour: Colour) -> int:
    """Price nodes as egglog does: 1 each, and 1 more for the literal inside, which is no node here."""
    return 2 if operator.startswith(("Const:", "Var:")) else 1


def saturated(iterations: int) -> tuple[Columns, list[int]]:
    """Give the graph as columns, and the classes of the terms."""
    lines = [line for line in RULES.splitlines() if line.startswith("(rewrite")]
    texts = [VARIABLE.sub(r"?\g<0>", LITERAL.sub(r"\1:\2", line)) for line in lines]
    rules = [text.replace("(rewrite", f"(rewrite r{number}", 1) for number, text in enumerate(texts)]
    nodes: dict[NodeId, Content] = {}

    def build(form: Form) -> NodeId:
        name, *below = (form,) if isinstance(form, Atom) else form.items
        assert isinstance(name, Atom)
        content = Content(name.text, tuple(map(build, below)))
        identity = node_id(content.operator, Colour.GREEN, content.children)
        nodes[identity] = content
        return identity

    roots = [build(read_forms(LITERAL.sub(r"\1:\2", term))[0]) for term in TERMS]
    limits = Limits(rounds=iterations, nodes=NODES_MAX)
    outcome = Saturation(read_rules("\n".join(rules)), nodes, limits=limits).run()
    return saturation_columns(outcome)[0], [outcome.classes.of(root) for root in roots]


def taken(call: Callable[[], Any]) -> float:
    """Give the CPU seconds of a call."""
    gc.collect()
    gc.freeze()
    begin = time.process_time()
    call()
    return time.process_time() - begin


def measure(iterations: int, runs: int, with_egglog: bool) -> dict[str, Any]:
    """Extract in turn; give milliseconds, and the ratio to the baseline."""
    columns, roots = saturated(iterations)
    figures: dict[str, Any] = {"nodes": len(columns), "classes": len(set(columns.labels))}
    trees = extract_trees(columns, as_egglog)  # compiles, or loads what was compiled
    ways: dict[str, Callable[[], Any]] = {
        "trees": lambda: extract_trees(columns, as_egglog),
        "settled": lambda: extract_trees(columns, as_egglog, sweeps_max=0),
    }
    if with_egglog:
        egglog = Egglog(iterations)
        ours = [trees.cost_of(root) for root in roots]
        figures["same_costs"] = ours == [egglog.extract(number) for number in range(len(roots))]
        ways["egglog"] = lambda: egglog.extract(0)
    else:
        ways["plain"] = lambda: extract_trees(columns, as_egglog, jit=False)
    seconds: dict[str, list[float]] = {name: [] for name in ways}
    for _ in range(runs):
        for name, way in ways.items():
            seconds[name].append(taken(way))
    median = {name: statistics.median(several) for name, several in seconds.items()}
    figures |= {f"{name}_ms": round(1000 * value, 2) for name, value in median.items()}
    baseline = "egglog" if with_egglog else "plain"
    figures[f"{baseline}_to_trees"] = round(median[baseline] / median["trees"], 1)
    dag: list[DagExtraction] = []
    figures["dag_ms"] = round(1000 * taken(lambda: dag.append(extract_dag(columns, as_egglog, roots))), 1)
    by_tree = tree_as_dag(trees, as_egglog, roots)
    return figures | {"dag_cost": dag[0].cost, "trees_as_dag_cost": by_tree.cost}


def main() -> None:
    """Measure every size and print one JSON line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--iterations", type=int, nargs="+", default=[8, 11])
    parser.add_argument("--runs", type=int, default=5)
    options = parser.parse_args()
    with_egglog = find_spec("egglog") is not None
    sizes = [n for n in sorted(options.iterations) if with_egglog or n <= PLAIN_ITERATIONS_MAX]
    found: dict[str, Any] = {f"math_{n}": measure(n, options.runs, with_egglog) for n in sizes}
    if with_egglog and sizes:
        found["egglog_to_trees"] = found[f"math_{sizes[-1]}"]["egglog_to_trees"]
    print(json.dumps(found))


if __name__ == "__main__":
    main()
