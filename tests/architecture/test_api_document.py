"""docs/api.md says what the routes are."""

from pathlib import Path

from dash_app.describe import api_markdown

ROOT = Path(__file__).parents[2]


def test_the_document_of_routes_is_fresh() -> None:
    """People would ask for routes that are gone, and not know of new ones: run `make api`."""
    assert (ROOT / "docs/api.md").read_text() == api_markdown()
