"""What stands on the page of time travel, empty: its scripts fill it (assets/60-cut-panels.js, 61-timetravel.js)."""

from typing import Any

from dash import html

from dash_app import ids
from dash_app.marks import named


def build() -> Any:
    """Give the page."""
    return html.Div(
        html.Div(id=ids.TIMETRAVEL, className="travel", **named("time travel")), className="page page-travel"
    )
