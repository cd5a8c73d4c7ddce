"""Which script fills the page of causality. Event and window stand in the address."""

from dash import Dash, Input

from dash_app import ids
from dash_app.scripts import bind, drawn


def register(dash: Dash) -> None:
    """Bind the page's script."""
    bind(dash, "mount_causality", drawn(ids.CAUSALITY), Input(ids.LOCATION, "search"))
