"""The port SnapshotStore, one suite for each adapter: what is damaged is never loaded.

Belongs here: promises of streams/ports.py. Not here: the format (tests/unit/processors/test_snapshot_format.py), when
snapshots are taken.
"""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from streams.adapters.snapshot_files import MemorySnapshots, SnapshotFiles
from streams.ports import SnapshotStore
from streams.processors.fact_log import FactLog
from streams.processors.snapshot import (
    Snapshot,
    draft_snapshot,
)
from tests.contracts.snapshots import PARTITIONS, snapshot_of


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
    larger = draft_snapshot(log, other).encode()

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
