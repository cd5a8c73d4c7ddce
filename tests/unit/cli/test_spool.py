"""`egraph spool`: what it says of spools, and what it says where it can do nothing. Sending: tests/integration."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from cli.main import build_app
from cli.options import EXIT_NO, EXIT_SERVICE, EXIT_USAGE
from streams.adapters.sqlite_spool import SqliteSpool
from streams.outbox.intents import AddNode
from streams.outbox.outbox import Outbox, SpoolLimits


def run(*words: str) -> Result:
    """Run `egraph spool` in this process."""
    return CliRunner().invoke(build_app(), ["spool", *words])


def spool_with(folder: Path, name: str, count: int) -> SqliteSpool:
    """Give an open spool that holds so many facts."""
    spool = SqliteSpool.open(folder, name, graph="main", partitions=2)
    write = Outbox(spool.identity, spool.position(), (), SpoolLimits()).begin(1_000_000)
    write.add([AddNode("x")] * count)
    spool.keep(write.facts, write.position)
    return spool


def test_the_status_tells_what_waits_and_whether_anybody_sends_it(tmp_path: Path) -> None:
    """Facts that nobody will ever send would look like those on their way."""
    running, dead = spool_with(tmp_path, "running", 3), spool_with(tmp_path, "dead", 2)
    assert run("status", str(tmp_path)).exit_code == 0
    dead.close()

    shown = run("status", str(tmp_path), "--json")
    found = {Path(each["file"]).name: each for each in json.loads(shown.stdout)["spools"]}
    assert shown.exit_code == EXIT_NO
    assert {name: (each["waiting"], each["in_use"]) for name, each in found.items()} == {
        "running.spool": (3, True),
        "dead.spool": (2, False),
    }
    assert found["dead.spool"]["producer"] == dead.identity.producer
    assert sum(found["dead.spool"]["sequences"]) == 2
    told = run("status", str(tmp_path / "dead.spool")).stdout
    assert "2 facts wait" in told
    assert "no producer runs" in told
    running.close()


def test_an_empty_spool_is_well(tmp_path: Path) -> None:
    """A check after every run would report a fault that is none, or `send` ask for a broker that is not needed."""
    spool_with(tmp_path, "p", 0).close()

    assert run("status", str(tmp_path)).exit_code == 0
    sent = run("send", str(tmp_path), "--bootstrap", "127.0.0.1:1")
    assert (sent.exit_code, sent.stdout) == (0, "nothing waits\n")


def test_a_running_producer_is_left_alone(tmp_path: Path) -> None:
    """Two processes would send for one producer."""
    spool = spool_with(tmp_path, "p", 1)
    sent = run("send", str(tmp_path), "--json", "--bootstrap", "127.0.0.1:1")

    assert sent.exit_code == 0
    assert json.loads(sent.stdout) == {"spools": [], "in_use": [str(tmp_path / "p.spool")]}
    spool.close()


def test_a_broker_that_is_away_is_told_and_nothing_is_lost(tmp_path: Path) -> None:
    """A script would go on as if the facts were in the log."""
    spool_with(tmp_path, "p", 2).close()
    sent = run("send", str(tmp_path), "--bootstrap", "127.0.0.1:1", "--timeout", "0.2")

    assert sent.exit_code == EXIT_SERVICE
    (line,) = sent.stderr.splitlines()
    assert "127.0.0.1:1" in line
    assert json.loads(run("status", str(tmp_path), "--json").stdout)["spools"][0]["waiting"] == 2


@pytest.mark.parametrize("command", ["status", "send"])
@pytest.mark.parametrize(("make", "code"), [("nothing", EXIT_USAGE), ("empty", EXIT_USAGE), ("text", EXIT_NO)])
def test_what_is_no_spool_is_told_in_one_line(tmp_path: Path, command: str, make: str, code: int) -> None:
    """A user would get a stack trace for a wrong path."""
    place = tmp_path / "place"
    if make == "empty":
        place.mkdir()
    elif make == "text":
        place.write_text("no spool " * 200)
    done = run(command, str(place))

    assert done.exit_code == code, done.output
    (line,) = done.stderr.splitlines()
    assert str(place) in line
