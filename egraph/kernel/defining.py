"""Nodes come in: their names are interned, their content is entered, and what follows from it is merged.

Belongs here: from 16-byte ids to dense numbers, and a batch of contents. Not here: the closure (loops.py).

The table of names has slots tag << 32 | number + 1; a tag that fits is verified against the id itself. Linear probing,
13/20 full at most. Memory is asked for some rows ahead, first for the slot, then for the id that it names: names come
in random order, and a miss costs ten probes.
"""

from egraph.kernel.loops import (
    AHEAD,
    ANY_GREEN,
    CONFLICT,
    CONFLICT_WHY,
    CONFLICT_X,
    CONFLICT_Y,
    DEFINED,
    FIRST_USE,
    LABEL,
    LEFT,
    LIMBS,
    LOW_31,
    LOW_WORD,
    MASK,
    MASK_SET,
    NEXT_MEMBER,
    NEXT_USE,
    NODE_DEFINED,
    NODE_MADE,
    NODES,
    OK,
    PAIR_SYMBOL,
    PARENT,
    REDEFINED,
    RIGHT,
    SYMBOL,
    TRAIL,
    TRAIL_FULL,
    USES,
    VISIBLE,
    WEIGHT,
    Array,
    find_or_hold,
    mask_is_legal,
    merge_pending,
    prefetch,
    record,
    undo,
)


def name_hash(names: Array, row: int) -> int:
    """Mix an id into 62 bits: 31 for the slot, 31 for the tag."""
    low = (names[row, 0] & LOW_31) * 0x9E3779B1 ^ (names[row, 1] & LOW_31) * 0x85EBCA6B
    high = (names[row, 2] & LOW_31) * 0xC2B2AE35 ^ (names[row, 3] & LOW_31) * 0x27D4EB2F
    low ^= low >> 29
    high ^= high >> 31
    mixed: int = (low & LOW_31) * 0x9E3779B1 ^ high
    return (mixed ^ mixed >> 33) & 0x3FFFFFFFFFFFFFFF


def name_slot(slots: Array, ids: Array, names: Array, row: int, mixed: int) -> int:
    """Find the slot of an id, or the empty one where it belongs."""
    mask = slots.shape[0] - 1
    slot: int = mixed & mask & LOW_31
    tag = mixed >> 31
    while slots[slot] != 0:
        if slots[slot] >> 32 == tag:
            number = (slots[slot] & LOW_WORD) - 1
            if (
                ids[number, 0] == names[row, 0]
                and ids[number, 1] == names[row, 1]
                and ids[number, 2] == names[row, 2]
                and ids[number, 3] == names[row, 3]
            ):
                return slot
        slot = (slot + 1) & mask
    return slot


def find_names(slots: Array, ids: Array, names: Array, mixes: Array, numbers: Array, start: int, stop: int) -> None:
    """Look up ids; -1 for unknown ones. `mixes` is scratch; its length is a power of two."""
    mask, ring = slots.shape[0] - 1, mixes.shape[0]
    for row in range(start, min(start + ring, stop)):
        mixes[row & (ring - 1)] = name_hash(names, row)
    for row in range(start, stop):
        if row + ring // 2 < stop:
            held = slots[mixes[row + ring // 2 & (ring - 1)] & mask & LOW_31]
            prefetch(ids, max(0, (held & LOW_WORD) - 1))
        mixed = mixes[row & (ring - 1)]
        slot = name_slot(slots, ids, names, row, mixed)
        numbers[row] = (slots[slot] & LOW_WORD) - 1
        if row + ring < stop:
            mixed = name_hash(names, row + ring)
            mixes[row & (ring - 1)] = mixed
            prefetch(slots, mixed & mask & LOW_31)


def intern_names(
    nodes: Array, counts: Array, ids: Array, slots: Array, names: Array, mixes: Array, numbers: Array, start: int,
    stop: int,
) -> int:  # fmt: skip
    """Number ids: the known number, or a new node of which only the colour is known. Gives where room ended."""
    mask, ring = slots.shape[0] - 1, mixes.shape[0]
    for row in range(start, min(start + ring, stop)):
        mixes[row & (ring - 1)] = name_hash(names, row)
    for row in range(start, stop):
        if row + ring // 2 < stop:
            held = slots[mixes[row + ring // 2 & (ring - 1)] & mask & LOW_31]
            prefetch(ids, max(0, (held & LOW_WORD) - 1))
        mixed = mixes[row & (ring - 1)]
        slot = name_slot(slots, ids, names, row, mixed)
        number = (slots[slot] & LOW_WORD) - 1
        if number < 0:
            number = counts[NODES]
            if number >= nodes.shape[0] or (counts[VISIBLE] + 1) * 20 > slots.shape[0] * 13:
                return row
            counts[NODES] = number + 1
            counts[VISIBLE] += 1
            slots[slot] = (mixed >> 31) << 32 | (number + 1)
            for limb in range(LIMBS):
                ids[number, limb] = names[row, limb]
            colour = (names[row, 0] & 255) >> 6
            make_row(nodes, number, -colour, 0 if colour == ANY_GREEN else colour)
        numbers[row] = number
        if row + ring < stop:
            mixed = name_hash(names, row + ring)
            mixes[row & (ring - 1)] = mixed
            prefetch(slots, mixed & mask & LOW_31)
    return stop


def note_added(flags: Array, known: Array, wanted: Array, numbers: Array) -> int:
    """List what `known` has for the places `wanted`, each once and flagged ones not; flags them. Gives how many."""
    count = 0
    for place in range(wanted.shape[0]):
        number = known[wanted[place]]
        if flags[number] == 0:
            flags[number] = 1
            numbers[count] = number
            count += 1
    return count


def append_names(
    nodes: Array, counts: Array, ids: Array, names: Array, known: Array, wanted: Array, numbers: Array, start: int
) -> int:
    """Number rows of `names` that the caller tells apart himself: `known` has their numbers here, -1 for none yet.

    `wanted` are rows, `numbers` what they come to. None gets into the table of names. Gives where room ended.
    """
    for place in range(start, wanted.shape[0]):
        row = wanted[place]
        number = int(known[row])
        if number < 0:
            number = int(counts[NODES])
            if number >= nodes.shape[0]:
                return place
            counts[NODES] = number + 1
            counts[VISIBLE] += 1
            for limb in range(LIMBS):
                ids[number, limb] = names[row, limb]
            colour = (names[row, 0] & 255) >> 6
            make_row(nodes, number, -colour, 0 if colour == ANY_GREEN else colour)
            known[row] = number
        numbers[place] = number
    return int(wanted.shape[0])


def sum_names(names: Array, flags: Array, wanted: Array, rest: Array) -> None:
    """Add rows of `names` up by limb: each in row `flags[row]` of `rest`, and by its first byte in the last 256."""
    first = rest.shape[0] - 256
    for place in range(wanted.shape[0]):
        row = wanted[place]
        group, bucket = flags[row], first + (names[row, 0] & 255)
        for limb in range(LIMBS):
            value = names[row, limb]
            rest[group, limb] += value
            rest[bucket, limb] += value


def make_row(nodes: Array, number: int, symbol: int, own: int) -> None:
    """Write a singleton class without content."""
    nodes[number, SYMBOL] = symbol
    nodes[number, LEFT] = -1
    nodes[number, RIGHT] = -1
    nodes[number, LABEL] = number
    nodes[number, NEXT_MEMBER] = number
    nodes[number, WEIGHT] = 1
    nodes[number, FIRST_USE] = 0
    nodes[number, MASK] = own | own << 4


def refill_names(ids: Array, slots: Array, nodes: Array, counts: Array) -> None:
    """Enter all ids into an empty table."""
    for number in range(counts[NODES]):
        if nodes[number, SYMBOL] != PAIR_SYMBOL:
            mixed = name_hash(ids, number)
            slots[name_slot(slots, ids, ids, number, mixed)] = (mixed >> 31) << 32 | (number + 1)


def set_parent_bit(nodes: Array, trail: Array, counts: Array, child: int, bit: int) -> int:
    """Note on a node and its class that a parent of a colour names it; one without a bit leaves nothing to note."""
    if bit == 0:
        return OK
    own, label = nodes[child, MASK], nodes[child, LABEL]
    of_class = nodes[label, MASK]
    if not mask_is_legal(of_class >> 4 | bit):
        counts[CONFLICT_X], counts[CONFLICT_Y], counts[CONFLICT_WHY] = child, -1, bit
        return CONFLICT
    if counts[TRAIL] + 2 > trail.shape[0]:
        return TRAIL_FULL
    if own & bit == 0:
        record(trail, counts, MASK_SET, child, own, 0, 0)
        nodes[child, MASK] = own | bit
    of_class = nodes[label, MASK]
    if of_class >> 4 & bit == 0:
        record(trail, counts, MASK_SET, label, of_class, 0, 0)
        nodes[label, MASK] = of_class | bit << 4
    return OK


def enter_content(nodes: Array, uses: Array, counts: Array, number: int, symbol: int, left: int, right: int) -> None:
    """Write a node's content, and its uses of its children."""
    counts[DEFINED] += 1
    nodes[number, SYMBOL] = symbol
    nodes[number, LEFT] = left
    nodes[number, RIGHT] = right
    for child in (left, right):
        if child >= 0:
            cell = counts[USES]
            counts[USES] = cell + 1
            uses[cell, PARENT] = number
            uses[cell, NEXT_USE] = nodes[child, FIRST_USE]
            nodes[child, FIRST_USE] = cell + 1
            nodes[nodes[child, LABEL], WEIGHT] += 1


def is_plain(nodes: Array, children: Array, begin: int, end: int, bit: int) -> bool:
    """Tell whether nothing can follow from a node: one or two children, each alone in its class, and legal."""
    if end - begin > 2:
        return False
    for place in range(begin, end):
        child = children[place]
        if nodes[child, NEXT_MEMBER] != child or not mask_is_legal(nodes[child, MASK] >> 4 | bit):
            return False
    return True


def has_content(nodes: Array, number: int, symbol: int, children: Array, begin: int, end: int) -> bool:
    """Tell whether a defined node has this content; the chain of pairs of a wide one is walked from its end."""
    if nodes[number, SYMBOL] != symbol:
        return False
    item, place = number, end - 1
    while place > begin + 1:
        if nodes[item, RIGHT] != children[place]:
            return False
        item = nodes[item, LEFT]
        if item < 0 or nodes[item, SYMBOL] != PAIR_SYMBOL:
            return False
        place -= 1
    right = children[begin + 1] if end - begin > 1 else -1
    left = children[begin] if end > begin else -1
    return bool(nodes[item, LEFT] == left and nodes[item, RIGHT] == right)


def add_one(
    nodes: Array, links: Array, uses: Array, table: Array, trail: Array, pending: Array, counts: Array, ids: Array,
    rest: Array, dirty: Array, symbol: int, children: Array, begin: int, end: int, number: int,
) -> int:  # fmt: skip
    """Define one node: more than two children become a chain of hidden pairs."""
    bit = 0 if symbol & 3 == ANY_GREEN else (symbol & 3) << 2
    left, right = -1, -1
    for place in range(begin, end):
        child = children[place]
        status = set_parent_bit(nodes, trail, counts, child, bit)
        if status == OK and place > begin + 1:
            left = make_pair(nodes, uses, trail, counts, left, right)
            status = find_or_hold(nodes, table, trail, pending, counts, left) if left >= 0 else -left
        if status != OK:
            return status
        if place == begin:
            left = child
        else:
            right = child
    if counts[TRAIL] >= trail.shape[0]:
        return TRAIL_FULL
    record(trail, counts, NODE_DEFINED, number, nodes[number, SYMBOL], 0, 0)
    enter_content(nodes, uses, counts, number, symbol, left, right)
    status = find_or_hold(nodes, table, trail, pending, counts, number)
    if status != OK:
        return status
    return merge_pending(nodes, links, uses, table, trail, pending, counts, ids, rest, dirty)


def make_pair(nodes: Array, uses: Array, trail: Array, counts: Array, left: int, right: int) -> int:
    """Append a hidden pair; gives its number, or -TRAIL_FULL. The caller has looked for room for nodes and uses."""
    if counts[TRAIL] >= trail.shape[0]:
        return -TRAIL_FULL
    number = int(counts[NODES])
    counts[NODES] = number + 1
    record(trail, counts, NODE_MADE, number, 0, 0, 0)
    make_row(nodes, number, PAIR_SYMBOL, 0)
    enter_content(nodes, uses, counts, number, PAIR_SYMBOL, left, right)
    counts[DEFINED] -= 1
    return number


def add_nodes(
    nodes: Array, links: Array, uses: Array, table: Array, trail: Array, pending: Array, counts: Array, ids: Array,
    rest: Array, dirty: Array, ends: Array, operators: Array, offsets: Array, children: Array, numbers: Array,
    statuses: Array, start: int, stop_at_conflict: bool,
) -> tuple[int, int]:  # fmt: skip
    """Define nodes from `start` on, each a transaction. Stops where an array is full, or at a conflict if told so."""
    last = children.shape[0] - 1
    for position in range(start, numbers.shape[0]):
        begin, end = offsets[position], offsets[position + 1]
        if last >= 0:
            prefetch(nodes, children[min(begin + AHEAD, last)])
            prefetch(nodes, children[min(begin + AHEAD + 1, last)])
        number = numbers[position]
        held = nodes[number, SYMBOL]
        colour = held & 3 if held > 0 else -held
        symbol = operators[position] << 2 | colour
        statuses[position] = OK
        if held > 0:
            if not has_content(nodes, number, symbol, children, begin, end):
                return position, REDEFINED
            continue
        bit = 0 if colour == ANY_GREEN else colour << 2
        if is_plain(nodes, children, begin, end, bit):
            left, right = -1, -1
            for place in range(begin, end):
                child = children[place]
                nodes[child, MASK] |= bit | bit << 4
                left, right = (child, -1) if place == begin else (left, child)
            enter_content(nodes, uses, counts, number, symbol, left, right)
            continue
        top = counts[TRAIL]
        status = add_one(
            nodes, links, uses, table, trail, pending, counts, ids, rest, dirty, symbol, children, begin, end, number
        )
        if status != OK:
            if status == CONFLICT and stop_at_conflict:
                return position, status
            undo(nodes, links, uses, table, trail, counts, ids, rest, ends, top, True)
            if status != CONFLICT:
                return position, status
            statuses[position] = status
        else:
            counts[TRAIL] = top
    return numbers.shape[0], OK
