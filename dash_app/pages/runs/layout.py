"""What stands on the page of runs, empty: its script fills it (assets/54-runs.js)."""

from typing import Any

from dash import html

from dash_app import ids
from dash_app.marks import named


def build() -> Any:
    """Give the page."""
    return html.Div(html.Div(id=ids.RUNS, className="runs-page", **named("runs")), className="page page-runs")
