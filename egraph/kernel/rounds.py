"""Bulk closure: many equalities at once, by rounds over the whole node array, the rest by worklist.

Belongs here: the steps of a round. Not here: their order, and room (bulk.py); single steps (loops.py).
`root` is a scratch union-find over labels, the smallest label on top; `seen` holds the root that each node had when
its parents were last looked up, or ALONE while nothing joined it to another. Labels follow when the rounds are over.
"""

from egraph.kernel.loops import (
    AHEAD,
    CONGRUENT,
    LABEL,
    LEFT,
    LOW_WORD,
    NEXT_MEMBER,
    NODES,
    OK,
    PAIR_SYMBOL,
    PENDING,
    RIGHT,
    SYMBOL,
    USED_SLOTS,
    VISIBLE,
    Array,
    join,
    postpone,
    prefetch,
    slot_hash,
    slot_of,
    write_key,
)

ALONE, MET = -1, -2


def begin_rounds(nodes: Array, counts: Array, root: Array, seen: Array) -> None:
    """Start from the labels."""
    for number in range(counts[NODES]):
        root[number] = nodes[number, LABEL]
        seen[number] = ALONE if nodes[number, NEXT_MEMBER] == number else nodes[number, LABEL]


def root_of(root: Array, item: int) -> int:
    """Find the root, halving the path."""
    while root[item] != item:
        root[item] = root[root[item]]
        item = root[item]
    return item


def link(
    nodes: Array, links: Array, trail: Array, counts: Array, ids: Array, rest: Array, dirty: Array, root: Array,
    seen: Array, x: int, y: int, why: int,
) -> int:  # fmt: skip
    """Join the classes of x and y under the smaller root."""
    a, b = root_of(root, y), root_of(root, x)
    if a == b:
        return OK
    if b < a:
        a, b = b, a
        x, y = y, x
    status = join(nodes, links, trail, counts, ids, rest, dirty, a, b, x, y, why)
    if status == OK:
        root[b] = a
        if seen[a] == ALONE:
            seen[a] = MET
        if seen[b] == ALONE:
            seen[b] = MET
    return status


def link_assertions(
    nodes: Array, links: Array, trail: Array, counts: Array, ids: Array, rest: Array, dirty: Array, root: Array,
    seen: Array, left: Array, right: Array, handles: Array,
) -> int:  # fmt: skip
    """Join what is asserted."""
    last = left.shape[0] - 1
    for position in range(left.shape[0]):
        ahead = min(position + AHEAD, last)
        for item in (left[ahead], right[ahead]):
            prefetch(nodes, item)
            prefetch(links, item)
        x, y = left[position], right[position]
        status = link(nodes, links, trail, counts, ids, rest, dirty, root, seen, x, y, handles[position])
        if status != OK:
            return status
    return OK


def link_pending(
    nodes: Array, links: Array, trail: Array, pending: Array, counts: Array, ids: Array, rest: Array, dirty: Array,
    root: Array, seen: Array,
) -> int:  # fmt: skip
    """Join what a round found congruent."""
    last = counts[PENDING] - 1
    for position in range(counts[PENDING]):
        ahead = min(position + AHEAD, last)
        for item in (pending[ahead, 0], pending[ahead, 1]):
            prefetch(nodes, item)
            prefetch(links, item)
        x, y = pending[position, 0], pending[position, 1]
        status = link(nodes, links, trail, counts, ids, rest, dirty, root, seen, x, y, CONGRUENT)
        if status != OK:
            return status
    counts[PENDING] = 0
    return OK


def collect_changed(nodes: Array, counts: Array, root: Array, seen: Array, flags: Array, changed: Array) -> int:
    """Flatten the union-find and list the nodes over children whose root changed; gives their number.

    Flags are shifted by one, so that -1, no child, has one too. No branches: they would be guessed wrongly.
    """
    count = counts[NODES]
    for number in range(count):
        flags[number + 1] = 0
        if seen[number] != ALONE:
            top = root_of(root, number)
            root[number] = top
            flags[number + 1] = seen[number] != top
            seen[number] = top
    found = 0
    for number in range(count):
        changed[found] = number
        found += flags[nodes[number, LEFT] + 1] | flags[nodes[number, RIGHT] + 1]
    return found


def key_by_root(nodes: Array, root: Array, number: int) -> tuple[int, int]:
    """Give the key of a node over roots."""
    first = (nodes[number, SYMBOL] << 32) | (root[nodes[number, LEFT]] + 1)
    right = nodes[number, RIGHT]
    second = 0
    if right >= 0:
        second = root[right] + 1
    return first, second


def look_up_changed(
    nodes: Array, table: Array, pending: Array, counts: Array, root: Array, changed: Array, found: int
) -> int:
    """Enter the listed nodes under their keys, and put what collides on the worklist.

    The table has room. It is not kept on the trail what was entered: after an undo the table is built anew.
    """
    mask = table.shape[0] - 1
    for place in range(found):
        if place + AHEAD < found:
            first, second = key_by_root(nodes, root, changed[place + AHEAD])
            prefetch(table, slot_hash(first, second) & mask)
        number = changed[place]
        first, second = key_by_root(nodes, root, number)
        slot = slot_of(table, first, second)
        holder = (table[slot, 1] & LOW_WORD) - 1
        if holder < 0:
            write_key(table, counts, slot, first, second, number)
        elif holder != number:
            its_first, its_second = key_by_root(nodes, root, holder)
            if its_first != first or its_second != second:
                write_key(table, counts, slot, first, second, number)
            elif root[holder] != root[number]:
                status = postpone(pending, counts, holder, number, CONGRUENT)
                if status != OK:
                    return status
    return OK


def settle_labels(nodes: Array, counts: Array, root: Array, seen: Array) -> None:
    """Make the roots the labels."""
    for number in range(counts[NODES]):
        if seen[number] != ALONE:
            nodes[number, LABEL] = root[number]


def is_keyed(nodes: Array, number: int) -> bool:
    """Tell whether a node needs a key: a hidden pair, or one over a class of two or more."""
    left, right = nodes[number, LEFT], nodes[number, RIGHT]
    if left < 0:
        return False
    if nodes[number, SYMBOL] == PAIR_SYMBOL or nodes[left, NEXT_MEMBER] != left:
        return True
    return bool(right >= 0 and nodes[right, NEXT_MEMBER] != right)


def count_keyed(nodes: Array, counts: Array) -> int:
    """Count the nodes that need a key."""
    found = 0
    for number in range(counts[NODES]):
        found += is_keyed(nodes, number)
    return found


def key_of(nodes: Array, number: int) -> tuple[int, int]:
    """Give the key of a node with children, as slot_of wants it."""
    second = 0
    if nodes[number, RIGHT] >= 0:
        second = nodes[nodes[number, RIGHT], LABEL] + 1
    return (nodes[number, SYMBOL] << 32) | (nodes[nodes[number, LEFT], LABEL] + 1), second


def refill(nodes: Array, table: Array, counts: Array, whole: bool) -> None:
    """Enter the keys of all nodes into an empty table that has room for them, or only those of hidden pairs."""
    counts[USED_SLOTS] = 0
    if not whole and counts[VISIBLE] == counts[NODES]:
        return
    last = table.shape[0] - 1
    for number in range(counts[NODES]):
        ahead = number + AHEAD
        if ahead < counts[NODES] and is_keyed(nodes, ahead):
            first, second = key_of(nodes, ahead)
            prefetch(table, slot_hash(first, second) & last)
        if is_keyed(nodes, number) and (whole or nodes[number, SYMBOL] == PAIR_SYMBOL):
            first, second = key_of(nodes, number)
            slot = slot_of(table, first, second)
            if table[slot, 1] == 0:
                write_key(table, counts, slot, first, second, number)
