"""Which script fills the page that compares. Both sides stand in the address."""

from dash import Dash, Input

from dash_app import ids
from dash_app.scripts import bind, drawn


def register(dash: Dash) -> None:
    """Bind the page's script."""
    bind(dash, "mount_compare", drawn(ids.COMPARE), Input(ids.LOCATION, "search"))
