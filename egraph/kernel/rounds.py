"""Bulk closure: many equalities at once, by rounds over the whole node array, the rest by worklist.

Belongs here: rounds. Not here: the arrays' layout and single steps (loops.py).
A scratch union-find over labels collects merges; each round looks up every node whose key changed. A round that finds
little hands over to the worklist, so that long chains do not cost a pass over all nodes per link.
Roots die and never come back, and become the labels in the end: keys entered in any round obey the law of loops.py.
"""

from egraph.kernel.loops import (
    LABEL,
    LEFT,
    LOW_WORD,
    NODES,
    OK,
    PENDING,
    RIGHT,
    SPARSE,
    SYMBOL,
    TRAIL,
    Array,
    hold_key,
    join,
    merge_pending,
    postpone,
    slot_of,
    undo,
)


def root_of(root: Array, item: int) -> int:
    """Find the root, halving the path."""
    while root[item] != item:
        root[item] = root[root[item]]
        item = root[item]
    return item


def link(root: Array, a: int, b: int) -> None:
    """Unite two trees under the smaller root."""
    a, b = root_of(root, a), root_of(root, b)
    if a < b:
        root[b] = a
    elif b < a:
        root[a] = b


def look_up_changed(
    nodes: Array, table: Array, trail: Array, pending: Array, counts: Array, root: Array, seen: Array
) -> int:
    """Enter every node whose key changed since the last round, and put what collides on the worklist."""
    for number in range(counts[NODES]):
        left, right = nodes[number, LEFT], nodes[number, RIGHT]
        if left < 0 or (root[left] == seen[left] and (right < 0 or root[right] == seen[right])):
            continue
        first = (nodes[number, SYMBOL] << 32) | (root[left] + 1)
        second = 0
        if right >= 0:
            second = root[right] + 1
        slot = slot_of(table, first, second)
        held = table[slot, 1]
        status = OK
        if held == 0:
            status = hold_key(table, trail, counts, slot, first, second, number)
        elif root[(held & LOW_WORD) - 1] != root[number]:
            status = postpone(pending, counts, (held & LOW_WORD) - 1, number)
        if status != OK:
            return status
    for number in range(counts[NODES]):
        seen[number] = root[number]
    return OK


def run_rounds(
    nodes: Array, table: Array, trail: Array, pending: Array, counts: Array, root: Array, seen: Array,
    left: Array, right: Array,
) -> int:  # fmt: skip
    """Collect merges until a round finds little, then make the roots the labels."""
    count = counts[NODES]
    for number in range(count):
        root[number] = nodes[number, LABEL]
        seen[number] = root[number]
    for position in range(left.shape[0]):
        link(root, left[position], right[position])
    while True:
        for number in range(count):
            root[number] = root_of(root, number)
        status = look_up_changed(nodes, table, trail, pending, counts, root, seen)
        if status != OK:
            return status
        if counts[PENDING] * SPARSE <= count:
            break
        for position in range(counts[PENDING]):
            link(root, pending[position, 0], pending[position, 1])
        counts[PENDING] = 0
    for number in range(count):
        if nodes[number, LABEL] != root[number]:
            status = join(nodes, trail, counts, root[number], nodes[number, LABEL])
            if status != OK:
                return status
    return OK


def close_bulk(
    nodes: Array, uses: Array, table: Array, trail: Array, pending: Array, counts: Array, root: Array, seen: Array,
    left: Array, right: Array, by_rounds: bool, keep: bool,
) -> int:  # fmt: skip
    """Assert all equalities, or change nothing. A conflict, or an array that is full, is undone and told."""
    begin = counts[TRAIL]
    status = OK
    if by_rounds:
        status = run_rounds(nodes, table, trail, pending, counts, root, seen, left, right)
    else:
        for position in range(left.shape[0]):
            if status == OK:
                status = postpone(pending, counts, left[position], right[position])
    if status == OK:
        status = merge_pending(nodes, uses, table, trail, pending, counts)
    if status != OK:
        undo(nodes, uses, table, trail, counts, begin, True)
    elif not keep:
        counts[TRAIL] = begin
    return status
