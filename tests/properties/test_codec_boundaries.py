"""The edges of strict decoding, one by one: each record here is one step away from a fact, and has one reason.

Belongs here: single records and the reason they are refused with. Values outside their domain: test_codec_domain.py.
Mutants in bulk: test_codec_mutants.py.
"""

from collections.abc import Callable
from dataclasses import replace

import pytest

from egraph.colours import Colour
from egraph.facts import Derived, EqualityAsserted, Fact, FactRetracted, NodeAdded, RuleAdded, Stated
from egraph.identifiers import EventId
from schemas.codec import decode_fact, encode, seal
from schemas.poison import Reason
from schemas.registry import FACT_SCHEMAS, RECORD_SCHEMAS, load
from tests.properties.sealed_records import BODY, CAUSE, ENVELOPE, FIELDS, GREEN, RED, reason, reseal, write

LIMIT = 65_536  # 64 KiB, as docs/producers.md says

NODE = NodeAdded(**ENVELOPE, operator="f", colour=Colour.RED, children=(RED, GREEN))
LONG_NODE = NodeAdded(**ENVELOPE, causes=(CAUSE,), operator="f", colour=Colour.RED)  # not the common form
STATED = EqualityAsserted(**ENVELOPE, left=RED, right=GREEN, why=Stated("so"))
DERIVED = EqualityAsserted(
    **ENVELOPE,
    left=RED,
    right=GREEN,
    why=Derived(rule="r", substitution=(("?x", RED),), rule_set=b"", round=1, premises=(CAUSE,)),
)
RETRACTION = FactRetracted(**ENVELOPE, target=CAUSE, why="w")
RULE = RuleAdded(**ENVELOPE, name="n", pattern="p", replacement="r")
ALL = {
    "node": NODE,
    "node with causes": LONG_NODE,
    "stated": STATED,
    "derived": DERIVED,
    "retraction": RETRACTION,
    "rule": RULE,
}
each_kind = pytest.mark.parametrize("draft", ALL.values(), ids=ALL)


@pytest.mark.parametrize("name", FACT_SCHEMAS)
def test_the_writer_of_these_tests_writes_facts(name: str) -> None:
    """The refusals below could have another cause than the one step away from a fact."""
    assert reason(write(name, FIELDS[name])) is None


@pytest.mark.parametrize("raw", [None, b""])
def test_no_value(raw: bytes | None) -> None:
    """A tombstone or an empty record would stop the agent that reads it."""
    assert reason(raw) is Reason.EMPTY


def padded(draft: Fact, total: int) -> bytes:
    """Give a fact of so many bytes, by the length of a text."""
    name = {NodeAdded: "operator", RuleAdded: "pattern", FactRetracted: "why"}.get(type(draft), "")
    text = "x" * (total - 200)
    short = len(seal(replace(draft, **{name: text}) if name else replace(draft, why=Stated(text))).raw)
    text += "x" * (total - short)
    raw = seal(replace(draft, **{name: text}) if name else replace(draft, why=Stated(text))).raw
    assert len(raw) == total
    return raw


@pytest.mark.parametrize("draft", [NODE, LONG_NODE, STATED, RETRACTION, RULE], ids=lambda draft: type(draft).__name__)
def test_size_limit(draft: Fact) -> None:
    """Two builds would disagree about a fact of 64 KiB, or a longer one would be folded."""
    assert reason(padded(draft, LIMIT)) is None
    assert reason(padded(draft, LIMIT + 1)) is Reason.OVERSIZED


def test_size_is_looked_at_first() -> None:
    """A megabyte of anything would be parsed before it is refused."""
    assert reason(bytes(LIMIT)) is Reason.UNKNOWN_SCHEMA
    assert reason(bytes(LIMIT + 1)) is Reason.OVERSIZED


@each_kind
@pytest.mark.parametrize("tail", [b"\0", b"\x01", bytes(16)])
def test_trailing_bytes(draft: Fact, tail: bytes) -> None:
    """The same fact could have many spellings, each with an event id of its own."""
    assert reason(seal(draft).raw + tail) is Reason.NOT_CANONICAL
    assert reason(reseal(seal(draft).raw + tail)) is Reason.NOT_CANONICAL


@each_kind
def test_every_truncation(draft: Fact) -> None:
    """Half a record would raise, or be taken for a whole one."""
    raw = seal(draft).raw

    for length in range(1, len(raw)):
        expected = Reason.UNKNOWN_SCHEMA if length < 10 else Reason.UNDECODABLE
        assert reason(raw[:length]) is expected, length


@each_kind
def test_wrong_event_id(draft: Fact) -> None:
    """Somebody could give a fact the event id of another, and retract or hide that one."""
    raw = seal(draft).raw

    for at in range(10, BODY):
        assert reason(raw[:at] + bytes((raw[at] ^ 1,)) + raw[at + 1 :]) is Reason.WRONG_EVENT_ID, at
    assert reason(raw[:10] + bytes(16) + raw[BODY:]) is Reason.WRONG_EVENT_ID


@each_kind
def test_unknown_fingerprint(draft: Fact) -> None:
    """A record of an unknown schema would be read with one of ours."""
    raw = seal(draft).raw

    for at in range(10):
        assert reason(raw[:at] + bytes((raw[at] ^ 1,)) + raw[at + 1 :]) is Reason.UNKNOWN_SCHEMA, at


@pytest.mark.parametrize("name", RECORD_SCHEMAS)
def test_a_record_of_ours_is_no_fact(name: str) -> None:
    """A heartbeat on the wrong topic would be taken for a fact."""
    assert reason(load(name).header + bytes(100)) is Reason.UNKNOWN_SCHEMA


def test_one_body_under_two_schemas() -> None:
    """State would depend on which of two readings of the same body came first (decision 0008)."""
    # A retraction whose target spells a string of 14 letters and the colour RED, and whose reason is no children.
    retraction = seal(FactRetracted(**ENVELOPE, target=EventId(b"\x1c" + b"fourteenletter" + b"\0"), why=""))
    node = seal(NodeAdded(**ENVELOPE, operator="fourteenletter", colour=Colour.RED))

    assert retraction.raw[BODY:] == node.raw[BODY:]
    assert retraction.fact.event_id != node.fact.event_id
    assert reason(node.raw[:10] + retraction.raw[10:]) is Reason.WRONG_EVENT_ID
    assert reason(retraction.raw[:10] + node.raw[10:]) is Reason.WRONG_EVENT_ID


def swap(draft: Fact, old: bytes, new: bytes) -> bytes:
    """Give the fact with some of its bytes replaced, and the event id that belongs to the new ones."""
    raw = seal(draft).raw
    assert raw.count(old, BODY) == 1, "the bytes to be replaced must stand there once"
    return reseal(raw[:BODY] + raw[BODY:].replace(old, new))


TEXT = b"\x08main\x02p"
ONE_CAUSE = b"\x02" + CAUSE + b"\0"
TWO_CHILDREN = b"\x04" + RED + GREEN + b"\0"
SPELLINGS = {
    "a length of two bytes": (NODE, TEXT, b"\x88\0main\x02p"),
    "a length of ten bytes": (NODE, TEXT, b"\x88" + b"\x80" * 8 + b"\0main\x02p"),
    "a length of twelve bytes": (NODE, TEXT, b"\x88" + b"\x80" * 10 + b"\0main\x02p"),
    "a length of two bytes, second text": (NODE, TEXT, b"\x08main\x82\0p"),
    "a sequence of three bytes": (NODE, TEXT + b"\xd8\x04", TEXT + b"\xd8\x84\0"),
    "a sequence with bits beyond 64": (NODE, TEXT + b"\xd8\x04", TEXT + b"\xd8\x84" + b"\x80" * 7 + b"\x7e"),
    "no causes in two bytes": (NODE, b"\0\0\x02f", b"\x80\0\0\x02f"),
    "a trace length of two bytes": (NODE, b"\0\0\x02f", b"\0\x80\0\x02f"),
    "a colour of two bytes": (NODE, b"\x02f\0", b"\x02f\x80\0"),
    "a count of two bytes": (NODE, TWO_CHILDREN, b"\x84\0" + RED + GREEN + b"\0"),
    "an end of two bytes": (NODE, TWO_CHILDREN, b"\x04" + RED + GREEN + b"\x80\0"),
    "children in two blocks": (NODE, TWO_CHILDREN, b"\x02" + RED + b"\x02" + GREEN + b"\0"),
    "children with a block size": (NODE, TWO_CHILDREN, b"\x03\x40" + RED + GREEN + b"\0"),
    "children with a wrong block size": (NODE, TWO_CHILDREN, b"\x03\x02" + RED + GREEN + b"\0"),
    "causes with a block size": (LONG_NODE, ONE_CAUSE, b"\x01\x20" + CAUSE + b"\0"),
    "causes, no common form, sequence of three bytes": (LONG_NODE, TEXT + b"\xd8\x04", TEXT + b"\xd8\x84\0"),
    "a branch of two bytes": (STATED, GREEN + b"\0", GREEN + b"\x80\0"),
    "branch -1": (STATED, GREEN + b"\0\x04so", GREEN + b"\x03\x04so"),
    "colour -1": (NODE, b"\x02f\0", b"\x02f\x01"),
    "colour -3": (NODE, b"\x02f\0", b"\x02f\x05"),
    "a reason with a length of two bytes": (RETRACTION, b"\x02w", b"\x82\0w"),
    "a priority of two bytes": (RULE, b"\x02r\0\0\0", b"\x02r\0\0\x80\0"),
}


@pytest.mark.parametrize("case", SPELLINGS)
def test_another_spelling_of_a_fact(case: str) -> None:
    """One fact would have two event ids, so it could be stated twice and retracted once."""
    assert reason(swap(*SPELLINGS[case])) in (Reason.NOT_CANONICAL, Reason.UNDECODABLE)


NONSENSE = {
    "colour 3": (NODE, b"\x02f\0", b"\x02f\x06"),
    "colour -4": (NODE, b"\x02f\0", b"\x02f\x07"),
    "branch 2": (STATED, GREEN + b"\0\x04so", GREEN + b"\x04\x04so"),
    "branch -3": (STATED, GREEN + b"\0\x04so", GREEN + b"\x05\x04so"),
    "a text of negative length": (NODE, TEXT, b"\x07main\x02p"),
    "a text of 2^62 bytes": (NODE, TEXT, b"\xfe" + b"\xff" * 8 + b"\x01main\x02p"),
    "2^40 children": (NODE, TWO_CHILDREN, b"\x80\x80\x80\x80\x80\x40" + RED + GREEN + b"\0"),
    "66 children behind a count of one byte": (NODE, TWO_CHILDREN, b"\x84" + RED * 66 + b"\0"),
    "text that is no UTF-8": (NODE, b"\x08main", b"\x08m\xffin"),
    "text with half a surrogate": (NODE, b"\x08main", b"\x08m\xed\xa0\x80"),
    "text with an overlong character": (NODE, b"\x08main", b"\x08ma\xc0\x80"),
    "a number without end": (NODE, TEXT, b"\xff" * 300),
}


@pytest.mark.parametrize("case", NONSENSE)
def test_bytes_that_say_nothing(case: str) -> None:
    """An exception would stop the agent, for ever, because the record stays in the log."""
    assert reason(swap(*NONSENSE[case])) is Reason.UNDECODABLE


LARGEST = 2**63 - 1
EDGES: dict[str, Callable[[], Fact]] = {
    "largest numbers": lambda: replace(NODE, sequence=LARGEST, hlc=LARGEST),
    "smallest numbers": lambda: replace(NODE, sequence=0, hlc=0),
    "63 children": lambda: replace(NODE, children=(RED,) * 63),
    "64 children": lambda: replace(NODE, children=(RED,) * 64),
    "clock of eight bytes": lambda: replace(NODE, hlc=2**55 - 1),
    "clock of nine bytes, first": lambda: replace(NODE, hlc=2**55),
    "clock of nine bytes, last": lambda: replace(NODE, hlc=2**62 - 1),
    "clock of ten bytes": lambda: replace(NODE, hlc=2**62),
    "everything empty": lambda: NodeAdded(graph="", producer="", sequence=0, hlc=0, operator="", colour=Colour.RED),
}


@pytest.mark.parametrize("case", EDGES)
def test_edges_of_the_common_form(case: str) -> None:
    """A node at the edge of the fast path would be refused, or read as another."""
    fact, raw = seal(EDGES[case]())

    assert decode_fact(raw) == fact
    assert encode(fact) == raw
