"""Small parts that layouts of all pages share: names for screen readers, panels, choices. No page, no data."""

from typing import Any

import dash_ag_grid
import dash_mantine_components as dmc
from dash import html

from dash_app import theme


def named(label: str) -> dict[str, Any]:
    """Give the attribute that names an element to who cannot see it."""
    return attribute("aria-label", label)


def attribute(name: str, value: str) -> dict[str, Any]:
    """Give an attribute whose name Python cannot write."""
    return {name: value}


def span_of(window_s: int) -> str:
    """Give the window in words."""
    return f"last {window_s // 60} min" if window_s % 60 == 0 else f"last {window_s} s"


def panel(name: str, title: str, note: Any, body: Any, tools: Any = None) -> Any:
    """Give a panel: a heading with what is shown, in which unit and window, and its body."""
    heading = f"{name}-title"
    parts = [html.H2(title, id=heading), note if not isinstance(note, str) else html.Span(note, className="note")]
    if tools is not None:
        parts += [html.Div(className="spring"), tools]
    return html.Section(
        [html.Div(parts, className="panel-head"), body],
        className=f"panel panel-{name}",
        **attribute("aria-labelledby", heading),
    )


def choice(element: str, label: str, values: list[tuple[str, str]]) -> Any:
    """Give a switch between a few values; the first is chosen."""
    return dmc.SegmentedControl(
        id=element,
        value=values[0][0],
        data=[{"value": value, "label": text} for value, text in values],
        size="xs",
        className="choice",
        **named(label),
    )


def grid(element: str, columns: list[dict[str, Any]], row_id: str, empty: str, **options: Any) -> Any:
    """Give a table that scripts fill; `empty` is what it says without rows, `options` are the grid's own."""
    return dash_ag_grid.AgGrid(
        id=element,
        className="grid",
        columnDefs=columns,
        defaultColDef={"sortable": True, "resizable": True, "suppressHeaderMenuButton": True, "tooltipField": None},
        rowData=[],
        getRowId=row_id,
        columnSize=None,
        style={"height": "100%", "width": "100%"},
        dashGridOptions={**theme.GRID_OPTIONS, **options, "localeText": {"noRowsToShow": empty}},
    )


BLANK_FIGURE: dict[str, Any] = {
    "data": [],
    "layout": {
        "paper_bgcolor": "rgba(0,0,0,0)",
        "plot_bgcolor": "rgba(0,0,0,0)",
        "xaxis": {"visible": False},
        "yaxis": {"visible": False},
    },
}
"""Without a figure Plotly shows a white plot until the first data."""
