"""The supervisor: restarts with growing pauses, gives up loudly, leaves nobody behind. Time is turned by hand."""

import os
import signal
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest

from launcher.supervisor import SHORT_LIFE_S, SHORT_LIVES_MAX, CannotStayUp, Supervised, Supervisor
from tests.unit.launcher.tiny import POLITE, SLEEPER, STUBBORN, is_reaped, is_running, python, until_logged

FAILING = "print('the reason', flush=True); raise SystemExit(3)"


class Watch:
    """A supervisor, what it said, and its clock."""

    def __init__(self, log_dir: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.now = 1000.0
        monkeypatch.setattr("launcher.supervisor.time", SimpleNamespace(monotonic=lambda: self.now))
        self.said: list[str] = []
        self.supervisor = Supervisor(log_dir, self.said.append)
        self.log_dir = log_dir

    def end_of(self, item: Supervised, after_s: float = 0.0) -> float:
        """Let a process end after such a life; give the pause before it is due again."""
        item.process.wait(20)
        self.now += after_s
        self.supervisor.poll()
        return item.due_at - self.now

    def kill(self, item: Supervised, after_s: float) -> float:
        """Kill a process after such a life; give the pause before it is due again."""
        os.kill(item.process.pid, signal.SIGKILL)
        return self.end_of(item, after_s)

    def restart(self, item: Supervised) -> None:
        """Let the pause pass."""
        self.now = item.due_at
        self.supervisor.poll()


@pytest.fixture
def watch(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Watch]:
    """A supervisor whose processes are gone after the test."""
    out = Watch(tmp_path / "logs", monkeypatch)
    yield out
    out.supervisor.stop(0.0)


def test_who_ended_starts_again_after_the_pause(watch: Watch) -> None:
    """An agent that crashed would stay away, or be started at once and without end."""
    item = watch.supervisor.start("worker-0", python(FAILING))
    first = item.process.pid
    pause = watch.end_of(item)
    assert pause > 0
    assert "worker-0 ended with code 3" in watch.said[-1]

    watch.now += pause * 0.9
    watch.supervisor.poll()
    assert (item.process.pid, item.restarts) == (first, 0)
    assert len(watch.said) == 1, "said once, not at every poll"

    watch.restart(item)
    assert item.process.pid != first
    assert item.restarts == 1
    assert "worker-0 runs again (restart 1)" in watch.said[-1]
    item.process.wait(20)
    assert (watch.log_dir / "worker-0.log").read_text() == "the reason\nthe reason\n"


def test_pauses_grow_up_to_a_limit(watch: Watch) -> None:
    """A crash loop would keep a core busy."""
    item = watch.supervisor.start("one", python(FAILING))
    pauses = []
    for _ in range(SHORT_LIVES_MAX - 1):
        pauses.append(watch.end_of(item))
        watch.restart(item)

    assert pauses == sorted(pauses)
    assert pauses[-1] > 2 * pauses[0]
    assert sum(pauses) < 60
    assert item.exit_codes == [3] * (SHORT_LIVES_MAX - 1)


def test_it_gives_up_with_the_end_of_the_log(watch: Watch) -> None:
    """A process that cannot start would be tried for ever, and nobody would see why."""
    item = watch.supervisor.start("sink", python(FAILING))
    for _ in range(SHORT_LIVES_MAX - 1):
        watch.end_of(item)
        watch.restart(item)
    item.process.wait(20)

    with pytest.raises(CannotStayUp) as given_up:
        watch.supervisor.poll()

    message = str(given_up.value)
    assert f"sink ended {SHORT_LIVES_MAX} times" in message
    assert "code 3" in message
    assert message.endswith("the reason")
    assert str(watch.log_dir / "sink.log") in message


def test_a_long_life_makes_up_for_short_ones(watch: Watch) -> None:
    """A process that fails once a day would be given up after a week."""
    item = watch.supervisor.start("one", python(SLEEPER))
    first = watch.kill(item, 0.0)
    for _ in range(SHORT_LIVES_MAX + 2):
        watch.restart(item)
        short = watch.kill(item, SHORT_LIFE_S * 0.9)
        watch.restart(item)
        long = watch.kill(item, SHORT_LIFE_S * 1.1)
        assert long <= short
    assert long < first
    assert item.exit_codes[-1] == -signal.SIGKILL


def test_one_that_ends_does_not_disturb_the_others(watch: Watch) -> None:
    """The whole system would restart with each of its parts."""
    steady = watch.supervisor.start("steady", python(SLEEPER))
    failing = watch.supervisor.start("failing", python(FAILING))
    pid = steady.process.pid
    watch.end_of(failing)
    watch.restart(failing)

    assert (steady.process.pid, steady.restarts) == (pid, 0)
    assert is_running(pid)


def test_stopping_leaves_no_child(watch: Watch) -> None:
    """Processes would go on without a launcher, holding ports and the lock of the tables."""
    for name, program in {"polite": POLITE, "stubborn": STUBBORN, "plain": SLEEPER}.items():
        watch.supervisor.start(name, python(program))
        until_logged(watch.log_dir / f"{name}.log")
    failing = watch.supervisor.start("failing", python(FAILING))
    watch.end_of(failing)
    pids = {name: item.process.pid for name, item in watch.supervisor.processes.items()}

    watch.supervisor.stop(1.0)

    assert [name for name, pid in pids.items() if not is_reaped(pid)] == []
    assert watch.supervisor.processes["polite"].process.returncode == 7, "it was asked and not killed"
    watch.supervisor.stop(1.0)


def test_stopping_after_giving_up_leaves_no_child(watch: Watch) -> None:
    """The process that could not stay up would take the order of the stop with it."""
    steady = watch.supervisor.start("steady", python(SLEEPER))
    failing = watch.supervisor.start("failing", python(FAILING))
    failing.short_lives = SHORT_LIVES_MAX - 1
    failing.process.wait(20)
    with pytest.raises(CannotStayUp):
        watch.supervisor.poll()

    watch.supervisor.stop(1.0)

    assert is_reaped(steady.process.pid)
    assert is_reaped(failing.process.pid)
