"""docs/sql.md says what the views are."""

from pathlib import Path

from analytics.describe import sql_markdown

ROOT = Path(__file__).parents[2]


def test_the_document_of_views_is_fresh() -> None:
    """People would ask for columns that are gone, and not know of new ones: run `make sql`."""
    assert (ROOT / "docs/sql.md").read_text() == sql_markdown()
