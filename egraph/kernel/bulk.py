"""The order of things in a bulk closure: rounds over all nodes, and room for them in between.

Belongs here: when a round is followed by another. Not here: what a round does (rounds.py).
"""

from typing import TYPE_CHECKING

import numpy as np

from egraph.kernel.inputs import Column
from egraph.kernel.loops import NODES, OK, PENDING, USED_SLOTS
from egraph.kernel.memory import zeros
from egraph.kernel.rounds import ALONE, MET

if TYPE_CHECKING:
    from egraph.kernel.engine import Kernel

SPARSE = 128
"""A round that finds less than one merge for so many nodes leaves the rest to the worklist: long chains of
congruences must not cost a pass over all nodes for each link."""


def close_by_rounds(kernel: "Kernel", left: Column, right: Column, handles: Column, slots: int) -> int:
    """Merge what assertions say and what follows, the last few by worklist. Gives a status; the caller undoes.

    The table gets so many `slots` at least: more, after it was too small for the last few.
    """
    count = len(kernel)
    kernel.forget_table()  # what is entered by rounds is not undone key by key
    root, seen, changed = (zeros(count + 1, 0, np.int32) for _ in range(3))
    flags = zeros(count + 1, 0, np.int8)
    do, forest = kernel.loops, (kernel.ids, kernel.rest, kernel.dirty, root, seen)
    do.begin_rounds(kernel.nodes, kernel.counts, root, seen)
    kernel.room_on_trail(len(left))
    linked = (kernel.nodes, kernel.links, kernel.trail, kernel.counts, *forest, left, right, handles)
    status: int = do.link_assertions(*linked)
    while status == OK:
        found = do.collect_changed(kernel.nodes, kernel.counts, root, seen, flags, changed)
        if 5 * (int(kernel.counts[USED_SLOTS]) + found) > 3 * len(kernel.table) or len(kernel.table) < slots:
            if kernel.counts[USED_SLOTS]:  # what was keyed before is keyed again
                seen[:count][seen[:count] != ALONE] = MET
                found = do.collect_changed(kernel.nodes, kernel.counts, root, seen, flags, changed)
            kernel.empty_table(found, slots)
        if len(kernel.pending) < found:
            kernel.pending = zeros(found, 3, np.int32)
        kernel.room_on_trail(found)
        args = (kernel.nodes, kernel.table, kernel.pending, kernel.counts, root, changed, found)
        status = do.look_up_changed(*args)
        if status != OK or int(kernel.counts[PENDING]) * SPARSE <= int(kernel.counts[NODES]):
            break
        status = do.link_pending(kernel.nodes, kernel.links, kernel.trail, kernel.pending, kernel.counts, *forest)
    if status != OK:
        return status
    do.settle_labels(kernel.nodes, kernel.counts, root, seen)
    status = do.merge_pending(*kernel.closing())
    return status
