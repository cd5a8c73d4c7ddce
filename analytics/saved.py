"""Saved queries: questions that people ask again and again, each with the SQL that answers it.

Belongs here: reading the files. Not here: running them. A file in queries/saved/ begins
with the question, as a comment.
"""

from dataclasses import dataclass
from importlib.resources import files


@dataclass(frozen=True, slots=True)
class SavedQuery:
    """`name` is what people type, `question` what it answers."""

    name: str
    question: str
    sql: str


def saved_queries() -> tuple[SavedQuery, ...]:
    """Give all, by name."""
    folder = files("analytics").joinpath("queries/saved")
    found = [
        _read(item.name.removesuffix(".sql"), item.read_text())
        for item in folder.iterdir()
        if item.name.endswith(".sql")
    ]
    return tuple(sorted(found, key=lambda query: query.name))


def _read(name: str, text: str) -> SavedQuery:
    first, _, sql = text.partition("\n")
    return SavedQuery(name, first.removeprefix("--").strip(), sql.strip())
