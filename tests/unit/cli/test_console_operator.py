"""The file of the operator's token, and how the console says that it is none. Sending is tested on a real broker."""

from pathlib import Path

import pytest
from typer.testing import CliRunner

from cli.console_redrive import operator_of
from cli.main import build_app


@pytest.mark.parametrize(
    "text", [b"", b"short\n", b"with spaces in the middle\n", b"\xff" * 20, "ünicode-is-no-token\n".encode()]
)
def test_a_file_without_a_token_is_refused(tmp_path: Path, text: bytes) -> None:
    """A console would be open to whoever guesses an empty token, or fail only when somebody needs it."""
    file = tmp_path / "token"
    file.write_bytes(text)
    words = ["console", "--port", "0", "--bootstrap", "127.0.0.1:1", "--operator-token-file", str(file)]
    result = CliRunner().invoke(build_app(), words)
    assert result.exit_code == 2, result.output
    assert "token" in result.output


def test_a_missing_file_and_a_missing_broker_are_told(tmp_path: Path) -> None:
    """The console would serve without the role that was asked for."""
    missing = ["console", "--port", "0", "--bootstrap", "127.0.0.1:1", "--operator-token-file", str(tmp_path / "none")]
    assert CliRunner().invoke(build_app(), missing).exit_code == 2
    result = CliRunner().invoke(
        build_app(), ["console", "--port", "0", "--operator-token-file", str(tmp_path / "none")]
    )
    assert result.exit_code == 2
    assert "--bootstrap" in result.output


def test_the_first_line_is_the_token(tmp_path: Path) -> None:
    """The line end of an editor would be part of the secret."""
    file = tmp_path / "token"
    file.write_text("0123456789abcdef\nnote: of the night shift\n")
    operator = operator_of(file)
    assert operator is not None
    assert operator.refuses("Bearer 0123456789abcdef") is None
    assert operator.refuses("Bearer 0123456789abcdeg") is not None
    assert operator_of(None) is None
