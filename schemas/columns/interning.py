"""Ids and their dense numbers, and nodes into tables of them, as flat loops.

Belongs here: finding and adding ids; which ids the rows of a batch name; what rows say of nodes. Not here: growth
(id_numbers.py), whose tables they are.

`slots` is a hash table of tag << 32 | number + 1, 0 for an empty slot: open addressing, linear probing, at most half
full. The tag's lowest bits say where to begin, so that a larger table is filled from the smaller one alone, in order.
A tag that fits is verified against the id itself. The hash starts from a secret of the process: others than the
ids of nodes are no hashes of anything, and a producer could choose such that collide. Ids come in random order, and the
table outgrows the processor's cache: memory is asked for some places ahead, for the slot, then for the id it names.
"""

from typing import Any

import numpy as np

from schemas.columns.layout import (
    CHILDREN,
    COLOUR,
    COLOURS,
    EQUALITY_ASSERTED,
    KIND,
    LEFT,
    NODE,
    NODE_ADDED,
    OPERATOR,
    RIGHT,
)
from schemas.columns.texts import MULTIPLIER
from schemas.columns.words import MASK, prefetch

LOW_32 = 0xFFFF_FFFF
SLOT_AHEAD, ID_AHEAD = 24, 12

Array = Any


def number_ids(
    wanted: Array, first: int, behind: int, known: Array, count: int, slots: Array, secret: Array, numbers: Array
) -> tuple[int, int]:
    """Number ids from place `first` on: the known number, or the next, in the order of arrival.

    Gives where there was no room, or all, and how many are known now.
    """
    last = slots.shape[0] - 1
    for place in range(first, behind):
        if place + SLOT_AHEAD < behind:
            ahead = place + SLOT_AHEAD
            prefetch(slots, tag_of_id(wanted[ahead, 0], wanted[ahead, 1], secret) & last)
        if place + ID_AHEAD < behind:
            ahead = place + ID_AHEAD
            held = slots[tag_of_id(wanted[ahead, 0], wanted[ahead, 1], secret) & last]
            prefetch(known, max(0, (held & LOW_32) - 1))
        tag = tag_of_id(wanted[place, 0], wanted[place, 1], secret)
        slot = slot_of_id(wanted[place, 0], wanted[place, 1], tag, known, slots)
        number = (slots[slot] & LOW_32) - 1
        if number < 0:
            if count >= known.shape[0] or 2 * count >= slots.shape[0]:
                return place, count
            number = count
            known[number, 0] = wanted[place, 0]
            known[number, 1] = wanted[place, 1]
            slots[slot] = tag << 32 | (number + 1)
            count += 1
        numbers[place] = number
    return behind, count


def spread_slots(before: Array, slots: Array) -> None:
    """Fill an empty table with what stands in a smaller one."""
    last = slots.shape[0] - 1
    for place in range(before.shape[0]):
        held = before[place]
        if held != 0:
            slot = (held >> 32) & last
            while slots[slot] != 0:
                slot = (slot + 1) & last
            slots[slot] = held


def refill_ids(known: Array, count: int, slots: Array, secret: Array) -> None:
    """Fill an empty table with all known ids, the oldest first."""
    last = slots.shape[0] - 1
    for number in range(count):
        if number + SLOT_AHEAD < count:
            ahead = number + SLOT_AHEAD
            prefetch(slots, tag_of_id(known[ahead, 0], known[ahead, 1], secret) & last)
        tag = tag_of_id(known[number, 0], known[number, 1], secret)
        slot = slot_of_id(known[number, 0], known[number, 1], tag, known, slots)
        slots[slot] = tag << 32 | (number + 1)


def forget_ids(known: Array, first: int, count: int, slots: Array, secret: Array) -> None:
    """Take back the numbers from `first` on, the newest first: so no search for an older id ever passed their slots.

    That holds only if all of them were numbered in this table, one after the other.
    """
    for number in range(count - 1, first - 1, -1):
        tag = tag_of_id(known[number, 0], known[number, 1], secret)
        slots[slot_of_id(known[number, 0], known[number, 1], tag, known, slots)] = 0


def find_id(low: int, high: int, known: Array, slots: Array, secret: Array) -> int:
    """Give the number of an id, -1 if it has none."""
    tag = tag_of_id(low, high, secret)
    return int((slots[slot_of_id(low, high, tag, known, slots)] & LOW_32) - 1)


def tag_of_id(low: int, high: int, secret: Array) -> int:
    """Hash an id to 31 bits."""
    mixed = ((low ^ secret[0]) * MULTIPLIER) & MASK
    mixed ^= mixed >> 32
    mixed = ((mixed ^ high ^ secret[1]) * MULTIPLIER) & MASK
    mixed ^= mixed >> 29
    return int(np.int64(mixed >> 33))


def slot_of_id(low: int, high: int, tag: int, known: Array, slots: Array) -> int:
    """Find the slot of an id, or the empty one where it belongs."""
    last = slots.shape[0] - 1
    slot: int = tag & last
    while slots[slot] != 0:
        if slots[slot] >> 32 == tag:
            number = (slots[slot] & LOW_32) - 1
            if known[number, 0] == low and known[number, 1] == high:
                return slot
        slot = (slot + 1) & last
    return slot


def list_mentions(fields: Array, ids: Array, offsets: Array, children: Array, mentions: Array) -> int:
    """List the nodes that facts name, row by row: a node, then its children; the ends of an equality."""
    count = 0
    for row in range(fields.shape[1]):
        kind = fields[KIND, row]
        if kind == NODE_ADDED:
            mentions[count, 0] = ids[NODE, row, 0]
            mentions[count, 1] = ids[NODE, row, 1]
            count += 1
            for child in range(offsets[row], offsets[row + 1]):
                mentions[count, 0] = children[child, 0]
                mentions[count, 1] = children[child, 1]
                count += 1
        elif kind == EQUALITY_ASSERTED:
            for end in range(LEFT, RIGHT + 1):
                mentions[count, 0] = ids[end, row, 0]
                mentions[count, 1] = ids[end, row, 1]
                count += 1
    return count


def number_symbols(fields: Array, symbols: Array, count: int, fresh: Array) -> int:
    """Give the next numbers, from `count` on, to what nodes have for operator and colour and has none (-1).

    `symbols` is by pair, operator * COLOURS + colour. Lists the pairs in their order; gives how many they are.
    """
    taken = 0
    for row in range(fields.shape[1]):
        if fields[KIND, row] == NODE_ADDED:
            pair = fields[OPERATOR, row] * COLOURS + fields[COLOUR, row]
            if symbols[pair] < 0:
                symbols[pair] = count + taken
                fresh[taken] = pair
                taken += 1
    return taken


def enter_nodes(
    fields: Array, numbers: Array, symbols: Array, symbol: Array, first_child: Array, arity: Array,
    children: Array, next_child: int, nodes: Array, ends: Array,
) -> int:  # fmt: skip
    """Enter what rows say of nodes that have no content yet (a negative symbol); gives how many children that took.

    `numbers` are those of `list_mentions`, `symbols` those of `number_symbols`; `next_child` is where `children` will
    stand in the table. Fills, by the row, the node that is added and the two ends of an equality.
    """
    at = 0
    taken = 0
    for row in range(fields.shape[1]):
        kind = fields[KIND, row]
        if kind == NODE_ADDED:
            node = numbers[at]
            count = fields[CHILDREN, row]
            if symbol[node] < 0:
                symbol[node] = symbols[fields[OPERATOR, row] * COLOURS + fields[COLOUR, row]]
                first_child[node] = next_child + taken
                arity[node] = count
                for child in range(count):
                    children[taken] = numbers[at + 1 + child]
                    taken += 1
            nodes[row] = node
            at += 1 + count
        elif kind == EQUALITY_ASSERTED:
            ends[0, row] = numbers[at]
            ends[1, row] = numbers[at + 1]
            at += 2
    return taken
