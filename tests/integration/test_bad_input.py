"""Every kind of bad record on a real Kafka: refused with its reason, position and bytes; good facts are not held up."""

import asyncio
from dataclasses import replace
from pathlib import Path

import pytest

from egraph.colours import Colour
from egraph.facts import EqualityAsserted, FactRetracted, NodeAdded, Stated
from egraph.identifiers import EventId, node_id
from schemas.codec import seal
from schemas.topics import DEAD_LETTERS, FACTS
from streams.dead_letters import from_record
from streams.ports import DeadLetter
from tests.integration.system import System, digests, replayed
from tests.integration.topics import append, read_all

pytestmark = pytest.mark.kafka

LEAF = {colour: node_id("leaf", colour, ()) for colour in Colour}
NODE = NodeAdded(graph="main", producer="tests", sequence=0, hlc=1 << 16, operator="leaf", colour=Colour.GREEN)
GOOD = seal(NODE).raw
BAD = {
    "empty": b"",
    "unknown-schema": b"\xc3\x01" + bytes(8) + b"rest",
    "undecodable": GOOD[:40],
    "not-canonical": GOOD + b"\0",
    "oversized": seal(replace(NODE, sequence=5, operator="x" * 65_536)).raw,
    "wrong-event-id": GOOD[:10] + bytes(16) + GOOD[26:],
    "colour-local": seal(replace(NODE, sequence=6, colour=Colour.RED, children=(LEAF[Colour.BLUE],))).raw,
    "sequence-reuse": seal(replace(NODE, operator="another")).raw,
    "other-graph": seal(replace(NODE, sequence=7, graph="elsewhere")).raw,
    "out-of-domain": seal(replace(NODE, sequence=8, trace=b"short")).raw,
}
PARTITION = 4


def fact(sequence: int) -> bytes:
    """Give one more good fact of the same producer."""
    return seal(replace(NODE, sequence=sequence, operator=f"good {sequence}")).raw


def test_each_kind_of_bad_record_is_recorded_with_its_reason(broker: str, tmp_path: Path) -> None:
    """A refusal without reason, position or bytes cannot be explained, mended or redriven."""
    records = [GOOD]
    for number, value in enumerate(BAD.values()):
        records += [value, fact(100 + number)]

    async def run() -> tuple[tuple[str, str], list[DeadLetter]]:
        async with System(broker, tmp_path, workers=1) as system:
            await append(broker, FACTS.name, [(PARTITION, value) for value in records])
            reached = digests(await system.agreed())
        letters = []
        for record in (await read_all(broker, DEAD_LETTERS.name))[0]:
            letter = from_record(record)
            assert isinstance(letter, DeadLetter)
            letters.append(letter)
        return reached, letters

    reached, letters = asyncio.run(run())
    judge = replayed(broker)

    assert {letter.reason: letter.source.value or b"" for letter in letters} == BAD
    assert {(item.source.topic, item.source.partition, item.source.offset) for item in letters} == {
        (FACTS.name, PARTITION, 1 + 2 * number) for number in range(len(BAD))
    }
    assert all(letter.detail for letter in letters)
    assert reached == (judge["set_digest"], judge["view_digest"])
    assert judge["nodes"] == judge["facts"] == 1 + len(BAD)


def test_a_tombstone_for_nothing_is_held_until_its_target_comes(broker: str, tmp_path: Path) -> None:
    """A retraction that overtakes its target would be lost, and the withdrawn equality would stand."""
    equality = seal(
        EqualityAsserted(
            graph="main", producer="tests", sequence=0, hlc=1 << 16,
            left=LEAF[Colour.GREEN], right=LEAF[Colour.RED], why=Stated("test"),
        )
    )  # fmt: skip
    assert isinstance(equality.fact, EqualityAsserted)

    def tombstone(target: EventId, sequence: int) -> bytes:
        return seal(
            FactRetracted(
                graph="main", producer="tests", sequence=sequence, hlc=1 << 16, target=target, why="changed my mind"
            )
        ).raw

    async def run() -> list[tuple[int, int, int]]:
        seen = []
        async with System(broker, tmp_path, workers=1) as system:
            await append(
                broker, FACTS.name, [(3, tombstone(equality.fact.event_id, 0)), (3, tombstone(EventId(bytes(16)), 1))]
            )
            for values in ([], [(7, equality.raw)]):
                await append(broker, FACTS.name, values)
                beats = (await system.agreed()).beats.values()
                ((held, retracted, accepted),) = {
                    (beat.tombstones_held, beat.retracted, beat.accepted) for beat in beats
                }
                seen.append((held, retracted, accepted))
            assert await read_all(broker, DEAD_LETTERS.name) == {}
        return seen

    assert asyncio.run(run()) == [(2, 0, 0), (1, 1, 0)]
