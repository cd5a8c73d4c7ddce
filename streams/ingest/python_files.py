"""Which files `egraph ingest python` reads.

Belongs here: finding source files. Not here: reading them.
"""

import sysconfig
from collections.abc import Iterable
from pathlib import Path

TEST_DIRECTORIES = frozenset({"test", "tests", "idle_test"})
NEVER_READ = frozenset({"site-packages", "dist-packages", "__pycache__"})


def standard_library() -> Path:
    """Give the directory of the running interpreter's standard library."""
    return Path(sysconfig.get_paths()["stdlib"])


def python_files(paths: Iterable[Path], *, include_tests: bool) -> list[Path]:
    """Give the .py files at and below `paths`, sorted, each once.

    Below a directory, test directories are left out unless asked for, and installed packages always; what is named
    itself is always taken. Raises FileNotFoundError for a path that does not exist.
    """
    left_out = NEVER_READ if include_tests else NEVER_READ | TEST_DIRECTORIES
    found: dict[Path, None] = {}
    for path in paths:
        if not path.exists():
            raise FileNotFoundError(f"{path} does not exist; name a Python file or a directory")
        if path.is_file():
            found[path] = None
            continue
        for file in sorted(path.rglob("*.py")):
            if left_out.isdisjoint(file.relative_to(path).parts[:-1]) and file.is_file():
                found[file] = None
    return list(found)
