"""Files of logs: what is there is not replaced unasked."""

from pathlib import Path

from typer.testing import CliRunner

from cli.main import build_app
from cli.options import EXIT_USAGE


def test_an_export_replaces_no_file_unasked(tmp_path: Path) -> None:
    """A mistyped name would destroy the only copy of another log."""
    kept = tmp_path / "kept.avro"
    kept.write_bytes(b"another log")

    done = CliRunner().invoke(build_app(), ["log", "export", str(kept), "--bootstrap", "127.0.0.1:1"])

    assert done.exit_code == EXIT_USAGE, done.output
    assert "--force" in done.output
    assert kept.read_bytes() == b"another log"
