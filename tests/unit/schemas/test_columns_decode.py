"""The decoder as its users meet it: batches, sums, what it costs to import, and what it says without a compiler."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from egraph.colours import Colour
from egraph.digest import SetDigest
from egraph.facts import EqualityAsserted, FactRetracted, NodeAdded, RuleAdded, Stated
from egraph.identifiers import EventId
from schemas.codec import seal
from schemas.columns import decode, texts
from schemas.columns.compiling import Checked, CompilerMissing, WrongByteOrder, compiled, plain
from schemas.columns.decode import ColumnDecoder
from schemas.columns.sums import EventSums
from tests.properties.column_rows import WAYS, decoder, each_way
from tests.properties.sealed_records import BLUE, CAUSE, ENVELOPE, GREEN, RED

ROOT = Path(__file__).parents[3]
FACTS = [
    seal(draft)
    for draft in (
        NodeAdded(**ENVELOPE, operator="f", colour=Colour.RED, children=(RED, GREEN), causes=(CAUSE, CAUSE)),
        EqualityAsserted(**ENVELOPE, left=RED, right=BLUE, why=Stated("größer"), trace=bytes(range(16))),
        RuleAdded(**ENVELOPE, name="n", pattern="p", replacement="r"),
        NodeAdded(**ENVELOPE, operator="g", colour=Colour.GREEN, children=(BLUE,)),
        FactRetracted(**ENVELOPE, target=EventId(bytes(range(50, 66))), why="wrong"),
    )
]
RAWS = [sealed.raw for sealed in FACTS]


@each_way
def test_a_batch_by_hand(way: str) -> None:
    """A user of the columns would find a value in another column, or another row, than the names say."""
    columns = decoder(way).decode([*RAWS[:2], b"rubbish", *RAWS[2:]])
    text = columns.texts.text

    assert columns.kind.tolist() == [0, 1, -1, 3, 0, 2]
    assert [text(number) for number in columns.operator] == ["f", "", "", "", "g", ""]
    assert {text(number) for number in columns.graph[columns.kind >= 0]} == {"main"}
    assert columns.colour.tolist() == [1, 0, 0, 0, 3, 0]
    assert columns.child_offsets.tolist() == [0, 2, 2, 2, 2, 3, 3]
    assert columns.children.tobytes() == RED + GREEN + BLUE
    assert (columns.left[1].tobytes(), columns.right[1].tobytes()) == (RED, BLUE)
    assert columns.target[5].tobytes() == bytes(range(50, 66))
    assert (columns.text(1), columns.text(5), columns.text(0)) == ("größer", "wrong", "")
    assert columns.causes(0) == [CAUSE, CAUSE]
    assert columns.trace(1) == bytes(range(16))
    assert [columns.message(row) for row in (0, 1, 3, 4, 5)] == RAWS
    assert list(columns.singly) == [2, 3]
    assert columns.singly[3] == FACTS[2].fact
    assert columns.poison[2].reason == "unknown-schema"


@each_way
@pytest.mark.parametrize("messages", [[], [None], [b"", None], [b"\xc3"], [bytes(1 << 20)]])
def test_batches_of_nothing(way: str, messages: list[bytes | None]) -> None:
    """An empty poll, or one of tombstones and rubbish, would stop the reader."""
    columns = decoder(way).decode(messages)

    assert len(columns) == len(messages)
    assert columns.kind.tolist() == [-1] * len(messages)
    assert sorted(columns.poison) == list(range(len(messages)))
    assert len(columns.children) == 0


def test_a_long_message_is_not_copied() -> None:
    """A record of the largest size a broker takes would be held in memory once more, for a refusal."""
    columns = decoder("compiled").decode([RAWS[0], bytes(1 << 24), RAWS[1]])

    assert len(columns.raw) < 1000
    assert columns.poison[1].reason == "oversized"
    assert columns.kind.tolist() == [0, -1, 1]


@each_way
def test_sums_are_the_digest(way: str) -> None:
    """Two replicas with the same facts would disagree, if one of them reads in bulk."""
    expected, found = SetDigest(), SetDigest()
    many = [seal(NodeAdded(**ENVELOPE, operator=f"f{i}", colour=Colour.RED)) for i in range(300)]
    for fact, _ in [*FACTS, *many]:
        kind = ("NodeAdded", "EqualityAsserted", "FactRetracted", "RuleAdded").index(type(fact).__name__)
        expected.add(kind, fact.event_id)
    raws = [*RAWS, b"rubbish", *(sealed.raw for sealed in many)]

    columns = decoder(way).decode(raws)
    sums = EventSums(WAYS[way]())
    sums.add(columns)
    sums.move_to(found)

    assert found.value() == expected.value()
    assert [total % (1 << 128) for total in expected.buckets] == [total % (1 << 128) for total in found.buckets]

    in_parts = SetDigest()
    first = np.arange(len(raws)) < 100
    sums.add(columns, first)
    sums.move_to(in_parts)
    sums.add(columns, ~first)
    sums.move_to(in_parts)
    assert in_parts.value() == expected.value()
    with pytest.raises(ValueError, match="one truth value for each"):
        sums.add(columns, first[:-1])


def test_what_is_no_message_raises() -> None:
    """A caller's mistake would be taken for bad input, and a log of dead letters be the only trace of it."""
    with pytest.raises(TypeError):
        decoder("compiled").decode([RAWS[0], 7])  # type: ignore[list-item]


def test_loops_never_compute_with_floats() -> None:
    """Ids and clocks would lose their low bits where the compiler mixes signed and unsigned numbers."""
    decoder("compiled").decode(RAWS)
    seen = 0
    for name, loop in vars(compiled()).items():
        for signature in loop.nopython_signatures:
            assert "float" not in str(signature), name
            seen += 1
    assert seen > 10


def test_checked_arrays_check() -> None:
    """The un-compiled runs of these tests would prove nothing about reading outside the buffer."""
    array = Checked(np.zeros((2, 3), np.uint8))
    for index in ((2, 0), (0, 3), (-1, 0), (0, -1)):
        with pytest.raises(IndexError):
            array[index]
        with pytest.raises(IndexError):
            array[index] = 1
    with pytest.raises(OverflowError):
        array[0, 0] = 256


def test_bounds_are_checked_where_that_is_asked_for() -> None:
    """The compiled runs with bounds checks would prove nothing about reading outside the buffer."""
    words = np.zeros(4, np.uint64)

    with pytest.raises(IndexError):
        compiled(bounds_checked=True).copy_bytes(words, 0, np.zeros(9, np.uint64), 0, 8 * 4 + 1)


def run(script: str) -> str:
    """Run a script in a fresh interpreter."""
    done = subprocess.run(
        (sys.executable, "-c", script), cwd=ROOT, capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_numba_is_loaded_by_the_decoder_alone() -> None:
    """Every command would start slower, and none would start where numba cannot be installed."""
    loaded = run("import sys, schemas.codec, schemas.columns.decode; print('numba' in sys.modules)")

    assert loaded.strip() == "False"


def test_without_numba(monkeypatch: pytest.MonkeyPatch) -> None:
    """Somebody without numba would get an error that does not say what to install."""
    monkeypatch.setattr(decode, "compiled", compiled.__wrapped__)  # without its memo
    monkeypatch.setitem(sys.modules, "numba", None)

    with pytest.raises(CompilerMissing, match=r"pip install 'numba"):
        ColumnDecoder()


def test_a_big_endian_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every fact would be refused there, or get ids that nobody else computes, without a word."""
    monkeypatch.setattr(sys, "byteorder", "big")

    with pytest.raises(WrongByteOrder, match="decode_fact"):
        ColumnDecoder(plain())


def test_operators_that_collide(monkeypatch: pytest.MonkeyPatch) -> None:
    """A node whose operator finds no place in the table would have another operator, or none."""
    monkeypatch.setattr(texts, "PROBES_MAX", 1)
    names = [f"n{number % 150}" for number in range(300)]
    raws = [seal(NodeAdded(**ENVELOPE, operator=name, colour=Colour.RED)).raw for name in names]

    columns = ColumnDecoder(plain()).decode(raws)

    assert not columns.singly
    assert [columns.texts.text(number) for number in columns.operator] == names
    assert len(set(columns.operator.tolist())) == 150
