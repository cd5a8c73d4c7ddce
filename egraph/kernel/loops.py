"""The closure as plain functions over flat arrays; they run compiled (compiling.py) or as they stand.

Belongs here: the closure, one node or equality at a time, and the layout of the arrays. Not here: whole arrays at once
(rounds.py), growth and marks (engine.py), checks of input (inputs.py).

Congruence closure by worklist: Nelson, Oppen (JACM 1980); relabelling the lighter class: Downey, Sethi, Tarjan (JACM
1980), weight = members + uses. Labels instead of a union-find, because a relabelled member must be visited anyway
to re-key its parents. Class lists are circular: exchanging two successors joins them, and again parts them.

Keys are exact: word 0 = symbol << 32 | left + 1, word 1 = right + 1 << 32 | holder + 1; an empty slot has word 1 == 0.
They are never deleted, and need no test for staleness: labels die and come back by rollback only, so while both
children in a key are labels, its holder still has that key. A search only ever asks for such keys, or for raw ones.
The table also finds content: the node with raw children (left, right), if there is one, holds that key.

Functions give a status; anything but OK leaves the caller to undo. All integers fit 63 bits, unjitted too.
"""

from typing import Any

OK, CONFLICT, TABLE_FULL, TRAIL_FULL, PENDING_FULL = 0, 1, 2, 3, 4

# Columns of a node. SYMBOL: operator << 2 | colour; 0 for a hidden pair; -colour while the content is unknown.
# WEIGHT and MASK are those of the class, valid at its label.
SYMBOL, LEFT, RIGHT, LABEL, NEXT_MEMBER, WEIGHT, FIRST_USE, MASK, NODE_COLUMNS = 0, 1, 2, 3, 4, 5, 6, 7, 8
PARENT, NEXT_USE = 0, 1
NODES, USES, USED_SLOTS, TRAIL, PENDING, COUNTERS = 0, 1, 2, 3, 4, 5
# Kinds of trail entries: (kind | old mask << 4, a, b)
JOINED, SLOT_SET, MASK_SET, NODE_MADE, NODE_DEFINED = 1, 2, 3, 4, 5

PAIR_SYMBOL = 0
ANY_GREEN = 3
LOW_WORD = 0xFFFFFFFF
LOW_31 = 0x7FFFFFFF
SPARSE = 32  # a round that merges less than one node in so many leaves the rest to the worklist

Array = Any


def slot_of(table: Array, first: int, second: int) -> int:
    """Find the slot that holds a key, or the empty one where it belongs. `second` is right + 1."""
    mask = table.shape[0] - 1
    mixed = ((first >> 32) * 0x9E3779B1) ^ ((first & LOW_31) * 0x85EBCA6B) ^ (second * 0xC2B2AE35)
    mixed ^= mixed >> 31
    mixed = (mixed & LOW_31) * 0x27D4EB2F
    slot: int = (mixed ^ (mixed >> 32)) & mask
    while table[slot, 1] != 0 and (table[slot, 0] != first or table[slot, 1] >> 32 != second):
        slot = (slot + 1) & mask
    return slot


def key_of(nodes: Array, number: int) -> tuple[int, int]:
    """Give the current canonical key of a node with content."""
    left, right = nodes[number, LEFT], nodes[number, RIGHT]
    first = nodes[number, SYMBOL] << 32
    second = 0
    if left >= 0:
        first |= nodes[left, LABEL] + 1
    if right >= 0:
        second = nodes[right, LABEL] + 1
    return first, second


def hold_key(table: Array, trail: Array, counts: Array, slot: int, first: int, second: int, number: int) -> int:
    """Make a node the holder of a key, at the slot found for it."""
    if counts[TRAIL] >= trail.shape[0]:
        return TRAIL_FULL
    held = table[slot, 1]
    if held == 0:
        if (counts[USED_SLOTS] + 1) * 5 > table.shape[0] * 3:
            return TABLE_FULL
        counts[USED_SLOTS] += 1
    record(trail, counts, SLOT_SET, slot, held & LOW_WORD)
    table[slot, 0] = first
    table[slot, 1] = (second << 32) | (number + 1)
    return OK


def record(trail: Array, counts: Array, kind: int, a: int, b: int) -> None:
    """Write a trail entry; the caller has looked for room."""
    top = counts[TRAIL]
    trail[top, 0] = kind
    trail[top, 1] = a
    trail[top, 2] = b
    counts[TRAIL] = top + 1


def postpone(pending: Array, counts: Array, a: int, b: int) -> int:
    """Put a pair on the worklist."""
    top = counts[PENDING]
    if top >= pending.shape[0]:
        return PENDING_FULL
    pending[top, 0] = a
    pending[top, 1] = b
    counts[PENDING] = top + 1
    return OK


def find_or_hold(nodes: Array, table: Array, trail: Array, pending: Array, counts: Array, number: int) -> int:
    """Enter a node under its canonical key, or postpone its merging with the holder."""
    first, second = key_of(nodes, number)
    slot = slot_of(table, first, second)
    held = table[slot, 1]
    if held == 0:
        return hold_key(table, trail, counts, slot, first, second, number)
    holder = (held & LOW_WORD) - 1
    if nodes[holder, LABEL] != nodes[number, LABEL]:
        return postpone(pending, counts, holder, number)
    return OK


def mask_is_legal(mask: int) -> bool:
    """Tell whether a class mask keeps the rule: no RED member under BLUE (1, 8), no BLUE member under RED (2, 4)."""
    return mask & 9 != 9 and mask & 6 != 6


def relabel(nodes: Array, start: int, label: int) -> None:
    """Give a label to all members of the circle that `start` is in."""
    nodes[start, LABEL] = label
    item = nodes[start, NEXT_MEMBER]
    while item != start:
        nodes[item, LABEL] = label
        item = nodes[item, NEXT_MEMBER]


def exchange_next(nodes: Array, a: int, b: int) -> None:
    """Join the circles of a and b, or part them if a and b were joined last."""
    after = nodes[a, NEXT_MEMBER]
    nodes[a, NEXT_MEMBER] = nodes[b, NEXT_MEMBER]
    nodes[b, NEXT_MEMBER] = after


def join(nodes: Array, trail: Array, counts: Array, a: int, b: int) -> int:
    """Make the class labelled b a part of the class labelled a. Its parents keep their keys."""
    mask = nodes[a, MASK] | nodes[b, MASK]
    if not mask_is_legal(mask):
        return CONFLICT
    if counts[TRAIL] >= trail.shape[0]:
        return TRAIL_FULL
    record(trail, counts, JOINED | nodes[a, MASK] << 4, a, b)
    nodes[a, MASK] = mask
    nodes[a, WEIGHT] += nodes[b, WEIGHT]
    relabel(nodes, b, a)
    exchange_next(nodes, a, b)
    return OK


def merge_pending(nodes: Array, uses: Array, table: Array, trail: Array, pending: Array, counts: Array) -> int:
    """Merge what the worklist names, and all that follows."""
    while counts[PENDING] > 0:
        top = counts[PENDING] - 1
        counts[PENDING] = top
        a = nodes[pending[top, 0], LABEL]
        b = nodes[pending[top, 1], LABEL]
        if a == b:
            continue
        if nodes[a, WEIGHT] < nodes[b, WEIGHT]:
            a, b = b, a
        status = join(nodes, trail, counts, a, b)
        if status != OK:
            return status
        item = a
        while item != b:  # what came from b stands behind a, and b itself at the end
            item = nodes[item, NEXT_MEMBER]
            cell = nodes[item, FIRST_USE]
            while cell >= 0:
                status = find_or_hold(nodes, table, trail, pending, counts, uses[cell, PARENT])
                if status != OK:
                    return status
                cell = uses[cell, NEXT_USE]
    return OK


def undo(nodes: Array, uses: Array, table: Array, trail: Array, counts: Array, position: int, with_table: bool) -> None:
    """Take back everything since the trail was `position` long; without the table if that was rebuilt since."""
    counts[PENDING] = 0
    while counts[TRAIL] > position:
        top = counts[TRAIL] - 1
        counts[TRAIL] = top
        kind, a, b = trail[top, 0] & 15, trail[top, 1], trail[top, 2]
        if kind == JOINED:
            exchange_next(nodes, a, b)
            relabel(nodes, b, b)
            nodes[a, WEIGHT] -= nodes[b, WEIGHT]
            nodes[a, MASK] = trail[top, 0] >> 4
        elif kind == SLOT_SET:
            if with_table and b != 0:
                table[a, 1] = (table[a, 1] >> 32 << 32) | b
            elif with_table:  # the newest key: no other was ever pushed on by it
                table[a, 0] = 0
                table[a, 1] = 0
                counts[USED_SLOTS] -= 1
        elif kind == MASK_SET:
            nodes[a, MASK] = b
        else:
            forget_content(nodes, uses, counts, a)
            nodes[a, SYMBOL] = b
            if kind == NODE_MADE:
                counts[NODES] -= 1
                for column in range(NODE_COLUMNS):
                    nodes[a, column] = 0


def forget_content(nodes: Array, uses: Array, counts: Array, number: int) -> None:
    """Take back the newest uses: those by this node."""
    for column in (RIGHT, LEFT):
        child = nodes[number, column]
        nodes[number, column] = -1
        if child >= 0:
            cell = counts[USES] - 1
            counts[USES] = cell
            nodes[child, FIRST_USE] = uses[cell, NEXT_USE]
            nodes[nodes[child, LABEL], WEIGHT] -= 1
            uses[cell, PARENT] = 0
            uses[cell, NEXT_USE] = 0


def make_node(nodes: Array, trail: Array, counts: Array, symbol: int, colour: int) -> int:
    """Append a singleton class without content; gives its number. The caller has looked for room."""
    number = counts[NODES]
    counts[NODES] = number + 1
    record(trail, counts, NODE_MADE, number, 0)
    nodes[number, SYMBOL] = symbol
    nodes[number, LEFT] = -1
    nodes[number, RIGHT] = -1
    nodes[number, LABEL] = number
    nodes[number, NEXT_MEMBER] = number
    nodes[number, WEIGHT] = 1
    nodes[number, FIRST_USE] = -1
    nodes[number, MASK] = 0 if colour == ANY_GREEN else colour
    return int(number)


def intern(
    nodes: Array, uses: Array, table: Array, trail: Array, pending: Array, counts: Array,
    symbol: int, left: int, right: int, target: int,
) -> int:  # fmt: skip
    """Give the node with this content, made if there was none; content goes to `target` if that is one. Or -status."""
    if counts[TRAIL] + 4 > trail.shape[0]:
        return -TRAIL_FULL
    first, second = (symbol << 32) | (left + 1), right + 1
    slot = slot_of(table, first, second)
    held = table[slot, 1]
    holder = (held & LOW_WORD) - 1
    found = held != 0 and nodes[holder, LEFT] == left and nodes[holder, RIGHT] == right
    if found and target < 0:
        return int(holder)
    number = target
    if target < 0:
        number = make_node(nodes, trail, counts, symbol, symbol & 3)
    else:
        record(trail, counts, NODE_DEFINED, number, nodes[number, SYMBOL])
        nodes[number, SYMBOL] = symbol
    nodes[number, LEFT] = left
    nodes[number, RIGHT] = right
    for child in (left, right):
        if child >= 0:
            cell = counts[USES]
            counts[USES] = cell + 1
            uses[cell, PARENT] = number
            uses[cell, NEXT_USE] = nodes[child, FIRST_USE]
            nodes[child, FIRST_USE] = cell
            nodes[nodes[child, LABEL], WEIGHT] += 1
    status = OK
    if held != 0:
        status = postpone(pending, counts, holder, number)
    if status == OK and not found:
        status = hold_key(table, trail, counts, slot, first, second, number)
    if status == OK:
        status = find_or_hold(nodes, table, trail, pending, counts, number)
    return -status if status != OK else number


def add_one(
    nodes: Array, uses: Array, table: Array, trail: Array, pending: Array, counts: Array,
    symbol: int, offsets: Array, children: Array, numbers: Array, position: int, target: int,
) -> int:  # fmt: skip
    """Add the node at one position of a batch: more than two children become a chain of hidden pairs."""
    begin, end = offsets[position], offsets[position + 1]
    left, right, place = -1, -1, begin
    colour = symbol & 3
    while place < end:
        child = children[place]
        if child < 0:
            child = numbers[-1 - child]
            if child < 0:
                return CONFLICT
        label = nodes[child, LABEL]
        old = nodes[label, MASK]
        mask = old if colour == ANY_GREEN else old | colour << 2
        if mask != old:
            if not mask_is_legal(mask):
                return CONFLICT
            if counts[TRAIL] >= trail.shape[0]:
                return TRAIL_FULL
            record(trail, counts, MASK_SET, label, old)
            nodes[label, MASK] = mask
        if place == begin:
            left = child
        elif place == begin + 1:
            right = child
        else:
            pair = intern(nodes, uses, table, trail, pending, counts, PAIR_SYMBOL, left, right, -1)
            if pair < 0:
                return -pair
            left, right = pair, child
        place += 1
    number = intern(nodes, uses, table, trail, pending, counts, symbol, left, right, target)
    if number < 0:
        return -number
    numbers[position] = number
    return merge_pending(nodes, uses, table, trail, pending, counts)


def add_nodes(
    nodes: Array, uses: Array, table: Array, trail: Array, pending: Array, counts: Array,
    symbols: Array, offsets: Array, children: Array, targets: Array, numbers: Array, start: int, keep: bool,
) -> tuple[int, int]:  # fmt: skip
    """Add a batch from `start` on, each node a transaction; a refused one gets -1. Stops where an array is full."""
    for position in range(start, symbols.shape[0]):
        begin = counts[TRAIL]
        status = add_one(
            nodes, uses, table, trail, pending, counts,
            symbols[position], offsets, children, numbers, position, targets[position],
        )  # fmt: skip
        if status != OK:
            undo(nodes, uses, table, trail, counts, begin, True)
            if status != CONFLICT:
                return position, status
            numbers[position] = -1
        elif not keep:
            counts[TRAIL] = begin
    return symbols.shape[0], OK


def add_unknown(nodes: Array, trail: Array, counts: Array, colours: Array, numbers: Array, keep: bool) -> None:
    """Append nodes of which only the colour is known. The caller has looked for room."""
    for position in range(colours.shape[0]):
        begin = counts[TRAIL]
        numbers[position] = make_node(nodes, trail, counts, -colours[position], colours[position])
        if not keep:
            counts[TRAIL] = begin


def assert_equal(
    nodes: Array, uses: Array, table: Array, trail: Array, pending: Array, counts: Array,
    left: Array, right: Array, statuses: Array, start: int, keep: bool,
) -> tuple[int, int]:  # fmt: skip
    """Try equalities one after another, each a transaction, from `start` on. Stops where an array is full."""
    for position in range(start, left.shape[0]):
        begin = counts[TRAIL]
        pending[0, 0] = left[position]
        pending[0, 1] = right[position]
        counts[PENDING] = 1
        status = merge_pending(nodes, uses, table, trail, pending, counts)
        if status != OK:
            undo(nodes, uses, table, trail, counts, begin, True)
            if status != CONFLICT:
                return position, status
        elif not keep:
            counts[TRAIL] = begin
        statuses[position] = status
    return left.shape[0], OK


def refill(nodes: Array, table: Array, counts: Array) -> None:
    """Enter all live keys into an empty table: first the raw ones, which find content, then the canonical ones."""
    counts[USED_SLOTS] = 0
    for number in range(counts[NODES]):
        if nodes[number, SYMBOL] >= 0:
            first = (nodes[number, SYMBOL] << 32) | (nodes[number, LEFT] + 1)
            enter(table, counts, first, nodes[number, RIGHT] + 1, number)
    for number in range(counts[NODES]):
        if nodes[number, SYMBOL] >= 0:
            first, second = key_of(nodes, number)
            enter(table, counts, first, second, number)


def enter(table: Array, counts: Array, first: int, second: int, number: int) -> None:
    """Enter a key unless it is there; the table is large enough for all of them."""
    slot = slot_of(table, first, second)
    if table[slot, 1] == 0:
        table[slot, 0] = first
        table[slot, 1] = (second << 32) | (number + 1)
        counts[USED_SLOTS] += 1
