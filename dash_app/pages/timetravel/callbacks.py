"""Which script fills the page of time travel. The cursor stands in the address."""

from dash import Dash, Input

from dash_app import ids
from dash_app.scripts import bind, drawn


def register(dash: Dash) -> None:
    """Bind the page's script."""
    bind(dash, "mount_timetravel", drawn(ids.TIMETRAVEL), Input(ids.LOCATION, "search"))
