"""A kernel's laws, computed from members and parents alone, not from what is kept on the way.

Belongs here: checks from scratch. Not here: keeping the laws.
"""

from typing import NamedTuple

import numpy as np

from egraph.kernel.arrays import KernelArrays
from egraph.kernel.engine import Kernel
from egraph.kernel.errors import LawBroken
from egraph.kernel.inputs import Column
from egraph.kernel.loops import (
    ABOVE,
    LABEL,
    LEFT,
    MASK,
    MORE,
    NEXT_MEMBER,
    PAIR_SYMBOL,
    RIGHT,
    SYMBOL,
    WEIGHT,
)
from egraph.kernel.tallying import IS_JOINED, IS_MENTIONED


def violations(kernel: KernelArrays) -> int:
    """Count the classes that break the class rule."""
    nodes = kernel.nodes[: len(kernel)]
    labels, symbols = nodes[:, LABEL], nodes[:, SYMBOL]
    colours = np.where(symbols > 0, symbols & 3, -symbols)
    bad = np.zeros(len(nodes), np.bool_)
    for colour, opposite in ((1, 2), (2, 1)):
        has_member, has_parent = (np.zeros(len(nodes), np.bool_) for _ in range(2))
        has_member[labels[(colours == colour) & (symbols != PAIR_SYMBOL)]] = True
        above = np.flatnonzero((symbols > 0) & (colours == opposite))
        while len(above):  # a hidden pair stands for children of the node above it
            below = np.concatenate([nodes[above, column] for column in (LEFT, RIGHT)])
            below = below[below >= 0]
            hidden = symbols[below] == PAIR_SYMBOL
            has_parent[labels[below[~hidden]]] = True
            above = below[hidden]
        bad |= has_member & has_parent
    return int(np.count_nonzero(bad))


class Tally(NamedTuple):
    """Visible classes, and those among them that break the class rule."""

    classes: int
    violations: int


def tally_of(kernel: Kernel) -> Tally:
    """Count visible classes, and what `violations` counts, fast."""
    marks = np.empty(len(kernel), np.int8)
    broken = kernel.loops.tally(kernel.nodes, kernel.counts, marks)
    joined = int(np.count_nonzero(marks & IS_JOINED))
    marks[kernel.asserted_ends()] |= IS_MENTIONED
    return Tally(int(np.count_nonzero(marks & IS_MENTIONED)) - joined, int(broken))


def merged_groups(kernel: KernelArrays) -> list[Column]:
    """Give the numbers of the visible nodes of each class that has two or more of them."""
    nodes = kernel.nodes[: len(kernel)]
    visible = np.flatnonzero(nodes[:, SYMBOL] != PAIR_SYMBOL)
    labels = nodes[visible, LABEL]
    sizes = np.bincount(labels, minlength=len(nodes))
    chosen = visible[sizes[labels] > 1]
    if not len(chosen):
        return []
    labels = nodes[chosen, LABEL]
    order = np.argsort(labels, kind="stable")
    cuts = np.flatnonzero(np.diff(labels[order])) + 1
    return list(np.split(chosen[order].astype(np.int32), cuts))


def check(kernel: KernelArrays) -> None:
    """Check every law, in one pass over the graph. Raises LawBroken naming the law and the place: a defect of ours."""
    nodes = kernel.nodes[: len(kernel)].tolist()
    members: dict[int, list[int]] = {}
    for number, row in enumerate(nodes):
        members.setdefault(row[LABEL], []).append(number)
    keys: dict[tuple[int, ...], int] = {}
    uses = [0] * len(nodes)
    for number, row in enumerate(nodes):
        for side in (LEFT, RIGHT):
            if row[side] >= 0:
                uses[row[side]] += 1
        if row[LEFT] >= 0:
            key = (row[SYMBOL], *[-1 if row[side] < 0 else nodes[row[side]][LABEL] for side in (LEFT, RIGHT)])
            other = keys.setdefault(key, number)
            _expect(nodes[other][LABEL] == row[LABEL], f"nodes {other} and {number} are congruent, in two classes")
    for label, group in members.items():
        circle = [label]
        while nodes[circle[-1]][NEXT_MEMBER] != label and len(circle) <= len(group):
            circle.append(nodes[circle[-1]][NEXT_MEMBER])
        _expect(sorted(circle) == group, f"the list of class {label} is not its members")
        mask = weight = 0
        for item in group:
            mask |= nodes[item][MASK] & 15
            weight += 1 + uses[item]
        _expect(nodes[label][MASK] >> 4 == mask, f"the mask of class {label} is not that of its members")
        _expect(nodes[label][WEIGHT] == weight, f"the weight of class {label} is not that of its members")
        visible = sum(nodes[item][SYMBOL] != PAIR_SYMBOL for item in group)
        more = int(kernel.links[label, MORE]) + (nodes[label][SYMBOL] != PAIR_SYMBOL)
        _expect(more == visible, f"class {label} counts {more} members and has {visible}")
        roots = sum(int(kernel.links[item, ABOVE]) == 0 for item in group)
        _expect(roots == 1, f"the proof forest has {roots} trees over class {label}")
    _expect(violations(kernel) == 0, "a class breaks the class rule")


def _expect(holds: bool, detail: str) -> None:
    if not holds:
        raise LawBroken(f"{detail}; this is a defect of egraph, please report the log")
