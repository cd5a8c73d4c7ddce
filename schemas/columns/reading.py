"""From bytes to fields: the body of each message is walked once, and only what is beyond doubt is accepted.

Belongs here: numbers, texts, ids and arrays of Avro as flat loops; they run compiled (compiling.py) or as they stand.
Not here: hashes (hashing.py), whether a name is UTF-8 (texts.py).

Strict by construction: each number must be the shortest that says it and not negative, each array one block without a
size, each length inside the message, the body as long as the message. What is not accepted is not refused either:
the scalar codec decides, so that there is one definition of every reason.

`data` has all messages, in any order and with anything between them, and 8 bytes behind; `words` is the same memory as
uint64, one at every offset. Integers are int64 except those from `words`; the two must not be mixed, or the compiler
makes them floats.
"""

from typing import Any

from schemas.columns.layout import COLOUR, KIND, UNDECIDED
from schemas.columns.programs import (
    ANY_ID,
    ANY_IDS,
    COLOUR_BYTE,
    END,
    FIRST_BRANCH,
    LONG,
    NAME,
    NODE_ID,
    NODE_IDS,
    TEXT,
    TRACE,
)
from schemas.columns.texts import is_utf8
from schemas.registry import HEADER_BYTES
from schemas.topics import FACT_BYTES_MAX

BODY = HEADER_BYTES + 16
WRONG = -1  # as an offset: nothing that these loops accept stands here

Array = Any


def read_rows(
    data: Array, words: Array, starts: Array, ends: Array, headers: Array, steps: Array, kinds: Array, fields: Array
) -> None:
    """Read all messages: row i stands at starts[i] to ends[i]. What is not accepted becomes UNDECIDED."""
    for row in range(starts.shape[0]):
        at, end = starts[row], ends[row]
        fields[KIND, row] = UNDECIDED
        if BODY < end - at <= FACT_BYTES_MAX:
            program = program_for(data, at, headers)
            if program >= 0 and read_body(data, words, at + BODY, end, steps, program, fields, row) == end:
                fields[KIND, row] = kinds[program]


def program_for(data: Array, at: int, headers: Array) -> int:
    """Find the header that stands at an offset, -1 if it is none of ours."""
    for program in range(headers.shape[0] // HEADER_BYTES):
        same = 0
        while same < HEADER_BYTES and data[at + same] == headers[program * HEADER_BYTES + same]:
            same += 1
        if same == HEADER_BYTES:
            return program
    return -1


def read_body(data: Array, words: Array, at: int, end: int, steps: Array, program: int, fields: Array, row: int) -> int:
    """Follow a program through a body; gives the offset behind it, or WRONG."""
    for step in range(steps.shape[1]):
        kind, column = steps[program, step, 0], steps[program, step, 1]
        if kind == END:
            return at
        if kind in (NAME, TEXT):
            at = read_text(data, words, at, end, kind == TEXT, fields, column, row)
        elif kind == LONG:
            fields[column, row], at = read_number(data, at, end)
        elif kind in (ANY_ID, NODE_ID):
            at = read_id(data, at, end, kind == NODE_ID, fields, column, row)
        elif kind in (ANY_IDS, NODE_IDS):
            at = read_ids(data, at, end, kind == NODE_IDS, fields, column, row)
        elif kind == TRACE:
            at = read_trace(data, at, end, fields, column, row)
        elif kind == COLOUR_BYTE:
            at = read_colour(data, at, end, fields, column, row)
        elif kind == FIRST_BRANCH:
            at = at + 1 if at < end and data[at] == 0 else WRONG
        if at == WRONG:
            return WRONG
    return at


def read_number(data: Array, at: int, end: int) -> tuple[int, int]:
    """Read a zigzag varint; gives the number and the offset behind it, which is WRONG for one that is not accepted."""
    if at >= end:
        return 0, WRONG
    byte = data[at] & 255
    low = byte & 127
    shift = 7
    while byte >= 128:
        at += 1
        if at >= end:
            return 0, WRONG
        byte = data[at] & 255
        if shift == 63:  # the tenth byte: bit 63 and nothing else
            return (low >> 1) | (1 << 62), (at + 1 if byte == 1 and low & 1 == 0 else WRONG)
        if byte == 0:
            return 0, WRONG
        low |= (byte & 127) << shift
        shift += 7
    return low >> 1, (at + 1 if low & 1 == 0 else WRONG)


def read_text(data: Array, words: Array, at: int, end: int, check: bool, fields: Array, column: int, row: int) -> int:
    """Take the span of a text."""
    length, at = read_number(data, at, end)
    if at == WRONG or length > end - at:
        return WRONG
    fields[column, row] = at
    fields[column + 1, row] = length
    if check and not is_utf8(data, words, at, at + length):
        return WRONG
    return at + length


def read_id(data: Array, at: int, end: int, of_node: bool, fields: Array, column: int, row: int) -> int:
    """Take the offset of an id; the top bits of a node id are not 00."""
    if end - at < 16 or (of_node and data[at] < 64):
        return WRONG
    fields[column, row] = at
    return at + 16


def read_ids(data: Array, at: int, end: int, of_nodes: bool, fields: Array, column: int, row: int) -> int:
    """Take the span of an array of ids: its offset and their number. Children must keep the local colour rule."""
    count, at = read_number(data, at, end)
    if at == WRONG or count == 0:
        return at
    if count > (end - at) >> 4:
        return WRONG
    behind = at + (count << 4)
    if behind >= end or data[behind] != 0:
        return WRONG
    if of_nodes:
        colour = fields[COLOUR, row]
        for child in range(at, behind, 16):
            top = data[child] >> 6
            if top == 0 or colour == 0 or colour + top == 3:  # RED 1 + BLUE 2
                return WRONG
    fields[column, row] = at
    fields[column + 1, row] = count
    return behind + 1


def read_trace(data: Array, at: int, end: int, fields: Array, column: int, row: int) -> int:
    """Take the offset of a trace of 16 bytes, or none."""
    length, at = read_number(data, at, end)
    if at == WRONG or length == 0:
        return at
    if length != 16 or end - at < 16:
        return WRONG
    fields[column, row] = at
    return at + 16


def read_colour(data: Array, at: int, end: int, fields: Array, column: int, row: int) -> int:
    """Read a colour: index 0, 1, 2 on the wire is RED 1, BLUE 2, GREEN 3."""
    if at >= end or data[at] & 1 or data[at] > 4:
        return WRONG
    fields[column, row] = (data[at] >> 1) + 1
    return at + 1
