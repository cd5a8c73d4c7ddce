"""Firing a buffer of matches: look up or make the nodes of the replacement, unite the root with the result.

Belongs here: one buffer. Not here: matching, closing.

Looking up comes first, for the whole buffer: independent reads that miss the cache overlap, dependent ones do not.
Then the matches fire one after the other, in order; what was found stays found, what was missing is looked up again.
Colours follow egraph/rules/instance.py. Code of a replacement, children first, for each operator:
    operator, demanded colour or 0, left, right, n, n children
where a child is a variable's place in the match, -1 - k for the k-th operator, or NO_CHILD. Hidden pairs have n = 0.
"""

from egraph.kernel.saturation.closing import mask_is_legal, parent_bits, unite
from egraph.kernel.saturation.layout import (
    CREATED_FROM,
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
    R_OPS,
    R_OPS_AT,
    R_POLICY,
    R_RIGHT,
    R_VARIABLES,
    RIGHT,
    SYMBOL,
    TERMS,
    VISIBLE,
    Array,
)
from egraph.kernel.saturation.table import holder_of, make, root_of, slot_of, unmake

NO_CHILD = -(1 << 30)
NO_LABEL = -1
MISSING = -1
FORBIDDEN = -2


def colour_nodes(
    code: Array, at: int, ops: int, policy: int, content: Array, found: Array, match: int, colours: Array
) -> bool:  # fmt: skip
    """Choose the colours of the replacement's nodes. False: one that is not ours to choose breaks the local rule."""
    inherited = content[found[match, 0], SYMBOL] & 3
    for op in range(ops):
        demanded, children = code[at + 1], code[at + 4]
        wanted = demanded
        if demanded == 0:
            wanted = inherited if policy == INHERIT else policy
        if code[at] == 0:
            wanted = GREEN
        for child in range(children):
            item = code[at + 5 + child]
            its = content[found[match, 1 + item], SYMBOL] & 3 if item >= 0 else colours[-1 - item]
            if wanted != GREEN and its != GREEN and wanted != its:
                if demanded != 0 or policy != INHERIT:
                    return False
                wanted = GREEN
        colours[op] = wanted
        at += 5 + children
    return True


def look_up(
    code: Array, rule: Array, content: Array, label: Array, table: Array, found: Array, n: int, plain: bool,
    colours: Array, symbols: Array, results: Array,
) -> None:  # fmt: skip
    """Find the nodes of the replacement for all matches: `results[op, match]` is a term, MISSING or FORBIDDEN."""
    ops, policy = rule[R_OPS], rule[R_POLICY]
    if not plain:
        for match in range(n):
            allowed = colour_nodes(code, rule[R_OPS_AT], ops, policy, content, found, match, colours)
            for op in range(ops):
                symbols[op, match] = colours[op] if allowed else FORBIDDEN
    at = rule[R_OPS_AT]
    for op in range(ops):
        operator, left, right = code[at] << 2, code[at + 2], code[at + 3]
        for match in range(n):
            if plain:
                symbols[op, match] = operator | GREEN
            elif symbols[op, match] != FORBIDDEN:
                symbols[op, match] |= operator
            else:
                results[op, match] = FORBIDDEN
                continue
            x = y = NO_LABEL
            if left >= 0:
                x = label[found[match, 1 + left]]
            elif left > NO_CHILD:
                x = results[-1 - left, match]
                if x == MISSING:
                    results[op, match] = MISSING
                    continue
                x = label[x]
            if right >= 0:
                y = label[found[match, 1 + right]]
            elif right > NO_CHILD:
                y = results[-1 - right, match]
                if y == MISSING:
                    results[op, match] = MISSING
                    continue
                y = label[y]
            results[op, match] = holder_of(table, symbols[op, match], x, y)
        at += 5 + code[at + 4]


def argument(found: Array, match: int, results: Array, code: int) -> int:
    """Give the term that stands at a place of the replacement."""
    if code >= 0:
        return int(found[match, 1 + code])
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


def make_missing(
    code: Array, rule: Array, content: Array, label: Array, uf: Array, rows: Array, table: Array, counts: Array,
    found: Array, match: int, symbols: Array, results: Array,
) -> None:  # fmt: skip
    """Make the nodes of one match that still are missing. A new node names exactly the terms that it is made of."""
    at = rule[R_OPS_AT]
    for op in range(rule[R_OPS]):
        if results[op, match] == MISSING:
            left_term = right_term = x = y = NO_LABEL
            if code[at + 2] > NO_CHILD:
                left_term = argument(found, match, results, code[at + 2])
                x = label[left_term]
            if code[at + 3] > NO_CHILD:
                right_term = argument(found, match, results, code[at + 3])
                y = label[right_term]
            symbol = symbols[op, match]
            slot = slot_of(table, symbol, x, y)
            holder = (table[slot, 1] & LOW_WORD) - 1
            if holder < 0:
                if code[at + 4] > 2 and not names_exactly(code, at, content, left_term, found, match, results):
                    left_term = make_chain(code, at, content, label, uf, counts, left_term, found, match, results)
                holder = make(
                    content, label, uf, rows, table, counts, symbol, left_term, right_term, x, y, slot
                )  # fmt: skip
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


def write_log(log: Array, counts: Array, found: Array, match: int, right: int, variables: int) -> None:
    """Keep an effective firing: the first term it could have made, right, root, substitution."""
    at = counts[LOGGED]
    log[at] = counts[CREATED_FROM]
    log[at + 1] = right
    for place in range(variables + 1):
        log[at + 2 + place] = found[match, place]
    counts[LOGGED] = at + LOG_HEAD + variables


def fire(
    code: Array, rule: Array, content: Array, label: Array, uf: Array, rows: Array, table: Array, masks: Array,
    counts: Array, log: Array, found: Array, n: int, colours: Array, symbols: Array, results: Array, refused: Array,
    state: Array, options: Array, profile: Array, trail: Array,
) -> int:  # fmt: skip
    """Fire n matches in order. NODE_STOP: one would make more nodes than allowed, and was not fired."""
    ops, right_code, variables = rule[R_OPS], rule[R_RIGHT], rule[R_VARIABLES]
    guarded, logging, nodes_max = options[O_GUARDED] != 0, options[O_LOG] != 0, options[O_NODES]
    look_up(code, rule, content, label, table, found, n, options[O_PLAIN] != 0, colours, symbols, results)
    status, skip = OK, 0
    for match in range(n):
        ordinal = state[ORDINAL]
        if ops > 0 and results[0, match] == FORBIDDEN:
            profile[P_FORBIDDEN] += 1
            state[ORDINAL] = ordinal + 1
            profile[P_MATCHES] += 1
            continue
        terms, visible = counts[TERMS], counts[VISIBLE]
        if ops > 0 and results[ops - 1, match] == MISSING:
            make_missing(code, rule, content, label, uf, rows, table, counts, found, match, symbols, results)
            if counts[VISIBLE] > nodes_max and counts[VISIBLE] > visible:
                unmake(content, rows, table, counts, terms)
                status = NODE_STOP
                break
        state[ORDINAL] = ordinal + 1
        profile[P_MATCHES] += 1
        root = found[match, 0]
        right = found[match, 1 + right_code] if right_code >= 0 else results[-1 - right_code, match]
        a, b = root_of(uf, label[root]), root_of(uf, label[right])
        if a == b:
            continue
        if guarded:
            while skip < refused.shape[0] and refused[skip] < ordinal:
                skip += 1
            known = skip < refused.shape[0] and refused[skip] == ordinal
            if known or not join_guarded(content, label, uf, masks, counts, terms, root, right, trail):
                unmake(content, rows, table, counts, terms)
                profile[P_REFUSED] += 1
                continue
        else:
            unite(uf, masks, False, a, b)
        if logging:
            counts[CREATED_FROM] = terms
            write_log(log, counts, found, match, right, variables)
        profile[P_NODES] += counts[VISIBLE] - visible
        profile[P_UNIONS] += 1
        counts[FIRINGS] += 1
    return status
