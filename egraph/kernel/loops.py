"""The closure as plain functions over flat arrays; they run compiled (compiling.py) or as they stand.

Belongs here: the layout of the arrays, and the closure one node or equality at a time. Not here: whole arrays at once
(rounds.py), reasons (forest.py), taking back (retraction.py), growth (arrays.py), checks of input (inputs.py).

Congruence closure by worklist: Nelson, Oppen (JACM 1980); relabelling the lighter class: Downey, Sethi, Tarjan (JACM
1980), weight = members + uses. Labels instead of a union-find, because a relabelled member must be visited anyway
to re-key its parents. Class lists are circular: exchanging two successors joins them, and again parts them.

Nodes are named by content, so two nodes over singleton classes are never congruent: only nodes over a class of two
or more are keyed, and hidden pairs, which have no name. Keys are exact: word 0 = symbol << 32 | label of left + 1,
word 1 = label of right + 1 << 32 | holder + 1; an empty slot has word 1 == 0. Keys are never deleted: one whose holder
has another key by now is stale, and whoever asks for it next becomes its holder.

Functions give a status; anything but OK leaves the caller to undo. All integers fit 63 bits, uncompiled too.
Parameter names decide types: see compiling.py.
"""

from typing import Any

OK, CONFLICT, TABLE_FULL, TRAIL_FULL, PENDING_FULL, REDEFINED = 0, 1, 2, 3, 4, 5

# Columns of `nodes`, what every event touches. SYMBOL: operator << 2 | colour; 0 for a hidden pair; -colour while the
# content is unknown. FIRST_USE: cell + 1. MASK: the node's own in bits 0-3, the class's in bits 4-7.
# WEIGHT and the class's mask are valid at the label.
SYMBOL, LEFT, RIGHT, LABEL, NEXT_MEMBER, WEIGHT, FIRST_USE, MASK, NODE_COLUMNS = 0, 1, 2, 3, 4, 5, 6, 7, 8
# Columns of `links`, what only merged nodes have; all zero for others. ABOVE: the neighbour in the proof forest + 1, 0
# for a root; WHY: an assertion, or CONGRUENT; AGE: edges made before; MORE (at the label): visible members besides it.
ABOVE, WHY, AGE, MORE, LINK_COLUMNS = 0, 1, 2, 3, 4
# Columns of `stamps`, scratch; those of `dirty`, a list of changed classes, and who is on it.
STAMP, SEEN, VISIT, ROOT, STAMP_COLUMNS = 0, 1, 2, 3, 4
LISTED, IS_LISTED = 0, 1
PARENT, NEXT_USE = 0, 1
# Columns of `ends`, one row per assertion; its ends are cells 2 * row (left) and 2 * row + 1 (right).
END_LEFT, END_RIGHT, NEXT_LEFT, NEXT_RIGHT, ALIVE, END_COLUMNS = 0, 1, 2, 3, 4, 5
NODES, USES, USED_SLOTS, TRAIL, PENDING, AGES, EPOCH, DIRTIES, ENDS = 0, 1, 2, 3, 4, 5, 6, 7, 8
# The last conflict: the pair and its reason, or (node, -1, the parent bit that its class may not have)
CONFLICT_X, CONFLICT_Y, CONFLICT_WHY, DEFINED, VISIBLE, COUNTERS = 9, 10, 11, 12, 13, 14
# Kinds of trail entries: (kind, a, b, x, y)
JOINED, SLOT_SET, MASK_SET, NODE_MADE, NODE_DEFINED, ASSERTED, TRAIL_COLUMNS = 1, 2, 3, 4, 5, 6, 5
CONGRUENT = -1
LIMBS = 4

PAIR_SYMBOL = 0
ANY_GREEN = 3
LOW_WORD = 0xFFFFFFFF
LOW_31 = 0x7FFFFFFF
AHEAD = 12  # how many rows ahead memory is asked for

Array = Any


def prefetch(array: Array, row: int) -> None:
    """Ask memory for a row that is needed soon. Compiling puts the processor's instruction in this place."""


def slot_of(table: Array, first: int, second: int) -> int:
    """Find the slot that holds a key, or the empty one where it belongs. `second` is the label of right + 1."""
    mask = table.shape[0] - 1
    slot: int = slot_hash(first, second) & mask
    while table[slot, 1] != 0 and (table[slot, 0] != first or table[slot, 1] >> 32 != second):
        slot = (slot + 1) & mask
    return slot


def slot_hash(first: int, second: int) -> int:
    """Spread a key over 31 bits."""
    mixed = ((first >> 32) * 0x9E3779B1) ^ ((first & LOW_31) * 0x85EBCA6B) ^ (second * 0xC2B2AE35)
    mixed ^= mixed >> 31
    mixed = (mixed & LOW_31) * 0x27D4EB2F
    return (mixed ^ (mixed >> 32)) & LOW_31


def hold_key(table: Array, trail: Array, counts: Array, slot: int, first: int, second: int, number: int) -> int:
    """Make a node the holder of a key, at the slot found for it."""
    if counts[TRAIL] >= trail.shape[0]:
        return TRAIL_FULL
    held = table[slot, 1]
    if held == 0 and (counts[USED_SLOTS] + 1) * 5 > table.shape[0] * 3:
        return TABLE_FULL
    record(trail, counts, SLOT_SET, slot, held & LOW_WORD, 0, 0)
    write_key(table, counts, slot, first, second, number)
    return OK


def write_key(table: Array, counts: Array, slot: int, first: int, second: int, number: int) -> None:
    """Write a key into its slot; the caller has looked for room, and recorded what is to be undone."""
    counts[USED_SLOTS] += table[slot, 1] == 0
    table[slot, 0] = first
    table[slot, 1] = (second << 32) | (number + 1)


def record(trail: Array, counts: Array, kind: int, a: int, b: int, x: int, y: int) -> None:
    """Write a trail entry; the caller has looked for room."""
    top = counts[TRAIL]
    trail[top, 0] = kind
    trail[top, 1] = a
    trail[top, 2] = b
    trail[top, 3] = x
    trail[top, 4] = y
    counts[TRAIL] = top + 1


def postpone(pending: Array, counts: Array, x: int, y: int, why: int) -> int:
    """Put a pair on the worklist."""
    top = counts[PENDING]
    if top >= pending.shape[0]:
        return PENDING_FULL
    pending[top, 0] = x
    pending[top, 1] = y
    pending[top, 2] = why
    counts[PENDING] = top + 1
    return OK


def find_or_hold(nodes: Array, table: Array, trail: Array, pending: Array, counts: Array, number: int) -> int:
    """Enter a node under its key, or postpone its merging with the holder. Nothing for nodes without children."""
    left, right = nodes[number, LEFT], nodes[number, RIGHT]
    if left < 0:
        return OK
    left = nodes[left, LABEL]
    if right >= 0:
        right = nodes[right, LABEL]
    first, second = (nodes[number, SYMBOL] << 32) | (left + 1), right + 1
    slot = slot_of(table, first, second)
    holder = (table[slot, 1] & LOW_WORD) - 1
    if holder == number:
        return OK
    if holder < 0 or not has_key(nodes, holder, left, right):
        return hold_key(table, trail, counts, slot, first, second, number)
    if nodes[holder, LABEL] != nodes[number, LABEL]:
        return postpone(pending, counts, holder, number, CONGRUENT)
    return OK


def has_key(nodes: Array, number: int, left: int, right: int) -> bool:
    """Tell whether the classes of a node's children have these labels; -1 stands for no second child."""
    its_left, its_right = nodes[number, LEFT], nodes[number, RIGHT]
    if its_left < 0 or nodes[its_left, LABEL] != left:
        return False
    if its_right < 0:
        return bool(right < 0)
    return bool(nodes[its_right, LABEL] == right)


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


def join(
    nodes: Array, links: Array, trail: Array, counts: Array, ids: Array, rest: Array, dirty: Array,
    a: int, b: int, x: int, y: int, why: int,
) -> int:  # fmt: skip
    """Make the class labelled b, that of x, a part of the class labelled a, that of y; all but labels and keys."""
    mask = (nodes[a, MASK] | nodes[b, MASK]) >> 4
    if not mask_is_legal(mask):
        counts[CONFLICT_X], counts[CONFLICT_Y], counts[CONFLICT_WHY] = x, y, why
        return CONFLICT
    if counts[TRAIL] >= trail.shape[0]:
        return TRAIL_FULL
    record(trail, counts, JOINED | nodes[a, MASK] << 4, a, b, x, y)
    nodes[a, MASK] = (nodes[a, MASK] & 15) | mask << 4
    nodes[a, WEIGHT] += nodes[b, WEIGHT]
    exchange_next(nodes, a, b)
    if links[a, MORE] < links[b, MORE]:
        attach(links, counts, y, x, why)
    else:
        attach(links, counts, x, y, why)
    links[a, MORE] += links[b, MORE] + (nodes[b, SYMBOL] != PAIR_SYMBOL)
    if rest.shape[0] > 1:  # digests are kept
        for limb in range(LIMBS):
            rest[a, limb] += rest[b, limb] + ids[b, limb]
        touch_class(counts, dirty, a)
        touch_class(counts, dirty, b)
    return OK


def touch_class(counts: Array, dirty: Array, label: int) -> None:
    """Put a class on the list of those that changed since their digest was taken; each is on it once."""
    if dirty[label, IS_LISTED] == 0:
        dirty[label, IS_LISTED] = 1
        dirty[counts[DIRTIES], LISTED] = label
        counts[DIRTIES] += 1


def attach(links: Array, counts: Array, x: int, y: int, why: int) -> None:
    """Hang the tree of x below y, by turning round the way from x to its root."""
    item, above = x, y + 1
    age = counts[AGES]
    counts[AGES] = age + 1
    while item >= 0:
        former_above, former_why, former_age = links[item, ABOVE], links[item, WHY], links[item, AGE]
        links[item, ABOVE], links[item, WHY], links[item, AGE] = above, why, age
        above, why, age = item + 1, former_why, former_age
        item = former_above - 1


def part(links: Array, x: int, y: int) -> None:
    """Take away the edge between x and y, whichever of the two hangs below the other."""
    if links[x, ABOVE] == y + 1:
        links[x, ABOVE] = 0
    else:
        links[y, ABOVE] = 0


def merge_pending(
    nodes: Array, links: Array, uses: Array, table: Array, trail: Array, pending: Array, counts: Array,
    ids: Array, rest: Array, dirty: Array,
) -> int:  # fmt: skip
    """Merge what the worklist names, and all that follows."""
    while counts[PENDING] > 0:
        top = counts[PENDING] - 1
        counts[PENDING] = top
        if top >= AHEAD:
            for side in (0, 1):
                prefetch(nodes, pending[top - AHEAD, side])
                prefetch(links, pending[top - AHEAD, side])
        x, y, why = pending[top, 0], pending[top, 1], pending[top, 2]
        a, b = nodes[y, LABEL], nodes[x, LABEL]
        if a == b:
            continue
        if nodes[a, WEIGHT] < nodes[b, WEIGHT]:
            a, b = b, a
            x, y = y, x
        alone = nodes[a, NEXT_MEMBER] == a
        status = join(nodes, links, trail, counts, ids, rest, dirty, a, b, x, y, why)
        if status == OK:
            item = a
            while item != b:  # what came from b stands behind a, and b itself at the end
                item = nodes[item, NEXT_MEMBER]
                nodes[item, LABEL] = a
            status = key_parents(nodes, uses, table, trail, pending, counts, a, b)
        if status == OK and alone:  # the parents of a singleton were never keyed
            status = key_uses(nodes, uses, table, trail, pending, counts, a)
        if status != OK:
            return status
    return OK


def key_parents(
    nodes: Array, uses: Array, table: Array, trail: Array, pending: Array, counts: Array, before: int, last: int
) -> int:
    """Key the parents of the members behind one, up to another."""
    item = before
    status = OK
    while item != last and status == OK:
        item = nodes[item, NEXT_MEMBER]
        status = key_uses(nodes, uses, table, trail, pending, counts, item)
    return status


def key_uses(nodes: Array, uses: Array, table: Array, trail: Array, pending: Array, counts: Array, number: int) -> int:
    """Key the nodes that name this one."""
    cell = nodes[number, FIRST_USE] - 1
    status = OK
    while cell >= 0 and status == OK:
        status = find_or_hold(nodes, table, trail, pending, counts, uses[cell, PARENT])
        cell = uses[cell, NEXT_USE] - 1
    return status


def undo(
    nodes: Array, links: Array, uses: Array, table: Array, trail: Array, counts: Array, ids: Array, rest: Array,
    ends: Array, position: int, with_table: bool,
) -> None:  # fmt: skip
    """Take back everything since the trail was `position` long; without the table if that was rebuilt since."""
    counts[PENDING] = 0
    while counts[TRAIL] > position:
        top = counts[TRAIL] - 1
        counts[TRAIL] = top
        kind, a, b = trail[top, 0] & 15, trail[top, 1], trail[top, 2]
        if kind == JOINED:
            exchange_next(nodes, a, b)
            relabel(nodes, b, b)
            part(links, trail[top, 3], trail[top, 4])
            nodes[a, WEIGHT] -= nodes[b, WEIGHT]
            nodes[a, MASK] = trail[top, 0] >> 4
            links[a, MORE] -= links[b, MORE] + (nodes[b, SYMBOL] != PAIR_SYMBOL)
            if rest.shape[0] > 1:
                for limb in range(LIMBS):
                    rest[a, limb] -= rest[b, limb] + ids[b, limb]
        elif kind == SLOT_SET:
            if with_table and b != 0:
                table[a, 1] = (table[a, 1] >> 32 << 32) | b
            elif with_table:  # the newest key: no other was ever pushed on by it
                table[a, 0] = 0
                table[a, 1] = 0
                counts[USED_SLOTS] -= 1
        elif kind == MASK_SET:
            nodes[a, MASK] = b
        elif kind == ASSERTED:
            ends[a, ALIVE] = 0
        else:
            forget_content(nodes, uses, counts, a, b, kind == NODE_MADE)


def forget_content(nodes: Array, uses: Array, counts: Array, number: int, symbol: int, whole: bool) -> None:
    """Take back the newest uses, those by this node; and the node, if it was made for this."""
    counts[DEFINED] -= 1
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
    nodes[number, SYMBOL] = symbol
    if whole:
        counts[DEFINED] += 1
        counts[NODES] -= 1
        for column in range(NODE_COLUMNS):
            nodes[number, column] = 0


def assert_each(
    nodes: Array, links: Array, uses: Array, table: Array, trail: Array, pending: Array, counts: Array,
    ids: Array, rest: Array, dirty: Array, ends: Array, handles: Array, statuses: Array, start: int, keep: bool,
    stop_at_conflict: bool,
) -> tuple[int, int]:  # fmt: skip
    """Try assertions one after another, each a transaction, from `start` on. Stops where an array is full.

    With `stop_at_conflict` also at a conflict, which is then not undone: its trail begins where counts[TRAIL] was.
    """
    for position in range(start, handles.shape[0]):
        if position + AHEAD < handles.shape[0]:
            prefetch(nodes, ends[handles[position + AHEAD], END_LEFT])
            prefetch(nodes, ends[handles[position + AHEAD], END_RIGHT])
        begin = counts[TRAIL]
        handle = handles[position]
        x, y = ends[handle, END_LEFT], ends[handle, END_RIGHT]
        status = OK
        if nodes[x, LABEL] != nodes[y, LABEL]:
            pending[0, 0], pending[0, 1], pending[0, 2] = x, y, handle
            counts[PENDING] = 1
            status = merge_pending(nodes, links, uses, table, trail, pending, counts, ids, rest, dirty)
        if status == OK and keep:
            if counts[TRAIL] >= trail.shape[0]:
                status = TRAIL_FULL
            else:
                record(trail, counts, ASSERTED, handle, 0, 0, 0)
        if status != OK:
            if status == CONFLICT and stop_at_conflict:
                return position, status
            undo(nodes, links, uses, table, trail, counts, ids, rest, ends, begin, True)
            if status != CONFLICT:
                return position, status
        else:
            ends[handle, ALIVE] = 1
            if not keep:
                counts[TRAIL] = begin
        statuses[position] = status
    return handles.shape[0], OK


def register(firsts: Array, counts: Array, ends: Array, left: Array, right: Array) -> None:
    """Number assertions and hang each on the lists of its two nodes. They count once they are asserted."""
    for position in range(left.shape[0]):
        handle = counts[ENDS]
        counts[ENDS] = handle + 1
        x, y = left[position], right[position]
        ends[handle, END_LEFT], ends[handle, END_RIGHT] = x, y
        ends[handle, NEXT_LEFT] = firsts[x]
        firsts[x] = 2 * handle + 1
        ends[handle, NEXT_RIGHT] = firsts[y]
        firsts[y] = 2 * handle + 2
