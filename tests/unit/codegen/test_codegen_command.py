"""`egraph codegen`: what goes to the terminal, to a file, to standard error, and the exit codes."""

from pathlib import Path

import pytest
import typer
from click.testing import Result
from typer.testing import CliRunner

from cli import codegen

RULES = "(rewrite zero (add ?x int:0) ?x)\n(rewrite half (div ?x int:2) ?x)\n"


def run(*words: str) -> Result:
    """Run the command in a program of its own."""
    app = typer.Typer()
    app.callback()(lambda: None)
    codegen.register(app)
    return CliRunner().invoke(app, ["codegen", *words])


@pytest.fixture
def rules(tmp_path: Path) -> Path:
    """Give a file with a rule that LLVM can say and one that it cannot."""
    path = tmp_path / "my.rules"
    path.write_text(RULES)
    return path


def test_code_goes_out_and_what_is_left_out_is_told(rules: Path) -> None:
    """A script would read notes as code, or nobody would learn that a rule is missing."""
    result = run("llvm", str(rules))
    assert result.exit_code == 0
    assert "define i64 @zero.left(i64 %x)" in result.stdout
    assert "half" not in result.stdout
    assert result.stderr.startswith(f"left out: {rules}: line 2, column 15: rule half: no integer operation: div; ")


@pytest.mark.parametrize("target", ["python", "egglog", "openqasm", "llvm"])
def test_computed_rules_are_left_out_and_told(target: str, tmp_path: Path) -> None:
    """A program would do without a rule, and nobody would learn of it."""
    path = tmp_path / "computed.rules"
    path.write_text("(compute ints add :by int/1 :leaves int:)\n(rewrite zero (add ?x int:0) ?x)\n")
    told = f"left out: {path}: line 1, column 1: rule ints: a computed rule is not written: it computes by int/1; "

    result = run(target, str(path))

    assert told in result.stderr
    assert result.exit_code == (1 if target == "openqasm" else 0), "no rule of this set is about circuits"
    if target == "llvm":
        term = run(target, str(path), "--term", "(add int:1 int:2)")
        assert told in term.stderr
        assert "add i64 1, 2" in term.stdout, "a sum of 64 bits is not what the rule computes"


def test_a_file_gets_what_the_terminal_would(rules: Path, tmp_path: Path) -> None:
    """The file would be empty or differ."""
    for target in ("python", "egglog", "llvm"):
        out = tmp_path / target
        result = run(target, str(rules), "-o", str(out))
        assert result.exit_code == 0
        assert result.stdout == ""
        assert out.read_text() == run(target, str(rules)).stdout != ""


def test_a_term_is_rewritten_first(rules: Path) -> None:
    """The user would get code of the term as it was typed."""
    result = run("llvm", str(rules), "--term", "(neg (add in:a int:0))")
    assert result.exit_code == 0
    assert "sub i64 0, %a" in result.stdout
    assert "add" not in result.stdout
    assert "add i64 %a, 0" in run("llvm", str(rules), "--rounds", "0", "--term", "(neg (add in:a int:0))").stdout
    assert "(let $t0 (neg/1 (in:a/0)))" in run("egglog", str(rules), "--term", "(neg in:a)").stdout


def test_no_rule_is_no_success(rules: Path, tmp_path: Path) -> None:
    """A script would go on with an empty program."""
    out = tmp_path / "out.qasm"
    result = run("openqasm", str(rules), "-o", str(out))
    assert result.exit_code == 1
    assert "openqasm can say none of these rules" in result.stderr
    assert not out.exists()


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("fortran", "RULES"), "there is no target 'fortran'; choose one of python, egglog, openqasm, llvm"),
        (("llvm", "absent.rules"), "absent.rules: No such file or directory"),
        (("llvm", "RULES", "--term", "(neg"), "--term: line 1"),
        (("llvm", "RULES", "--term", "(neg ?x)"), "--term: line 1, column 6: a term has no variables"),
        (("llvm", "RULES", "--term", "(div in:x in:y)"), "--term: line 1, column 1: no integer operation: div"),
        (("llvm", "RULES", "--term", "(@RED neg (@BLUE in:x))"), "--term: RED node"),
        (("python", "RULES", "--term", "(neg in:x)"), "target python writes matchers of rules"),
        (("llvm", "RULES", "-o", "no/such/folder"), "no/such/folder cannot be written"),
    ],
)
def test_a_mistake_is_one_line_and_code_two(rules: Path, words: tuple[str, ...], said: str) -> None:
    """The user would see a stack trace, or a script could not tell a mistake from an empty answer."""
    result = run(*(str(rules) if word == "RULES" else word for word in words))
    assert result.exit_code == 2, result.stderr
    assert said in result.stderr
    assert "Traceback" not in result.stderr


def test_a_mistake_in_the_rules_is_told_with_its_place(rules: Path) -> None:
    """The user would have to search for it."""
    rules.write_text("(rewrite a (f ?x) ?y)")
    result = run("egglog", str(rules))
    assert result.exit_code == 2
    assert result.stderr.startswith(f"{rules}: line 1, column 19: rule a: a variable is not bound")


def test_what_a_term_loses_stays_in_its_head(rules: Path) -> None:
    """A caller would pass arguments that the function no longer takes, or miss a qubit of the circuit."""
    rules.write_text("(rewrite a (mul ?x int:0) int:0) (rewrite b (h ?a (h ?a ?r)) ?r) (rewrite c (rx ?u ?a ?r) ?r)")
    assert "@term(i64 %b, i64 %a) {" in run("llvm", str(rules), "--term", "(add in:b (mul in:a int:0))").stdout
    term = "(h qubit:c (h qubit:c (rx param:u qubit:d (x qubit:b done))))"
    circuit = run("openqasm", str(rules), "--term", term).stdout
    assert circuit.splitlines()[2:] == ["input float u;", "qubit c;", "qubit d;", "qubit b;", "x b;"]
