"""Reasons: paths in the proof forest, and the assertions that a conflict rests on.

Belongs here: reading the forest. Not here: growing it (loops.attach), cutting it (retraction.py).
The forest is that of Nieuwenhuis and Oliveras (Proof-producing congruence closure, RTA 2005): one tree per class over
the nodes themselves, an edge for each effective assertion or congruence. An edge rests on older ones only.
"""

from egraph.kernel.loops import (
    ABOVE,
    AGE,
    CONFLICT_WHY,
    CONFLICT_X,
    CONFLICT_Y,
    CONGRUENT,
    EPOCH,
    LEFT,
    MASK,
    NEXT_MEMBER,
    PENDING,
    RIGHT,
    SEEN,
    STAMP,
    WHY,
    Array,
    postpone,
)


def meeting_point(links: Array, stamps: Array, counts: Array, x: int, y: int) -> int:
    """Give the node where the ways of x and y to the root meet. Both are in one tree."""
    epoch = counts[EPOCH] + 1
    counts[EPOCH] = epoch
    item = x
    while item >= 0:
        stamps[item, SEEN] = epoch
        item = links[item, ABOVE] - 1
    item = y
    while stamps[item, SEEN] != epoch:
        item = links[item, ABOVE] - 1
    return item


def path(links: Array, stamps: Array, counts: Array, x: int, y: int, out: Array) -> int:
    """Write the edges from x to y as (from, to, why, age); gives their number, or -number if `out` is too short."""
    meet = meeting_point(links, stamps, counts, x, y)
    up, item = 0, x
    while item != meet:
        up += 1
        item = links[item, ABOVE] - 1
    total, item = up, y
    while item != meet:
        total += 1
        item = links[item, ABOVE] - 1
    if total > out.shape[0]:
        return -total
    place, item = 0, x
    while item != meet:
        above = links[item, ABOVE] - 1
        out[place, 0], out[place, 1], out[place, 2], out[place, 3] = item, above, links[item, WHY], links[item, AGE]
        item, place = above, place + 1
    place, item = total, y
    while item != meet:
        above = links[item, ABOVE] - 1
        place -= 1
        out[place, 0], out[place, 1], out[place, 2], out[place, 3] = above, item, links[item, WHY], links[item, AGE]
        item = above
    return total


def postpone_children(nodes: Array, pending: Array, counts: Array, x: int, y: int) -> int:
    """Put the pairs of children of two congruent nodes on the worklist."""
    status = 0
    for column in (LEFT, RIGHT):
        a, b = nodes[x, column], nodes[y, column]
        if a != b and status == 0:
            status = postpone(pending, counts, a, b, CONGRUENT)
    return status


def member_with(nodes: Array, start: int, bits: int) -> int:
    """Give the first member, from `start` on, whose own mask has one of the bits, or -1."""
    if nodes[start, MASK] & bits:
        return start
    item = nodes[start, NEXT_MEMBER]
    while item != start:
        if nodes[item, MASK] & bits:
            return int(item)
        item = nodes[item, NEXT_MEMBER]
    return -1


def begin_witness(nodes: Array, pending: Array, counts: Array, assertions: Array) -> tuple[int, int]:
    """Put on the worklist what the last conflict rests on; gives how many assertions are found already, and a status.

    The conflict has not been undone. A RED member is forbidden beside a BLUE parent, and a BLUE one beside a RED one.
    """
    x, y, why = counts[CONFLICT_X], counts[CONFLICT_Y], counts[CONFLICT_WHY]
    counts[PENDING] = 0
    if y < 0:  # a new node names x, and its class has members that it may not stand over
        other = member_with(nodes, x, 1 if why == 8 else 2)
        return 0, postpone(pending, counts, x, other, CONGRUENT)
    first, second = x, y
    for bit in (1, 2, 4, 8):
        a, b = member_with(nodes, x, bit), member_with(nodes, y, 9 - bit if bit in (1, 8) else 6 - bit)
        if a >= 0 and b >= 0:
            first, second = a, b
            break
    status = postpone(pending, counts, x, first, CONGRUENT)
    if status == 0:
        status = postpone(pending, counts, y, second, CONGRUENT)
    count = 0
    if why >= 0:
        assertions[0] = why
        count = 1
    elif why == CONGRUENT and status == 0:
        status = postpone_children(nodes, pending, counts, x, y)
    return count, status


def witness(
    nodes: Array, links: Array, stamps: Array, pending: Array, counts: Array, assertions: Array
) -> tuple[int, int]:
    """Write the assertions that the last conflict rests on; gives their number and a status. Undo comes afterwards."""
    count, status = begin_witness(nodes, pending, counts, assertions)
    epoch = counts[EPOCH] + 1
    counts[EPOCH] = epoch
    while counts[PENDING] > 0 and status == 0:
        top = counts[PENDING] - 1
        counts[PENDING] = top
        x, y = pending[top, 0], pending[top, 1]
        if x == y:
            continue
        meet = meeting_point(links, stamps, counts, x, y)
        for start in (x, y):
            item = start
            while item != meet and status == 0:
                above = links[item, ABOVE] - 1
                if stamps[item, STAMP] != epoch:
                    stamps[item, STAMP] = epoch
                    if links[item, WHY] >= 0:
                        assertions[count] = links[item, WHY]
                        count += 1
                    elif links[item, WHY] == CONGRUENT:
                        status = postpone_children(nodes, pending, counts, item, above)
                item = above
    return count, status
