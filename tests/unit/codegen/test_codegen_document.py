"""docs/codegen.md shows what is generated, and tells every kind of problem."""

import re
from pathlib import Path

import pytest

from egraph.codegen.generated import ProblemKind
from egraph.codegen.targets import Target, generate, generate_term
from egraph.rules.reader import read_pattern, read_rules
from egraph.saturation.limits import Limits

TEXT = (Path(__file__).parents[3] / "docs/codegen.md").read_text()


def shown(target: Target) -> list[tuple[str, str, str]]:
    """Give the examples of a target: rules, term or nothing, and the text that is said to come of them."""
    section = re.search(rf"^## {target}\n(.*?)(?=^## |\Z)", TEXT, re.MULTILINE | re.DOTALL)
    assert section is not None
    found, rules, term = [], "", ""
    for kind, body in re.findall(r"^```(\w+)\n(.*?)^```", section[1], re.MULTILINE | re.DOTALL):
        if kind == "rules":
            rules = body
        elif kind == "term":
            term = body
        else:
            assert kind == target
            found.append((rules, term, body))
    return found


@pytest.mark.parametrize("target", list(Target))
def test_the_examples_are_what_is_generated(target: Target) -> None:
    """A reader would be shown code that the program no longer writes."""
    examples = shown(target)
    assert examples
    for rules, term, expected in examples:
        if term:
            made = generate_term(target, read_rules(rules), read_pattern(term), Limits())
        else:
            made = generate(target, read_rules(rules))
        assert made.text == expected


def test_the_python_example_runs() -> None:
    """A reader would copy it and get an error."""
    section = TEXT.partition("## In Python")[2]
    example = re.search(r"```python\n(.*?)```", section, re.DOTALL)
    assert example is not None
    space: dict[str, str] = {}
    exec(example[1], space)
    assert "ret i64 %y" in space["text"]


def test_every_kind_of_problem_and_target_is_explained() -> None:
    """Somebody would meet a problem that no document mentions."""
    assert [kind for kind in ProblemKind if f"| `{kind}` |" not in TEXT] == []
    assert [target for target in Target if f"| `{target}` |" not in TEXT] == []
