"""What stands on the page of the graph, empty: its scripts fill it (assets/57-neighbourhood.js to 59-egraph.js)."""

from typing import Any

from dash import html

from dash_app import ids
from dash_app.marks import named


def build() -> Any:
    """Give the page."""
    return html.Div(html.Div(id=ids.EGRAPH, className="egraph-page", **named("e-graph")), className="page page-egraph")
