"""What stands on the SQL page, empty: the script of the page fills it (assets/65-sql.js), the chart is Plotly's."""

from typing import Any

from dash import dcc, html

from dash_app import ids
from dash_app.marks import BLANK_FIGURE, named


def build() -> Any:
    """Give the page."""
    chart = dcc.Graph(
        id=ids.SQL_CHART,
        className="sql-chart",
        responsive=True,
        config={"displayModeBar": False},
        figure=BLANK_FIGURE,
        style={"display": "none", "height": "260px"},
    )
    return html.Div(
        [html.Div(id=ids.SQL, className="sql", **named("SQL")), chart],
        className="page page-sql",
    )
