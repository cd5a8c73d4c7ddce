"""What is encoded is decoded to the same fact, and a node's fast path writes what the general path writes.

Belongs here: values inside and outside the domain, on their way to bytes. Hostile bytes: test_codec_mutants.py.
"""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from egraph.colours import Colour
from egraph.facts import Fact, NodeAdded
from egraph.identifiers import UNSEALED, EventId, NodeId
from schemas.codec import Sealed, decode_fact, encode, event_id_of, seal
from schemas.node_codec import decode_common, read_envelope, zigzag_varint
from schemas.poison import Poison
from tests.interop.random_facts import BY_KIND, FACTS, NODES, NUMBERS

BODY_AFTER_ID = 26
KINDS = list(BY_KIND)


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
@settings(max_examples=400, deadline=None)
@given(data=st.data())
def test_decoding_gives_the_fact_back(kind: type[Fact], data: st.DataObject) -> None:
    """A fact would change on its way through the log."""
    draft = data.draw(BY_KIND[kind])
    fact, raw = seal(draft)

    assert decode_fact(raw) == fact
    assert replace(fact, event_id=UNSEALED) == draft
    assert encode(fact) == raw
    assert event_id_of(raw) == fact.event_id


@settings(max_examples=400, deadline=None)
@given(FACTS)
def test_sealing_twice_changes_nothing(draft: Fact) -> None:
    """The event id would depend on whether the fact had one before."""
    sealed = seal(draft)

    assert seal(sealed.fact) == sealed


@settings(max_examples=400, deadline=None)
@given(FACTS)
def test_envelope_is_read_without_decoding(draft: Fact) -> None:
    """Admission would judge a fact by another producer or sequence than it has."""
    assert read_envelope(seal(draft).raw) == (draft.graph, draft.producer, draft.sequence)


@settings(max_examples=500, deadline=None)
@given(NODES)
def test_fast_path_writes_the_general_bytes(draft: NodeAdded) -> None:
    """A node sealed by us would have another event id than the same node sealed by anybody else."""
    fact, raw = seal(draft)

    assert raw == encode(fact)


@settings(max_examples=500, deadline=None)
@given(NODES, st.integers(2**40 << 16, 2**41 << 16))
def test_fast_path_reads_the_common_form(draft: NodeAdded, hlc: int) -> None:
    """The hot path would fall back to the slow one for ordinary nodes, and nobody would notice."""
    common = replace(draft, causes=(), trace=b"", hlc=hlc, children=draft.children[:63])
    fact, raw = seal(common)

    assert decode_common(raw) == fact


@settings(max_examples=500)
@given(NUMBERS)
def test_varint_is_the_shortest(number: int) -> None:
    """Our own numbers would be refused as not canonical."""
    data = zigzag_varint(number)

    assert sum((byte & 0x7F) << 7 * index for index, byte in enumerate(data)) == 2 * number
    assert [byte >= 0x80 for byte in data] == [True] * (len(data) - 1) + [False]
    assert len(data) == 1 or data[-1] != 0


def test_a_draft_is_not_encoded() -> None:
    """A fact without an event id could reach the log."""
    draft = NodeAdded(graph="g", producer="p", sequence=0, hlc=0, operator="f", colour=Colour.RED)

    with pytest.raises(ValueError, match="no event id yet"):
        encode(draft)


def after_id(path: Callable[[NodeAdded], bytes], draft: NodeAdded) -> bytes | None:
    """Give what a path writes behind the event id, None if it raises."""
    try:
        return path(draft)[BODY_AFTER_ID:]
    except (ValueError, TypeError, OverflowError, KeyError, AttributeError):
        return None


def fast(draft: NodeAdded) -> bytes:
    """Write a node as sealing does."""
    return seal(draft).raw


def general(draft: NodeAdded) -> bytes:
    """Write a node with fastavro."""
    return encode(replace(draft, event_id=EventId(bytes(16))))


RED = NodeId(b"\x40" + bytes(15))
OUTSIDE = [
    pytest.param({"operator": "\ud800"}, id="half a surrogate"),
    pytest.param({"graph": None}, id="no graph"),
    pytest.param({"operator": b"f"}, id="an operator of bytes"),
    pytest.param({"colour": 7}, id="no colour"),
    pytest.param({"trace": "text"}, id="a trace of text"),
    pytest.param({"sequence": 2**63}, id="a sequence of 64 bits"),
    pytest.param({"sequence": 2**80}, id="a sequence of 80 bits"),
    pytest.param({"hlc": 2**63}, id="a clock of 64 bits"),
    pytest.param({"children": (RED[:15],)}, id="a short child"),
    pytest.param({"children": (RED + b"x",)}, id="a long child"),
    pytest.param({"children": (b"",)}, id="an empty child"),
    pytest.param({"causes": (RED[:15],)}, id="a short cause"),
    pytest.param({"causes": (RED + b"x",)}, id="a long cause"),
]


@pytest.mark.parametrize("change", OUTSIDE)
def test_fast_path_raises_where_the_general_path_does(change: dict[str, Any]) -> None:
    """A producer with a defect would fill the log with records that everybody refuses, instead of failing."""
    draft = replace(NodeAdded(graph="g", producer="p", sequence=0, hlc=0, operator="f", colour=Colour.RED), **change)

    assert after_id(general, draft) is None
    assert after_id(fast, draft) is None


@pytest.mark.parametrize("change", [{"sequence": -1}, {"hlc": -1}, {"hlc": -(2**63)}])
def test_negative_numbers_never_pass(change: dict[str, int]) -> None:
    """A negative sequence or clock would be folded."""
    draft = replace(NodeAdded(graph="g", producer="p", sequence=0, hlc=0, operator="f", colour=Colour.RED), **change)
    try:
        sealed: Sealed | None = seal(draft)
    except ValueError:
        sealed = None

    assert sealed is None or isinstance(decode_fact(sealed.raw), Poison)
