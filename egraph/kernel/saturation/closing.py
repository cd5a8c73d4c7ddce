"""Congruence closure by rounds over all rows, and what it leaves for matching: labels, live rows, touched rows.

Belongs here: closing. Not here: which unions are made.
Passes over the rows look up each one whose key changed; rows that meet under a key unite their classes and, if created,
the younger one dies. Smallest labels and oldest rows make the outcome independent of the order of the passes.
"""

from egraph.kernel.saturation.layout import (
    CONFLICT,
    GREEN,
    KEYS_IN,
    LEFT,
    LOW_WORD,
    NEED_TABLE,
    OK,
    RIGHT,
    ROWS,
    SLOTS_FOR,
    SYMBOL,
    TERM,
    TERMS,
    TOUCHED,
    USED_SLOTS,
    Array,
    X,
    Y,
)
from egraph.kernel.saturation.table import hold, home_of, prefetch, root_of, slot_from


def mask_is_legal(mask: int) -> bool:
    """Tell whether a class mask keeps the rule: no RED member under BLUE (1, 8), no BLUE member under RED (2, 4)."""
    return mask & 9 != 9 and mask & 6 != 6


def unite(uf: Array, masks: Array, guarded: bool, a: int, b: int) -> int:
    """Unite two roots under the smaller one."""
    if b < a:
        a, b = b, a
    if guarded:
        mask = masks[a] | masks[b]
        if not mask_is_legal(mask):
            return CONFLICT
        masks[a] = mask
    uf[b] = a
    return OK


def list_changed(
    content: Array, uf: Array, rows: Array, table: Array, dead: Array, first: int, n: int, changed: Array, homes: Array
) -> int:  # fmt: skip
    """Give n rows from `first` on the keys that they have now, and list those whose key changed.

    First those are listed a child of which is no root, without asking row by row: few are, and nobody can guess which.
    The first term is always a root, and stands in for a child that is not there.
    """
    mask, candidates, found = table.shape[0] - 1, 0, 0
    for row in range(first, first + n):
        x, y = max(rows[row, X], 0), max(rows[row, Y], 0)
        changed[candidates] = row
        candidates += (uf[x] != x) | (uf[y] != y)
    for candidate in range(candidates):
        row = changed[candidate]
        term = rows[row, TERM]
        if dead[term] == 0:
            x, y = root_of(uf, rows[row, X]), rows[row, Y]
            if y >= 0:
                y = root_of(uf, y)
            rows[row, X] = x
            rows[row, Y] = y
            rows[row, TOUCHED] = 1
            changed[found] = row
            homes[found] = home_of((content[term, SYMBOL] << 32) | (x + 1), y + 1, mask)
            prefetch(table, homes[found])
            found += 1
    return found


def meet(
    content: Array, label: Array, uf: Array, rows: Array, table: Array, dead: Array, masks: Array, counts: Array,
    given: int, guarded: bool, row: int, home: int,
) -> int:  # fmt: skip
    """Enter a row under its key, or unite it with the holder; gives 1 if that united two classes, -1 if illegally."""
    term = rows[row, TERM]
    symbol, x, y = content[term, SYMBOL], rows[row, X], rows[row, Y]
    slot = slot_from(table, home, symbol, x, y)
    held = table[slot, 1]
    if held == 0:
        hold(table, counts, slot, symbol, x, y, term)
        return 0
    holder = (held & LOW_WORD) - 1
    if term < holder:
        hold(table, counts, slot, symbol, x, y, term)
    younger = max(term, holder)
    if younger >= given:
        dead[younger] = 1
    a, b = root_of(uf, label[term]), root_of(uf, label[holder])
    if a == b:
        return 0
    return 1 if unite(uf, masks, guarded, a, b) == OK else -1


def close(
    content: Array, label: Array, uf: Array, rows: Array, table: Array, dead: Array, masks: Array, counts: Array,
    changed: Array, homes: Array, given: int, guarded: bool,
) -> int:  # fmt: skip
    """Run passes until no classes meet. NEED_TABLE: enlarge it and call again. CONFLICT: the class rule breaks.

    `changed` and `homes` have room for a block of rows.
    """
    room, again = table.shape[0] * KEYS_IN // SLOTS_FOR, True
    while again:
        again = False
        for first in range(0, counts[ROWS], changed.shape[0]):
            n = min(changed.shape[0], counts[ROWS] - first)
            if counts[USED_SLOTS] + n > room:
                return NEED_TABLE
            found = list_changed(content, uf, rows, table, dead, first, n, changed, homes)
            for position in range(found):
                row = changed[position]
                if dead[rows[row, TERM]] == 0:
                    united = meet(
                        content, label, uf, rows, table, dead, masks, counts, given, guarded, row, homes[position]
                    )  # fmt: skip
                    if united < 0:
                        return CONFLICT
                    again = again or united > 0
    return OK


def unite_terms(label: Array, uf: Array, masks: Array, guarded: bool, left: Array, right: Array) -> int:
    """Unite the classes of pairs of terms. CONFLICT: that breaks the class rule."""
    for position in range(left.shape[0]):
        a, b = root_of(uf, label[left[position]]), root_of(uf, label[right[position]])
        if a != b and unite(uf, masks, guarded, a, b) != OK:
            return CONFLICT
    return OK


def settle(
    content: Array, label: Array, uf: Array, rows: Array, dead: Array, counts: Array, pair_touched: Array
) -> None:  # fmt: skip
    """Drop dead rows, mark the touched ones, and make the roots the labels.

    A row over a pair is touched if the pair is: `pair_touched` tells so by the pair's class. It comes filled with
    zeros, or without any place if there are no pairs.
    """
    live = 0
    for row in range(counts[ROWS]):
        term = rows[row, TERM]
        if dead[term] != 0:
            dead[term] = 0
            continue
        x, touched = rows[row, X], rows[row, TOUCHED]
        if root_of(uf, label[term]) != label[term]:
            touched = 1
        if pair_touched.shape[0] > 0 and content[term, SYMBOL] >> 2 == 0:
            if pair_touched[x] != 0:
                touched = 1
            if touched != 0:
                pair_touched[root_of(uf, label[term])] = 1
        rows[live, TERM] = term
        rows[live, X] = x
        rows[live, Y] = rows[row, Y]
        rows[live, TOUCHED] = touched
        live += 1
    counts[ROWS] = live
    if pair_touched.shape[0] > 0:
        for row in range(live):
            if rows[row, X] >= 0 and pair_touched[rows[row, X]] != 0:
                rows[row, TOUCHED] = 1
    for term in range(counts[TERMS]):
        root = uf[uf[label[term]]]  # what stands before is flat already, and so the way is no longer
        label[term] = root
        uf[term] = root


def untouch(rows: Array, counts: Array) -> None:
    """Forget which rows were touched: they are in the snapshot now."""
    for row in range(counts[ROWS]):
        rows[row, TOUCHED] = 0


def mask_all(content: Array, label: Array, uf: Array, masks: Array, counts: Array, trail: Array) -> int:
    """Compute the masks of all classes. CONFLICT: one breaks the class rule."""
    for term in range(counts[TERMS]):
        masks[term] = 0
    for term in range(counts[TERMS]):
        colour = content[term, SYMBOL] & 3
        if colour != GREEN:
            masks[label[term]] |= colour
    for term in range(counts[TERMS]):
        if not mask_is_legal(masks[term]):
            return CONFLICT
        if content[term, SYMBOL] >> 2 != 0 and parent_bits(content, term, masks, uf, label, trail, 0) < 0:
            return CONFLICT
    return OK


def parent_bits(content: Array, term: int, masks: Array, uf: Array, label: Array, trail: Array, top: int) -> int:
    """Tell the classes of a new node's children that it stands above them; gives the new end of the trail, or -1.

    A trail entry is a root and its mask before.
    """
    colour = content[term, SYMBOL] & 3
    if colour == GREEN:
        return top
    left, child = content[term, LEFT], content[term, RIGHT]
    while True:
        if child >= 0:
            root = root_of(uf, label[child])
            trail[top, 0] = root
            trail[top, 1] = masks[root]
            top += 1
            masks[root] |= colour << 2
            if not mask_is_legal(masks[root]):
                return -top
        if left < 0:
            return top
        if content[left, SYMBOL] >> 2 == 0:
            child = content[left, RIGHT]
            left = content[left, LEFT]
        else:
            child = left
            left = -1
