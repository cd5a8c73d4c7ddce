"""`egraph why` on a real broker: from the topic and from its export, before and after a retraction, and at a cut."""

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result
from typer.testing import CliRunner

from cli.main import build_app
from cli.options import EXIT_NO, EXIT_SERVICE, EXIT_USAGE
from egraph.facts import Derived, EqualityAsserted, RuleAdded
from egraph.identifiers import EventId, NodeId
from schemas.codec import seal
from schemas.topics import FACTS
from tests.integration.topics import append, make_topics_anew, read_all

pytestmark = pytest.mark.kafka


def egraph(bootstrap: str, *words: str, code: int = 0) -> Result:
    """Run the command line in this process."""
    result = CliRunner().invoke(build_app(), [*words, "--bootstrap", bootstrap])
    assert result.exit_code == code, result.output
    return result


def egraph_json(bootstrap: str, *words: str, code: int = 0) -> Any:
    """Run the command line and read its one JSON document."""
    return json.loads(egraph(bootstrap, *words, "--json", code=code).stdout)


def equate(bootstrap: str, left: str, right: str, reason: str) -> Any:
    """State an equality as a user does; gives what the command says of it."""
    return egraph_json(bootstrap, "emit", "equate", left, right, "--why", reason)


def place(fact: dict[str, Any]) -> tuple[int, int]:
    """Give where a document says that a fact stands."""
    return fact["partition"], fact["offset"]


def test_a_chain_and_a_congruence_are_explained_by_the_records_that_state_them(broker: str) -> None:
    """Somebody who goes to the place that an explanation names would find another record there."""
    first = equate(broker, "a", "b", "alike")
    second = equate(broker, "c", "b", "the same again")
    egraph(broker, "emit", "add", "f", "a", "a")
    egraph(broker, "emit", "add", "f", "b", "c")
    told = egraph(broker, "why", "(f a a)", "(f b c)").stdout
    document = egraph_json(broker, "why", "(f a a)", "(f b c)")
    log = asyncio.run(read_all(broker, FACTS.name))

    assert (document["equal"], document["checked"]) == (True, True)
    steps = [step for lemma in document["proof"]["lemmas"] for step in lemma["steps"]]
    asserted = {step["event"] for step in steps if step["by"] == "asserted"}
    assert asserted == {first["event"], second["event"]}
    assert {step["by"] for step in steps} == {"asserted", "congruence"}
    for event, fact in document["facts"].items():
        partition, offset = place(fact)
        raw = log[partition][offset].value
        assert raw is not None
        assert bytes.fromhex(event) in raw
        assert fact["producer"].encode() in raw
        assert f"{partition}:{offset}" in told
    assert f'"alike" by {document["facts"][first["event"]]["producer"]} at ' in told
    assert f"{first['partition']}:{first['offset']}" in told


def test_the_topic_and_its_export_give_one_explanation(broker: str, tmp_path: Path) -> None:
    """An archive could not be asked the questions that the log was asked."""
    equate(broker, "a", "b", "alike")
    egraph(broker, "emit", "add", "f", "a")
    egraph(broker, "emit", "add", "f", "b")
    asyncio.run(append(broker, FACTS.name, [(4, b"no fact")]))
    file = tmp_path / "facts.avro"
    egraph(broker, "log", "export", str(file))
    of_topic = egraph(broker, "why", "(f a)", "(f b)", "--from-topic").stdout
    asyncio.run(make_topics_anew(broker))

    assert egraph("127.0.0.1:1", "why", "(f a)", "(f b)", "--file", str(file)).stdout == of_topic
    assert "the log holds no node" in egraph(broker, "why", "(f a)", "(f b)", code=EXIT_NO).stderr


def test_a_retraction_ends_an_equality_and_a_cut_before_it_brings_it_back(broker: str) -> None:
    """What was withdrawn would still be asserted, or its history be lost."""
    stated = equate(broker, "a", "b", "alike")
    end = egraph_json(broker, "replay", "--from-topic")["cut"]
    before = [word for partition, offset in enumerate(end) for word in ("--until", f"{partition}:{offset}")]
    egraph(broker, "emit", "retract", stated["event"], "--why", "no longer")
    now = egraph_json(broker, "why", "a", "b", code=EXIT_NO)

    assert (now["equal"], now["blocked"]) == (False, [])
    assert egraph_json(broker, "why", "a", "b", *before)["equal"] is True
    assert "ends at offset" in egraph(broker, "why", "a", "b", "--until", "0:999999", code=EXIT_NO).stderr


def test_a_conflict_is_told_with_its_witness(broker: str) -> None:
    """A user would not learn which earlier statement keeps theirs from counting."""
    x = egraph_json(broker, "emit", "add", "x", "--colour", "green")["node"]
    y = egraph_json(broker, "emit", "add", "y", "--colour", "blue")["node"]
    egraph(broker, "emit", "add", "r", f"#{x}", "--colour", "red")
    first = equate(broker, f"#{x}", "z", "the first")
    bad = equate(broker, "z", f"#{y}", "the second")
    document = egraph_json(broker, "why", f"#{x}", f"#{y}", code=EXIT_NO)
    (blocked,) = document["blocked"]

    assert (blocked["event"], blocked["state"], blocked["because"]) == (bad["event"], "quarantined", [first["event"]])
    assert place(document["facts"][first["event"]]) == (first["partition"], first["offset"])
    assert document["facts"][bad["event"]]["text"] == "the second"


def test_a_withdrawn_rule_takes_its_equalities_along(broker: str) -> None:
    """A user would not learn that a rule made two nodes equal, and that somebody withdrew that rule."""
    left, right = (egraph_json(broker, "emit", "add", name)["node"] for name in "ab")
    hlc = 1 << 50
    rule, raw_rule = seal(
        RuleAdded(graph="main", producer="rules", sequence=0, hlc=hlc, name="same", pattern="a", replacement="b")
    )
    ends = {"left": NodeId(bytes.fromhex(left)), "right": NodeId(bytes.fromhex(right))}
    why = Derived(rule="same", substitution=(), rule_set=bytes(16), round=1, premises=(rule.event_id,))
    derived, raw_derived = seal(
        EqualityAsserted(graph="main", producer="saturation", sequence=0, hlc=hlc + 1, why=why, **ends)
    )
    asyncio.run(append(broker, FACTS.name, [(2, raw_rule), (6, raw_derived)]))
    before = egraph(broker, "why", "#" + left, "#" + right).stdout
    gone = egraph_json(broker, "emit", "retract", rule.event_id.hex(), "--why", "wrong rule")
    after = egraph_json(broker, "why", "#" + left, "#" + right, code=EXIT_NO)
    told = egraph(broker, "why", "#" + left, "#" + right, code=EXIT_NO).stdout
    (blocked,) = after["blocked"]

    assert '"rule same" by saturation at 6:' in before
    assert before.splitlines()[-1].startswith('  "rule same: a => b" by rules at 2:')
    assert EventId(bytes.fromhex(blocked["event"])) == derived.event_id
    assert (blocked["state"], blocked["because"]) == ("suspended", [rule.event_id.hex()])
    assert after["facts"][rule.event_id.hex()]["retracted_by"] == gone["event"]
    assert 'withdrawn: "wrong rule"' in told


def test_wrong_questions_have_their_codes(broker: str) -> None:
    """A script could not tell no from a typing error or from a broken broker."""
    equate(broker, "a", "b", "alike")
    egraph(broker, "emit", "add", "z")

    assert "nothing is known" in egraph(broker, "why", "a", "z", code=EXIT_NO).stdout
    assert "line 1, column 1" in egraph(broker, "why", "a", "(z", code=EXIT_USAGE).stderr
    assert "PARTITION:OFFSET" in egraph(broker, "why", "a", "z", "--until", "x", code=EXIT_USAGE).stderr
    assert "no broker answers" in egraph("127.0.0.1:1", "why", "a", "z", code=EXIT_SERVICE).stderr
