"""A wrong file or folder: one line that names it and says what to do, and the right exit code; no stack trace."""

import errno
import os
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest
import typer
from typer.testing import CliRunner

from cli.main import build_app
from cli.run import fail_file, run_async
from streams.ingest import feed
from streams.runtimes.faust_runtime import EXIT_OPERATING_FAULT


@pytest.mark.parametrize("words", [("replay",), ("log", "import")], ids=" ".join)
def test_a_folder_is_no_log_file(tmp_path: Path, words: tuple[str, ...]) -> None:
    """Somebody who names the folder instead of the file in it would see a stack trace."""
    result = CliRunner().invoke(build_app(), [*words, str(tmp_path)])
    assert result.exit_code == 2
    assert result.stderr == f"{tmp_path}: Is a directory; name another one\n"


@pytest.mark.parametrize(
    ("number", "code"), [(errno.ENOENT, 2), (errno.EISDIR, 2), (errno.ENOSPC, 3), (errno.EROFS, 3), (errno.EACCES, 3)]
)
def test_faults_of_files_have_a_code(capsys: pytest.CaptureFixture[str], number: int, code: int) -> None:
    """A script could not tell a mistyped name from a full disk."""

    async def work() -> None:
        raise OSError(number, os.strerror(number), "copy.avro")

    with pytest.raises(typer.Exit) as ended:
        run_async(work())
    assert ended.value.exit_code == code
    assert capsys.readouterr().err.startswith(f"copy.avro: {os.strerror(number)}; ")


def test_a_fault_of_the_network_is_not_told_as_one_of_a_file() -> None:
    """A defect of ours would look like a file that is missing, with an empty message."""
    with pytest.raises(TimeoutError):
        fail_file(TimeoutError())


def send_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """Read terms, without a broker."""

    async def read(_: str, lines: Iterable[str], **__: Any) -> feed.IngestSummary:
        summary = feed.IngestSummary("nobody")
        summary.nodes = sum(bool(line.strip()) for line in lines)
        return summary

    monkeypatch.setattr(feed, "ingest_sexpr", read)


def test_terms_that_are_no_text_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A picture given by mistake would end in a stack trace."""
    send_nothing(monkeypatch)
    (tmp_path / "terms").write_bytes(b"(f x)\n\xd1\x00\n")
    result = CliRunner().invoke(build_app(), ["ingest", "sexpr", str(tmp_path / "terms")])
    assert result.exit_code == 1
    assert "is no UTF-8 text (invalid continuation byte, byte 0xd1)" in result.stderr


@pytest.mark.parametrize(("text", "code"), [("", 1), ("(f x)\n", 0)])
def test_a_file_without_terms_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str, code: int) -> None:
    """A script that wrote an empty file would believe that its terms were sent."""
    send_nothing(monkeypatch)
    (tmp_path / "terms").write_text(text)
    result = CliRunner().invoke(build_app(), ["ingest", "sexpr", str(tmp_path / "terms")])
    assert result.exit_code == code
    assert ("no term was found" in result.stderr) is bool(code)


@pytest.mark.parametrize(("command", "code"), [("sink", 2), ("worker", EXIT_OPERATING_FAULT)])
def test_a_data_folder_that_cannot_be_made_is_told(tmp_path: Path, command: str, code: int) -> None:
    """Whoever reads the log of a process on a full or read-only disk would find a stack trace."""
    (tmp_path / "taken").touch()
    words = [command, "--data-dir", str(tmp_path / "taken" / "data"), "--bootstrap", "127.0.0.1:1"]
    result = CliRunner().invoke(build_app(), words)
    assert result.exit_code == code, result.output
    assert str(tmp_path / "taken") in result.stderr
    assert "Not a directory; " in result.stderr


def test_help_is_given_with_a_broken_configuration(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The message about a wrong key sends people to --help, which would refuse them with the same message."""
    from cli import main

    (tmp_path / "egraph.toml").write_text("bootstrp = 1\n")
    monkeypatch.chdir(tmp_path)
    for words, code in ((["egraph", "sql", "--help"], 0), (["egraph", "sql", "--list"], 2)):
        monkeypatch.setattr("sys.argv", words)
        with pytest.raises(SystemExit) as ended:
            main.main()
        assert ended.value.code == code
