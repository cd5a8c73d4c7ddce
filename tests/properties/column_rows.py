"""What the columns say of each row, against what the scalar codec says of the same bytes.

Belongs here: the comparison, and the three ways to run the loops. Not here: which bytes.
"""

from functools import cache

import numpy as np
import pytest

from egraph.digest import FACT_KINDS
from egraph.facts import EqualityAsserted, Fact, FactRetracted, NodeAdded, Stated
from egraph.identifiers import node_id
from schemas.codec import decode_fact
from schemas.columns.compiling import compiled, plain
from schemas.columns.decode import ColumnDecoder
from schemas.columns.facts import FactColumns
from schemas.columns.layout import KIND
from schemas.poison import Poison

NO_ID = bytes(16)
WAYS = {"compiled": compiled, "bounds checked": lambda: compiled(bounds_checked=True), "plain": plain}
each_way = pytest.mark.parametrize("way", WAYS)


@cache
def decoder(way: str) -> ColumnDecoder:
    """Give a decoder that runs the loops in one of three ways; texts stay from test to test, as in a long process."""
    return ColumnDecoder(WAYS[way]())


def takes_loops(fact: Fact) -> bool:
    """Tell whether a fact has a form that must not cost a call of the scalar codec."""
    if isinstance(fact, EqualityAsserted):
        return isinstance(fact.why, Stated)
    return isinstance(fact, NodeAdded | FactRetracted)


def agree(way: str, messages: list[bytes | None]) -> FactColumns:
    """Decode a batch both ways and compare every column of every row."""
    columns = decoder(way).decode(messages)
    assert len(columns) == len(messages)
    assert len(columns.children) == columns.child_offsets[-1]
    assert list(columns.singly) == sorted(columns.singly)
    for row, message in enumerate(messages):
        try:
            compare(columns, row, message)
        except AssertionError:
            print(f"row {row} of {len(messages)}: {(message or b'').hex()}")
            raise
    return columns


def compare(columns: FactColumns, row: int, message: bytes | None) -> None:
    """Compare a row with its message."""
    expected = decode_fact(message)
    if isinstance(expected, Poison):
        refusal = columns.poison[row]  # its detail may name an address in memory, which differs from call to call
        assert refusal.reason == expected.reason
        assert refusal.detail
        assert refusal is columns.singly[row]
        assert columns.kind[row] == -1
        assert not np.delete(columns.fields[:, row], KIND).any()
        assert not columns.ids[:, row].any()
        assert columns.child_offsets[row] == columns.child_offsets[row + 1]
        return
    assert columns.message(row) == message
    assert (row in columns.singly) is not takes_loops(expected)
    assert columns.singly.get(row, expected) == expected
    assert fact_in(columns, row) == summary(expected)
    if row not in columns.singly:
        assert columns.causes(row) == list(expected.causes)
        assert columns.trace(row) == expected.trace
        assert columns.text(row) == text_of(expected)


def fact_in(columns: FactColumns, row: int) -> tuple[object, ...]:
    """Give what the columns say."""
    text = columns.texts.text
    first, last = columns.child_offsets[row : row + 2].tolist()
    return (
        FACT_KINDS[columns.kind[row]],
        columns.event_id[row].tobytes(),
        *map(text, (columns.graph[row], columns.producer[row], columns.operator[row])),
        columns.sequence[row],
        columns.hlc[row],
        columns.colour[row],
        *(table[row].tobytes() for table in (columns.node_id, columns.left, columns.right, columns.target)),
        [child.tobytes() for child in columns.children[first:last]],
    )


def summary(fact: Fact) -> tuple[object, ...]:
    """Give the same of a fact."""
    node = isinstance(fact, NodeAdded)
    equality = isinstance(fact, EqualityAsserted)
    return (
        type(fact).__name__,
        fact.event_id,
        fact.graph,
        fact.producer,
        fact.operator if node else "",
        fact.sequence,
        fact.hlc,
        int(fact.colour) if node else 0,
        node_id(fact.operator, fact.colour, fact.children) if node else NO_ID,
        fact.left if equality else NO_ID,
        fact.right if equality else NO_ID,
        fact.target if isinstance(fact, FactRetracted) else NO_ID,
        list(fact.children) if node else [],
    )


def text_of(fact: Fact) -> str:
    """Give the text of a fact that takes the loops."""
    match fact:
        case EqualityAsserted(why=Stated(text)):
            return text
        case FactRetracted():
            return fact.why
    return ""
