"""Which script fills the SQL page. The statement stands in the address, so that a link shows the same answer."""

from dash import Dash, Input

from dash_app import ids
from dash_app.scripts import bind, drawn


def register(dash: Dash) -> None:
    """Bind the page's script."""
    bind(dash, "mount_sql", drawn(ids.SQL), Input(ids.LOCATION, "search"), Input(ids.SCHEME, "data"))
