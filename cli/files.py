"""Text files that people name: read, or told in one line why they cannot be.

Belongs here: reading. Not here: what the texts mean, files that we write.
"""

from pathlib import Path
from typing import TYPE_CHECKING

from cli.options import EXIT_USAGE
from cli.run import fail, fail_file

if TYPE_CHECKING:
    from egraph.rules.ruleset import RuleSet


def read_text(path: Path) -> str:
    """Give the text of a file. Exits where it cannot be read."""
    try:
        return path.read_text(encoding="utf-8-sig")
    except OSError as error:
        fail_file(error)
    except UnicodeDecodeError as error:
        fail(f"{path}: byte {error.start} is no UTF-8; save the file as UTF-8", EXIT_USAGE)


def read_rule_file(path: Path) -> "RuleSet":
    """Give the rules of a file. Exits with every problem in it."""
    from egraph.rules.problems import RulesRefused
    from egraph.rules.reader import read_rules

    try:
        return read_rules(read_text(path))
    except RulesRefused as refused:
        fail("\n".join(f"{path}: {problem}" for problem in refused.problems), EXIT_USAGE)
