"""Firing a buffer of matches: look up or make the nodes of the replacement, unite the root with the result.

Belongs here: one buffer. Not here: matching, closing.

Looking up comes first, batch by batch: independent reads that miss the cache overlap, dependent ones do not.
Then the matches fire one after the other, in order; what was found stays found, what was missing is looked up again.
Colours follow egraph/rules/instance.py. Code of a replacement, children first, for each operator:
    operator, demanded colour or 0, left, right, n, n children
where a child is a variable's place in the match, -1 - k for the k-th operator, or NO_CHILD. Hidden pairs have n = 0.
"""

from egraph.kernel.saturation.closing import mask_is_legal, parent_bits, unite
from egraph.kernel.saturation.layout import (
    FIRINGS,
    GREEN,
    INHERIT,
    LEFT,
    LOG_HEAD,
    LOGGED,
    LOW_WORD,
    NODE_STOP,
    O_GUARDED,
    O_LOG,
    O_NODES,
    O_PLAIN,
    OK,
    ORDINAL,
    P_FORBIDDEN,
    P_MATCHES,
    P_NODES,
    P_REFUSED,
    P_UNIONS,
    PAIR,
    R_KEPT,
    R_OPS,
    R_OPS_AT,
    R_POLICY,
    R_RIGHT,
    R_VARIABLES,
    RIGHT,
    ROWS,
    SYMBOL,
    TERM,
    TERMS,
    VISIBLE,
    WAITING,
    Array,
    X,
    Y,
)
from egraph.kernel.saturation.table import (
    append,
    enter_later,
    enter_waiting,
    hold,
    home_of,
    prefetch,
    root_of,
    slot_from,
    unmake,
)

NO_CHILD = -(1 << 30)
NO_LABEL = -1
UNKNOWN = -2
MISSING = -1
FORBIDDEN = -1
BATCH = 256
"""Matches looked up at once: so few that the slots found are still in the cache when they fire."""


def colour_nodes(
    code: Array, at: int, ops: int, policy: int, content: Array, found: Array, match: int, symbols: Array
) -> None:  # fmt: skip
    """Choose the colours of the replacement's nodes.

    The first symbol is FORBIDDEN where a colour that is not ours to choose breaks the local rule.
    """
    inherited = content[found[0, match], SYMBOL] & 3
    for op in range(ops):
        demanded, children = code[at + 1], code[at + 4]
        wanted = demanded
        if demanded == 0:
            wanted = inherited if policy == INHERIT else policy
        if code[at] == PAIR:
            wanted = GREEN
        for child in range(children):
            item = code[at + 5 + child]
            its = symbols[-1 - item, match] & 3 if item < 0 else content[found[1 + item, match], SYMBOL] & 3
            if wanted != GREEN and its != GREEN and wanted != its:
                if demanded != 0 or policy != INHERIT:
                    symbols[0, match] = FORBIDDEN
                    return
                wanted = GREEN
        symbols[op, match] = code[at] << 2 | wanted
        at += 5 + children


def choose_symbols(
    code: Array, rule: Array, content: Array, found: Array, first: int, last: int, plain: bool, symbols: Array
) -> None:  # fmt: skip
    """Choose operator and colour of the nodes of matches first..last. In a plain graph everything is GREEN."""
    at = rule[R_OPS_AT]
    if not plain:
        for match in range(first, last):
            colour_nodes(code, at, rule[R_OPS], rule[R_POLICY], content, found, match, symbols)
        return
    for op in range(rule[R_OPS]):
        for match in range(first, last):
            symbols[op, match] = code[at] << 2 | GREEN
        at += 5 + code[at + 4]


def labels_of(
    child: int, label: Array, found: Array, results: Array, first: int, last: int, into: Array
) -> None:  # fmt: skip
    """Give the labels of what stands at a place of the replacement, by match; UNKNOWN: it is not there yet."""
    if child == NO_CHILD:
        for match in range(first, last):
            into[match] = NO_LABEL
    elif child >= 0:
        for match in range(first, last):
            into[match] = label[found[1 + child, match]]
    else:
        for match in range(first, last):
            term = results[-1 - child, match]
            into[match] = label[term] if term >= 0 else UNKNOWN


def look_up(
    code: Array, rule: Array, label: Array, table: Array, found: Array, first: int, last: int, symbols: Array,
    results: Array, xs: Array, ys: Array, slots: Array,
) -> None:  # fmt: skip
    """Find the nodes of the replacement for matches first..last: `results[op, match]` is a term or MISSING.

    Leaves the labels of their children, UNKNOWN where these are missing, and the slots where keys end that have none.
    """
    at, mask = rule[R_OPS_AT], table.shape[0] - 1
    for op in range(rule[R_OPS]):
        x, y, slot_at = xs[op], ys[op], slots[op]
        labels_of(code[at + 2], label, found, results, first, last, x)
        labels_of(code[at + 3], label, found, results, first, last, y)
        for match in range(first, last):
            slot_at[match] = -1
            if x[match] != UNKNOWN and y[match] != UNKNOWN and symbols[0, match] != FORBIDDEN:
                slot_at[match] = home_of((symbols[op, match] << 32) | (x[match] + 1), y[match] + 1, mask)
                prefetch(table, slot_at[match])
        for match in range(first, last):
            results[op, match] = MISSING
            if slot_at[match] >= 0:
                slot = slot_from(table, slot_at[match], symbols[op, match], x[match], y[match])
                slot_at[match] = slot
                results[op, match] = (table[slot, 1] & LOW_WORD) - 1
        at += 5 + code[at + 4]


def argument(found: Array, match: int, results: Array, code: int) -> int:
    """Give the term that stands at a place of the replacement."""
    if code >= 0:
        return int(found[1 + code, match])
    return int(results[-1 - code, match])


def names_exactly(code: Array, at: int, content: Array, pair: int, found: Array, match: int, results: Array) -> bool:
    """Tell whether a chain of pairs holds just the terms that an operator's children are, not congruent ones."""
    child = code[at + 4] - 2
    while child > 1:
        if content[pair, RIGHT] != argument(found, match, results, code[at + 5 + child]):
            return False
        pair = content[pair, LEFT]
        child -= 1
    return bool(
        content[pair, RIGHT] == argument(found, match, results, code[at + 6])
        and content[pair, LEFT] == argument(found, match, results, code[at + 5])
    )


def make_chain(
    code: Array, at: int, content: Array, label: Array, uf: Array, counts: Array, pair: int, found: Array, match: int,
    results: Array,
) -> int:  # fmt: skip
    """Make a chain of pairs, congruent to `pair`, of just the terms that an operator's children are; no rows."""
    left = argument(found, match, results, code[at + 5])
    last = code[at + 4] - 2
    for child in range(1, last + 1):
        congruent = pair
        for _ in range(last - child):
            congruent = content[congruent, LEFT]
        term = counts[TERMS]
        counts[TERMS] = term + 1
        content[term, SYMBOL] = PAIR << 2 | GREEN
        content[term, LEFT] = left
        content[term, RIGHT] = argument(found, match, results, code[at + 5 + child])
        label[term] = label[congruent]
        uf[term] = label[congruent]
        left = term
    return int(left)


def made_in_batch(content: Array, rows: Array, fresh: Array, home: int, symbol: int, x: int, y: int) -> int:
    """Find the place in `fresh` of the row with this key, or the empty one where it belongs."""
    mask: int = fresh.shape[0] - 1
    at = home & mask
    while True:
        row = fresh[at] - 1
        if row < 0 or (rows[row, X] == x and rows[row, Y] == y and content[rows[row, TERM], SYMBOL] == symbol):
            return at
        at = (at + 1) & mask


def make_missing(
    code: Array, rule: Array, content: Array, label: Array, uf: Array, rows: Array, table: Array, counts: Array,
    found: Array, match: int, symbols: Array, results: Array, xs: Array, ys: Array, slots: Array, fresh: Array,
    waiting: Array, batch: int, careful: bool,
) -> None:  # fmt: skip
    """Make the nodes of one match that still are missing. A new node names exactly the terms that it is made of.

    Only this batch can have made a node over one that it made: such nodes are looked up in `fresh`, a few rows that
    stay in the cache, and their keys enter the table later, when their slots have come. A child that was missing when
    the batch was looked up is a node of this batch, so it is its own label. `careful`: enter in order, so as to be
    undone.
    """
    at = rule[R_OPS_AT]
    for op in range(rule[R_OPS]):
        if results[op, match] == MISSING:
            left = right = x = y = NO_LABEL
            if code[at + 2] > NO_CHILD:
                left = argument(found, match, results, code[at + 2])
                x = xs[op, match] if xs[op, match] != UNKNOWN else left
            if code[at + 3] > NO_CHILD:
                right = argument(found, match, results, code[at + 3])
                y = ys[op, match] if ys[op, match] != UNKNOWN else right
            symbol, slot, place = symbols[op, match], slots[op, match], -1
            if slot < 0:
                slot = home_of((symbol << 32) | (x + 1), y + 1, table.shape[0] - 1)
            if not careful and (left >= batch or right >= batch):
                prefetch(table, slot)
                place = made_in_batch(content, rows, fresh, slot, symbol, x, y)
                holder = rows[fresh[place] - 1, TERM] if fresh[place] > 0 else MISSING
            else:
                slot = slot_from(table, slot, symbol, x, y)
                holder = (table[slot, 1] & LOW_WORD) - 1
            if holder < 0:
                if code[at + 4] > 2 and not names_exactly(code, at, content, left, found, match, results):
                    left = make_chain(code, at, content, label, uf, counts, left, found, match, results)
                holder = append(content, label, uf, rows, counts, symbol, left, right, x, y)
                if place >= 0:
                    fresh[place] = counts[ROWS]
                    enter_later(table, counts, waiting, slot, symbol, x, y, holder)
                else:
                    hold(table, counts, slot, symbol, x, y, holder)
            results[op, match] = holder
        at += 5 + code[at + 4]


def join_guarded(
    content: Array, label: Array, uf: Array, masks: Array, counts: Array, terms: int, root: int, right: int,
    trail: Array,
) -> bool:  # fmt: skip
    """Add new terms to the masks and unite; False, and nothing done, where that breaks the class rule at once."""
    top, legal = 0, True
    for term in range(terms, counts[TERMS]):
        colour = content[term, SYMBOL] & 3
        masks[term] = 0 if colour == GREEN else colour
    for term in range(terms, counts[TERMS]):
        if legal and content[term, SYMBOL] >> 2 != 0:
            top = parent_bits(content, term, masks, uf, label, trail, top)
            if top < 0:
                legal, top = False, -top
    a, b = root_of(uf, label[root]), root_of(uf, label[right])
    if legal and mask_is_legal(masks[a] | masks[b]):
        unite(uf, masks, True, a, b)
        return True
    while top > 0:
        top -= 1
        masks[trail[top, 0]] = trail[top, 1]
    return False


def write_log(log: Array, counts: Array, found: Array, match: int, right: int, kept_at: int, kept: int) -> None:
    """Keep an effective firing: right, root, and the nodes of the other atoms, which say the substitution."""
    at = counts[LOGGED]
    log[at] = right
    log[at + 1] = found[0, match]
    for place in range(kept):
        log[at + LOG_HEAD + place] = found[kept_at + place, match]
    counts[LOGGED] = at + LOG_HEAD + kept


def find_ends(
    rule: Array, label: Array, uf: Array, found: Array, first: int, last: int, results: Array, x: Array, y: Array
) -> None:  # fmt: skip
    """Give the classes of root and result of matches first..last; UNKNOWN where the result is missing."""
    labels_of(rule[R_RIGHT], label, found, results, first, last, y)
    for match in range(first, last):
        x[match] = label[found[0, match]]
    for match in range(first, last):
        if x[match] != y[match]:
            prefetch(uf, x[match])
            if y[match] >= 0:
                prefetch(uf, y[match])


def fire(
    code: Array, rule: Array, content: Array, label: Array, uf: Array, rows: Array, table: Array, masks: Array,
    counts: Array, log: Array, found: Array, n: int, symbols: Array, results: Array, xs: Array, ys: Array,
    slots: Array, x: Array, y: Array, fresh: Array, waiting: Array, refused: Array, state: Array, options: Array,
    profile: Array, trail: Array,
) -> int:  # fmt: skip
    """Fire n matches in order. NODE_STOP: one would make more nodes than allowed, and was not fired."""
    symbols[0, 0] = 0
    for first in range(0, n, BATCH):
        last = min(n, first + BATCH)
        choose_symbols(code, rule, content, found, first, last, options[O_PLAIN] != 0, symbols)
        look_up(code, rule, label, table, found, first, last, symbols, results, xs, ys, slots)
        find_ends(rule, label, uf, found, first, last, results, x, y)
        status = fire_batch(
            code, rule, content, label, uf, rows, table, masks, counts, log, found, first, last, symbols, results, xs,
            ys, slots, x, y, fresh, waiting, refused, state, options, profile, trail,
        )  # fmt: skip
        if status != OK:
            return status
    return OK


def fire_batch(
    code: Array, rule: Array, content: Array, label: Array, uf: Array, rows: Array, table: Array, masks: Array,
    counts: Array, log: Array, found: Array, first: int, last: int, symbols: Array, results: Array, xs: Array,
    ys: Array, slots: Array, x: Array, y: Array, fresh: Array, waiting: Array, refused: Array, state: Array,
    options: Array, profile: Array, trail: Array,
) -> int:  # fmt: skip
    """Fire matches first..last, which were looked up."""
    ops, right_code, kept_at, kept = rule[R_OPS], rule[R_RIGHT], 1 + rule[R_VARIABLES], rule[R_KEPT]
    guarded, logging, nodes_max = options[O_GUARDED] != 0, options[O_LOG] != 0, options[O_NODES]
    ordinal, skip, batch = state[ORDINAL] - first, 0, counts[TERMS]
    careful = guarded or counts[VISIBLE] + (last - first) * ops > nodes_max
    for match in range(first, last):
        if x[match] == y[match]:
            continue
        if ops > 0 and symbols[0, match] == FORBIDDEN:
            profile[P_FORBIDDEN] += 1
            continue
        terms, visible = counts[TERMS], counts[VISIBLE]
        if y[match] == UNKNOWN:
            make_missing(
                code, rule, content, label, uf, rows, table, counts, found, match, symbols, results, xs, ys, slots,
                fresh, waiting, batch, careful,
            )  # fmt: skip
            if counts[VISIBLE] > nodes_max and counts[VISIBLE] > visible:
                unmake(content, rows, table, counts, terms)
                state[ORDINAL] = ordinal + match
                profile[P_MATCHES] += match - first
                return NODE_STOP
        root, right = found[0, match], argument(found, match, results, right_code)
        a, b = root_of(uf, x[match]), root_of(uf, y[match] if y[match] != UNKNOWN else right)
        if a == b:
            continue
        if guarded:
            while skip < refused.shape[0] and refused[skip] < ordinal + match:
                skip += 1
            known = skip < refused.shape[0] and refused[skip] == ordinal + match
            if known or not join_guarded(content, label, uf, masks, counts, terms, root, right, trail):
                unmake(content, rows, table, counts, terms)
                profile[P_REFUSED] += 1
                continue
        else:
            unite(uf, masks, False, a, b)
        if logging:
            write_log(log, counts, found, match, right, kept_at, kept)
        profile[P_NODES] += counts[VISIBLE] - visible
        profile[P_UNIONS] += 1
        counts[FIRINGS] += 1
    if counts[WAITING] > 0:
        enter_waiting(table, counts, waiting)
    if counts[TERMS] > batch:
        for place in range(fresh.shape[0]):
            fresh[place] = 0
    state[ORDINAL] = ordinal + last
    profile[P_MATCHES] += last - first
    return OK
