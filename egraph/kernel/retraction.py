"""Taking assertions back, exactly and locally: afterwards everything is as if they had never been made.

Belongs here: cutting the forest, splitting classes, keying again. Not here: merging again (loops.merge_pending).

An edge of the forest rests on older edges only, so no congruence can keep itself alive: cut the edges of what is
withdrawn, split the classes they held together, cut the congruences between nodes whose children now differ, and so
on until nothing changes. All cut edges of a round are collected first: one by one, a large class would be split over
and over. What then still holds, by an assertion that counts or by congruence, is found again through the members of
the classes that were split: each is keyed anew with its parents, and each of its assertions is looked at.
"""

from egraph.kernel.loops import (
    ABOVE,
    ALIVE,
    CONGRUENT,
    END_LEFT,
    END_RIGHT,
    EPOCH,
    FIRST_USE,
    LABEL,
    LEFT,
    LIMBS,
    MASK,
    MORE,
    NEXT_LEFT,
    NEXT_MEMBER,
    NEXT_RIGHT,
    NEXT_USE,
    OK,
    PAIR_SYMBOL,
    PARENT,
    PENDING,
    RIGHT,
    ROOT,
    SEEN,
    STAMP,
    SYMBOL,
    VISIT,
    WEIGHT,
    WHY,
    Array,
    find_or_hold,
    key_uses,
    merge_pending,
    part,
    postpone,
    touch_class,
)

# Rows of `scratch`: labels of classes to split, members of the classes split in this round, all members ever split.
TO_SPLIT, MEMBERS, VISITED = 0, 1, 2


def cut_assertions(
    nodes: Array, links: Array, stamps: Array, counts: Array, ends: Array, scratch: Array, handles: Array
) -> int:
    """Take the life of assertions and cut their edges; gives how many classes are to be split."""
    epoch = counts[EPOCH] + 1
    counts[EPOCH] = epoch
    found = 0
    for position in range(handles.shape[0]):
        handle = handles[position]
        if ends[handle, ALIVE] == 0:
            continue
        ends[handle, ALIVE] = 0
        x, y = ends[handle, END_LEFT], ends[handle, END_RIGHT]
        if (links[x, ABOVE] == y + 1 and links[x, WHY] == handle) or (
            links[y, ABOVE] == x + 1 and links[y, WHY] == handle
        ):
            part(links, x, y)
            found = note_split(stamps, scratch, found, nodes[x, LABEL], epoch)
    return found


def note_split(stamps: Array, scratch: Array, found: int, label: int, epoch: int) -> int:
    """Put a class on the list of those to split, once."""
    if stamps[label, STAMP] != epoch:
        stamps[label, STAMP] = epoch
        scratch[TO_SPLIT, found] = label
        found += 1
    return found


def split_class(
    nodes: Array, links: Array, uses: Array, counts: Array, ids: Array, rest: Array, dirty: Array, scratch: Array,
    stamps: Array, label: int, begin: int,
) -> int:  # fmt: skip
    """Make a class of each tree that is left of one. Its members are appended to MEMBERS; gives their new number."""
    epoch = counts[EPOCH] + 1
    counts[EPOCH] = epoch
    end, item = begin, label
    while True:  # the circle, before it is torn
        scratch[MEMBERS, end] = item
        end += 1
        item = nodes[item, NEXT_MEMBER]
        if item == label:
            break
    for place in range(begin, end):
        find_root(links, stamps, scratch[MEMBERS, place], epoch)
    kept = stamps[label, ROOT]
    for place in range(begin, end):
        item = scratch[MEMBERS, place]
        reset_class(nodes, links, uses, rest, item)
    for place in range(begin, end):
        item = scratch[MEMBERS, place]
        root = stamps[item, ROOT]
        its = label if root == kept else root
        nodes[item, LABEL] = its
        if item == its:
            if rest.shape[0] > 1:
                touch_class(counts, dirty, its)
        else:
            nodes[item, NEXT_MEMBER] = nodes[its, NEXT_MEMBER]
            nodes[its, NEXT_MEMBER] = item
            nodes[its, WEIGHT] += nodes[item, WEIGHT]
            nodes[its, MASK] |= (nodes[item, MASK] & 15) << 4
            links[its, MORE] += nodes[item, SYMBOL] != PAIR_SYMBOL
            if rest.shape[0] > 1:
                for limb in range(LIMBS):
                    rest[its, limb] += ids[item, limb]
    return end


def find_root(links: Array, stamps: Array, start: int, epoch: int) -> None:
    """Write down the root of a node's tree, and of all nodes on the way."""
    item = start
    while stamps[item, SEEN] != epoch and links[item, ABOVE] > 0:
        item = links[item, ABOVE] - 1
    root = stamps[item, ROOT] if stamps[item, SEEN] == epoch else item
    item = start
    while stamps[item, SEEN] != epoch:
        stamps[item, SEEN] = epoch
        stamps[item, ROOT] = root
        if links[item, ABOVE] > 0:
            item = links[item, ABOVE] - 1


def reset_class(nodes: Array, links: Array, uses: Array, rest: Array, number: int) -> None:
    """Make a node a singleton class, its label aside."""
    weight = 1
    cell = nodes[number, FIRST_USE] - 1
    while cell >= 0:
        weight += 1
        cell = uses[cell, NEXT_USE] - 1
    nodes[number, WEIGHT] = weight
    nodes[number, NEXT_MEMBER] = number
    nodes[number, MASK] = (nodes[number, MASK] & 15) * 17
    links[number, MORE] = 0
    if rest.shape[0] > 1:
        for limb in range(LIMBS):
            rest[number, limb] = 0


def cut_congruences(
    nodes: Array, links: Array, uses: Array, stamps: Array, counts: Array, scratch: Array, end: int
) -> int:
    """Cut the congruences of this round's parents that hold no longer; gives how many classes are to be split next."""
    epoch = counts[EPOCH] + 1
    counts[EPOCH] = epoch
    found = 0
    for place in range(end):
        cell = nodes[scratch[MEMBERS, place], FIRST_USE] - 1
        while cell >= 0:
            parent = uses[cell, PARENT]
            above = links[parent, ABOVE] - 1
            if above >= 0 and links[parent, WHY] == CONGRUENT and not are_congruent(nodes, parent, above):
                links[parent, ABOVE] = 0
                found = note_split(stamps, scratch, found, nodes[parent, LABEL], epoch)
            cell = uses[cell, NEXT_USE] - 1
    return found


def are_congruent(nodes: Array, x: int, y: int) -> bool:
    """Tell whether the children of two nodes with the same symbol are equal."""
    if nodes[nodes[x, LEFT], LABEL] != nodes[nodes[y, LEFT], LABEL]:
        return False
    return bool(nodes[x, RIGHT] < 0 or nodes[nodes[x, RIGHT], LABEL] == nodes[nodes[y, RIGHT], LABEL])


def take_back(
    nodes: Array, links: Array, uses: Array, counts: Array, ids: Array, rest: Array, dirty: Array, ends: Array,
    scratch: Array, stamps: Array, handles: Array,
) -> int:  # fmt: skip
    """Split what only these assertions held together; gives the number of members VISITED, to be joined again."""
    to_split = cut_assertions(nodes, links, stamps, counts, ends, scratch, handles)
    visited = 0
    counts[EPOCH] += 1
    whole = counts[EPOCH]
    while to_split > 0:
        end = 0
        for place in range(to_split):
            label = scratch[TO_SPLIT, place]
            end = split_class(nodes, links, uses, counts, ids, rest, dirty, scratch, stamps, label, end)
        for place in range(end):
            item = scratch[MEMBERS, place]
            if stamps[item, VISIT] != whole:
                stamps[item, VISIT] = whole
                scratch[VISITED, visited] = item
                visited += 1
        to_split = cut_congruences(nodes, links, uses, stamps, counts, scratch, end)
    return visited


def join_again(
    nodes: Array, links: Array, uses: Array, table: Array, trail: Array, pending: Array, counts: Array, ids: Array,
    rest: Array, dirty: Array, ends: Array, firsts: Array, scratch: Array, visited: int,
) -> int:  # fmt: skip
    """Find what still holds between the members visited. One transaction: the caller undoes it where room ends."""
    for place in range(visited):
        item = scratch[VISITED, place]
        status = find_or_hold(nodes, table, trail, pending, counts, item)
        if status == OK:
            status = key_uses(nodes, uses, table, trail, pending, counts, item)
        cell = firsts[item] - 1
        while cell >= 0 and status == OK:
            handle = cell >> 1
            x, y = ends[handle, END_LEFT], ends[handle, END_RIGHT]
            if ends[handle, ALIVE] and nodes[x, LABEL] != nodes[y, LABEL]:
                status = postpone(pending, counts, x, y, handle)
            cell = ends[handle, NEXT_RIGHT if cell & 1 else NEXT_LEFT] - 1
        if status == OK and counts[PENDING] > 0:
            status = merge_pending(nodes, links, uses, table, trail, pending, counts, ids, rest, dirty)
        if status != OK:
            return status
    return OK
