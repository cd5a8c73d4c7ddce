"""One machine for all rules: joins over snapshot rows, block by block, driven by a list of integers.

Belongs here: finding matches. Not here: what the integers are made from (egraph/saturation/lowering.py), firing.

A variant is a list of steps, one for each atom in its join order:
    atom, operator, segment, n, n alternatives (index, atom, place),
    m, m tests (kind, atom, place, atom or operand, place)
A step tries the rows of the smallest bucket among its alternatives, or all rows of the operator if it has none.
Each step works on a block of frames (a frame has a row for each atom chosen so far) and leaves its own block to the
next one, which uses it up before more is made: the order is that of nested loops, but reads that miss the cache
overlap.
The frames of level d are frames[d * atoms + atom, frame]; levels[d] says how many there are, and which frame of the
level above, and which position in its bucket, comes next. low and high are the bounds of the buckets.
The machine stops where `found` is full, as `chosen` is long, and goes on there when it is called again.
"""

from egraph.kernel.saturation.indexing import class_at, term_at
from egraph.kernel.saturation.layout import (
    ALT_WIDTH,
    BUFFERED,
    CANDIDATE_STOP,
    CANDIDATES,
    CUT,
    DEPTH,
    FRAMES,
    FRESH,
    FULL,
    LEFT,
    NEXT_FRAME,
    NEXT_POSITION,
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
    TO_CLASS,
    WALK,
    Array,
)


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
    kind: int, row: int, place: int, other: int, other_row: int, other_place: int, snapshot: Array, content: Array,
    label: Array, class_number: Array, passing: Array,
) -> bool:  # fmt: skip
    """Decide one test for one frame."""
    if kind == T_SAME:
        mine = class_at(snapshot, content, label, class_number, row, place)
        return bool(mine == class_at(snapshot, content, label, class_number, other_row, other_place))
    term = term_at(snapshot, content, row, place)
    if kind == T_COLOUR:
        return bool(content[term, SYMBOL] & 3 == other)
    if kind == T_COLOUR_NOT:
        return bool(content[term, SYMBOL] & 3 != other)
    if kind == T_DIFFERENT:
        return bool(term != term_at(snapshot, content, other_row, other_place))
    if kind == T_PARENT_OF:
        return has_child(content, term, term_at(snapshot, content, other_row, other_place))
    return bool(passing[other, content[term, SYMBOL] >> 2] != 0)


def select(
    code: Array, at: int, tests: int, snapshot: Array, content: Array, label: Array, class_number: Array,
    passing: Array, frames: Array, base: int, n: int, chosen: Array,
) -> int:  # fmt: skip
    """List in `chosen` which of n frames pass all tests; gives how many do."""
    for frame in range(n):
        chosen[frame] = frame
    for _ in range(tests):
        kind, atom, place, other, other_place = code[at], code[at + 1], code[at + 2], code[at + 3], code[at + 4]
        has_two = kind in (T_SAME, T_DIFFERENT, T_PARENT_OF)
        kept = 0
        for position in range(n):
            frame = chosen[position]
            row = frames[base + atom, frame]
            other_row = frames[base + other, frame] if has_two else 0
            if kind == T_SAME and place < WALK and other_place < WALK:
                passed = snapshot[row, place + TO_CLASS] == snapshot[other_row, other_place + TO_CLASS]
            else:
                passed = asks(
                    kind, row, place, other, other_row, other_place, snapshot, content, label, class_number, passing
                )  # fmt: skip
            chosen[kept] = frame
            kept += 1 if passed else 0
        n = kept
        at += TEST_WIDTH
    return n


def set_bounds(
    code: Array, at: int, snapshot: Array, content: Array, label: Array, class_number: Array, operator_at: Array,
    buckets: Array, classes: int, frames: Array, base: int, n: int, low: Array, high: Array,
) -> None:  # fmt: skip
    """Find, for each of n frames, the rows that a step tries."""
    segment, alternatives = code[at + 2], code[at + 3]
    if alternatives == 0:
        first = 2 * code[at + 1]
        for frame in range(n):
            low[frame] = operator_at[first + (1 if segment == SEGMENT_NEW else 0)]
            high[frame] = operator_at[first + (1 if segment == SEGMENT_OLD else 2)]
    at += 4
    for alternative in range(alternatives):
        start, atom, place = code[at] * (classes + 1), code[at + 1], code[at + 2]
        for frame in range(n):
            bucket = start
            if place < WALK and atom >= 0:
                bucket += snapshot[frames[base + atom, frame], place + TO_CLASS]
            elif atom >= 0:
                bucket += class_at(snapshot, content, label, class_number, frames[base + atom, frame], place)
            first = buckets[bucket, 1 if segment == SEGMENT_NEW else 0]
            last = buckets[bucket, 1] if segment == SEGMENT_OLD else buckets[bucket + 1, 0]
            if alternative == 0 or last - first < high[frame] - low[frame]:
                low[frame] = first
                high[frame] = last
        at += ALT_WIDTH


def expand(
    code: Array, steps: Array, first_step: int, level: int, entries: Array, frames: Array, atoms: int, levels: Array,
    low: Array, high: Array, room: int,
) -> int:  # fmt: skip
    """Make at most `room` frames of a level from those of the level above; gives how many."""
    at = steps[first_step + level]
    listed = code[at + 3] > 0
    own, above, above_base = level * atoms + code[at], 1, (level - 1) * atoms
    if level > 0:
        above = levels[level - 1, FRAMES]
    frame, position = levels[level, NEXT_FRAME], levels[level, NEXT_POSITION]
    n = 0
    while frame < above and n < room:
        end = high[level, frame]
        take = min(end - position, room - n)
        if take > 0:
            for step in range(level):
                atom = code[steps[first_step + step]]
                row = frames[above_base + atom, frame]
                for k in range(n, n + take):
                    frames[level * atoms + atom, k] = row
            for k in range(take):
                frames[own, n + k] = entries[position + k] if listed else position + k
            n += take
            position += take
        if position >= end:
            frame += 1
            if frame < above:
                position = low[level, frame]
    levels[level, NEXT_FRAME] = frame
    levels[level, NEXT_POSITION] = position
    return int(n)


def emit(
    code: Array, places_at: int, n_places: int, n_kept: int, root: int, snapshot: Array, content: Array, frames: Array,
    base: int, chosen: Array, n: int, found: Array, to: int,
) -> None:  # fmt: skip
    """Write roots and substitutions of n frames, and the nodes of the atoms that the log keeps."""
    for k in range(n):
        found[0, to + k] = snapshot[frames[base + root, chosen[k]], S_TERM]
    for variable in range(n_places):
        atom, place = code[places_at + 2 * variable], code[places_at + 2 * variable + 1]
        for k in range(n):
            row = frames[base + atom, chosen[k]]
            found[1 + variable, to + k] = (
                snapshot[row, place] if place < WALK else term_at(snapshot, content, row, place)
            )
    kept_at, to_kept = places_at + 2 * n_places, 1 + n_places
    for kept in range(n_kept):
        atom = code[kept_at + kept]
        for k in range(n):
            found[to_kept + kept, to + k] = snapshot[frames[base + atom, chosen[k]], S_TERM]


def keep(
    code: Array, steps: Array, first_step: int, level: int, frames: Array, atoms: int, chosen: Array, n: int
) -> None:  # fmt: skip
    """Move the chosen frames of a level to its begin."""
    for step in range(level + 1):
        column = level * atoms + code[steps[first_step + step]]
        for k in range(n):
            frames[column, k] = frames[column, chosen[k]]


def match(
    code: Array, steps: Array, first_step: int, n_steps: int, places_at: int, n_places: int, n_kept: int, root: int,
    snapshot: Array, content: Array, label: Array, class_number: Array, operator_at: Array, buckets: Array,
    entries: Array, classes: int, passing: Array, frames: Array, levels: Array, low: Array, high: Array, chosen: Array,
    found: Array, state: Array, counts: Array, budget: int, candidates_max: int,
) -> int:  # fmt: skip
    """Fill `found` with matches. OK: no more; FULL; CUT: one more than `budget`; CANDIDATE_STOP."""
    size, atoms, last = chosen.shape[0], levels.shape[0], n_steps - 1
    level = state[DEPTH]
    if level == FRESH:
        level = 0
        set_bounds(
            code, steps[first_step], snapshot, content, label, class_number, operator_at, buckets, classes, frames, 0,
            1, low[0], high[0],
        )  # fmt: skip
        levels[0, NEXT_FRAME] = 0
        levels[0, NEXT_POSITION] = low[0, 0]
    n, status = 0, OK
    while True:
        room = size - n if level == last else size
        if room * 4 <= size and n > 0:
            status = FULL
            break
        left = candidates_max - counts[CANDIDATES]
        tried = expand(code, steps, first_step, level, entries, frames, atoms, levels, low, high, min(room, left + 1))
        if tried == 0:
            level -= 1
            if level < 0:
                break
            continue
        if tried > left:
            status = CANDIDATE_STOP
            tried = left
        counts[CANDIDATES] += tried
        at = steps[first_step + level]
        at += 4 + ALT_WIDTH * code[at + 3]
        kept = select(
            code, at + 1, code[at], snapshot, content, label, class_number, passing, frames, level * atoms, tried,
            chosen,
        )  # fmt: skip
        if level == last:
            if kept > budget - n:
                kept = budget - n
                status = CUT
            emit(
                code, places_at, n_places, n_kept, root, snapshot, content, frames, level * atoms, chosen, kept, found,
                n,
            )  # fmt: skip
            n += kept
        elif kept > 0 and status == OK:
            if kept < tried:
                keep(code, steps, first_step, level, frames, atoms, chosen, kept)
            levels[level, FRAMES] = kept
            level += 1
            set_bounds(
                code, steps[first_step + level], snapshot, content, label, class_number, operator_at, buckets, classes,
                frames, (level - 1) * atoms, kept, low[level], high[level],
            )  # fmt: skip
            levels[level, NEXT_FRAME] = 0
            levels[level, NEXT_POSITION] = low[level, 0]
        if status != OK:
            break
    state[DEPTH] = level
    state[BUFFERED] = n
    return status
