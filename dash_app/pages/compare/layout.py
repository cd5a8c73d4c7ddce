"""What stands on the page that compares, empty: its scripts fill it (assets/62-compare-panels.js, 63-compare.js)."""

from typing import Any

from dash import html

from dash_app import ids
from dash_app.marks import named


def build() -> Any:
    """Give the page."""
    return html.Div(html.Div(id=ids.COMPARE, className="compare", **named("comparison")), className="page page-compare")
