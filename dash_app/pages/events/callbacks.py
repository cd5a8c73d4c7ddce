"""Which script fills the page of the log. Filters, page and open fact stand in the address."""

from dash import Dash, Input

from dash_app import ids
from dash_app.scripts import bind, drawn


def register(dash: Dash) -> None:
    """Bind the page's script."""
    bind(dash, "mount_events", drawn(ids.EVENTS), Input(ids.LOCATION, "search"))
