"""Which script fills the page of the graph. What is sought and explained stands in the address."""

from dash import Dash, Input

from dash_app import ids
from dash_app.scripts import bind, drawn


def register(dash: Dash) -> None:
    """Bind the page's script."""
    bind(dash, "mount_egraph", drawn(ids.EGRAPH), Input(ids.LOCATION, "search"))
