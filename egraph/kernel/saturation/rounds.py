"""The matching and firing part of a round: all scheduled rules, buffer by buffer.

Belongs here: the way through the schedule, and stopping in the middle of it. Not here: what a buffer does.
A call that runs out of room says which array is full and goes on at the same place when called again.
"""

from egraph.kernel.saturation.firing import fire
from egraph.kernel.saturation.layout import (
    AFTER,
    BUFFERED,
    CANDIDATE_STOP,
    CANDIDATES,
    CUT,
    DEPTH,
    E_ALLOWANCE,
    E_CUT,
    E_EVERYTHING,
    E_RULE,
    ENTRY,
    FRESH,
    FULL,
    KEYS_IN,
    LOG_HEAD,
    LOGGED,
    MATCH_STOP,
    MATCHES,
    NEED_LOG,
    NEED_TABLE,
    NEED_TERMS,
    O_CANDIDATES,
    O_LOG,
    O_MATCHES,
    O_ORDINALS,
    OK,
    ORDINAL,
    ORDINAL_STOP,
    P_CANDIDATES,
    R_KEPT,
    R_OPS,
    R_PLACES_AT,
    R_ROOT,
    R_VARIABLES,
    R_VARIANTS,
    R_VARIANTS_AT,
    ROWS,
    SLOTS_FOR,
    TAKEN,
    TERMS,
    USED_SLOTS,
    V_STEPS,
    V_STEPS_AT,
    VARIANT,
    Array,
)
from egraph.kernel.saturation.matching import match


def room_for(
    rule: Array, n: int, content: Array, rows: Array, table: Array, log: Array, logging: bool, counts: Array
) -> int:  # fmt: skip
    """Tell whether a buffer of n matches can fire without running out of room, whatever it makes."""
    most = n * rule[R_OPS]
    if counts[TERMS] + 2 * most > content.shape[0] or counts[ROWS] + most > rows.shape[0]:
        return NEED_TERMS
    if (counts[USED_SLOTS] + most) * SLOTS_FOR > table.shape[0] * KEYS_IN:
        return NEED_TABLE
    if logging and counts[LOGGED] + n * (LOG_HEAD + rule[R_KEPT]) > log.shape[0]:
        return NEED_LOG
    return OK


def budget_of(allowance: int, taken: int, counts: Array, state: Array, options: Array) -> int:
    """Give the number of matches that may be found before something must be decided."""
    budget = min(options[O_MATCHES] - counts[MATCHES], options[O_ORDINALS] - state[ORDINAL])
    if allowance >= 0:
        budget = min(budget, allowance - taken)
    return int(budget)


def reason_of(allowance: int, taken: int, counts: Array, options: Array) -> int:
    """Tell which budget is used up: the rule's allowance first, then the limit on all."""
    if 0 <= allowance <= taken:
        return CUT
    return MATCH_STOP if counts[MATCHES] >= options[O_MATCHES] else ORDINAL_STOP


def run_rules(
    code: Array, steps: Array, rules: Array, variants: Array, passing: Array, schedule: Array, snapshot: Array,
    operator_at: Array, buckets: Array, entries: Array, class_number: Array, classes: int, content: Array,
    label: Array, uf: Array, rows: Array, table: Array, masks: Array, counts: Array, log: Array, found: Array,
    frames: Array, levels: Array, low: Array, high: Array, chosen: Array, symbols: Array, results: Array, xs: Array,
    ys: Array, slots: Array, x: Array, y: Array, fresh: Array, waiting: Array, trail: Array, refused: Array,
    state: Array, options: Array, profile: Array,
) -> int:  # fmt: skip
    """Go through the schedule. OK: at its end; NEED_...: make room and call again; otherwise why it stopped."""
    while state[ENTRY] < schedule.shape[0]:
        entry = schedule[state[ENTRY]]
        rule = rules[entry[E_RULE]]
        mine = profile[entry[E_RULE]]
        first = rule[R_VARIANTS_AT] + (0 if entry[E_EVERYTHING] != 0 else 1)
        last = rule[R_VARIANTS_AT] + (1 if entry[E_EVERYTHING] != 0 else rule[R_VARIANTS])
        while first + state[VARIANT] < last:
            variant = variants[first + state[VARIANT]]
            if state[BUFFERED] == 0:
                tried = counts[CANDIDATES]
                state[AFTER] = match(
                    code, steps, variant[V_STEPS_AT], variant[V_STEPS], rule[R_PLACES_AT], rule[R_VARIABLES],
                    rule[R_KEPT] if options[O_LOG] != 0 else 0, rule[R_ROOT], snapshot, content, label, class_number,
                    operator_at, buckets, entries, classes, passing, frames, levels, low, high, chosen, found, state,
                    counts, budget_of(entry[E_ALLOWANCE], state[TAKEN], counts, state, options), options[O_CANDIDATES],
                )  # fmt: skip
                mine[P_CANDIDATES] += counts[CANDIDATES] - tried
            n = state[BUFFERED]
            if n > 0:
                status = room_for(rule, n, content, rows, table, log, options[O_LOG] != 0, counts)
                if status != OK:
                    return status
                before = state[ORDINAL]
                status = fire(
                    code, rule, content, label, uf, rows, table, masks, counts, log, found, n, symbols, results,
                    xs, ys, slots, x, y, fresh, waiting, refused, state, options, mine, trail,
                )  # fmt: skip
                counts[MATCHES] += state[ORDINAL] - before
                state[TAKEN] += state[ORDINAL] - before
                state[BUFFERED] = 0
                if status != OK:
                    return status
            if state[AFTER] == CANDIDATE_STOP:
                return CANDIDATE_STOP
            if state[AFTER] == CUT:
                reason = reason_of(entry[E_ALLOWANCE], state[TAKEN], counts, options)
                if reason != CUT:
                    return reason
                entry[E_CUT] = 1
                break
            if state[AFTER] != FULL:
                state[VARIANT] += 1
                state[DEPTH] = FRESH
        state[ENTRY] += 1
        state[VARIANT] = 0
        state[DEPTH] = FRESH
        state[TAKEN] = 0
    return OK
