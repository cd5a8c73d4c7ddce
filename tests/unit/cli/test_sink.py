"""`egraph sink`: what it refuses before it starts, and what becomes of its options."""

from pathlib import Path

import pytest
from typer.testing import CliRunner

from analytics.housekeeping import Retention
from analytics.sink import Sink
from cli.main import build_app

RUN = CliRunner()


def test_what_may_go_without_when_is_refused(tmp_path: Path) -> None:
    """An operator would believe that the store is bounded, and its disk would fill."""
    told = RUN.invoke(build_app(), ["sink", "--data-dir", str(tmp_path), "--retain-facts-too"])
    assert told.exit_code == 2
    assert "--retain-days" in told.output


@pytest.mark.parametrize(
    ("given", "wanted"),
    [
        ([], Retention()),
        (["--retain-days", "0.5"], Retention(age_s=43_200.0)),
        (["--retain-gib", "2", "--retain-facts-too"], Retention(bytes=2**31, with_facts=True)),
    ],
)
def test_options_reach_the_sink(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, given: list[str], wanted: Retention
) -> None:
    """Rows would go that should stay, or stay although they should go."""
    seen: list[Retention] = []

    async def awaited(*_: object) -> None:
        return

    async def run(self: Sink, _: object) -> None:
        seen.append(self._retention)

    monkeypatch.setattr("streams.adapters.kafka_client.wait_for_broker", awaited)
    monkeypatch.setattr(Sink, "run", run)
    told = RUN.invoke(build_app(), ["sink", "--data-dir", str(tmp_path), *given])
    assert told.exit_code == 0, told.output
    assert seen == [wanted]
