"""What the demo refuses before it starts anything, and that it does not outlive its broker in silence."""

import asyncio
import os
import sys
from pathlib import Path

import pytest

from launcher import child, local_system
from launcher.broker import Broker
from launcher.demo import Demo, DemoFailed, DemoPlan
from launcher.local_system import SystemFailed
from launcher.ports import free_port


class Silent:
    """A screen that nobody sees."""

    def say(self, line: str) -> None:
        """Drop a line."""

    def sent(self, progress: object) -> None:
        """Drop a number."""

    def agreement(self, standing: object) -> None:
        """Drop a number."""


def plan(folder: Path, *paths: Path) -> DemoPlan:
    """A demo in this folder."""
    return DemoPlan(data_dir=folder, paths=paths, console_port=free_port())


def never(**_: object) -> Broker:
    """Take the place of the ladder."""
    raise AssertionError("a broker was started for nothing")


def test_a_missing_file_is_told_before_anything_starts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A user would wait for a broker and nine agents to hear that a path is misspelt."""
    monkeypatch.setattr(local_system, "find_broker", never)
    with pytest.raises(DemoFailed, match="nowhere"):
        Demo(plan(tmp_path / "data", tmp_path / "nowhere"), Silent()).prepare()
    assert not (tmp_path / "data").exists()


def test_a_folder_that_cannot_be_written_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A read-only disk would end in a stack trace."""
    monkeypatch.setattr(local_system, "find_broker", never)

    def refuse(_: Path, *, keep: bool) -> None:
        raise OSError(30, os.strerror(30))

    monkeypatch.setattr(local_system, "claim_data_dir", refuse)
    with pytest.raises(SystemFailed, match=r"Read-only file system; .*--data-dir"):
        Demo(plan(tmp_path), Silent()).prepare()


def test_the_demo_ends_when_its_broker_does(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The console would go on over a system that is dead, and nothing would say so."""
    folder = tmp_path / "data"

    def start(**_: object) -> Broker:
        process = child.start((sys.executable, "-c", "print('last words')"), folder / "logs" / "kafka.log")
        return Broker("127.0.0.1:1", "fake", processes=(process,))

    monkeypatch.setattr(local_system, "find_broker", start)
    running = Demo(plan(folder), Silent())
    running.prepare()
    try:
        with pytest.raises(SystemFailed, match=r"(?s)the broker ended with code .*last words"):
            asyncio.run(asyncio.wait_for(running.system.supervise(), 60))
    finally:
        running.system.stop()
