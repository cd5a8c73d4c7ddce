"""docs/rules.md says what the language does."""

import re
from pathlib import Path

import pytest

from egraph.rules.conditions import Condition
from egraph.rules.problems import ProblemKind, RulesRefused
from egraph.rules.reader import read_rules
from egraph.rules.ruleset import RuleSet

TEXT = (Path(__file__).parents[3] / "docs/rules.md").read_text()


def test_the_example_reads_as_it_is_explained() -> None:
    """A reader would copy the first example and be refused."""
    example = re.search(r"```\n(.*?)```", TEXT, re.DOTALL)
    assert example is not None
    names = [rule.name for rule in read_rules(example[1]).rules]
    assert names == ["add-commutes", "double-backward", "double-forward", "trusted", "shared"]


def test_the_python_example_runs() -> None:
    """A reader would copy it and get an error."""
    example = re.search(r"```python\n(.*?)```", TEXT, re.DOTALL)
    assert example is not None
    space: dict[str, object] = {}
    exec(example[1], space)
    assert isinstance(space["rules"], RuleSet)
    (expected,) = read_rules(
        "(rewrite add-commutes (BinOp:Add ?x ?y) (BinOp:Add ?y ?x) :when ((NotEqual ?x ?y)) :priority 10)"
    ).rules
    assert space["rules"].rules == (expected,)


def test_every_condition_and_kind_of_problem_is_explained() -> None:
    """A condition could be used, or an error met, that no document mentions."""
    conditions = {kind.__name__ for kind in Condition.__args__}  # type: ignore[attr-defined]

    assert {name for name in conditions if f"`({name} " not in TEXT} == set()
    assert {kind for kind in ProblemKind if f"| `{kind}` |" not in TEXT} == set()


def test_the_shown_message_is_what_is_said() -> None:
    """The document would show a form of message that nobody ever sees."""
    with pytest.raises(RulesRefused) as caught:
        read_rules("\n\n(rewrite r (f ?x ?y) ?z)")

    assert str(caught.value) in TEXT
