"""What stands on the live page, empty. Belongs here: elements, headers with unit and window, columns.

Not here: data. The elements are filled in the browser (assets/), so that one layout serves every viewer.
"""

from typing import Any

import dash_ag_grid
import dash_mantine_components as dmc
from dash import dcc, html

from dash_app import ids, theme

START_HINT = "no data yet: start with make demo"


def build(*, agents: int, window_s: int, period_s: float, source: str) -> Any:
    """Give the page."""
    return dmc.MantineProvider(
        id=ids.ROOT,
        theme=theme.MANTINE_THEME,
        forceColorScheme="dark",
        children=[
            dcc.Store(id=ids.STORE),
            dcc.Store(id=ids.LINK),
            dcc.Store(id=ids.SCHEME),
            dcc.Interval(id=ids.CLOCK, interval=int(period_s * 1000)),
            _header(agents, source),
            html.Main(
                [
                    html.Div(id=ids.KPIS, className="kpis", role="list", **_named("key figures")),
                    html.Div(
                        [
                            _lattice_panel(window_s),
                            _matrix_panel(window_s),
                            _percentiles_panel(window_s),
                            _equalities_panel(window_s),
                            _agents_panel(),
                            _facts_panel(),
                        ],
                        className="panels",
                    ),
                ],
                className="page",
            ),
        ],
    )


def _named(label: str) -> dict[str, Any]:
    return _attribute("aria-label", label)


def _attribute(name: str, value: str) -> dict[str, Any]:
    return {name: value}


def span_of(window_s: int) -> str:
    """Give the window in words."""
    return f"last {window_s // 60} min" if window_s % 60 == 0 else f"last {window_s} s"


def _header(agents: int, source: str) -> Any:
    about = f"{agents} agents" + (f" · {source}" if source else "")
    return html.Header(
        [
            html.Div(className="logo", **_attribute("aria-hidden", "true")),
            html.H1("egraph-streams"),
            html.Span(about, className="about"),
            html.Div(className="spring"),
            html.Div(
                html.Span("connecting", className="badge badge-wait"), id=ids.STATUS, role="status", className="status"
            ),
            html.Span(id=ids.NEWEST, className="newest", title="time of the newest event in the data"),
            html.Div(id=ids.BANDS, className="bands", **_named("agents by health")),
            html.Button(
                "☾", id=ids.SCHEME_BUTTON, className="scheme", n_clicks=0, **_named("switch between dark and light")
            ),
        ],
        className="top",
    )


def _panel(name: str, title: str, note: Any, body: Any, tools: Any = None) -> Any:
    heading = f"{name}-title"
    parts = [html.H2(title, id=heading), note if not isinstance(note, str) else html.Span(note, className="note")]
    if tools is not None:
        parts += [html.Div(className="spring"), tools]
    return html.Section(
        [html.Div(parts, className="panel-head"), body],
        className=f"panel panel-{name}",
        **_attribute("aria-labelledby", heading),
    )


def _choice(element: str, label: str, values: list[tuple[str, str]]) -> Any:
    return dmc.SegmentedControl(
        id=element,
        value=values[0][0],
        data=[{"value": value, "label": text} for value, text in values],
        size="xs",
        className="choice",
        **_named(label),
    )


def _lattice_panel(window_s: int) -> Any:
    note = html.Span(
        f"health and view digest; arrows: p95 in ms, {span_of(window_s)}", id=ids.LATTICE_NOTE, className="note"
    )
    return _panel("lattice", "Lattice", note, html.Div(id=ids.LATTICE, className="body lattice"))


def _matrix_panel(window_s: int) -> Any:
    note = html.Span(f"sender → receiver, p95 in ms, {span_of(window_s)}", id=ids.MATRIX_NOTE, className="note")
    tools = _choice(ids.MATRIX_METRIC, "value in the cells", [("p95", "p95"), ("mbps", "Mbps"), ("efficiency", "Eff.")])
    return _panel("matrix", "Flow matrix", note, html.Div(id=ids.MATRIX, className="body matrix"), tools)


def _percentiles_panel(window_s: int) -> Any:
    graph = dcc.Graph(
        id=ids.PERCENTILES,
        className="body graph",
        responsive=True,
        config={"displayModeBar": False, "scrollZoom": False, "doubleClick": "reset"},
        # Without a figure Plotly shows a white plot until the first data.
        figure={
            "data": [],
            "layout": {
                "paper_bgcolor": "rgba(0,0,0,0)",
                "plot_bgcolor": "rgba(0,0,0,0)",
                "xaxis": {"visible": False},
                "yaxis": {"visible": False},
            },
        },
    )
    note = html.Span(f"ms per message, 1 s steps, {span_of(window_s)}", id=ids.PERCENTILES_NOTE, className="note")
    tools = _choice(ids.PERCENTILES_SCALE, "scale of the axis", [("log", "log"), ("linear", "linear")])
    return _panel("percentiles", "Gossip latency", note, graph, tools)


def _equalities_panel(window_s: int) -> Any:
    note = f"counts now; series: {span_of(window_s)}"
    return _panel("equalities", "Equalities", note, html.Div(id=ids.EQUALITIES, className="body equalities"))


def _grid(element: str, columns: list[dict[str, Any]], row_id: str, empty: str) -> Any:
    return dash_ag_grid.AgGrid(
        id=element,
        className="grid",
        columnDefs=columns,
        defaultColDef={"sortable": True, "resizable": True, "suppressHeaderMenuButton": True, "tooltipField": None},
        rowData=[],
        getRowId=row_id,
        columnSize=None,
        style={"height": "100%", "width": "100%"},
        dashGridOptions={**theme.GRID_OPTIONS, "localeText": {"noRowsToShow": empty}},
    )


def _agents_panel() -> Any:
    right = {"headerClass": "ag-right-aligned-header", "cellClass": "num ag-right-aligned-cell"}
    number = {**right, "valueFormatter": {"function": "egraphNumber(params.value)"}}
    bands = {f"ink-{band}": f"params.data.band == '{band}'" for band in ("healthy", "degraded", "suspect", "down")}
    columns = [
        {"field": "agent", "headerName": "agent", "flex": 8, "minWidth": 50, "cellClass": "strong"},
        {"field": "role", "headerName": "role", "flex": 9, "minWidth": 66},
        {"field": "health", "headerName": "health", "flex": 13, "minWidth": 86, "cellClassRules": bands},
        {"field": "facts", "headerName": "facts", "flex": 10, "minWidth": 64, **number},
        {"field": "lag", "headerName": "lag", "flex": 8, "minWidth": 52, **number},
        {"field": "digest", "headerName": "digest", "flex": 11, "minWidth": 76, "cellClass": "mono"},
        {"field": "rss_mb", "headerName": "RSS MB", "flex": 10, "minWidth": 68, **number},
        {"field": "last_seen", "headerName": "last seen", "flex": 12, "minWidth": 78, **right},
    ]
    grid = _grid(ids.AGENTS, columns, "params.data.agent", START_HINT)
    return _panel("agents", "Agents", "newest heartbeat; lag in facts", html.Div(grid, className="body"))


def _facts_panel() -> Any:
    colours = {f"ink-{colour}": f"params.data.paint == '{colour}'" for colour in ("red", "blue", "green")}
    columns = [
        {"field": "time", "headerName": "time", "width": 108, "cellClass": "num"},
        {
            "field": "position",
            "headerName": "part:offset",
            "width": 84,
            "headerClass": "ag-right-aligned-header",
            "cellClass": "num ag-right-aligned-cell",
        },
        {"field": "kind", "headerName": "kind", "width": 132},
        {"field": "summary", "headerName": "summary", "minWidth": 130, "flex": 1, "tooltipField": "summary"},
        {"field": "colour", "headerName": "colour", "width": 72, "cellClassRules": colours},
        {"field": "producer", "headerName": "producer", "width": 88, "tooltipField": "producer"},
        {"field": "event_id", "headerName": "event id", "width": 82, "cellClass": "mono", "tooltipField": "event_id"},
    ]
    grid = _grid(ids.FACTS, columns, "params.data.position", START_HINT)
    note = html.Span("newest first", id=ids.FACTS_NOTE, className="note")
    return _panel("facts", "Last facts", note, html.Div(grid, className="body"))
