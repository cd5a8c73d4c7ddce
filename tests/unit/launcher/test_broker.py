"""The broker ladder: its order, what it says, and that it ends with all reasons when no rung holds."""

import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from launcher import broker, jar_kafka
from launcher.broker import RUNGS, Broker, NoBroker, find_broker
from launcher.rung import RungFailed

ADDRESS = "127.0.0.1:1"


class Ladder:
    """Fake rungs: which were tried, and which hold."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, work_dir: Path, *holding: str) -> None:
        self.tried: list[str] = []
        self.said: list[str] = []
        self.stopped: list[str] = []
        self.topics: dict[str, int] | None = None
        self._holding = holding
        self._work_dir = work_dir
        monkeypatch.setattr(broker.docker_kafka, "start", lambda say: self._try("docker", self._stop))
        monkeypatch.setattr(broker.jar_kafka, "start", lambda work_dir, say, keep: self._try("jars")[::-1])
        monkeypatch.setattr(broker.mock_kafka, "start", self._mock)

    def _try(self, rung: str, other: Any = "process") -> tuple[str, Any]:
        self.tried.append(rung)
        if rung not in self._holding:
            raise RungFailed(f"why {rung} fails; what to do about it")
        return ADDRESS, other

    def _stop(self) -> None:
        self.stopped.append("docker")

    def _mock(self, work_dir: Path, topics: dict[str, int]) -> tuple[Any, str]:
        assert work_dir == self._work_dir
        self.topics = topics
        address, process = self._try("mock")
        return process, address

    def find(self, **changes: Any) -> Broker:
        """Climb."""
        given: dict[str, Any] = {"named": None, "work_dir": self._work_dir, "topics": {"t": 3}, "say": self.said.append}
        return find_broker(**given | changes)


MakeLadder = Callable[..., Ladder]


@pytest.fixture
def ladder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> MakeLadder:
    """Make a ladder of which these rungs hold."""
    return lambda *holding: Ladder(monkeypatch, tmp_path, *holding)


@pytest.mark.parametrize(
    ("holding", "tried", "volatile"),
    [
        (("docker", "jars", "mock"), ["docker"], False),
        (("jars", "mock"), ["docker", "jars"], False),
        (("mock",), ["docker", "jars", "mock"], True),
    ],
    ids=["all", "no docker", "mock alone"],
)
def test_the_first_rung_that_holds_is_taken(
    ladder: MakeLadder, holding: tuple[str, ...], tried: list[str], volatile: bool
) -> None:
    """A durable broker would be passed over for one that forgets, or a second one be started for nothing."""
    climbed = ladder(*holding)

    found = climbed.find()

    assert climbed.tried == tried
    assert (found.bootstrap, found.volatile) == (ADDRESS, volatile)
    assert len(found.processes) == (tried[-1] != "docker"), "what must be stopped is handed on"
    assert climbed.said[-1].endswith(ADDRESS)
    for rung, line in zip(tried[:-1], climbed.said, strict=False):
        assert line == f"{rung}: why {rung} fails; what to do about it"


def test_a_broker_in_docker_is_stopped_by_docker(ladder: MakeLadder) -> None:
    """The container would run on after the demo."""
    climbed = ladder("docker")
    found = climbed.find()
    assert climbed.stopped == []
    found.stop_extra()

    assert climbed.stopped == ["docker"]
    Broker(ADDRESS, "other").stop_extra()


def test_the_volatile_rung_says_so_and_gets_its_topics(ladder: MakeLadder) -> None:
    """Somebody would trust it with facts; or agents would read topics that do not exist."""
    climbed = ladder("mock")
    climbed.find()

    assert climbed.topics == {"t": 3}
    assert any("volatile" in line for line in climbed.said)


def test_without_a_broker_every_rung_has_its_say(ladder: MakeLadder) -> None:
    """The user would hear of the last failure alone, which is never the one that is easiest to mend."""
    climbed = ladder()

    with pytest.raises(NoBroker) as refused:
        climbed.find()

    assert climbed.tried == list(RUNGS)
    lines = str(refused.value).splitlines()
    assert [line.strip() for line in lines[1:]] == [f"{rung}: why {rung} fails; what to do about it" for rung in RUNGS]


def test_only_the_wanted_rungs_are_tried(ladder: MakeLadder) -> None:
    """A test that asks for the mock cluster would start Docker."""
    climbed = ladder("docker", "jars", "mock")
    assert climbed.find(rungs=("mock",)).volatile
    assert climbed.tried == ["mock"]


@pytest.mark.parametrize("rungs", [("dokcer",), ("docker", "jar"), ()])
def test_a_misspelt_rung_is_refused(ladder: MakeLadder, rungs: tuple[str, ...]) -> None:
    """A misspelt rung would quietly stand for the one that forgets."""
    climbed = ladder("docker", "jars", "mock")
    with pytest.raises(NoBroker, match="docker, jars, mock"):
        climbed.find(rungs=rungs)
    assert climbed.tried == []


@pytest.mark.parametrize("is_there", [True, False])
def test_a_named_cluster_is_used_or_refused(
    ladder: MakeLadder, monkeypatch: pytest.MonkeyPatch, is_there: bool
) -> None:
    """Facts meant for one cluster would go into another that was started in its place."""
    climbed = ladder("docker", "jars", "mock")
    monkeypatch.setattr(broker, "answers", lambda bootstrap: is_there and bootstrap == "somewhere:9092")

    if is_there:
        found = climbed.find(named="somewhere:9092")
        assert (found.bootstrap, found.volatile, found.processes) == ("somewhere:9092", False, ())
    else:
        with pytest.raises(NoBroker, match="somewhere:9092"):
            climbed.find(named="somewhere:9092")
    assert climbed.tried == []


def test_a_fault_of_ours_is_not_a_rung_that_fails(ladder: MakeLadder, monkeypatch: pytest.MonkeyPatch) -> None:
    """A defect in one rung would pass as `not installed`, and everybody would run on the mock cluster."""
    climbed = ladder("mock")

    def defect(say: object) -> None:
        raise TypeError("our own")

    monkeypatch.setattr(broker.docker_kafka, "start", defect)
    with pytest.raises(TypeError, match="our own"):
        climbed.find()


@pytest.mark.parametrize(
    ("shown", "works"),
    [
        ('openjdk version "17.0.1" 2021-10-19', True),
        ('java version "21" 2023-09-19 LTS', True),
        ('java version "1.8.0_292"', False),
        ('openjdk version "11.0.2"', False),
        ("Picked up JAVA_TOOL_OPTIONS: -Xmx1g", False),
        ("", False),
    ],
)
def test_java_is_new_enough(monkeypatch: pytest.MonkeyPatch, shown: str, works: bool) -> None:
    """Kafka would fail on an old Java with a stack trace instead of a sentence."""
    done = subprocess.CompletedProcess(("java",), 0, b"", shown.encode())
    monkeypatch.setattr(jar_kafka.shutil, "which", lambda name: "/usr/bin/java")
    monkeypatch.setattr(jar_kafka.subprocess, "run", lambda *_, **__: done)

    if works:
        jar_kafka._check_java()
    else:
        with pytest.raises(RungFailed, match="Java 17"):
            jar_kafka._check_java()


def test_a_java_that_hangs_is_a_rung_that_fails(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """The ladder would end in a stack trace although the next rung holds."""

    def hang(command: object, **options: Any) -> None:
        raise subprocess.TimeoutExpired(str(command), options["timeout"])

    monkeypatch.setattr(jar_kafka.shutil, "which", lambda name: "/usr/bin/java")
    monkeypatch.setattr(jar_kafka.subprocess, "run", hang)
    with pytest.raises(RungFailed):
        jar_kafka.start(tmp_path, lambda line: None)
