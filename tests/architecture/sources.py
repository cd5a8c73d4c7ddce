"""The files of the repository, and the rules' way to report.

Belongs here: listing, parsing, and comparing what a rule found with the exceptions it is allowed. Not here: rules.
Files are those that git tracks and those that it would track, so that a rule is broken before the commit, not after.
"""

import ast
import re
import subprocess
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import NamedTuple

from tests.architecture.exceptions import EXCEPTIONS

ROOT = Path(__file__).parents[2]

PACKAGES = ("egraph", "schemas", "streams", "analytics", "dash_app", "launcher", "simulator", "cli")
"""The top-level packages of ours. test_packaging.py compares them with the folders and with pyproject.toml."""

CODE_SPAN = re.compile(r"(?<!`)`([^`\n]+)`(?!`)")
"""Code in the running text of a Markdown document."""

FunctionNode = ast.FunctionDef | ast.AsyncFunctionDef
_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)


class Definition(NamedTuple):
    """A class or function as it stands in a file; `name` is dotted from the module's top."""

    name: str
    node: FunctionNode | ast.ClassDef


@cache
def repository_files() -> tuple[Path, ...]:
    """Give the files of the repository, relative to its root."""
    listed = subprocess.run(
        ("git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"),
        cwd=ROOT,
        capture_output=True,
        check=True,
        timeout=60,
    ).stdout.decode()
    found = tuple(sorted(Path(name) for name in set(listed.split("\0")) if name and (ROOT / name).is_file()))
    assert len(found) > 100, "git listed hardly any file, so no rule would look at anything"
    return found


def python_files(*, packages_only: bool = False) -> tuple[Path, ...]:
    """Give the Python files, relative to the root."""
    return tuple(
        path for path in repository_files() if path.suffix == ".py" and (not packages_only or path.parts[0] in PACKAGES)
    )


def documents() -> tuple[Path, ...]:
    """Give the Markdown files, relative to the root."""
    return tuple(path for path in repository_files() if path.suffix == ".md")


def module_name(path: Path) -> str:
    """Give the dotted name of a Python file."""
    parts = path.with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


@cache
def parse(path: Path) -> ast.Module:
    """Give the syntax tree of a Python file."""
    return ast.parse((ROOT / path).read_text(), filename=str(path))


def definitions(tree: ast.Module) -> Iterator[Definition]:
    """Give every class and function, nested ones too, in order."""
    yield from _definitions(tree, "")


def _definitions(node: ast.AST, prefix: str) -> Iterator[Definition]:
    for child in ast.iter_child_nodes(node):
        if isinstance(child, (*_FUNCTIONS, ast.ClassDef)):
            yield Definition(f"{prefix}{child.name}", child)
            yield from _definitions(child, f"{prefix}{child.name}.")
        else:
            yield from _definitions(child, prefix)


def expect_only_exceptions(rule: str, found: Mapping[str, str]) -> None:
    """Fail unless what a rule found is exactly what its exceptions allow.

    `found` maps a place (file, or file::name) to what is wrong there. An exception that nothing needs any more fails
    too: it would hide the next violation at its place.
    """
    allowed = {item.place for item in EXCEPTIONS if item.rule == rule}
    new = [f"{place}: {detail}" for place, detail in sorted(found.items()) if place not in allowed]
    idle = [f"{place}: nothing is wrong here any more; take it out of EXCEPTIONS" for place in allowed - set(found)]
    problems = new + sorted(idle)
    assert not problems, f"{rule}:\n  " + "\n  ".join(problems)
