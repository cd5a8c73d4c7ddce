"""Time of one explanation: proving, judging and denying, per pair, in a view of 100,000 and of a million facts.

Run: python -m tests.benchmarks.bench_explain [--sizes 100000 1000000] [--pairs 400] [--runs 5]. One JSON line; asserts
nothing.

The workload is that of bench_fold. Pairs are drawn from a seed: a node of a class with several members, every node as
likely, and another member; for denials, two nodes of different classes. Process CPU. A run goes over all pairs, and a
pair's figure is its median over the runs; printed are median, 95th percentile and maximum over the pairs. Pairs that no
single equality joins are also shown by themselves (`prove_longer`). What is read once per view (where nodes were
added, accepted equalities by node) is paid by the first proof and printed by itself.
"""

import argparse
import gc
import json
import statistics
import time
from collections.abc import Callable, Iterator
from random import Random

from egraph.colours import Colour
from egraph.explain.blocked import why_not
from egraph.explain.check import check
from egraph.explain.known import KnownToView
from egraph.explain.proof import Proof
from egraph.explain.prove import Explainer
from egraph.facts import EqualityAsserted, Fact, NodeAdded, Stated
from egraph.identifiers import EventId, NodeId, node_id
from egraph.store import FactStore
from egraph.view import IncrementalView
from tests.benchmarks.bench_fold import Workload

Pair = tuple[NodeId, NodeId]


def facts_of(work: Workload) -> Iterator[Fact]:
    """Give the events of a workload as facts; their ids count from 0."""
    ids: list[NodeId] = []
    for operator, *children in work.content:
        ids.append(node_id(f"o{operator}", Colour.GREEN, [ids[child] for child in children]))
    for number, (left, right) in enumerate(work.events):
        event_id = EventId(number.to_bytes(16, "big"))
        if right < 0:
            operator, *children = work.content[left]
            below = tuple(ids[child] for child in children)
            yield NodeAdded(
                event_id=event_id, graph="main", producer="p", sequence=number, hlc=number, operator=f"o{operator}",
                colour=Colour.GREEN, children=below,
            )  # fmt: skip
        else:
            yield EqualityAsserted(
                event_id=event_id, graph="main", producer="p", sequence=number, hlc=number, left=ids[left],
                right=ids[right], why=Stated(""),
            )  # fmt: skip


def folded(events: int) -> tuple[IncrementalView, dict[EventId, Fact]]:
    """Give the view of a workload, and its facts by id for the checker."""
    facts = {fact.event_id: fact for fact in facts_of(Workload(events))}
    view = IncrementalView(FactStore())
    view.fold_many(view.store.intern_all(facts.values()))
    view.settle()
    return view, facts


def draw(view: IncrementalView, count: int, seed: int = 1) -> tuple[list[Pair], list[Pair]]:
    """Give pairs that are equal, and pairs that are not."""
    random = Random(seed)
    ids = view.store.nodes.ids
    equal: list[Pair] = []
    unequal: list[Pair] = []
    while len(equal) < count or len(unequal) < count:
        left, right = random.choice(ids), random.choice(ids)
        members = view.members(left)
        if len(members) > 1 and len(equal) < count:
            equal.append((left, random.choice([item for item in members if item != left])))
        if right not in members and len(unequal) < count:
            unequal.append((left, right))
    return equal, unequal


def timed(pairs: list[Pair], runs: int, work: Callable[[int], object]) -> dict[str, float]:
    """Call `work` with each number of a pair; give microseconds over the pairs."""
    taken: list[list[float]] = [[] for _ in pairs]
    gc.collect()
    gc.freeze()
    for _ in range(runs):
        for number, several in enumerate(taken):
            began = time.process_time_ns()
            work(number)
            several.append((time.process_time_ns() - began) / 1000)
    gc.unfreeze()
    figures = sorted(statistics.median(several) for several in taken)
    return {
        "median_us": round(statistics.median(figures), 1),
        "p95_us": round(figures[len(figures) * 95 // 100], 1),
        "max_us": round(figures[-1], 1),
    }


def measure(events: int, count: int, runs: int) -> dict[str, object]:
    """Give the figures of one size."""
    view, facts = folded(events)
    equal, unequal = draw(view, count)
    known = KnownToView(view)
    explainer = Explainer(view, known)
    began = time.process_time()
    explainer.why(*equal[0])
    view_once = time.process_time() - began
    proofs = [proof for pair in equal if (proof := explainer.why(*pair)) is not None]
    longer = [pair for pair, proof in zip(equal, proofs, strict=True) if proof.size != (1, 1)]
    refused = sum(check(proof, facts.get) is not None for proof in proofs)
    return {
        "classes": view.counts().classes,
        "class_of_pair_median": statistics.median(len(view.members(left)) for left, _ in equal),
        "class_of_pair_max": max(len(view.members(left)) for left, _ in equal),
        "steps_median": statistics.median(proof.size[1] for proof in proofs),
        "steps_max": max(proof.size[1] for proof in proofs),
        "unproved_or_refused": len(equal) - len(proofs) + refused,
        "once_per_view_s": round(view_once, 2),
        "said_outright": sum(proof.size == (1, 1) for proof in proofs),
        "prove": timed(equal, runs, lambda number: explainer.why(*equal[number])),
        "prove_longer": timed(longer, runs, lambda number: explainer.why(*longer[number])),
        "check": timed(equal, runs, lambda number: check(proofs[number], facts.get)),
        "deny": timed(unequal, runs, lambda number: denied(view, known, explainer, unequal[number])),
    }


def denied(
    view: IncrementalView, known: KnownToView, explainer: Explainer, pair: Pair
) -> tuple[Proof | None, tuple[object, ...]]:
    """Ask what a user asks about two nodes that are not equal."""
    return explainer.why(*pair), why_not(view, known, *pair)


def main() -> None:
    """Measure every size and print one JSON line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sizes", type=int, nargs="+", default=[100_000, 1_000_000])
    parser.add_argument("--pairs", type=int, default=400)
    parser.add_argument("--runs", type=int, default=5)
    options = parser.parse_args()
    print(json.dumps({f"explain_{size}": measure(size, options.pairs, options.runs) for size in options.sizes}))


if __name__ == "__main__":
    main()
