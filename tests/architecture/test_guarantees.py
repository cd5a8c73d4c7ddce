"""The guarantees of docs/reliability.md: each names tests, and the tests exist.

Belongs here: the names. Not here: whether the tests pass, which the rest of the suite says.
"""

import ast
import re

from tests.architecture.sources import ROOT

PAGE = ROOT / "docs/reliability.md"
_TEST = re.compile(r"`(tests/[\w/]+\.py)(?:::(\w+))?`")


def guarantees() -> list[str]:
    """The rows of the table of guarantees."""
    section = PAGE.read_text().split("## Guarantees", 1)[1].split("\n## ", 1)[0]
    return [line for line in section.splitlines() if line.startswith("| **")]


def functions(path: str) -> set[str]:
    """The names of the functions of a file."""
    return {node.name for node in ast.parse((ROOT / path).read_text()).body if isinstance(node, ast.FunctionDef)}


def test_each_guarantee_is_proved_by_tests_that_exist() -> None:
    """A promise would stand in the document whose proof was renamed away, or never written."""
    rows = guarantees()
    assert len(rows) > 10
    for row in rows:
        proof = row.split(" | ")[-1]
        named = _TEST.findall(proof)
        assert named, f"no test proves: {row}"
        for path, function in named:
            assert (ROOT / path).exists(), path
            tests = {name for name in functions(path) if name.startswith("test_")}
            assert tests, path
            assert not function or function in tests, f"{path} has no {function}"
