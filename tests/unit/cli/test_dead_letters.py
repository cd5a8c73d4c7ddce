"""What `egraph dead-letters list` says of a reason. The topic itself is tested on a real broker."""

import pytest
from typer.testing import CliRunner

from cli.main import build_app
from streams.ports import DeadLetter, LogRecord
from streams.runtimes import redrive


@pytest.mark.parametrize(("reason", "told"), [("empty", "2 of 3"), ("empti", "0 of 3")])
def test_how_many_have_the_reason_is_told(monkeypatch: pytest.MonkeyPatch, reason: str, told: str) -> None:
    """Whoever misspells a reason would read the total of all reasons and take it for an answer."""

    async def read(_: str) -> redrive.DeadLetters:
        reasons = ("empty", "empty", "oversized")
        sources = [LogRecord("egraph.facts", 0, offset, 0, None, None) for offset in range(len(reasons))]
        return redrive.DeadLetters(tuple(map(DeadLetter, sources, reasons, reasons)), 0, ())

    monkeypatch.setattr(redrive, "read_dead_letters", read)
    result = CliRunner().invoke(build_app(), ["dead-letters", "list", "--reason", reason])
    assert result.exit_code == 0, result.output
    assert f"{told} dead letters have the reason {reason}\n" in result.stdout
    assert result.stdout.count("egraph.facts/0/") == int(told[0])
