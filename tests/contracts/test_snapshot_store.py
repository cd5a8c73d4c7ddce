"""The port SnapshotStore, one suite for each adapter; and the format it guards: what is damaged is never loaded.

Belongs here: promises of streams/ports.py and streams/processors/snapshot.py. Not here: when snapshots are taken.
"""

import json
import os
from collections.abc import Callable
from pathlib import Path
from random import Random

import pytest

from egraph.colours import Colour
from egraph.facts import NodeAdded
from egraph.identifiers import EventId
from egraph.view import IncrementalView
from schemas.codec import seal
from streams.adapters.snapshot_files import MemorySnapshots, SnapshotFiles
from streams.ports import SnapshotStore
from streams.processors.fact_log import FactLog
from streams.processors.snapshot import (
    MAGIC,
    OtherSnapshotFormat,
    Snapshot,
    SnapshotDamaged,
    read_header,
    read_snapshot,
    write_snapshot,
)

PARTITIONS = 2


class Adapter:
    """One kind of store, how it is opened again after a crash, and how its bytes are damaged."""

    def __init__(self, name: str, directory: Path) -> None:
        self.name = name
        self._directory = directory
        self._memory = MemorySnapshots()

    def open(self) -> SnapshotStore:
        """Give the store as a process that starts now sees it."""
        return self._memory if self.name == "memory" else SnapshotFiles(self._directory)

    def damage(self, agent: int, change: Callable[[bytes], bytes]) -> None:
        """Change the newest stored bytes behind the store's back."""
        if self.name == "memory":
            self._memory._kept[agent] = change(self._memory._kept[agent])
        else:
            path = self._directory / f"agent-{agent}.snapshot"
            path.write_bytes(change(path.read_bytes()))


@pytest.fixture(params=["memory", "files"])
def adapter(request: pytest.FixtureRequest, tmp_path: Path) -> Adapter:
    """Each adapter of the port."""
    return Adapter(request.param, tmp_path / "snapshots")


def filled_log(version: tuple[int, ...]) -> FactLog:
    """Give a log with one node at every other offset: refused records leave holes."""
    log = FactLog(PARTITIONS)
    for partition, until in enumerate(version):
        offsets = list(range(0, until, 2))
        facts = [
            NodeAdded(
                graph="main", producer=f"p{partition}", sequence=offset, hlc=1 << 57, operator="x", colour=Colour.RED
            )
            for offset in offsets
        ]
        numbers = [log.intern(seal(fact).raw) for fact in facts]
        log.partitions[partition].extend(until, offsets, numbers, [1000 + offset for offset in offsets])
    return log


def snapshot_of(version: tuple[int, ...], gossip_next: int = 0, agent: int = 0) -> bytes:
    """Give the bytes of a snapshot that covers this much."""
    log = filled_log(version)
    view = IncrementalView(log.store)
    for partition, until in enumerate(version):
        view.fold_many(log.partitions[partition].facts_between(0, until))
    return write_snapshot(
        log,
        Snapshot(
            agent=agent,
            incarnation=7,
            version=version,
            gossip_next=gossip_next,
            dead_letters=1,
            clock=(4, 5),
            set_digest=view.set_digest(),
        ),
    )


# --- the port


def test_nothing_saved_gives_none(adapter: Adapter) -> None:
    """A fresh agent would start from something instead of from the log."""
    assert adapter.open().load(0) is None


def test_what_was_saved_is_loaded_after_a_restart(adapter: Adapter) -> None:
    """An agent would read the whole log again at every start, or start as another agent."""
    saved = {agent: snapshot_of((2 + agent, 3), agent=agent) for agent in (0, 1, 10)}
    store = adapter.open()
    for agent, snapshot in saved.items():
        store.save(agent, snapshot)

    assert {agent: adapter.open().load(agent) for agent in saved} == saved
    assert adapter.open().load(2) is None


def test_the_newest_wins(adapter: Adapter) -> None:
    """Progress since an older snapshot would be lost for nothing."""
    store = adapter.open()
    for version in ((1, 1), (2, 1), (2, 1), (5, 4)):
        store.save(0, snapshot_of(version, gossip_next=version[0]))

    assert adapter.open().load(0) == snapshot_of((5, 4), gossip_next=5)


@pytest.mark.parametrize(("version", "gossip_next"), [((2, 3), 9), ((3, 2), 9), ((3, 3), 8), ((9, 0), 99)], ids=str)
def test_a_zombie_does_not_replace_its_successor(adapter: Adapter, version: tuple[int, int], gossip_next: int) -> None:
    """A worker that was stopped for minutes would undo what its successor has saved."""
    kept = snapshot_of((3, 3), gossip_next=9)
    adapter.open().save(0, kept)

    adapter.open().save(0, snapshot_of(version, gossip_next))

    assert adapter.open().load(0) == kept


@pytest.mark.parametrize(
    "damage", [lambda data: data[:-1], lambda data: b"", lambda data: data[:40] + b"!" + data[41:]]
)
def test_a_damaged_snapshot_is_never_given(adapter: Adapter, damage: Callable[[bytes], bytes]) -> None:
    """An agent would start from half a state and call it whole; or refuse to start at all."""
    store = adapter.open()
    store.save(0, snapshot_of((3, 3)))
    adapter.damage(0, damage)

    assert adapter.open().load(0) is None
    assert adapter.open().load(0) is None
    fresh = snapshot_of((1, 0))
    adapter.open().save(0, fresh)
    assert adapter.open().load(0) == fresh, "a damaged snapshot must not fence anybody"


def test_agents_do_not_share_a_snapshot(adapter: Adapter) -> None:
    """One agent's save would fence or replace another's."""
    adapter.open().save(1, snapshot_of((9, 9), agent=1))
    adapter.open().save(0, snapshot_of((1, 1), agent=0))

    assert adapter.open().load(0) == snapshot_of((1, 1), agent=0)


def test_a_snapshot_of_another_number_of_agents_does_not_fence(adapter: Adapter) -> None:
    """After a change of --agents every save would raise, though the old snapshot cannot be restored at all."""
    adapter.open().save(0, OLD)
    log = FactLog(PARTITIONS + 1)
    version = (9,) * (PARTITIONS + 1)
    other = Snapshot(
        agent=0, incarnation=1, version=version, gossip_next=9, dead_letters=0, clock=version, set_digest=bytes(16)
    )
    larger = write_snapshot(log, other)

    adapter.open().save(0, larger)

    assert adapter.open().load(0) == larger


# --- files


class PowerCut(BaseException):
    """The process is gone."""


class Steps:
    """Lets the disk do so many steps of a save, then cuts the power."""

    def __init__(self, left: int, monkeypatch: pytest.MonkeyPatch) -> None:
        self._left = left
        self._replace = os.replace
        monkeypatch.setattr("streams.adapters.snapshot_files.os.replace", self.replace)

    def fsync(self, handle: int) -> None:
        """Stand in for os.fsync."""
        self._count()
        os.fsync(handle)

    def replace(self, source: Path, target: Path) -> None:
        """Stand in for os.replace."""
        self._count()
        self._replace(source, target)

    def _count(self) -> None:
        if self._left == 0:
            raise PowerCut
        self._left -= 1


OLD, NEW = snapshot_of((2, 2)), snapshot_of((4, 4))
STEPS_OF_A_SAVE = 4
"""Sync the file, put the old one by, put the new one in place, sync the directory."""


def crash_in_save(directory: Path, step: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Save OLD, then die before the given step of saving NEW. Raises AssertionError if there is no such step."""
    SnapshotFiles(directory).save(0, OLD)
    with monkeypatch.context() as patch:
        steps = Steps(step, patch)
        with pytest.raises(PowerCut):
            SnapshotFiles(directory, fsync=steps.fsync).save(0, NEW)


@pytest.mark.parametrize("step", range(STEPS_OF_A_SAVE))
def test_a_crash_in_a_save_leaves_the_old_or_the_new(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: int
) -> None:
    """A power cut in a save would cost the agent its state, or give it a torn one."""
    crash_in_save(tmp_path, step, monkeypatch)

    assert SnapshotFiles(tmp_path).load(0) == (NEW if step == STEPS_OF_A_SAVE - 1 else OLD)


def test_a_save_has_no_other_steps(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A crash point that nobody looks at would go untested."""
    SnapshotFiles(tmp_path).save(0, OLD)
    steps = Steps(STEPS_OF_A_SAVE, monkeypatch)

    SnapshotFiles(tmp_path, fsync=steps.fsync).save(0, NEW)

    assert steps._left == 0


@pytest.mark.parametrize(
    "step",
    [
        0,
        1,
        2,
        3,
    ],
)
def test_the_next_save_after_a_crash_works(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: int) -> None:
    """The restarted agent would die at every snapshot from then on."""
    crash_in_save(tmp_path, step, monkeypatch)

    SnapshotFiles(tmp_path).save(0, NEW)

    assert SnapshotFiles(tmp_path).load(0) == NEW


def test_an_unsynced_file_is_never_put_in_place(tmp_path: Path) -> None:
    """After a power cut the name would stand for an empty file."""
    whole: list[int] = []

    def note(handle: int) -> None:
        whole.append(os.fstat(handle).st_size)
        assert not (tmp_path / "agent-0.snapshot").exists() or len(whole) > 1

    snapshot = snapshot_of((1, 1))
    SnapshotFiles(tmp_path, fsync=note).save(0, snapshot)

    assert whole[0] == len(snapshot), "everything had been written when the file was synced"
    assert len(whole) == 2, "the directory is synced too"


def test_the_previous_snapshot_stands_in_for_a_damaged_one(tmp_path: Path) -> None:
    """One bad sector would cost the whole state, though an older snapshot lies beside it."""
    store = SnapshotFiles(tmp_path)
    older = snapshot_of((2, 2))
    store.save(0, older)
    store.save(0, snapshot_of((4, 4)))
    path = tmp_path / "agent-0.snapshot"
    path.write_bytes(path.read_bytes()[:-3])

    assert store.load(0) == older
    assert (tmp_path / "agent-0.snapshot.damaged").exists(), "the damaged file is left for a person"


def test_a_save_after_a_damaged_one_works(tmp_path: Path) -> None:
    """One bad sector would stop the agent from ever saving again."""
    store = SnapshotFiles(tmp_path)
    store.save(0, OLD)
    store.save(0, NEW)
    path = tmp_path / "agent-0.snapshot"
    path.write_bytes(path.read_bytes()[:-3])
    newest = snapshot_of((5, 5))

    store.save(0, newest)

    assert SnapshotFiles(tmp_path).load(0) == newest


# --- the format


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
    data = write_snapshot(log, header)
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

    read_snapshot(write_snapshot(log, header), restored)

    assert [list(partition.offsets) for partition in restored.partitions] == [[0, 2], []]
    assert [partition.end for partition in restored.partitions] == [3, 0]


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
