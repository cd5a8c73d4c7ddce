"""Cheapest trees of all classes, as plain functions over flat arrays; compiled or as they stand (compiling.py).

Belongs here: loops. Not here: whole calls (tree.py), what costs what (costs.py).

Two ways to one result. Sweeps over all nodes lower the costs until a sweep lowers none: few are needed
where children stand before their parents, as in tables that grew by saturation. What is not done after some sweeps is
computed by Knuth's generalisation of Dijkstra's algorithm (Knuth, A generalization of Dijkstra's algorithm, 1977),
whose work does not depend on the order of the nodes. Costs of nodes are at least 1, so a chosen node costs more than
each of its children: choices never form a cycle.

Costs, their tables and `order` hold 64-bit integers, `fell` 16-bit ones, all other arrays 32-bit ones. Costs are added
with a ceiling, EXPENSIVE, and two of them fit 63 bits: nothing wraps.
"""

from typing import Any

NO_COST = (1 << 63) - 1
"""The cost of a class for which no term was found."""
EXPENSIVE = (1 << 62) - 1
"""The cost of a class whose cheapest term costs that much, or more."""

STRETCHES = 1 << 10
SWEEPS_MAX = 31
"""Sweeps times stretches fit 16 bits."""

GOOD, BAD_LABEL, BAD_SYMBOL, BAD_OFFSET, BAD_CHILD = 0, 1, 2, 3, 4

Array = Any


def check(labels: Array, symbols: Array, offsets: Array, children: Array, classes: int, names: int) -> tuple[int, int]:
    """Find the first value outside its domain: what is wrong, and where."""
    if offsets[0] != 0 or offsets[len(labels)] != len(children):
        return BAD_OFFSET, 0
    for node in range(len(labels)):
        if labels[node] < 0 or labels[node] >= classes:
            return BAD_LABEL, node
        if symbols[node] < 0 or symbols[node] >= names:
            return BAD_SYMBOL, node
        if offsets[node + 1] < offsets[node] or offsets[node + 1] > len(children):
            return BAD_OFFSET, node
    for at in range(len(children)):
        if children[at] < 0 or children[at] >= classes:
            return BAD_CHILD, at
    return GOOD, 0


def price(symbols: Array, offsets: Array, children: Array, weights: Array, cost: Array, node: int) -> int:
    """Give what a node costs with its children as they are now: EXPENSIVE at most, NO_COST where one has no cost."""
    total: int = weights[symbols[node]]
    for at in range(offsets[node], offsets[node + 1]):
        below = cost[children[at]]
        if below == NO_COST:
            return NO_COST
        total = min(total + below, EXPENSIVE)
    return total


def sweep(
    labels: Array, symbols: Array, offsets: Array, children: Array, order: Array, weights: Array,
    cost: Array, best: Array, fell: Array, number: int, backwards: bool, turned: bool,
) -> tuple[int, int]:  # fmt: skip
    """Offer nodes to their classes, in sweep 0 all; gives how many were cheaper, and how many tied in order as well.

    Equal cost: the node first in content order. `fell[label]` says when a class became cheaper last: in which sweep,
    and in which stretch of its steps. A node whose children did not since it was looked at would offer the same again.
    """
    cheaper, tied = 0, 0
    count = len(labels)
    shift = 0
    while count >> shift >= STRETCHES:
        shift += 1
    for step in range(count):
        node = step
        if backwards:
            node = count - 1 - step
        before = step
        if turned:
            before = count - 1 - step
        seen = (number - 1) * STRETCHES + (before >> shift)
        stale = number == 0
        for at in range(offsets[node], offsets[node + 1]):
            if stale or fell[children[at]] >= seen:
                stale = True
                break
        if not stale:
            continue
        total = price(symbols, offsets, children, weights, cost, node)
        if total == NO_COST:
            continue
        label = labels[node]
        if total < cost[label]:
            cost[label] = total
            best[label] = node
            fell[label] = number * STRETCHES + (step >> shift)
            cheaper += 1
        elif total == cost[label] and best[label] != node:
            if best[label] < 0 or order[node] < order[best[label]]:
                best[label] = node
            elif order[node] == order[best[label]]:
                tied += 1
    return cheaper, tied


def sweeps(
    labels: Array, symbols: Array, offsets: Array, children: Array, order: Array, weights: Array,
    cost: Array, best: Array, fell: Array, sweeps_max: int,
) -> tuple[bool, int]:  # fmt: skip
    """Sweep until nothing is cheaper. False: not done within so many sweeps. Gives the number of ties met, too.

    A sweep that finds as much as the one before it goes against the grain: the next one turns round.
    """
    ties, last = 0, len(labels) + 1
    backwards, turned = False, False
    for number in range(sweeps_max):
        cheaper, tied = sweep(
            labels, symbols, offsets, children, order, weights, cost, best, fell, number, backwards, turned
        )  # fmt: skip
        ties += tied
        if cheaper == 0:
            return True, ties
        turned = cheaper >= last
        backwards = backwards != turned
        last = cheaper
    return False, ties


def count_uses(labels: Array, offsets: Array, children: Array, first_use: Array, uses: Array, missing: Array) -> None:
    """List the nodes above each class, once per mention, and count the mentions in each node."""
    for at in range(len(children)):
        first_use[children[at] + 1] += 1
    for label in range(1, len(first_use)):
        first_use[label] += first_use[label - 1]
    # Filled from behind, so that first_use ends where it has to begin.
    for node in range(len(labels) - 1, -1, -1):
        missing[node] = offsets[node + 1] - offsets[node]
        for at in range(offsets[node], offsets[node + 1]):
            child = children[at] + 1
            first_use[child] -= 1
            uses[first_use[child]] = node
    for label in range(1, len(first_use) - 1):
        first_use[label] = first_use[label + 1]
    first_use[len(first_use) - 1] = len(children)


def knuth(
    labels: Array, symbols: Array, offsets: Array, children: Array, weights: Array, cost: Array,
    first_use: Array, uses: Array, missing: Array, heap: Array, place: Array,
) -> None:  # fmt: skip
    """Settle classes from the cheapest on; each node is looked at when its last child is settled.

    `cost` comes in all NO_COST, `place` all -1: the position of a class in the heap, or -2 once it is settled.
    """
    count_uses(labels, offsets, children, first_use, uses, missing)
    size = 0
    for node in range(len(labels)):
        if missing[node] == 0:
            size = offer(cost, heap, place, size, labels[node], weights[symbols[node]])
    while size:
        label = heap[0]
        size = take_first(cost, heap, place, size)
        for use in range(first_use[label], first_use[label + 1]):
            node = uses[use]
            missing[node] -= 1
            if missing[node] == 0 and place[labels[node]] != -2:
                total = price(symbols, offsets, children, weights, cost, node)
                size = offer(cost, heap, place, size, labels[node], total)


def offer(cost: Array, heap: Array, place: Array, size: int, label: int, total: int) -> int:
    """Lower the cost of a class that is not settled; gives the size of the heap."""
    if total >= cost[label]:
        return size
    cost[label] = total
    if place[label] < 0:
        place[label] = size
        heap[size] = label
        size += 1
    at = place[label]
    while at and cost[heap[(at - 1) // 2]] > total:
        heap[at] = heap[(at - 1) // 2]
        place[heap[at]] = at
        at = (at - 1) // 2
    heap[at] = label
    place[label] = at
    return size


def take_first(cost: Array, heap: Array, place: Array, size: int) -> int:
    """Settle the cheapest class of the heap; gives the size of the heap."""
    place[heap[0]] = -2
    size -= 1
    if size == 0:
        return 0
    label = heap[size]
    at = 0
    while 2 * at + 1 < size:
        child = 2 * at + 1
        if child + 1 < size and cost[heap[child + 1]] < cost[heap[child]]:
            child += 1
        if cost[heap[child]] >= cost[label]:
            break
        heap[at] = heap[child]
        place[heap[at]] = at
        at = child
    heap[at] = label
    place[label] = at
    return size


def forget_expensive(cost: Array, best: Array) -> None:
    """Choose nothing where costs hit the ceiling: there a chosen node need not cost more than its children."""
    for label in range(len(cost)):
        if cost[label] >= EXPENSIVE:
            best[label] = -1


def find_tie(
    labels: Array, symbols: Array, offsets: Array, children: Array, order: Array, weights: Array,
    cost: Array, best: Array,
) -> int:  # fmt: skip
    """Find a node that is as good as the chosen one of its class in cost and in content order; -1 if there is none."""
    for node in range(len(labels)):
        chosen = best[labels[node]]
        if chosen < 0 or chosen == node or order[chosen] != order[node]:
            continue
        total = price(symbols, offsets, children, weights, cost, node)
        if total == cost[labels[node]]:
            return node
    return -1
