"""Why two nodes are equal, read off the proof forest.

Belongs here: the lemmas of an explanation, by the kernel's numbers. Not here: proofs over facts (view.py), the forest
(forest.py). An explanation takes microseconds, and depends on the order in which facts came: replicas agree on
what is equal, not on this reason. egraph/explain finds the same short proof everywhere, and takes its time.
"""

from egraph.kernel.arrays import KernelArrays
from egraph.kernel.engine import Kernel
from egraph.kernel.loops import CONGRUENT, LEFT, PAIR_SYMBOL, RIGHT, SYMBOL

Edge = list[int]
"""from, to, why (an assertion, or loops.CONGRUENT), age"""

Lemma = tuple[int, int, list[Edge]]


def lemmas(kernel: Kernel, left: int, right: int) -> list[Lemma]:
    """Give paths for two equal nodes, last, and for all pairs of children that these rest on, each before its users.

    The last edge of a path that was made rests on older edges only, so lemmas in the order of their youngest edges are
    in order. Raises NotEqual.
    """
    found = {(left, right): kernel.path(left, right)}
    pending = [(left, right)]
    while pending:
        for source, target, why, _ in found[pending.pop()]:
            if why == CONGRUENT:
                for pair in zip(children_of(kernel, source), children_of(kernel, target), strict=True):
                    if pair[0] != pair[1] and pair not in found:
                        found[pair] = kernel.edges_between(*pair)
                        pending.append(pair)
    main = found.pop((left, right))
    below = sorted(found.items(), key=lambda item: max(edge[3] for edge in item[1]))
    return [*((a, b, edges) for (a, b), edges in below), (left, right, main)]


def children_of(kernel: KernelArrays, number: int) -> list[int]:
    """Give the children of a node; hidden pairs stand for all but the last."""
    row = kernel.nodes[number].tolist()
    if row[LEFT] < 0:
        return []
    last = []
    while kernel.nodes[row[LEFT], SYMBOL] == PAIR_SYMBOL:
        last.append(row[RIGHT])
        row = kernel.nodes[row[LEFT]].tolist()
    if row[RIGHT] >= 0:
        last.append(row[RIGHT])
    return [row[LEFT], *reversed(last)]
