"""`egraph verify` on a file: what it counts, what it names, and which code it ends with."""

import json
from pathlib import Path
from typing import Any

import typer
from click.testing import Result
from typer.testing import CliRunner

from cli import verify
from cli.options import EXIT_NO, EXIT_USAGE
from egraph.derive.proof import ByRule, DerivationProof, ProofLemma
from egraph.derive.verify import verify_view
from egraph.facts import Derived, EqualityAsserted, RuleAdded
from egraph.identifiers import EventId, NodeId
from egraph.rules.printer import rule_set_hash
from egraph.rules.reader import read_rules
from tests.unit.streams.hand_log import HandLog

RULE_SET = rule_set_hash(read_rules("(rewrite drop (f ?x) ?x)"))


def run(*words: str, code: int = 0) -> Result:
    """Run the command in this process."""
    app = typer.Typer()
    app.callback()(lambda: None)
    verify.register(app)
    result = CliRunner().invoke(app, ["verify", *words])
    assert result.exit_code == code, result.output
    return result


def derive(log: HandLog, left: NodeId, right: NodeId, rule: EventId, **envelope: Any) -> EventId:
    """Append left = right, proved by one step of (f ?x) => ?x."""
    step = ByRule(0, forward=True, substitution=(1,), target=1)
    why = Derived(
        rule="drop", substitution=(("x", right),), rule_set=RULE_SET, round=1, premises=(rule,),
        proof=DerivationProof((left, right), (ProofLemma(0, (step,)),)),
    )  # fmt: skip
    return log.append(EqualityAsserted, left=left, right=right, why=why, **envelope)


def small_log() -> tuple[HandLog, EventId, EventId]:
    """A log with a sound, a false and a waiting derivation; gives the false and the waiting one."""
    log = HandLog()
    f_a, f_b, a, b = (log.term(text) for text in ("(f a)", "(f b)", "a", "b"))
    rule = log.append(RuleAdded, name="drop", pattern="(f ?x)", replacement="?x")
    derive(log, f_a, a, rule)
    false = derive(log, f_a, b, rule)
    waiting = derive(log, f_b, b, EventId(bytes(16)))
    return log, false, waiting


def test_all_sound_ends_with_zero(tmp_path: Path) -> None:
    """A good log would be called bad."""
    log = HandLog()
    f_a, a = log.term("(f a)"), log.term("a")
    derive(log, f_a, a, log.append(RuleAdded, name="drop", pattern="(f ?x)", replacement="?x"))
    log.equate(f_a, a, "said so, too")

    lines = run(str(log.write(tmp_path / "log"))).stdout.splitlines()

    assert [line.split() for line in lines] == [
        ["records", "5"], ["derived", "1"], ["sound", "1"], ["waiting", "0"], ["refused", "0"], ["incomplete", "0"],
    ]  # fmt: skip


def test_what_is_refused_is_named_with_its_place_and_reason(tmp_path: Path) -> None:
    """A person could not find the record that says what does not follow, nor see why."""
    log, false, _ = small_log()

    document = json.loads(run(str(log.write(tmp_path / "log")), "--json", code=EXIT_NO).stdout)
    text = run(str(tmp_path / "log"), code=EXIT_NO).stdout

    assert [document[name] for name in ("derived", "sound", "waiting", "refused", "incomplete")] == [3, 1, 1, 1, 0]
    (doubt,) = document["doubts"]
    place = f"{doubt['partition']}:{doubt['offset']}"
    assert (doubt["event"], place) == (false.hex(), log.places[false])
    assert (doubt["verdict"], doubt["fault"], doubt["state"]) == ("refused", "not-an-instance", "accepted")
    assert f"refused {false.hex()} at {place}, accepted" in text.splitlines()
    assert "lemma 0, step 0" in text


def test_retracting_what_is_refused_heals_the_log(tmp_path: Path) -> None:
    """Verifying agents would retract the same fact again and again, and the command would never end with zero."""
    log, false, _ = small_log()
    log.retract(false)

    document = json.loads(run(str(log.write(tmp_path / "log")), "--json").stdout)

    assert (document["derived"], document["refused"], document["doubts"]) == (2, 0, [])


def test_one_that_counts_but_cannot_be_followed_is_a_doubt(tmp_path: Path) -> None:
    """Somebody could make a false equality count by leaving out a node that its proof needs."""
    log = HandLog()
    rule = log.append(RuleAdded, name="drop", pattern="(f ?x)", replacement="?x")
    elsewhere = HandLog().term("(f a)"), HandLog().term("a")
    derive(log, *elsewhere, rule)

    document = json.loads(run(str(log.write(tmp_path / "log")), "--json", code=EXIT_NO).stdout)

    assert (document["incomplete"], document["doubts"][0]["verdict"]) == (1, "incomplete")
    assert elsewhere[0].hex() in document["doubts"][0]["reason"]


def test_a_cut_leaves_out_what_comes_later(tmp_path: Path) -> None:
    """Nobody could find out since when a log says what does not follow."""
    log, false, _ = small_log()
    partition, _, offset = log.places[false].partition(":")

    document = json.loads(run(str(log.write(tmp_path / "log")), "--json", "--until", f"{partition}:{offset}").stdout)

    assert document["refused"] == 0


def test_either_a_file_or_the_topic(tmp_path: Path) -> None:
    """A typing mistake would check another log than the one meant, or none at all."""
    assert "either" in run(code=EXIT_USAGE).output
    assert "either" in run(str(tmp_path / "log"), "--from-topic", code=EXIT_USAGE).output
    run(str(tmp_path / "missing"), code=EXIT_USAGE)


def test_the_command_and_agents_judge_alike() -> None:
    """An agent would retract what the command calls sound."""
    log, false, waiting = small_log()
    verdicts = {event: type(verdict).__name__ for event, verdict in verify_view(log.folder().view)}

    assert {event for event, name in verdicts.items() if name == "Refused"} == {false}
    assert {event for event, name in verdicts.items() if name == "Incomplete"} == {waiting}
