"""Texts and their numbers: each different text is kept once, in the order of arrival.

Belongs here: UTF-8, hashing, finding and adding, as flat loops. Not here: growth, and texts that find no place
(strings.py).

Texts stand in `arena`, one after the other; text i at spans[i, 0], spans[i, 1] bytes long. `slots` is a hash table of
numbers + 1, 0 for an empty slot: open addressing, linear probing. The hash is quick, not secret: whoever wants to can
make texts that collide. So a search looks at PROBES_MAX slots and then gives up, and the text is found elsewhere.
"""

from typing import Any

import numpy as np

from schemas.columns.layout import (
    GRAPH,
    GRAPH_AT,
    GRAPH_BYTES,
    KIND,
    NODE_ADDED,
    OPERATOR,
    OPERATOR_AT,
    OPERATOR_BYTES,
    PRODUCER,
    PRODUCER_AT,
    PRODUCER_BYTES,
    UNDECIDED,
)
from schemas.columns.words import MASK, copy_bytes, first_bytes

PROBES_MAX = 64
FULL, CROWDED, NOT_UTF8 = -1, -2, -3  # no room for another text; no slot within reach; not a text
TEXTS, BYTES, COUNTERS = 0, 1, 2
HASHED, NUMBER, SLOT_COLUMNS = 0, 1, 2

HIGH_BITS = 0x8080_8080_8080_8080
MULTIPLIER = 0x9E37_79B9_7F4A_7C15  # 2^64 / golden ratio, odd

Array = Any


def number_rows(
    data: Array, words: Array, fields: Array, first: int, slots: Array, spans: Array, arena: Array, counts: Array
) -> int:
    """Number the names of accepted rows, from row `first` on. Gives the row where there was no room, or all rows.

    A name without a slot within reach gets the number CROWDED. A row with a name that is no text becomes UNDECIDED.
    """
    last = -1
    for row in range(first, fields.shape[1]):
        if fields[KIND, row] < 0:
            continue
        graph = number_as_before(words, fields, GRAPH, GRAPH_AT, GRAPH_BYTES, row, last)
        if graph < 0:
            graph = number_of(data, words, fields[GRAPH_AT, row], fields[GRAPH_BYTES, row], slots, spans, arena, counts)
        producer = number_as_before(words, fields, PRODUCER, PRODUCER_AT, PRODUCER_BYTES, row, last)
        if producer < 0:
            at, length = fields[PRODUCER_AT, row], fields[PRODUCER_BYTES, row]
            producer = number_of(data, words, at, length, slots, spans, arena, counts)
        operator = 0
        if fields[KIND, row] == NODE_ADDED:
            at, length = fields[OPERATOR_AT, row], fields[OPERATOR_BYTES, row]
            operator = number_of(data, words, at, length, slots, spans, arena, counts)
        if FULL in (graph, producer, operator):
            return row
        fields[GRAPH, row], fields[PRODUCER, row], fields[OPERATOR, row] = graph, producer, operator
        if NOT_UTF8 in (graph, producer, operator):
            fields[KIND, row] = UNDECIDED
        else:
            last = row
    return int(fields.shape[1])


def number_as_before(words: Array, fields: Array, column: int, at: int, length: int, row: int, last: int) -> int:
    """Give the number that the same name has in an earlier row, negative if it is another name or has none."""
    if last < 0 or fields[length, row] != fields[length, last]:
        return FULL
    if not same_text(words, fields[at, row], words, fields[at, last], fields[length, row]):
        return FULL
    before: int = fields[column, last]
    return before


def number_of(
    data: Array, words: Array, at: int, length: int, slots: Array, spans: Array, arena: Array, counts: Array
) -> int:
    """Find the number of a text, or add it. Gives FULL, CROWDED or NOT_UTF8 where that is impossible."""
    if length == 0:
        return 0
    hashed = hash_of(words, at, length)
    slot = slot_for(words, at, length, hashed, slots, spans, arena)
    if slot >= 0 and slots[slot, NUMBER] > 0:
        known: int = slots[slot, NUMBER] - 1
        return known
    if not is_utf8(data, words, at, at + length):
        return NOT_UTF8
    if slot < 0:
        return CROWDED
    if (counts[TEXTS] + 1) * 2 > slots.shape[0]:
        return FULL
    number = append_text(words, at, length, spans, arena, counts)
    if number >= 0:
        slots[slot, HASHED] = hashed
        slots[slot, NUMBER] = number + 1
    return number


def slot_for(words: Array, at: int, length: int, hashed: int, slots: Array, spans: Array, arena: Array) -> int:
    """Find the slot of a text, or the empty one where it belongs; -1 if neither is within reach."""
    for probe in range(PROBES_MAX):
        slot: int = ((hashed >> 16) + probe) & (slots.shape[0] - 1)
        if slots[slot, NUMBER] == 0:
            return slot
        if slots[slot, HASHED] == hashed:
            number = slots[slot, NUMBER] - 1
            if spans[number, 1] == length and same_text(words, at, arena, spans[number, 0], length):
                return slot
    return -1


def append_text(words: Array, at: int, length: int, spans: Array, arena: Array, counts: Array) -> int:
    """Keep a text under the next number, without a slot; FULL if there is no room."""
    number: int = counts[TEXTS]
    to = counts[BYTES]
    if number >= spans.shape[0] or length >= arena.shape[0] - to:
        return FULL
    copy_bytes(words, at, arena, to, length)
    spans[number, 0] = to
    spans[number, 1] = length
    counts[TEXTS] = number + 1
    counts[BYTES] = to + length
    return number


def enter_all(slots: Array, spans: Array, arena: Array, counts: Array, crowded: Array) -> int:
    """Fill empty slots with all texts. Those without a slot go to `crowded`; gives how many."""
    left_over = 0
    for number in range(1, counts[TEXTS]):
        at, length = spans[number, 0], spans[number, 1]
        hashed = hash_of(arena, at, length)
        slot = slot_for(arena, at, length, hashed, slots, spans, arena)
        if slot >= 0:
            slots[slot, HASHED] = hashed
            slots[slot, NUMBER] = number + 1
        else:
            crowded[left_over] = number
            left_over += 1
    return left_over


def join_texts(arena: Array, spans: Array, numbers: Array, target: Array) -> None:
    """Copy texts one after the other to the start of `target`, which has room for seven bytes more."""
    to = 0
    for place in range(numbers.shape[0]):
        number = numbers[place]
        copy_bytes(arena, spans[number, 0], target, to, spans[number, 1])
        to += spans[number, 1]


def is_utf8(data: Array, words: Array, at: int, end: int) -> bool:
    """Tell whether bytes are well-formed UTF-8 (Unicode 16, table 3-7)."""
    while at < end:
        if end - at >= 8 and words[at] & HIGH_BITS == 0:
            at += 8
            continue
        first = data[at] & 255
        at += 1
        if first < 0x80:
            continue
        if first < 0xC2 or first > 0xF4:
            return False
        more = 1 if first < 0xE0 else (2 if first < 0xF0 else 3)
        if end - at < more:
            return False
        low = 0xA0 if first == 0xE0 else (0x90 if first == 0xF0 else 0x80)
        high = 0x9F if first == 0xED else (0x8F if first == 0xF4 else 0xBF)
        if data[at] < low or data[at] > high:
            return False
        for later in range(at + 1, at + more):
            if data[later] & 0xC0 != 0x80:
                return False
        at += more
    return True


def hash_of(words: Array, at: int, length: int) -> int:
    """Hash a text to a signed number that is not negative."""
    mixed = (MASK >> 1) ^ MULTIPLIER
    for done in range(0, length, 8):
        mixed ^= first_bytes(words[at + done], length - done)
        mixed = (mixed * MULTIPLIER) & MASK
        mixed ^= mixed >> 29
    return int(np.int64(mixed >> 1))


def same_text(words: Array, at: int, others: Array, other: int, length: int) -> bool:
    """Compare two texts of one length."""
    done = 0
    while done < length and first_bytes(words[at + done] ^ others[other + done], length - done) == 0:
        done += 8
    return done >= length
