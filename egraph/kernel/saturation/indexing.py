"""The snapshot that a round matches on, and its indexes.

Belongs here: counting sorts. Not here: matching.

Classes get dense numbers. An index lists, for one operator and one place, the snapshot rows by the class at this place:
`buckets[at + c]` holds where the rows of class c begin, and where the touched ones among them begin; they end where the
next class begins. Rows ascend within both parts.
"""

from egraph.kernel.saturation.layout import (
    CLASSES,
    FIRST_OPERATOR,
    LEFT,
    RIGHT,
    ROWS,
    S_CLASS,
    S_LEFT,
    S_LEFT_CLASS,
    S_RIGHT,
    S_RIGHT_CLASS,
    S_TERM,
    SYMBOL,
    TERM,
    TERMS,
    TO_CLASS,
    TOUCHED,
    WALK,
    Array,
    X,
    Y,
)

I_OPERATOR, I_PLACE, I_ENTRIES_AT, INDEX_COLUMNS = 0, 1, 2, 3
ANY_OPERATOR = -1
EVERYTHING = -2  # the place of the index that lists all rows in one bucket


def number_classes(rows: Array, label: Array, class_number: Array, counts: Array) -> int:
    """Number the classes of rows and of their children densely; gives how many there are."""
    for term in range(counts[TERMS]):
        class_number[term] = -1
    classes = 0
    for row in range(counts[ROWS]):
        own = label[rows[row, TERM]]
        if class_number[own] < 0:
            class_number[own] = classes
            classes += 1
        for column in (X, Y):
            child = rows[row, column]
            if child >= 0 and class_number[child] < 0:
                class_number[child] = classes
                classes += 1
    counts[CLASSES] = classes
    return classes


def take_snapshot(
    content: Array, label: Array, rows: Array, class_number: Array, snapshot: Array, operator_at: Array, counts: Array
) -> None:  # fmt: skip
    """Copy the rows, by operator and untouched before touched: `operator_at[2 * op + touched]` is where they begin."""
    for at in range(operator_at.shape[0]):
        operator_at[at] = 0
    for row in range(counts[ROWS]):
        operator = content[rows[row, TERM], SYMBOL] >> 2
        if operator >= FIRST_OPERATOR:
            operator_at[2 * operator + rows[row, TOUCHED] + 1] += 1
    for at in range(1, operator_at.shape[0]):
        operator_at[at] += operator_at[at - 1]
    for row in range(counts[ROWS]):
        term = rows[row, TERM]
        operator = content[term, SYMBOL] >> 2
        if operator >= FIRST_OPERATOR:
            place = 2 * operator + rows[row, TOUCHED]
            to = operator_at[place]
            operator_at[place] = to + 1
            snapshot[to, S_TERM] = term
            snapshot[to, S_LEFT] = content[term, LEFT]
            snapshot[to, S_RIGHT] = content[term, RIGHT]
            snapshot[to, S_CLASS] = class_number[label[term]]
            snapshot[to, S_LEFT_CLASS] = class_number[rows[row, X]] if rows[row, X] >= 0 else -1
            snapshot[to, S_RIGHT_CLASS] = class_number[rows[row, Y]] if rows[row, Y] >= 0 else -1
    for at in range(operator_at.shape[0] - 1, 0, -1):
        operator_at[at] = operator_at[at - 1]
    operator_at[0] = 0


def list_all(content: Array, rows: Array, next_at: Array, counts: Array, everything: Array) -> int:
    """List the snapshot rows of all operators, untouched before touched, by term; gives how many are untouched.

    `next_at` is a copy of what take_snapshot gave, and is used up.
    """
    total = 0
    untouched = 0
    for touched in range(2):
        for row in range(counts[ROWS]):
            operator = content[rows[row, TERM], SYMBOL] >> 2
            if operator >= FIRST_OPERATOR and rows[row, TOUCHED] == touched:
                place = 2 * operator + touched
                everything[total] = next_at[place]
                next_at[place] += 1
                total += 1
        if touched == 0:
            untouched = total
    return untouched


def term_at(snapshot: Array, content: Array, row: int, place: int) -> int:
    """Give the raw term that stands at a place of a snapshot row."""
    if place < WALK:
        return int(snapshot[row, place])
    term = snapshot[row, S_LEFT]
    place -= WALK
    while place >= 2:
        term = content[term, LEFT]
        place -= 2
    return int(content[term, RIGHT] if place == 1 else term)


def class_at(snapshot: Array, content: Array, label: Array, class_number: Array, row: int, place: int) -> int:
    """Give the class at a place of a snapshot row."""
    if place < WALK:
        return int(snapshot[row, place + TO_CLASS])
    return int(class_number[label[term_at(snapshot, content, row, place)]])


def list_classes(
    snapshot: Array, content: Array, label: Array, class_number: Array, first: int, last: int, place: int, into: Array
) -> None:  # fmt: skip
    """Give the class at a place of snapshot rows first..last; everything has class 0 at EVERYTHING."""
    if place == EVERYTHING:
        for row in range(first, last):
            into[row - first] = 0
    elif place < WALK:
        for row in range(first, last):
            into[row - first] = snapshot[row, place + TO_CLASS]
    else:
        for row in range(first, last):
            into[row - first] = class_at(snapshot, content, label, class_number, row, place)


def fill_index(
    rows_of: Array, listed: bool, class_of: Array, first: int, middle: int, last: int, buckets: Array, at: int,
    classes: int, entries: Array, entries_at: int, cursor: Array,
) -> None:  # fmt: skip
    """Sort snapshot rows first..last, the touched ones from `middle` on, by class.

    `listed`: first..last are positions in `rows_of`, and `class_of` is by row; otherwise it is by position.
    """
    for c in range(classes + 1):
        cursor[c] = 0
        buckets[at + c, 1] = 0
    for position in range(first, middle):
        buckets[at + class_of[rows_of[position] if listed else position - first], 1] += 1
    for position in range(middle, last):
        cursor[class_of[rows_of[position] if listed else position - first]] += 1
    begin = entries_at
    for c in range(classes + 1):
        size = buckets[at + c, 1] + cursor[c]
        buckets[at + c, 0] = begin
        buckets[at + c, 1] += begin
        cursor[c] = begin
        begin += size
    for position in range(first, last):
        row = rows_of[position] if listed else position
        c = class_of[row if listed else position - first]
        entries[cursor[c]] = row
        cursor[c] += 1


def place_indexes(indexes: Array, operator_at: Array, everything: int) -> int:
    """Say where the entries of each index go; gives how many there are. `everything` is the number of all rows."""
    at = 0
    for index in range(indexes.shape[0]):
        operator = indexes[index, I_OPERATOR]
        indexes[index, I_ENTRIES_AT] = at
        if operator == ANY_OPERATOR:
            at += everything
        else:
            at += operator_at[2 * operator + 2] - operator_at[2 * operator]
    return at


def build_indexes(
    snapshot: Array, content: Array, label: Array, class_number: Array, operator_at: Array, everything: Array,
    untouched: int, indexes: Array, buckets: Array, entries: Array, class_of: Array, cursor: Array, classes: int,
) -> None:  # fmt: skip
    """Build every index; `indexes[i, I_ENTRIES_AT]` says where its entries go. `class_of` has room for all rows."""
    for index in range(indexes.shape[0]):
        operator, place = indexes[index, I_OPERATOR], indexes[index, I_PLACE]
        listed = operator == ANY_OPERATOR
        if listed:
            first, middle, last = 0, untouched, everything.shape[0]
        else:
            first, middle = operator_at[2 * operator], operator_at[2 * operator + 1]
            last = operator_at[2 * operator + 2]
        list_classes(snapshot, content, label, class_number, first, last, place, class_of)
        fill_index(
            everything, listed, class_of, first, middle, last, buckets, index * (classes + 1), classes, entries,
            indexes[index, I_ENTRIES_AT], cursor,
        )  # fmt: skip
