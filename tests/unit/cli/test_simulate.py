"""`egraph simulate`: options first, one trace for one seed, exit codes, and what a failure prints."""

import json
from collections.abc import Mapping

import pytest
from typer.testing import CliRunner

from cli.main import build_app
from streams.processors.neighbours import Neighbour


def simulate(*arguments: str) -> tuple[int, str]:
    """Run the command and give exit code and output."""
    done = CliRunner().invoke(build_app(), ["simulate", *arguments])
    return done.exit_code, done.output


def test_options_come_first_and_a_seed_gives_one_trace() -> None:
    """A run could not be compared with another machine's, or its options would be lost when it hangs."""
    code, text = simulate("--seed", "7")
    assert code == 0
    assert text.startswith("seed=7 profile=all topology=")
    assert simulate("--seed", "7") == (0, text)


def test_several_seeds_are_counted_as_json() -> None:
    """CI could not read how many steps and faults it has seen."""
    code, text = simulate("--seeds", "5..8", "--json", "--profile", "network")
    told = json.loads(text)
    assert (code, told["seeds"], told["failed"]) == (0, 3, [])
    assert told["steps"] > 1000
    assert 0 < sum(told["faults_by_kind"].values()) == told["faults"]
    assert "crash" not in told["faults_by_kind"]


@pytest.mark.parametrize("wrong", [("--seeds", "9"), ("--profile", "weather"), ("--only", "hail:1")])
def test_wrong_usage_says_what_would_be_right(wrong: tuple[str, str]) -> None:
    """A person would have to read the source to learn how to write an option."""
    code, text = simulate(*wrong)
    assert code == 2
    assert "choose" in text or "write" in text


def test_a_failure_is_shrunk_and_its_command_repeats_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """A person would have to find the few faults that matter among hundreds."""

    def note_delta(self: Neighbour, message_id: int, size: int, ranges: Mapping[int, int]) -> None:
        original(self, message_id, size, ranges)
        for partition, until in ranges.items():
            self.known[partition] = max(self.known[partition], until)  # as if nothing were ever lost

    original = Neighbour.note_delta
    monkeypatch.setattr(Neighbour, "note_delta", note_delta)
    code, text = simulate("--seeds", "0..2", "--json")
    smallest = json.loads(text)["smallest"]
    assert (code, smallest["check"]) == (1, "belief-is-held")
    assert smallest["strikes"] <= 2
    words = smallest["command"].replace("'", "").split(" --only ")
    again, text = simulate(*words[0].split()[2:], "--only", words[1])
    assert again == 1
    assert smallest["failure"][0] in text
