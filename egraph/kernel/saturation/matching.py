"""One machine for all rules: nested loops over snapshot rows, driven by a list of integers.

Belongs here: finding matches. Not here: what the integers are made from (egraph/saturation/lowering.py), firing.

A variant is a list of steps, one for each atom in its join order:
    atom, operator, segment, n, n alternatives (index, atom, place),
    m, m tests (kind, atom, place, atom or operand, place)
A step tries the rows of the smallest bucket among its alternatives, or all rows of the operator if it has none.
The machine stops where its buffer is full and goes on there when it is called again.
"""

from egraph.kernel.saturation.indexing import class_at, term_at
from egraph.kernel.saturation.layout import (
    ALT_WIDTH,
    BUFFERED,
    CANDIDATE_STOP,
    CANDIDATES,
    CUT,
    DEPTH,
    FRESH,
    FULL,
    LEFT,
    NOT_ARRIVED,
    OK,
    RIGHT,
    S_TERM,
    SEGMENT_NEW,
    SEGMENT_OLD,
    SYMBOL,
    T_COLOUR,
    T_COLOUR_NOT,
    T_DIFFERENT,
    T_PARENT_OF,
    T_SAME,
    TEST_WIDTH,
    Array,
)

DIRECT, LISTED = 0, 1


def has_child(content: Array, parent: int, child: int) -> bool:
    """Tell whether a term names another as a child."""
    if content[parent, SYMBOL] >> 2 == NOT_ARRIVED:
        return False
    left, right = content[parent, LEFT], content[parent, RIGHT]
    while left >= 0 and content[left, SYMBOL] >> 2 == 0:
        if right == child:
            return True
        right = content[left, RIGHT]
        left = content[left, LEFT]
    return bool(left == child or right == child)


def asks(
    code: Array, at: int, snapshot: Array, content: Array, label: Array, class_number: Array, passing: Array,
    frame: Array,
) -> bool:  # fmt: skip
    """Decide one test."""
    kind, row, place, other = code[at], frame[code[at + 1]], code[at + 2], code[at + 3]
    if kind == T_SAME:
        mine = class_at(snapshot, content, label, class_number, row, place)
        return bool(mine == class_at(snapshot, content, label, class_number, frame[other], code[at + 4]))
    term = term_at(snapshot, content, row, place)
    if kind == T_COLOUR:
        return bool(content[term, SYMBOL] & 3 == other)
    if kind == T_COLOUR_NOT:
        return bool(content[term, SYMBOL] & 3 != other)
    if kind == T_DIFFERENT:
        return bool(term != term_at(snapshot, content, frame[other], code[at + 4]))
    if kind == T_PARENT_OF:
        return has_child(content, term, term_at(snapshot, content, frame[other], code[at + 4]))
    return bool(passing[other, content[term, SYMBOL] >> 2] != 0)


def begin_step(
    code: Array, at: int, depth: int, snapshot: Array, content: Array, label: Array, class_number: Array,
    operator_at: Array, buckets: Array, classes: int, frame: Array, loops: Array,
) -> None:  # fmt: skip
    """Set the bounds of a step's loop: loops[depth] = position, end, DIRECT or LISTED."""
    segment, alternatives = code[at + 2], code[at + 3]
    if alternatives == 0:
        first = 2 * code[at + 1]
        low, middle, high = operator_at[first], operator_at[first + 1], operator_at[first + 2]
        loops[depth, 2] = DIRECT
    else:
        low, middle, high = 0, 0, 0x7FFFFFFF
        at += 4
        for _ in range(alternatives):
            bucket = code[at] * (classes + 1)
            if code[at + 1] >= 0:
                bucket += class_at(snapshot, content, label, class_number, frame[code[at + 1]], code[at + 2])
            first, last = buckets[bucket, 0], buckets[bucket + 1, 0]
            if last - first < high - low:
                low, middle, high = first, buckets[bucket, 1], last
            at += ALT_WIDTH
        loops[depth, 2] = LISTED
    loops[depth, 0] = middle if segment == SEGMENT_NEW else low
    loops[depth, 1] = middle if segment == SEGMENT_OLD else high


def match(
    code: Array, steps: Array, first_step: int, n_steps: int, places_at: int, n_places: int, root: int,
    snapshot: Array, content: Array, label: Array, class_number: Array, operator_at: Array, buckets: Array,
    entries: Array, classes: int, passing: Array, frame: Array, loops: Array, found: Array, state: Array, counts: Array,
    budget: int, candidates_max: int,
) -> int:  # fmt: skip
    """Fill `found` with roots and substitutions. OK: no more; FULL; CUT: one more than `budget`; CANDIDATE_STOP."""
    depth = state[DEPTH]
    if depth == FRESH:
        depth = 0
        begin_step(
            code, steps[first_step], 0, snapshot, content, label, class_number, operator_at, buckets, classes, frame,
            loops,
        )  # fmt: skip
    tried, n, status = counts[CANDIDATES], 0, OK
    last = n_steps - 1
    while True:
        position = loops[depth, 0]
        if position >= loops[depth, 1]:
            if depth == 0:
                break
            depth -= 1
            continue
        if tried >= candidates_max:
            status = CANDIDATE_STOP
            break
        tried += 1
        loops[depth, 0] = position + 1
        at = steps[first_step + depth]
        frame[code[at]] = entries[position] if loops[depth, 2] == LISTED else position
        at += 4 + ALT_WIDTH * code[at + 3]
        tests = code[at]
        at += 1
        passed = True
        for _ in range(tests):
            if not asks(code, at, snapshot, content, label, class_number, passing, frame):
                passed = False
                break
            at += TEST_WIDTH
        if not passed:
            continue
        if depth < last:
            depth += 1
            begin_step(
                code, steps[first_step + depth], depth, snapshot, content, label, class_number, operator_at, buckets,
                classes, frame, loops,
            )  # fmt: skip
            continue
        if n >= budget or n >= found.shape[0]:
            loops[depth, 0] = position  # this one comes again
            tried -= 1
            status = CUT if n >= budget else FULL
            break
        found[n, 0] = snapshot[frame[root], S_TERM]
        for variable in range(n_places):
            place = places_at + 2 * variable
            found[n, 1 + variable] = term_at(snapshot, content, frame[code[place]], code[place + 1])
        n += 1
    counts[CANDIDATES] = tried
    state[DEPTH] = depth
    state[BUFFERED] = n
    return status
