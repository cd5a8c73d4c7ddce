"""Which script fills the page of runs. It asks again by itself while the page is shown."""

from dash import Dash, Input

from dash_app import ids
from dash_app.scripts import bind, drawn


def register(dash: Dash) -> None:
    """Bind the page's script."""
    bind(dash, "mount_runs", drawn(ids.RUNS), Input(ids.LOCATION, "pathname"))
