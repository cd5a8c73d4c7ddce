"""Exact keys, their table, the union-find, and making one node.

Belongs here: single steps. Not here: rounds.

A key is a symbol and the labels of two children (-1: none). Word 0 = symbol << 32 | x + 1, word 1 = y + 1 << 32 |
holder + 1; an empty slot has word 1 == 0. Keys of labels that died stay as garbage until the table is built anew:
nobody asks for them, because labels never come back. The holder of a key is the smallest row that has it.
"""

from egraph.kernel.saturation.layout import (
    LEFT,
    LOW_31,
    LOW_WORD,
    RIGHT,
    ROWS,
    SYMBOL,
    TERM,
    TERMS,
    TOUCHED,
    USED_SLOTS,
    VISIBLE,
    WAITING,
    Array,
    X,
    Y,
)


def root_of(uf: Array, item: int) -> int:
    """Find the root, halving the path. Roots are the smallest of their tree."""
    above = uf[item]
    while above != item:
        next_above = uf[above]
        uf[item] = next_above
        item = next_above
        above = uf[item]
    return item


def home_of(first: int, second: int, mask: int) -> int:
    """Give the slot where the search for a key begins. All products stay below 2^63."""
    mixed = ((first >> 32) * 0x9E3779B1) ^ ((first & LOW_31) * 0x85EBCA6B) ^ (second * 0xC2B2AE35)
    mixed ^= mixed >> 31
    mixed = (mixed & LOW_31) * 0x27D4EB2F
    slot: int = (mixed ^ (mixed >> 32)) & mask
    return slot


def prefetch(array: Array, row: int) -> None:
    """Ask for a row that is read soon. Compiled, this is the processor's own instruction; as it stands, nothing."""


def slot_from(table: Array, slot: int, symbol: int, x: int, y: int) -> int:
    """Find the slot that holds a key, or the empty one where it belongs, from the slot where the search begins."""
    mask = table.shape[0] - 1
    first, second = (symbol << 32) | (x + 1), y + 1
    while True:
        word = table[slot, 1]
        if word == 0 or (table[slot, 0] == first and word >> 32 == second):
            return slot
        slot = (slot + 1) & mask


def slot_of(table: Array, symbol: int, x: int, y: int) -> int:
    """Find the slot that holds a key, or the empty one where it belongs."""
    home = home_of((symbol << 32) | (x + 1), y + 1, table.shape[0] - 1)
    return slot_from(table, home, symbol, x, y)


def holder_of(table: Array, symbol: int, x: int, y: int) -> int:
    """Give the row with this key, or -1."""
    holder: int = (table[slot_of(table, symbol, x, y), 1] & LOW_WORD) - 1
    return holder


def hold(table: Array, counts: Array, slot: int, symbol: int, x: int, y: int, term: int) -> None:
    """Make a term the holder of a key, at the slot found for it. The caller has looked for room."""
    if table[slot, 1] == 0:
        counts[USED_SLOTS] += 1
    table[slot, 0] = (symbol << 32) | (x + 1)
    table[slot, 1] = ((y + 1) << 32) | (term + 1)


def append(
    content: Array, label: Array, uf: Array, rows: Array, counts: Array, symbol: int, left: int, right: int, x: int,
    y: int,
) -> int:  # fmt: skip
    """Append a term, and its row, in a class of its own. Its key is entered by the caller, who has looked for room."""
    term = counts[TERMS]
    counts[TERMS] = term + 1
    if symbol >> 2 != 0:
        counts[VISIBLE] += 1
    content[term, SYMBOL] = symbol
    content[term, LEFT] = left
    content[term, RIGHT] = right
    label[term] = term
    uf[term] = term
    row = counts[ROWS]
    counts[ROWS] = row + 1
    rows[row, TERM] = term
    rows[row, X] = x
    rows[row, Y] = y
    rows[row, TOUCHED] = 1
    return int(term)


def enter_later(
    table: Array, counts: Array, waiting: Array, home: int, symbol: int, x: int, y: int, term: int
) -> None:  # fmt: skip
    """Put the key of a new term on a list: its slot was asked for. Nobody may ask for this key before enter_waiting."""
    if counts[WAITING] >= waiting.shape[0]:
        enter_waiting(table, counts, waiting)
    at = counts[WAITING]
    counts[WAITING] = at + 1
    waiting[at, 0] = (symbol << 32) | (x + 1)
    waiting[at, 1] = ((y + 1) << 32) | (term + 1)
    waiting[at, 2] = home


def enter_waiting(table: Array, counts: Array, waiting: Array) -> None:
    """Enter the keys on the list. They are new, and all different."""
    mask = table.shape[0] - 1
    for at in range(counts[WAITING]):
        slot = waiting[at, 2]
        while table[slot, 1] != 0:
            slot = (slot + 1) & mask
        table[slot, 0] = waiting[at, 0]
        table[slot, 1] = waiting[at, 1]
    counts[USED_SLOTS] += counts[WAITING]
    counts[WAITING] = 0


def unmake(content: Array, rows: Array, table: Array, counts: Array, terms: int) -> None:
    """Take back the newest terms, and their keys: nothing was entered after them that they push on."""
    while counts[TERMS] > terms:
        term = counts[TERMS] - 1
        counts[TERMS] = term
        row = counts[ROWS] - 1
        if rows[row, TERM] != term:
            continue  # a pair without a row
        symbol = content[term, SYMBOL]
        slot = slot_of(table, symbol, rows[row, X], rows[row, Y])
        table[slot, 0] = 0
        table[slot, 1] = 0
        counts[ROWS] = row
        counts[USED_SLOTS] -= 1
        if symbol >> 2 != 0:
            counts[VISIBLE] -= 1


def refill(content: Array, rows: Array, table: Array, counts: Array, homes: Array) -> None:
    """Enter all rows into an empty table; of rows with one key, the smallest. `homes` is for a block of slots."""
    counts[USED_SLOTS] = 0
    mask = table.shape[0] - 1
    for first in range(0, counts[ROWS], homes.shape[0]):
        n = min(homes.shape[0], counts[ROWS] - first)
        for row in range(first, first + n):
            symbol = content[rows[row, TERM], SYMBOL]
            homes[row - first] = home_of((symbol << 32) | (rows[row, X] + 1), rows[row, Y] + 1, mask)
            prefetch(table, homes[row - first])
        for row in range(first, first + n):
            term = rows[row, TERM]
            symbol, x, y = content[term, SYMBOL], rows[row, X], rows[row, Y]
            slot = slot_from(table, homes[row - first], symbol, x, y)
            if table[slot, 1] == 0:
                hold(table, counts, slot, symbol, x, y, term)


def copy_keys(old: Array, table: Array) -> None:
    """Enter all keys of a table into a larger, empty one. Both are gone through in order, so that no read has to wait.

    A slot of the old table is that of its key's hash, or a little behind it; in a table twice as large the key's place
    is about there, or as far into the second half.
    """
    mask = table.shape[0] - 1
    for slot in range(old.shape[0]):
        second = old[slot, 1]
        if second != 0:
            first = old[slot, 0]
            to = home_of(first, second >> 32, mask)
            while table[to, 1] != 0:
                to = (to + 1) & mask
            table[to, 0] = first
            table[to, 1] = second
