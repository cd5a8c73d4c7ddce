"""The format of snapshots: what is damaged is refused, what is whole gives back what was written.

Belongs here: promises of streams/processors/snapshot.py. Not here: where snapshots are kept (tests/contracts).
"""

import json
from random import Random

import pytest

from egraph.identifiers import EventId
from streams.processors.fact_log import FactLog
from streams.processors.snapshot import (
    MAGIC,
    OtherSnapshotFormat,
    Snapshot,
    SnapshotDamaged,
    draft_snapshot,
    read_header,
    read_snapshot,
)
from tests.contracts.snapshots import PARTITIONS, filled_log, snapshot_of

SMALL = snapshot_of((3, 1), gossip_next=2)


def is_refused(data: bytes) -> bool:
    """Tell whether reading these bytes is refused as damage; any other exception passes through."""
    try:
        read_snapshot(data, FactLog(PARTITIONS))
    except SnapshotDamaged:
        return True
    return False


def test_every_truncation_is_refused() -> None:
    """A half-written snapshot would load as a smaller state."""
    assert not is_refused(SMALL)
    assert [length for length in range(len(SMALL)) if not is_refused(SMALL[:length])] == []


def test_every_changed_byte_is_refused() -> None:
    """A flipped bit would load as another state."""
    random = Random(3)
    for at in range(len(SMALL)):
        for flip in {1 << random.randrange(8), 0xFF}:
            damaged = SMALL[:at] + bytes((SMALL[at] ^ flip,)) + SMALL[at + 1 :]
            assert is_refused(damaged), f"byte {at} changed by {flip:#x}"


@pytest.mark.parametrize(
    "data", [b"", MAGIC, MAGIC[:-1], b"egraph-snapshot-\xff\n", SMALL + b"\0", SMALL + SMALL, SMALL[1:]]
)
def test_what_is_no_snapshot_is_refused(data: bytes) -> None:
    """Foreign or doubled bytes would load."""
    assert is_refused(data)


@pytest.mark.parametrize("number", [1, 3, 10])
def test_another_format_is_refused_by_its_number(number: int) -> None:
    """After an upgrade or a way back nobody could tell an old snapshot from a broken one, or it would be misread."""
    other = SMALL.replace(MAGIC, b"egraph-snapshot-%d\n" % number, 1)
    for read in (read_header, lambda data: read_snapshot(data, FactLog(PARTITIONS))):
        with pytest.raises(OtherSnapshotFormat, match=f"format {number}, this release reads format 2"):
            read(other)


def test_the_format_has_a_number_for_each_layout() -> None:
    """A release that writes other bytes under an old number would be misread by the one before, or misread it."""
    log, header = FactLog(1), Snapshot(
        agent=0, incarnation=7, version=(2,), gossip_next=3, dead_letters=1, clock=(4,), set_digest=bytes(16),
        doubtful=(EventId(b"doubtful-event-1"),),
    )  # fmt: skip
    log.partitions[0].extend(2, [], [], [])
    data = draft_snapshot(log, header).encode()
    assert data.startswith(b"egraph-snapshot-2\n")
    size = int.from_bytes(data[len(MAGIC) + 16 :][:4], "little")
    assert sorted(json.loads(data[len(MAGIC) + 20 :][:size])) == sorted(
        ("agent", "incarnation", "version", "gossip_next", "dead_letters", "clock", "set_digest", "doubtful", "rows",
         "bytes", "schemas")
    )  # fmt: skip
    assert read_snapshot(data, FactLog(1)) == header


def test_facts_that_the_process_has_are_not_read_again() -> None:
    """Each agent of a worker would unpack all facts anew, or a shared log would be written over."""
    log = filled_log((3, 1))
    known, partitions = list(log.raws), [list(content.facts) for content in log.partitions]

    snapshot = read_snapshot(snapshot_of((3, 1), agent=1), log)

    assert (snapshot.agent, list(log.raws)) == (1, known)
    assert [list(content.facts) for content in log.partitions] == partitions


def test_a_snapshot_gives_back_facts_offsets_and_times() -> None:
    """A restored agent would hold other facts, or gossip them with other offsets."""
    log = FactLog(PARTITIONS)
    expected = filled_log((3, 1))

    snapshot = read_snapshot(SMALL, log)

    assert (snapshot.version, snapshot.gossip_next, snapshot.clock) == ((3, 1), 2, (4, 5))
    assert (snapshot.agent, snapshot.incarnation, snapshot.dead_letters) == (0, 7, 1)
    for found, wanted in zip(log.partitions, expected.partitions, strict=True):
        assert (found.offsets, found.appended_at, found.end) == (wanted.offsets, wanted.appended_at, wanted.end)
        assert [log.raws[n] for n in found.facts] == [expected.raws[n] for n in wanted.facts]


def test_facts_behind_the_version_are_left_out() -> None:
    """Facts that another agent of the process knows would become this agent's at its restart."""
    log = filled_log((6, 6))
    header = Snapshot(
        agent=0, incarnation=1, version=(3, 0), gossip_next=0, dead_letters=0, clock=(0, 0), set_digest=b""
    )
    restored = FactLog(PARTITIONS)

    read_snapshot(draft_snapshot(log, header).encode(), restored)

    assert [list(partition.offsets) for partition in restored.partitions] == [[0, 2], []]
    assert [partition.end for partition in restored.partitions] == [3, 0]


def test_a_draft_says_the_same_after_the_agent_has_gone_on() -> None:
    """A snapshot whose bytes are made in a thread would hold facts of another moment than its offsets."""
    log = filled_log((6, 6))
    header = Snapshot(
        agent=0, incarnation=1, version=(5, 4), gossip_next=0, dead_letters=0, clock=(0, 0), set_digest=b""
    )
    at_once, later = draft_snapshot(log, header).encode(), draft_snapshot(log, header)

    number = log.intern(filled_log((0, 1)).raws[0])
    assert isinstance(number, int)
    log.partitions[0].extend(7, [6], [number], [0])
    assert log.partitions[0].put_back(1, number, 0)

    assert later.encode() == at_once
    assert draft_snapshot(log, header).encode() != at_once


def test_a_snapshot_is_of_one_agent_and_adds_up() -> None:
    """Copying a file over another agent's, or losing a fact on the way, would pass unnoticed."""
    log = FactLog(PARTITIONS)
    snapshot = read_snapshot(SMALL, log)
    snapshot.verify(0, snapshot.set_digest)
    with pytest.raises(SnapshotDamaged, match="agent 0, not of 1"):
        snapshot.verify(1, snapshot.set_digest)
    with pytest.raises(SnapshotDamaged, match="add up"):
        snapshot.verify(0, b"another digest!!")


def test_another_number_of_agents_is_refused() -> None:
    """A system of another size would take over offsets that mean nothing in it."""
    with pytest.raises(SnapshotDamaged, match="2 partitions"):
        read_snapshot(SMALL, FactLog(3))


def test_another_release_of_the_schemas_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """What the former release refused for an unknown schema would be missing for ever, though this one reads it."""
    with monkeypatch.context() as patch:
        patch.setattr("streams.processors.snapshot.FACT_SCHEMAS", ("node_added",))
        other = snapshot_of((3, 1))
    assert set(read_header(other)["schemas"]) != set(read_header(SMALL)["schemas"])

    assert is_refused(other)
