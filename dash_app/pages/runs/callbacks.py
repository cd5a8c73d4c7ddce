"""Which script fills the page of runs; it asks again by itself. Rule and open phase stand in the address."""

from dash import Dash, Input

from dash_app import ids
from dash_app.scripts import bind, drawn


def register(dash: Dash) -> None:
    """Bind the page's script."""
    bind(dash, "mount_runs", drawn(ids.RUNS), Input(ids.LOCATION, "search"))
