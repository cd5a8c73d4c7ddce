"""The two ids of a row: the event id is verified, the node id computed.

Belongs here: what is hashed, as egraph/identifiers.py defines it. Not here: the hash function (blake2b.py).
"""

from typing import Any

import numpy as np

from schemas.columns.blake2b import HEAD, HEAD_BYTES, LENGTH, REST, hash_spans
from schemas.columns.layout import (
    CHILDREN,
    CHILDREN_AT,
    COLOUR,
    EVENT,
    KIND,
    NODE,
    NODE_ADDED,
    OPERATOR_AT,
    OPERATOR_BYTES,
    UNDECIDED,
)
from schemas.columns.words import copy_bytes

CHUNK = 256  # rows hashed together: their texts stay in the cache
WITHOUT_COLOUR = 0xFFFF_FFFF_FFFF_FF3F  # the top bits of the first byte

Array = Any


def identify_rows(
    words: Array, starts: Array, ends: Array, fields: Array, ids: Array, event_seed: Array, node_seed: Array,
    jobs: Array, rows: Array, digests: Array, lanes: Array, progress: Array, preimages: Array, written: Array,
) -> None:  # fmt: skip
    """Fill ids[EVENT] and, of nodes, ids[NODE]; a row whose event id is not its hash becomes UNDECIDED.

    Scratch: jobs (CHUNK, 3), rows (CHUNK), digests (CHUNK, 2), lanes, progress (blake2b.py), and `preimages`, words of
    a buffer as large as the messages. `written` is the same memory, read-only as the messages are: of one type with
    them, so that hashing is compiled once.
    """
    for first in range(0, fields.shape[1], CHUNK):
        last = min(first + CHUNK, fields.shape[1])
        count = list_events(starts, ends, fields, first, last, jobs, rows)
        hash_spans(words, jobs, count, event_seed, lanes, progress, digests)
        for job in range(count):
            row = rows[job]
            at = starts[row] + HEAD_BYTES
            if digests[job, 0] == words[at] and digests[job, 1] == words[at + 8]:
                ids[EVENT, row, 0] = digests[job, 0]
                ids[EVENT, row, 1] = digests[job, 1]
            else:
                fields[KIND, row] = UNDECIDED
        count = list_nodes(words, fields, first, last, jobs, rows, preimages)
        hash_spans(written, jobs, count, node_seed, lanes, progress, digests)
        for job in range(count):
            row = rows[job]
            ids[NODE, row, 0] = digests[job, 0] & WITHOUT_COLOUR | np.uint64(fields[COLOUR, row] << 6)
            ids[NODE, row, 1] = digests[job, 1]


def list_events(starts: Array, ends: Array, fields: Array, first: int, last: int, jobs: Array, rows: Array) -> int:
    """List what event ids are the hashes of: the header, and the body behind the id. Gives the number of jobs."""
    count = 0
    for row in range(first, last):
        if fields[KIND, row] >= 0:
            jobs[count, HEAD] = starts[row]
            jobs[count, REST] = starts[row] + HEAD_BYTES + 16
            jobs[count, LENGTH] = ends[row] - starts[row] - 16
            rows[count] = row
            count += 1
    return count


def list_nodes(words: Array, fields: Array, first: int, last: int, jobs: Array, rows: Array, preimages: Array) -> int:
    """Write what node ids are the hashes of, one after the other; gives the number of jobs."""
    count = 0
    to = 0
    for row in range(first, last):
        if fields[KIND, row] == NODE_ADDED:
            jobs[count, HEAD] = to
            jobs[count, REST] = to + HEAD_BYTES
            length, children = fields[OPERATOR_BYTES, row], fields[CHILDREN, row] << 4
            preimages[to] = length  # four bytes count; what stands behind them is overwritten
            copy_bytes(words, fields[OPERATOR_AT, row], preimages, to + 4, length)
            preimages[to + 4 + length] = fields[COLOUR, row]
            copy_bytes(words, fields[CHILDREN_AT, row], preimages, to + 5 + length, children)
            jobs[count, LENGTH] = 5 + length + children
            to += 5 + length + children
            rows[count] = row
            count += 1
    return count
