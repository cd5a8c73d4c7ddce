"""One local system: its folder, its size, its command lines."""

import os
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest
import typer

from cli.main import build_app
from launcher.system import DataDirRefused, SystemPlan, claim_data_dir, default_workers, start_system


def names(folder: Path) -> list[str]:
    """Give what a folder holds."""
    return sorted(item.name for item in folder.iterdir())


def test_a_folder_is_made(tmp_path: Path) -> None:
    """The first start would need a mkdir by hand."""
    claim_data_dir(tmp_path / "a" / "b").close()

    assert len(names(tmp_path / "a" / "b")) == 1, "marked as ours"


def test_an_empty_folder_is_taken(tmp_path: Path) -> None:
    """A folder that somebody made for this purpose would be refused."""
    claim_data_dir(tmp_path).close()
    assert len(names(tmp_path)) == 1


def test_our_own_folder_is_emptied(tmp_path: Path) -> None:
    """A new demo would start with the snapshots and segments of the last one."""
    claim_data_dir(tmp_path).close()
    marker = names(tmp_path)
    (tmp_path / "store" / "facts").mkdir(parents=True)
    (tmp_path / "store" / "facts" / "seg").touch()
    (tmp_path / "agent-0.snapshot").touch()

    claim_data_dir(tmp_path).close()

    assert names(tmp_path) == marker


def test_the_folder_of_a_demo_that_runs_is_left_alone(tmp_path: Path) -> None:
    """A second demo would empty the store and the logs under the first one, which shows nothing from then on."""
    with claim_data_dir(tmp_path):
        (tmp_path / "store").mkdir()
        with pytest.raises(DataDirRefused, match="--data-dir"):
            claim_data_dir(tmp_path)
        assert "store" in names(tmp_path)

    claim_data_dir(tmp_path).close()
    assert "store" not in names(tmp_path)


def test_a_system_that_is_kept_finds_its_folder_as_it_was(tmp_path: Path) -> None:
    """A second `egraph up` would begin with nothing; or a demo would empty the folder of somebody's system."""
    claim_data_dir(tmp_path, keep=True).close()
    (tmp_path / "store").mkdir()

    with claim_data_dir(tmp_path, keep=True), pytest.raises(DataDirRefused, match="that runs"):
        claim_data_dir(tmp_path, keep=True)
    assert "store" in names(tmp_path)
    with pytest.raises(DataDirRefused, match="egraph up"):
        claim_data_dir(tmp_path)
    assert "store" in names(tmp_path)


@pytest.mark.parametrize("content", ["thesis.txt", ".hidden", "folder/file"])
def test_a_foreign_folder_is_refused_and_left_alone(tmp_path: Path, content: str) -> None:
    """Somebody's files would be deleted by a mistyped option."""
    path = tmp_path / content
    path.parent.mkdir(exist_ok=True)
    path.write_text("years of work")

    with pytest.raises(DataDirRefused, match="--data-dir"):
        claim_data_dir(tmp_path)

    assert path.read_text() == "years of work"
    assert names(tmp_path) == [Path(content).parts[0]]


def test_what_a_link_in_our_folder_points_to_stays(tmp_path: Path) -> None:
    """Emptying would follow a link out of the folder."""
    outside, ours = tmp_path / "outside", tmp_path / "ours"
    outside.mkdir()
    (outside / "thesis.txt").touch()
    claim_data_dir(ours).close()
    (ours / "link").symlink_to(outside)

    claim_data_dir(ours).close()

    assert names(outside) == ["thesis.txt"]
    assert "link" not in names(ours)


@pytest.mark.parametrize(
    ("cores", "agents", "expected"), [(2, 9, 2), (64, 9, 9), (1, 9, 1), (8, 1, 1), (None, 9, 1), (4, 0, 1)]
)
def test_workers_are_as_many_as_help(
    monkeypatch: pytest.MonkeyPatch, cores: int | None, agents: int, expected: int
) -> None:
    """Workers without an agent would run, or cores would idle, or nobody would work at all."""
    monkeypatch.setattr(os, "cpu_count", lambda: cores)

    assert default_workers(agents) == expected


class Recorder:
    """Takes the place of the supervisor and starts nothing."""

    def __init__(self) -> None:
        self.commands: dict[str, list[str]] = {}

    def start(self, name: str, command: Sequence[str]) -> None:
        """Note what would be started."""
        assert name not in self.commands, "two processes under one name share a log"
        self.commands[name] = list(command)


def commands_of(plan: SystemPlan) -> dict[str, list[str]]:
    """Give the commands by name."""
    recorder = Recorder()
    start_system(plan, recorder)  # type: ignore[arg-type]
    return recorder.commands


def test_a_system_is_its_workers_an_orchestrator_a_sink_and_a_console(tmp_path: Path) -> None:
    """Agents would have nobody to host them; or a console would open without being asked for."""
    plan = SystemPlan(bootstrap="127.0.0.1:9", data_dir=tmp_path, workers=3)
    assert list(commands_of(plan)) == ["worker-0", "worker-1", "worker-2", "orchestrator", "sink"]
    assert "console" in commands_of(SystemPlan(bootstrap="127.0.0.1:9", data_dir=tmp_path, console_port=8050))
    alone = SystemPlan(bootstrap="127.0.0.1:9", data_dir=tmp_path, workers=1, agents_only=True)
    assert list(commands_of(alone)) == ["worker-0"]


def test_each_command_is_one_that_a_user_could_type(tmp_path: Path) -> None:
    """An option that was renamed would be found when the demo is started, not before."""
    plan = SystemPlan(bootstrap="127.0.0.1:9", data_dir=tmp_path, agents=7, graph="other", console_port=8051)
    group = typer.main.get_command(build_app())
    parsed = {}
    for name, (interpreter, *rest) in commands_of(plan).items():
        assert (interpreter, rest[:2]) == (sys.executable, ["-m", "cli.main"])
        command = group.commands[rest[2]]  # type: ignore[attr-defined]
        parsed[name] = command.make_context(rest[2], rest[3:]).params

    assert all(params["agents"] == 7 for params in parsed.values())
    orchestrator = parsed.pop("orchestrator")
    assert orchestrator["bootstrap"] == "127.0.0.1:9"
    assert all(params["data_dir"] == tmp_path for params in parsed.values())
    workers = [params for name, params in parsed.items() if name.startswith("worker")]
    assert [(params["name"], params["graph"], params["bootstrap"]) for params in workers] == [
        ("worker-0", "other", "127.0.0.1:9"),
        ("worker-1", "other", "127.0.0.1:9"),
    ]
    assert parsed["sink"]["bootstrap"] == "127.0.0.1:9"
    assert parsed["console"]["port"] == 8051
