"""`egraph why` on a file: what is printed, which code it ends with, and how much it prints."""

import json
from pathlib import Path

import pytest
from click.testing import Result
from typer.testing import CliRunner

from cli.main import build_app
from cli.options import EXIT_NO, EXIT_USAGE
from cli.why_text import lines_of
from egraph.colours import Colour
from egraph.facts import NodeAdded
from egraph.identifiers import NodeId, node_id
from streams.runtimes.why import explain
from tests.unit.streams.hand_log import HandLog


def why(file: Path, *words: str, code: int = 0) -> Result:
    """Run the command on a file in this process."""
    result = CliRunner().invoke(build_app(), ["why", *words, "--file", str(file)])
    assert result.exit_code == code, result.output
    return result


def small_log() -> HandLog:
    """(f a) = (f c), because bob said a = b, and a rule says b = c; what stands where is seen in the test."""
    log = HandLog()
    for text in ("(f a)", "(f c)"):
        log.term(text)
    a, b, c = (log.term(letter) for letter in "abc")
    log.equate(a, b, "alike", producer="bob")
    log.equate(b, c, "comm", premises=[log.rule("comm")])
    return log


def test_the_text_names_every_step_with_who_where_and_when(tmp_path: Path) -> None:
    """A person could not follow the proof, or not find the record that a step rests on."""
    log = small_log()
    left, right = log.term("(f a)"), log.term("(f c)")
    events = {place: event.hex() for event, place in log.places.items()}
    lines = why(log.write(tmp_path / "log"), "(f a)", "(f c)").stdout.splitlines()

    assert lines[0].split(maxsplit=2) == ["left", left.hex(), "(f a)"]
    assert lines[1].split(maxsplit=2) == ["right", right.hex(), "(f c)"]
    assert lines[2:] == [
        "equal     2 equalities, 3 steps",
        "checked   every step, by the independent checker",
        "flat      (f a) = (f c)",
        "tree",
        "  (f a) = (f c)",
        "    congruence of the nodes added at 1:0 and 0:1",
        "    lemma 0: a = c",
        "      a = b",
        f'        "alike" by bob at 2:1, 2023-11-14T22:13:20.005+00:00, event {events["2:1"]}',
        "      b = c",
        f'        "rule comm with x = b" by ann at 1:2, 2023-11-14T22:13:20.007+00:00, event {events["1:2"]}',
        "premises",
        f'  "rule comm: (f ?x) => ?x" by ann at 0:2, 2023-11-14T22:13:20.006+00:00, event {events["0:2"]}',
    ]


def test_a_node_and_itself(tmp_path: Path) -> None:
    """The same name typed twice would end in an error."""
    assert "0 equalities, 0 steps" in why(small_log().write(tmp_path / "log"), "a", "a").stdout


def test_the_document_is_one_json_text_for_yes_and_for_no(tmp_path: Path) -> None:
    """A program could not read the answer, or would have to read the text for people."""
    log = small_log()
    log.term("z")
    file = log.write(tmp_path / "log")

    assert json.loads(why(file, "(f a)", "(f c)", "--json").stdout)["proof"]["lemmas"]
    assert json.loads(why(file, "a", "z", "--json", code=EXIT_NO).stdout)["proof"] is None


def test_until_leaves_out_what_follows(tmp_path: Path) -> None:
    """Travelling back, an equality would be explained by what was said later."""
    file = small_log().write(tmp_path / "log")
    before_bob = why(file, "a", "b", "--until", "2:1", code=EXIT_NO)
    before_c = why(file, "a", "c", "--until", "1:1", code=EXIT_NO)

    assert "nothing is known" in before_bob.stdout
    assert "alike" in why(file, "a", "b", "--until", "2:2").stdout
    assert "the log holds no node" not in before_c.output
    assert "no node" in why(file, "(f c)", "a", "--until", "0:1", code=EXIT_NO).stderr
    assert "no partition 9" in why(file, "a", "b", "--until", "9:0", code=EXIT_NO).stderr
    why(file, "a", "b", "--until", "2", code=EXIT_USAGE)


def test_conflicts_are_told_with_what_they_conflict_with(tmp_path: Path) -> None:
    """Somebody would be told no, and not whose statement stands in the way."""
    log = HandLog()
    x, y = node_id("x", Colour.GREEN, ()), node_id("y", Colour.BLUE, ())
    for name, colour, children in (("x", Colour.GREEN, ()), ("y", Colour.BLUE, ()), ("r", Colour.RED, (x,))):
        log.append(NodeAdded, operator=name, colour=colour, children=children)
    z = log.term("z")
    log.equate(x, y, "alone in the wrong")
    alone = why(log.write(tmp_path / "alone"), x.hex(), y.hex(), code=EXIT_NO).stdout.splitlines()
    accepted = HandLog()
    for record in log.records[:-1]:
        accepted.records.append(record)
    accepted.equate(x, z, "the first", producer="bob")
    accepted.equate(z, y, "the second", producer="eve")
    against = why(accepted.write(tmp_path / "against"), x.hex(), y.hex(), code=EXIT_NO).stdout.splitlines()

    assert alone[2:4] == ["not equal", "1 blocked equality would join them"]
    assert alone[-2:] == [
        "    quarantined, it conflicts with",
        "      the colours of these nodes and of the nodes that name them",
    ]
    assert against[4] == "  z = y"
    assert '"the second" by eve' in against[5]
    assert '"the first" by bob' in against[-1]


def test_a_failing_premise_is_told_with_its_withdrawal(tmp_path: Path) -> None:
    """Somebody would learn that a premise fails, and not who withdrew it."""
    log = HandLog()
    a, b = log.term("a"), log.term("b")
    rule = log.rule("comm")
    log.equate(a, b, "comm", premises=[rule, HandLog(seed=1).rule("other")])
    log.retract(rule, "wrong", producer="eve")
    lines = why(log.write(tmp_path / "log"), "a", "b", code=EXIT_NO).stdout.splitlines()

    at = lines.index("    suspended, these premises fail")
    told = "\n".join(lines[at + 1 :])
    assert '"rule comm: (f ?x) => ?x" by ann' in told
    assert 'withdrawn: "wrong" by eve' in told
    assert told.count("withdrawn") == 1
    assert told.count("which the log does not hold") == 1


def test_wrong_names_have_their_codes_and_print_nothing_else(tmp_path: Path) -> None:
    """A script could not tell a wrong question from the answer no."""
    log = small_log()
    for number in range(40):
        log.term(f"v{number}")
    file = log.write(tmp_path / "log")
    many = why(file, "a", "#c", code=EXIT_USAGE)
    wrong = why(file, "a", "(f", code=EXIT_USAGE)
    missing = why(file, "a", "(nope a)", code=EXIT_NO)

    assert "node ids begin with c; give more digits" in many.stderr
    assert "line 1, column 1: this parenthesis is not closed" in wrong.stderr
    assert "--seed" in missing.stderr
    assert "" == many.stdout == wrong.stdout == missing.stdout


def test_files_that_are_no_log_are_refused(tmp_path: Path) -> None:
    """An answer would be given from half a log, or with a stack trace."""
    file = small_log().write(tmp_path / "log")
    half = tmp_path / "half"
    half.write_bytes(file.read_bytes()[:-20])

    assert "not a whole log file" in why(half, "a", "b", code=EXIT_NO).stderr
    assert "does not exist" in why(tmp_path / "none", "a", "b", code=EXIT_USAGE).stderr
    assert "Invalid value for '--file'" in why(tmp_path, "a", "b", code=EXIT_USAGE).stderr
    assert "either" in why(file, "a", "b", "--from-topic", code=EXIT_USAGE).stderr


def test_no_text_of_a_fact_reaches_the_terminal_as_a_command(tmp_path: Path) -> None:
    """A producer could rewrite what an operator reads with the reason it gives, or with its own name."""
    log = HandLog()
    log.equate(log.term("a"), log.term("b"), "nice\x1b[2J\nchecked   by nobody", producer="eve\x1b[1A")
    lines = why(log.write(tmp_path / "log"), "a", "b").stdout.splitlines()

    assert '"nice�[2J�checked   by nobody" by eve�[1A at' in lines[-1]
    assert [line for line in lines if line.startswith("checked")] == [
        "checked   every step, by the independent checker"
    ]


def squares(levels: int) -> tuple[HandLog, NodeId, NodeId]:
    """A term that names each level twice: written as a tree it would have 2^levels leaves."""
    log = HandLog()
    tops = []
    for letter in "ab":
        top = log.term(letter)
        for level in range(levels):
            top = log.term(f"({'p' if level % 2 else 'q'} #{top.hex()} (s #{top.hex()}))")
        tops.append(top)
    log.equate(log.term("a"), log.term("b"), "alike")
    return log, tops[0], tops[1]


@pytest.mark.parametrize("levels", [1, 2, 40])
def test_what_is_shared_is_written_once(levels: int) -> None:
    """The explanation of a small graph would not fit on any disk."""
    log, left, right = squares(levels)
    explanation = explain(log.folder(), left.hex(), right.hex())
    lines = list(lines_of(explanation))
    headers = [line.strip() for line in lines if line.strip().startswith("lemma ")]
    again = [line for line in headers if line.endswith(", as above")]

    # Two congruences a level, three lemmas named by them; each lemma but the claim has one header that is not `again`.
    assert explanation.proof is not None
    assert len(headers) - len(again) == len(explanation.proof.lemmas) - 1 == 2 * levels
    assert len(again) == levels
    assert len(lines) < 6 + 3 * len(headers)
    for place, line in enumerate(headers):
        first = next(at for at, other in enumerate(headers) if other.split(":")[0] == line.split(":")[0])
        assert line.endswith(", as above") == (first < place)


def test_the_lines_of_large_proofs_follow_their_size() -> None:
    """Deep terms would overflow the printer, and a long chain be written as one endless line."""
    log = HandLog()
    left, right = (log.term("(f " * 10_000 + letter + ")" * 10_000) for letter in "ab")
    log.equate(log.term("a"), log.term("b"), "alike")
    deep = list(lines_of(explain(log.folder(), left.hex(), right.hex())))
    chain = HandLog()
    ids = [NodeId(b"\xc0" + number.to_bytes(15, "big")) for number in range(2_001)]
    for number in range(2_000):
        chain.equate(ids[number], ids[number + 1], "next")
    long = list(lines_of(explain(chain.folder(), ids[0].hex(), ids[-1].hex())))

    assert len(deep) == 6 + 2 + 2 * 10_000
    assert len(long) == 6 + 2 * 2_000
    assert max(map(len, deep + long)) < 1_000
    assert "… 1,989 more …" in long[4]
