"""What stands on the page of causality, empty: its scripts fill it (assets/55-space-time.js, 56-causality.js)."""

from typing import Any

from dash import html

from dash_app import ids
from dash_app.marks import named


def build() -> Any:
    """Give the page."""
    return html.Div(
        html.Div(id=ids.CAUSALITY, className="causality-page", **named("causality")), className="page page-causality"
    )
