"""What stands on the page of the log, empty: its scripts fill it (assets/52-events.js, assets/53-fact.js)."""

from typing import Any

from dash import html

from dash_app import ids
from dash_app.marks import named


def build() -> Any:
    """Give the page."""
    return html.Div(html.Div(id=ids.EVENTS, className="records-page", **named("events")), className="page page-records")
