"""What stands on the live page, empty. Belongs here: elements, headers with unit and window, columns.

Not here: data. The elements are filled in the browser (assets/), so that one layout serves every viewer.
"""

from typing import Any

from dash import dcc, html

from dash_app import ids
from dash_app.marks import BLANK_FIGURE, choice, grid, named, panel, span_of

START_HINT = "no data yet: start with make demo"
NODES = [("health", "Health"), ("colour", "Colour"), ("lag", "Lag")]
METRICS = [("p95", "p95"), ("p99", "p99"), ("mbps", "Mbps"), ("efficiency", "Eff.")]


def build(*, window_s: int) -> Any:
    """Give the page."""
    return html.Div(
        [
            html.Section(id=ids.VERDICT, className="verdict", **named("verdict")),
            html.Div(id=ids.KPIS, className="kpis", role="list", **named("key figures")),
            _turns_panel(window_s),
            html.Div(
                [
                    _lattice_panel(window_s),
                    _matrix_panel(window_s),
                    _percentiles_panel(window_s),
                    _messages_panel(),
                    _convergence_panel(window_s),
                    _equalities_panel(window_s),
                    _graph_panel(),
                    _facts_panel(),
                    _agents_panel(),
                ],
                className="panels",
            ),
            html.Section(id=ids.TRANSPORT, className="transport", **named("the log: ways back in time")),
        ],
        className="page page-overview",
    )


def _turns_panel(window_s: int) -> Any:
    note = html.Span(span_of(window_s), id=ids.TURNS_NOTE, className="note")
    return panel("turns", "Turns", note, html.Div(id=ids.TURNS, className="body"))


def _lattice_panel(window_s: int) -> Any:
    note = html.Span(f"arrows: colour p95, width Mbps, {span_of(window_s)}", id=ids.LATTICE_NOTE, className="note")
    tools = choice(ids.LATTICE_NODES, "what agents are told by", NODES)
    return panel("lattice", "Lattice", note, html.Div(id=ids.LATTICE, className="body lattice"), tools)


def _matrix_panel(window_s: int) -> Any:
    note = html.Span("row → column, ms", id=ids.MATRIX_NOTE, className="note", title=span_of(window_s))
    tools = choice(ids.MATRIX_METRIC, "value in the cells", METRICS)
    return panel("matrix", "Flow matrix", note, html.Div(id=ids.MATRIX, className="body matrix"), tools)


def _percentiles_panel(window_s: int) -> Any:
    graph = dcc.Graph(
        id=ids.PERCENTILES,
        className="body graph",
        responsive=True,
        config={"displayModeBar": False, "scrollZoom": False, "doubleClick": "reset"},
        figure=BLANK_FIGURE,
    )
    note = html.Span(f"ms a message, {span_of(window_s)}", id=ids.PERCENTILES_NOTE, className="note")
    tools = choice(ids.PERCENTILES_SCALE, "scale of the axis", [("log", "log"), ("linear", "linear")])
    return panel("percentiles", "Gossip latency", note, graph, tools)


def _messages_panel() -> Any:
    note = html.Span(id=ids.MESSAGES_NOTE, className="note")
    tools = html.Div(
        [
            dcc.Link("open in Causality", href="/causality"),
            choice(ids.MESSAGES_VIEW, "how messages are shown", [("picture", "Picture"), ("table", "Table")]),
        ],
        className="messages-tools",
    )
    return panel("messages", "Messages", note, html.Div(id=ids.MESSAGES, className="body"), tools)


def _convergence_panel(window_s: int) -> Any:
    body = html.Div(id=ids.CONVERGENCE, className="body convergence")
    note = f"digests; facts each agent lacked, {span_of(window_s)}"
    return panel("convergence", "Convergence", note, body)


def _equalities_panel(window_s: int) -> Any:
    note = f"now; facts: {span_of(window_s)}"
    return panel("equalities", "Equalities", note, html.Div(id=ids.EQUALITIES, className="body equalities"))


def _graph_panel() -> Any:
    note = html.Span("what changed last", id=ids.RECENT_GRAPH_NOTE, className="note")
    key = html.Span("◆ changed < 6 s", className="recent-key")
    return panel("recent-graph", "E-graph", note, html.Div(id=ids.RECENT_GRAPH, className="body recent-graph"), key)


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
    rows = grid(ids.AGENTS, columns, "params.data.agent", START_HINT, rowHeight=21, headerHeight=23)
    return panel("agents", "Agents", "newest heartbeat; lag in facts", html.Div(rows, className="body"))


def _facts_panel() -> Any:
    colours = {f"ink-{colour}": f"params.data.paint == '{colour}'" for colour in ("red", "blue", "green")}
    columns = [
        {"field": "time", "headerName": "time", "width": 108, "cellClass": "num"},
        {
            "field": "position",
            "headerName": "part:offset",
            "width": 78,
            "headerClass": "ag-right-aligned-header",
            "cellClass": "num ag-right-aligned-cell",
        },
        {"field": "kind", "headerName": "kind", "width": 124},
        {"field": "summary", "headerName": "summary", "minWidth": 130, "flex": 1, "tooltipField": "summary"},
        {"field": "colour", "headerName": "colour", "width": 72, "cellClassRules": colours},
        {"field": "producer", "headerName": "producer", "width": 88, "tooltipField": "producer"},
        {"field": "event_id", "headerName": "event id", "width": 82, "cellClass": "mono", "tooltipField": "event_id"},
    ]
    rows = grid(ids.FACTS, columns, "params.data.position", START_HINT)
    note = html.Span("newest first", id=ids.FACTS_NOTE, className="note")
    return panel("facts", "Last facts", note, html.Div(rows, className="body"))
