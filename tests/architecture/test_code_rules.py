"""House rules that a syntax tree can check: sizes, docstrings, names, who reads the environment, who imports Faust."""

import ast
from collections.abc import Iterator
from pathlib import Path

from tests.architecture.exceptions import (
    FUNCTION_TOO_LONG,
    IMPORTS_FAUST,
    MODULE_TOO_LONG,
    NO_DOCSTRING,
    READS_ENVIRONMENT,
    TEST_WITHOUT_DOCSTRING,
    VAGUE_NAME,
)
from tests.architecture.sources import (
    ROOT,
    definitions,
    expect_only_exceptions,
    module_name,
    parse,
    python_files,
)

MODULE_LINES_MAX = 400
FUNCTION_LINES_MAX = 70
VAGUE_NAMES = {"utils", "util", "helpers", "helper", "common", "misc"}
ENVIRONMENT_NAMES = {"environ", "environb", "getenv", "getenvb", "putenv", "unsetenv"}
FAUST = {"faust", "mode"}


def test_modules_stay_short() -> None:
    """A file would have grown beyond what one person holds in mind."""
    lengths = {path: len((ROOT / path).read_text().splitlines()) for path in python_files()}
    found = {str(path): f"{lines} lines" for path, lines in lengths.items() if lines > MODULE_LINES_MAX}

    expect_only_exceptions(MODULE_TOO_LONG, found)


def test_functions_fit_a_screen() -> None:
    """A function would have to be scrolled to be read."""
    found = {}
    for path in python_files():
        for name, node in definitions(parse(path)):
            lines = (node.end_lineno or 0) - node.lineno + 1
            if not isinstance(node, ast.ClassDef) and lines > FUNCTION_LINES_MAX:
                found[f"{path}::{name}"] = f"{lines} lines, from line {node.lineno}"

    expect_only_exceptions(FUNCTION_TOO_LONG, found)


def test_what_is_public_has_a_docstring() -> None:
    """A reader would have to guess what a module, class or function promises."""
    found = {}
    for path in python_files():
        if ast.get_docstring(parse(path)) is None:
            found[str(path)] = "the module has no docstring"
    for path in python_files(packages_only=True):
        for name, line in _undocumented(parse(path), ""):
            found[f"{path}::{name}"] = f"no docstring, line {line}"

    expect_only_exceptions(NO_DOCSTRING, found)


def test_every_test_has_a_docstring() -> None:
    """A failing test would not say what is wrong with the system."""
    found = {}
    for path in python_files():
        if path.parts[0] != "tests" or not path.name.startswith("test_"):
            continue
        for name, node in definitions(parse(path)):
            is_test = node.name.startswith("test_") and not isinstance(node, ast.ClassDef)
            if is_test and ast.get_docstring(node) is None:
                found[f"{path}::{name}"] = f"no docstring, line {node.lineno}"

    expect_only_exceptions(TEST_WITHOUT_DOCSTRING, found)


def test_modules_are_named_for_what_they_hold() -> None:
    """A drawer without a label would collect what nobody finds again."""
    found = {str(path): "a name that says nothing" for path in python_files() if _is_vague(path)}

    expect_only_exceptions(VAGUE_NAME, found)


def test_only_the_command_line_reads_the_environment() -> None:
    """A variable would change what a process does behind the back of its arguments."""
    found = {}
    for path in python_files(packages_only=True):
        if path.parts[0] == "cli":
            continue
        lines = sorted(set(_environment_lines(parse(path))))
        if lines:
            found[str(path)] = f"reads the environment, line {lines[0]}"

    expect_only_exceptions(READS_ENVIRONMENT, found)
    assert list(_environment_lines(parse(Path("cli/config_file.py")))), "the reader of EGRAPH_CONFIG was not recognised"


def test_only_the_runtimes_import_faust() -> None:
    """Pure code could no longer be run, or tested, without Faust."""
    found = {}
    for path in python_files(packages_only=True):
        names = FAUST & {name.partition(".")[0] for name in _imported(parse(path))}
        if names and not module_name(path).startswith("streams.runtimes."):
            found[str(path)] = f"imports {sorted(names)[0]}"

    expect_only_exceptions(IMPORTS_FAUST, found)
    assert any("faust" in _imported(parse(path)) for path in python_files(packages_only=True)), "Faust is gone?"


def _undocumented(node: ast.Module | ast.ClassDef, prefix: str) -> Iterator[tuple[str, int]]:
    """Give public definitions without a docstring, one level of classes after another; locals are nobody's business."""
    for child in node.body:
        if not isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef) or child.name.startswith("_"):
            continue
        if ast.get_docstring(child) is None:
            yield f"{prefix}{child.name}", child.lineno
        if isinstance(child, ast.ClassDef):
            yield from _undocumented(child, f"{prefix}{child.name}.")


def _is_vague(path: Path) -> bool:
    return bool({part.lower().strip("_") for part in path.with_suffix("").parts} & VAGUE_NAMES)


def _environment_lines(tree: ast.Module) -> Iterator[int]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute):
            names = {node.attr}
        elif isinstance(node, ast.ImportFrom) and node.module == "os":
            names = {alias.name for alias in node.names}
        else:
            continue
        if names & ENVIRONMENT_NAMES:
            yield node.lineno


def _imported(tree: ast.Module) -> set[str]:
    """Give the modules that a file imports anywhere, lazily too."""
    found = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            found.add(node.module)
    return found
