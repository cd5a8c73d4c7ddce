"""Snapshot stores: a directory of files, and one in memory.

Belongs here: atomic replacement and fencing. Not here: what a snapshot holds (processors/snapshot.py).
"""

import os
import time
from collections.abc import Callable
from pathlib import Path

from streams.processors.snapshot import SnapshotDamaged, read_header

_LEFT_BEHIND_SECONDS = 600.0


def _is_older(snapshot: bytes, kept: bytes) -> bool:
    """Tell whether a snapshot covers less than the kept one, in any partition or in the inbox.

    One of another number of agents covers nothing that this system could use.
    """
    new, old = read_header(snapshot), read_header(kept)
    if len(new["version"]) != len(old["version"]):
        return False
    return new["gossip_next"] < old["gossip_next"] or any(
        mine < theirs for mine, theirs in zip(new["version"], old["version"], strict=True)
    )


class MemorySnapshots:
    """Snapshots in memory, for the simulator and tests."""

    def __init__(self) -> None:
        self._kept: dict[int, bytes] = {}

    def save(self, agent: int, snapshot: bytes) -> None:
        """Replace the agent's snapshot unless the kept one covers more."""
        kept = self.load(agent)
        if kept is None or not _is_older(snapshot, kept):
            self._kept[agent] = snapshot

    def load(self, agent: int) -> bytes | None:
        """Give the newest intact snapshot, or None."""
        kept = self._kept.get(agent)
        if kept is None:
            return None
        try:
            read_header(kept)
        except SnapshotDamaged:
            del self._kept[agent]
            return None
        return kept


class SnapshotFiles:
    """Snapshots as files of one directory: `agent-<n>.snapshot`, and `.previous` beside it."""

    def __init__(self, directory: Path, *, fsync: Callable[[int], None] = os.fsync) -> None:
        self._directory = directory
        self._fsync = fsync
        directory.mkdir(parents=True, exist_ok=True)
        for left in directory.glob("*.writing-*"):  # of a process that died while it saved
            if time.time() - left.stat().st_mtime > _LEFT_BEHIND_SECONDS:
                left.unlink(missing_ok=True)

    def save(self, agent: int, snapshot: bytes) -> None:
        """Replace the agent's snapshot: written aside, synced, renamed, directory synced.

        Does nothing where the kept one covers more: that is what keeps a zombie from undoing its successor's work.
        """
        kept = self.load(agent)
        if kept is not None and _is_older(snapshot, kept):
            return
        path = self._path(agent)
        aside = path.with_suffix(f".writing-{os.getpid()}")
        try:
            with open(aside, "wb") as file:
                file.write(snapshot)
                file.flush()
                self._fsync(file.fileno())
            if path.exists():  # not so after a crash between these two steps, nor after damage
                os.replace(path, path.with_suffix(".previous"))
            os.replace(aside, path)
        except OSError:
            aside.unlink(missing_ok=True)  # on a full disk every restart would leave one more
            raise
        directory = os.open(self._directory, os.O_RDONLY)
        try:
            self._fsync(directory)
        finally:
            os.close(directory)

    def load(self, agent: int) -> bytes | None:
        """Give the newest intact snapshot, or None. A damaged file is renamed to `.damaged` and left for a person."""
        path = self._path(agent)
        for candidate in (path, path.with_suffix(".previous")):
            try:
                data = candidate.read_bytes()
            except FileNotFoundError:
                continue
            try:
                read_header(data)
            except SnapshotDamaged:
                os.replace(candidate, candidate.with_name(candidate.name + ".damaged"))
                continue
            return data
        return None

    def _path(self, agent: int) -> Path:
        return self._directory / f"agent-{agent}.snapshot"
