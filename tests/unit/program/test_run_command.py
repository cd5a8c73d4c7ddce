"""`egraph run`: exit codes, what is printed, files written, examples of the documents."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
import typer
from click.testing import Result
from typer.testing import CliRunner

from cli import run_file
from egraph.interchange.serialized import read_graph

EXAMPLES = Path(__file__).parents[3] / "docs" / "examples"
PROGRAM = """\
(datatype M (Num i64) (Add M M))
(rewrite (Add a b) (Add b a) :name "commute")
(let $e (Add (Num 1) (Num 2)))
(run 5)
(check (= $e (Add (Num 2) (Num 1))))
(extract $e 2)
(print-size)
(print-function Num 1)
"""


def egraph_run(*words: str) -> Result:
    """Run the command as it is registered."""
    app = typer.Typer()
    run_file.register(app)
    app.callback()(lambda: None)
    return CliRunner().invoke(app, ["run", *words], env={"COLUMNS": "120"})


@pytest.fixture
def program(tmp_path: Path) -> Path:
    path = tmp_path / "p.egg"
    path.write_text(PROGRAM)
    return path


def test_people_see_every_outcome_and_every_rule(program: Path) -> None:
    """A person would not see what the program found, or which rule did the work."""
    result = egraph_run(str(program))

    assert result.exit_code == 0
    lines = [line.removeprefix(f"{program}:") for line in result.stdout.splitlines()]
    assert lines[:6] == [
        "4  run      saturated after 2 rounds: 4 rows, 3 classes  (run 5)",
        "5  check    holds  (check (= $e (Add (Num 2) (Num 1))))",
        "6  extract  cost 5  (Add (Num 1) (Num 2))",
        "6  extract  cost 5  (Add (Num 2) (Num 1))",
        "7  size     Add 2, Num 2",
        "8  row      (Num 1) -> (Num 1)",
    ]
    assert any("commute" in line and "│    2 │       2 │" in line for line in lines)
    assert lines[-1] == "4 rows, 3 classes; 1 of 1 checks hold"


def test_scripts_get_one_document(program: Path) -> None:
    """A script would have to take the text for people apart."""
    result = egraph_run(str(program), "--json")

    document = json.loads(result.stdout)
    assert (document["ok"], document["rows"], document["classes"]) == (True, 4, 3)
    assert document["tables"] == {"Num": 2, "Add": 2}
    assert [outcome["command"] for outcome in document["outcomes"]] == [
        "run", "check", "extract", "print-size", "print-function",
    ]  # fmt: skip
    assert document["outcomes"][0]["stop_reason"] == "saturated"
    assert document["outcomes"][2]["terms"][0] == {"cost": 5, "size": 5, "text": "(Add (Num 1) (Num 2))"}
    assert document["outcomes"][4] == {
        "command": "print-function", "line": 8, "column": 1, "table": "Num", "left_out": 1,
        "rows": [{"keys": ["1"], "value": "(Num 1)"}],
    }  # fmt: skip
    (rule,) = document["rules"]
    assert (rule["name"], rule["line"], rule["matches"]) == ("commute", 2, 2)


def test_a_failed_check_is_exit_code_1(program: Path) -> None:
    """A build would go on although what it claims is not so."""
    program.write_text(PROGRAM + "(check (= $e (Num 1)))\n(check (= 1 1))")

    result = egraph_run(str(program))
    document = json.loads(egraph_run(str(program), "--json").stdout)

    assert result.exit_code == 1
    assert f"{program}:9  check    FAILS  (check (= $e (Num 1)))" in result.stdout
    assert "2 of 3 checks hold" in result.stdout
    assert document["ok"] is False
    assert [outcome["failure"]["kind"] for outcome in document["outcomes"] if "failure" in outcome] == ["check"]


def test_a_wrong_program_is_exit_code_2_and_every_problem(program: Path) -> None:
    """An editor or a person could not jump to the mistakes."""
    program.write_text(PROGRAM + "(extract (Ad))\n(run -1)\n")

    result = egraph_run(str(program))
    document = json.loads(egraph_run(str(program), "--json").stdout)

    assert result.exit_code == 2
    assert result.stdout == ""
    assert [line.removeprefix(f"{program}:").partition(": ")[0] for line in result.stderr.splitlines()] == [
        "9:10",
        "10:6",
    ]
    assert [(problem["line"], problem["kind"]) for problem in document["problems"]] == [
        (9, "unknown-name"),
        (10, "unreachable-limit"),
    ]


def test_a_panic_ends_the_program_and_writes_nothing(program: Path, tmp_path: Path) -> None:
    """Half a graph would be taken for a whole one."""
    program.write_text(PROGRAM + '(panic "enough")\n(print-size)')

    result = egraph_run(str(program), "--dot", str(tmp_path / "g.dot"))

    assert result.exit_code == 1
    assert "FAILED   the program panics: enough" in result.stdout
    assert "the program ended early" in result.stdout
    assert "no e-graph was written" in result.stderr
    assert not (tmp_path / "g.dot").exists()


def test_limits_of_the_command_line_cut_and_say_so(program: Path) -> None:
    """A run that was cut would look like one that found everything."""
    program.write_text("(relation R (i64))(R 0)(rule ((R x)) ((R (+ x 1))))(run-schedule (saturate (run)))")

    assert (
        "CUT by the limit of rounds (--rounds) after 7 rounds: 8 rows"
        in egraph_run(str(program), "--rounds", "7").stdout
    )
    assert "CUT by the limit of rows (--rows) after 5 rounds: 5 rows" in egraph_run(str(program), "--rows", "5").stdout
    assert "CUT by the limit of matches" in egraph_run(str(program), "--matches", "1").stdout


def test_lost_facts_are_told(program: Path) -> None:
    """An overflow would take matches away and nobody would know."""
    program.write_text("(relation R (i64))(R 9223372036854775807)(rule ((R x) (= y (+ x 1))) ((R y)))(run 1)")

    assert "1 facts had no value" in egraph_run(str(program)).stderr


def test_the_graph_is_written_for_other_tools(program: Path, tmp_path: Path) -> None:
    """The picture or the file would show another graph than the one that was found."""
    picture, graph = tmp_path / "g.dot", tmp_path / "g.json"

    result = egraph_run(str(program), "--dot", str(picture), "--serialize", str(graph))

    assert result.exit_code == 0
    found = read_graph(graph.read_text())
    assert sorted(node.op for node in found.nodes.values()) == ["1", "2", "Add", "Add", "Num", "Num"]
    assert found.class_data[found.root_eclasses[0]]["let"] == "$e"
    assert picture.read_text().startswith("digraph egraph {")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["none.egg"], "none.egg"),
        (["p.txt"], "rename it"),
        (["p.egg", "--terms", "t.sexpr"], "are for rules"),
        (["p.rules"], "--terms"),
        (["bytes.egg"], "byte 1 is no UTF-8"),
        (["p.egg", "--dot", "no/such/folder.dot"], "folder.dot"),
        (["p.rules", "--terms", "none.sexpr"], "none.sexpr"),
        (["wrong.rules", "--terms", "t.sexpr"], "wrong.rules:1:19: rule r: a variable is not bound"),
        (["p.rules", "--terms", "wrong.sexpr"], "wrong.sexpr:1:1:"),
        (["p.rules", "--terms", "wrong.json"], "nodes.x.op"),
        (["p.rules", "--terms", "endless.json"], "class 0: it has no finite term"),
        (["p.rules", "--terms", "good.json", "--seed", "1"], "leave out --seed"),
    ],
)
def test_a_wrong_file_is_told_in_one_line(
    words: list[str], said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A typing error in a name, or a broken file, would end in a stack trace."""
    monkeypatch.chdir(tmp_path)
    contents = {
        "p.txt": b"", "p.egg": PROGRAM.encode(), "bytes.egg": b"(\xff", "p.rules": b"", "t.sexpr": b"a\n",
        "wrong.rules": b"(rewrite r (f ?x) ?y)", "wrong.sexpr": b"(a",
        "wrong.json": b'{"nodes": {"x": {"eclass": "0"}}}',
        "endless.json": b'{"nodes": {"x": {"op": "f", "eclass": "0", "children": ["x"]}}}',
        "good.json": b'{"nodes": {"x": {"op": "f", "eclass": "0"}}}',
    }  # fmt: skip
    for name, content in contents.items():
        (tmp_path / name).write_bytes(content)

    result = egraph_run(*words)

    assert result.exit_code == 2
    assert said in result.stderr
    assert result.stderr.count("\n") == 1


@pytest.mark.parametrize("file", sorted(EXAMPLES.glob("*.egg")), ids=lambda path: path.stem)
def test_examples_do_what_they_claim(file: Path) -> None:
    """A reader's first program, copied from the documents, would fail."""
    result = egraph_run(str(file), "--json")

    document = json.loads(result.stdout)
    assert result.exit_code == 0
    assert sum(outcome["command"] == "check" for outcome in document["outcomes"]) >= 1
    assert all(rule["matches"] for rule in document["rules"])


def test_hash_seeds_do_not_show(tmp_path: Path) -> None:
    """Two runs of one program would number and choose differently, and could not be compared."""
    script = "import typer; from cli import run_file; app = typer.Typer(); run_file.register(app); app()"
    written = []
    for seed in ("1", "2"):
        graph = tmp_path / f"{seed}.json"
        subprocess.run(
            (sys.executable, "-c", script, str(EXAMPLES / "algebra.egg"), "--serialize", str(graph)),
            env={**os.environ, "PYTHONHASHSEED": seed}, check=True, capture_output=True, timeout=60,
        )  # fmt: skip
        written.append(graph.read_text())

    assert written[0] == written[1]


def test_rules_run_on_terms(tmp_path: Path) -> None:
    """Our own rules could not be tried without a broker, or would find something else than on the log."""
    graph = tmp_path / "g.json"
    words = (str(EXAMPLES / "sums.rules"), "--terms", str(EXAMPLES / "sums.sexpr"))

    document = json.loads(egraph_run(*words, "--json", "--serialize", str(graph)).stdout)
    text = egraph_run(*words).stdout
    again = json.loads(egraph_run(words[0], "--terms", str(graph), "--json").stdout)

    assert document["stop_reason"] == "saturated"
    assert [(term["given"], term["cost"]) for term in document["terms"]] == [
        ("(Add (Add a 0) (Add b a))", 3),
        ("(Add b (Mul 2 a))", 3),
        ("(Add a c)", 3),
        ("d", 1),
    ]
    assert len({term["class"] for term in document["terms"]}) == 2
    assert "(Add b (Mul 2 a))  ->  cost 3  (Add a c)  (equal to (Add (Add a 0) (Add b a)))" in text
    assert again["classes"] == document["classes"]
    assert [term["cost"] for term in again["terms"]] == [3, 1]


def test_terms_are_green_unless_a_seed_colours_them(tmp_path: Path) -> None:
    """Colours would hold rules back that mention none, or a rule about colours could never be tried."""
    (tmp_path / "c.rules").write_text("(rewrite only-red (@RED f ?x) ?x)\n(rewrite any (g ?x) ?x)\n")
    (tmp_path / "t.sexpr").write_text("".join(f"(f{number} a)\n(f a)\n(g a)\n" for number in range(3)))

    def matches(*words: str) -> dict[str, int]:
        result = egraph_run(str(tmp_path / "c.rules"), "--terms", str(tmp_path / "t.sexpr"), "--json", *words)
        return {rule["name"]: rule["matches"] for rule in json.loads(result.stdout)["rules"]}

    assert matches()["any"] > 0
    assert matches()["only-red"] == 0
    assert any(matches("--seed", str(seed))["only-red"] for seed in range(8))


def test_a_palette_colours_terms(tmp_path: Path) -> None:
    """A policy could be tried on a running system alone."""
    (tmp_path / "c.rules").write_text("(rewrite only-red (@RED f ?x) ?x)\n")
    (tmp_path / "t.sexpr").write_text("(f a)\n")
    (tmp_path / "p.toml").write_text('[operators]\n"f" = "red"\n"a" = "red"\n')
    words = (str(tmp_path / "c.rules"), "--terms", str(tmp_path / "t.sexpr"), "--json")

    def matches(*more: str) -> int:
        found: int = json.loads(egraph_run(*words, *more).stdout)["rules"][0]["matches"]
        return found

    assert matches() == 0
    assert matches("--palette", str(tmp_path / "p.toml")) > 0


def test_computed_rules_are_applied(tmp_path: Path) -> None:
    """Constants that agents compute would be left standing here, without a word."""
    (tmp_path / "c.rules").write_text("(compute ints add mul :by int/1)\n(rewrite one (mul ?x 1) ?x)\n")
    (tmp_path / "t.sexpr").write_text("(add 2 (mul 3 4))\n(mul x (add 2 -1))\n(add x 1)\n")
    words = (str(tmp_path / "c.rules"), "--terms", str(tmp_path / "t.sexpr"))

    document = json.loads(egraph_run(*words, "--json", "--serialize", str(tmp_path / "g.json")).stdout)

    assert [(term["cheapest"], term["cost"]) for term in document["terms"]] == [("14", 1), ("x", 1), ("(add x 1)", 3)]
    assert {rule["name"]: rule["unions"] for rule in document["rules"]} == {"one": 1, "constant folding by ints": 3}
    assert "14" in {node["op"] for node in json.loads((tmp_path / "g.json").read_text())["nodes"].values()}
    assert "constant folding by ints" in egraph_run(*words).stdout


def test_free_variables_are_those_that_no_equal_term_can_do_without(tmp_path: Path) -> None:
    """A person would take a result for dependent on a variable that an equal term has lost, or the other way."""
    rules, terms = tmp_path / "t.rules", tmp_path / "t.sexpr"
    rules.write_text("(rewrite times-zero (Mul ?x 0) 0)\n(rewrite add-zero (Add ?x 0) ?x)\n")
    terms.write_text("(Add Name:a (Mul Name:b 0))\n(Mul Name:b 0)\n(Add Name:a Name:b)\n")

    told = json.loads(egraph_run(str(rules), "--terms", str(terms), "--variables", "Name:", "--json").stdout)
    shown = egraph_run(str(rules), "--terms", str(terms), "--variables", "Name:").stdout.splitlines()
    unasked = json.loads(egraph_run(str(rules), "--terms", str(terms), "--json").stdout)

    assert [term["free_variables"] for term in told["terms"]] == [["a"], [], ["a", "b"]]
    assert shown[:3] == [
        "(Add Name:a (Mul Name:b 0))  ->  cost 1  Name:a  free: a",
        "(Mul Name:b 0)  ->  cost 1  0  no free variable",
        "(Add Name:a Name:b)  ->  cost 3  (Add Name:a Name:b)  free: a, b",
    ]
    assert [term["free_variables"] for term in unasked["terms"]] == [None] * 3


@pytest.mark.parametrize(
    ("name", "words"), [("p.egg", []), ("p.rules", ["--terms", "t.sexpr"]), ("q.rules", ["--terms", "t.json"])]
)
def test_a_mark_of_the_byte_order_is_no_letter(tmp_path: Path, name: str, words: list[str]) -> None:
    """A file saved by an editor that writes one would be refused for a letter that nobody sees."""
    for file, text in (
        ("p.egg", PROGRAM), ("p.rules", "(rewrite r (f ?x) ?x)"), ("q.rules", "(rewrite r (f ?x) ?x)"),
        ("t.sexpr", "(f a)"), ("t.json", '{"nodes": {"x": {"op": "x", "eclass": "0"}}}'),
    ):  # fmt: skip
        (tmp_path / file).write_text(text, encoding="utf-8-sig")

    result = egraph_run(str(tmp_path / name), *(str(tmp_path / word) if "." in word else word for word in words))

    assert (result.exit_code, result.stderr) == (0, "")


def test_no_text_of_a_file_steers_the_terminal(program: Path, tmp_path: Path) -> None:
    """A program from elsewhere would clear the screen, or rename the window, of who tries it."""
    program.write_text('(datatype M (V String))(extract (V "\x1b]0;gone\x07"))(check (= (V "\x1b[2J") (V "b")))')
    (tmp_path / "t.sexpr").write_text('(f "\x1b]0;gone\x07")')
    (tmp_path / "p.rules").write_text('(rewrite "\x1b]0;gone\x07" (f ?x) ?x)')
    (tmp_path / "wrong.egg").write_text('("\x1b]0;gone\x07")')

    results = [
        egraph_run(str(program)),
        egraph_run(str(tmp_path / "p.rules"), "--terms", str(tmp_path / "t.sexpr")),
        egraph_run(str(tmp_path / "wrong.egg")),
    ]

    assert [result.exit_code for result in results] == [1, 0, 2]
    for result in results:
        assert not {"\x1b", "\x07"} & set(result.stdout + result.stderr)
        assert "�]0;gone�" in result.stdout + result.stderr


def test_a_given_term_is_shown_as_it_was_written(tmp_path: Path) -> None:
    """A semicolon in quotes would cut the term short, and a person would look for it in vain."""
    (tmp_path / "p.rules").write_text("(rewrite r (g ?x) ?x)")
    (tmp_path / "t.sexpr").write_text('(f "a;\\";b") ; "two" (g\n(f "a\u2028b")\n')

    result = egraph_run(str(tmp_path / "p.rules"), "--terms", str(tmp_path / "t.sexpr"), "--json")

    assert result.exit_code == 0
    assert [root["given"] for root in json.loads(result.stdout)["terms"]] == ['(f "a;\\";b")', '(f "a\u2028b")']
