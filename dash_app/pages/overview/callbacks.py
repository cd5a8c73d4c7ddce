"""Which script fills which element of the live page. All of them run in the browser.

Two panels ask for more, and only when the log has grown: what changed last in the e-graph, and the strip of the log.

The page reads /api/v1/overview once a second instead of holding a persistent websocket callback: it is one plain
request for bytes that are made once per tick anyway, a viewer that lags asks less often instead of being queued for, a
hidden tab stops asking (and the tick stops with it), a restart of the server needs no reconnecting, and proxies,
ETags and access rules treat it like any other request.
"""

from dash import Dash, Input, Output

from dash_app import ids
from dash_app.scripts import bind, drawn


def register(dash: Dash) -> None:
    """Bind scripts to elements. Every panel has the store as its source; the verdict also asks whether that is old."""
    view = Input(ids.STORE, "data")
    scheme = Input(ids.SCHEME, "data")
    bind(dash, "draw_verdict", drawn(ids.VERDICT), view, Input(ids.LINK, "data"))
    bind(dash, "draw_kpis", drawn(ids.KPIS), view)
    bind(dash, "draw_turns", drawn(ids.TURNS), view)
    bind(dash, "draw_lattice", drawn(ids.LATTICE), view, Input(ids.LATTICE_NODES, "value"), scheme)
    bind(dash, "draw_matrix", drawn(ids.MATRIX), view, Input(ids.MATRIX_METRIC, "value"), scheme)
    bind(
        dash,
        "percentiles_figure",
        Output(ids.PERCENTILES, "figure"),
        view,
        Input(ids.PERCENTILES_SCALE, "value"),
        scheme,
    )
    bind(dash, "draw_messages", drawn(ids.MESSAGES), view, Input(ids.MESSAGES_VIEW, "value"))
    bind(dash, "draw_convergence", drawn(ids.CONVERGENCE), view)
    bind(dash, "draw_equalities", drawn(ids.EQUALITIES), view)
    bind(dash, "draw_recent_graph", drawn(ids.RECENT_GRAPH), view)
    bind(dash, "draw_transport", drawn(ids.TRANSPORT), view, Input(ids.LINK, "data"))
    bind(dash, "agent_rows", Output(ids.AGENTS, "rowData"), view)
    bind(dash, "fact_rows", Output(ids.FACTS, "rowData"), view)
    chosen = (ids.LATTICE_NODES, ids.MATRIX_METRIC, ids.PERCENTILES_SCALE, ids.MESSAGES_VIEW)
    bind(dash, "read_overview_address", Output(ids.LATTICE, "data-address"), Input(ids.LOCATION, "search"))
    bind(
        dash,
        "write_overview_address",
        Output(ids.MATRIX, "data-address"),
        *(Input(element, "value") for element in chosen),
        Input(ids.LATTICE, "data-address"),
    )
