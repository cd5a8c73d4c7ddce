"""Many encoded facts to columns in one call: what schemas/codec.py decodes one by one, without an object per fact.

Belongs here: the decoder. Not here: its result (facts.py), what is a fact and why something is none (codec.py).
The loops accept only what is beyond doubt; every other row goes through `decode_fact`, one by one, and its columns are
filled from what that gives. So a row means the same on both ways, and reasons are the codec's own.
Today nodes, stated equalities and retractions take the loops; derived equalities and rules the codec.
"""

import sys
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from schemas.codec import decode_fact
from schemas.columns.blake2b import JOB_COLUMNS, LANES
from schemas.columns.compiling import Loops, WrongByteOrder, compiled
from schemas.columns.facts import FactColumns
from schemas.columns.hashing import CHUNK
from schemas.columns.layout import (
    CHILDREN,
    FIELDS,
    GRAPH,
    GRAPH_AT,
    IDS,
    KIND,
    OPERATOR,
    OPERATOR_AT,
    PRODUCER,
    PRODUCER_AT,
    REFUSED,
    UNDECIDED,
)
from schemas.columns.numbering import Texts, words_of
from schemas.columns.programs import programs
from schemas.columns.seeds import EVENT_PERSON, NODE_PERSON, fresh_lanes, seed
from schemas.columns.single import fill_row
from schemas.columns.words import PADDING
from schemas.poison import Poison
from schemas.topics import FACT_BYTES_MAX

Array = np.ndarray[Any, np.dtype[Any]]

_NAMES = ((GRAPH, GRAPH_AT), (PRODUCER, PRODUCER_AT), (OPERATOR, OPERATOR_AT))
_PADDING = bytes(PADDING)


class ColumnDecoder:
    """Decodes batches; keeps the numbers of texts from batch to batch. Not for several threads at once.

    Raises CompilerMissing without numba, and WrongByteOrder on a big-endian machine: both can decode facts one by one,
    with schemas.codec.decode_fact. The first batch compiles the loops, some ten seconds, or takes them from a cache.
    """

    def __init__(self, loops: Loops | None = None) -> None:
        if sys.byteorder != "little":
            raise WrongByteOrder("columns are read as little-endian words; here decode with schemas.codec.decode_fact")
        self.loops = compiled() if loops is None else loops
        self.texts = Texts(self.loops)
        self._seeds = seed(EVENT_PERSON), seed(NODE_PERSON)
        self._scratch = (
            np.zeros((CHUNK, JOB_COLUMNS), np.int64),
            np.zeros(CHUNK, np.int64),
            np.zeros((CHUNK, 2), np.uint64),
            fresh_lanes(),
            np.zeros((LANES, 2), np.int64),
        )
        self._preimages = _scratch_of(1 << 16)

    def decode(self, messages: Sequence[bytes | None]) -> FactColumns:
        """Decode strictly. Never raises for what is in the messages; an empty batch is a batch."""
        raw, starts = _join(messages)
        return self._decode(raw, starts[:-1], starts[1:], messages.__getitem__)

    def decode_spans(self, raw: bytes, starts: Array, ends: Array) -> FactColumns:
        """Decode messages that stand in a buffer, at starts[i] to ends[i]; behind the last one are PADDING bytes."""
        return self._decode(raw, starts, ends, lambda row: raw[starts[row] : ends[row]])

    def _decode(self, raw: bytes, starts: Array, ends: Array, message: Callable[[int], bytes | None]) -> FactColumns:
        data = np.frombuffer(raw, np.uint8)
        words = words_of(data)
        fields = np.zeros((FIELDS, len(starts)), np.int64)
        ids = np.zeros((IDS, len(starts), 2), np.uint64)
        self.loops.read_rows(data, words, starts, ends, *programs(), fields)
        if len(self._preimages[0]) < len(words):
            self._preimages = _scratch_of(2 * len(raw))
        self.loops.identify_rows(words, starts, ends, fields, ids, *self._seeds, *self._scratch, *self._preimages)
        self._number_names(data, words, fields)
        singly = {row: decode_fact(message(row)) for row in np.flatnonzero(fields[KIND] == UNDECIDED).tolist()}
        for row, outcome in singly.items():
            fields[:, row] = 0
            ids[:, row] = 0
            if isinstance(outcome, Poison):
                fields[KIND, row] = REFUSED
            else:
                fill_row(fields, ids, row, outcome, self.texts)
        offsets = np.zeros(len(starts) + 1, np.int64)
        np.cumsum(fields[CHILDREN], out=offsets[1:])
        children = np.empty((offsets[-1], 2), np.uint64)
        self.loops.gather_ids(words, fields, offsets, ids, children)
        columns = FactColumns(raw, starts, ends, fields, ids, offsets, children, self.texts, singly)
        columns.take_children_of_single_rows()
        return columns

    def _number_names(self, data: Array, words: Array, fields: Array) -> None:
        for row in self.texts.number_rows(data, words, fields):
            for column, at in _NAMES:
                if fields[column, row] < 0:
                    start, length = fields[at : at + 2, row].tolist()
                    fields[column, row] = self.texts.number_span(data, start, length)


def _join(messages: Sequence[bytes | None]) -> tuple[bytes, Array]:
    """Join messages and padding; gives the buffer and where each message starts, and where the last one ends.

    What is longer than a fact may be is left out: it is refused by its length, without being copied.
    """
    try:
        lengths = np.fromiter(map(len, messages), np.int64, len(messages))  # type: ignore[arg-type]
    except TypeError:
        if None not in messages:
            raise
        return _join([message or b"" for message in messages])
    if lengths.size and lengths.max() > FACT_BYTES_MAX:
        return _join([message if message and len(message) <= FACT_BYTES_MAX else b"" for message in messages])
    starts = np.zeros(len(messages) + 1, np.int64)
    np.cumsum(lengths, out=starts[1:])
    return b"".join((*messages, _PADDING)), starts  # type: ignore[arg-type]


def _scratch_of(size: int) -> tuple[Array, Array]:
    """Give words of a buffer, once to write and once to read."""
    written = words_of(np.zeros(size, np.uint8))
    read = written.view()
    read.setflags(write=False)
    return written, read
