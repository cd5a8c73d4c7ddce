"""Which script fills which element of the live page. All of them run in the browser; none is a request of its own.

The page reads /api/v1/overview once a second instead of holding a persistent websocket callback: it is one plain
request for bytes that are made once per tick anyway, a viewer that lags asks less often instead of being queued for, a
hidden tab stops asking (and the tick stops with it), a restart of the server needs no reconnecting, and proxies,
ETags and access rules treat it like any other request.
"""

from typing import Any

from dash import ClientsideFunction, Dash, Input, Output

from dash_app import ids

NAMESPACE = "egraph"


def register(dash: Dash) -> None:
    """Bind scripts to elements. Every panel has the store, and nothing else, as its source."""
    view = Input(ids.STORE, "data")
    scheme = Input(ids.SCHEME, "data")
    _bind(dash, "poll", Input(ids.CLOCK, "n_intervals"))
    _bind(
        dash,
        "switch_scheme",
        Output(ids.ROOT, "forceColorScheme"),
        Output(ids.SCHEME, "data"),
        Output(ids.SCHEME_BUTTON, "children"),
        Input(ids.SCHEME_BUTTON, "n_clicks"),
    )
    _bind(dash, "draw_status", _drawn(ids.STATUS), Input(ids.LINK, "data"), view)
    _bind(dash, "draw_kpis", _drawn(ids.KPIS), view)
    _bind(dash, "draw_lattice", _drawn(ids.LATTICE), view, scheme)
    _bind(dash, "draw_matrix", _drawn(ids.MATRIX), view, Input(ids.MATRIX_METRIC, "value"), scheme)
    _bind(
        dash,
        "percentiles_figure",
        Output(ids.PERCENTILES, "figure"),
        view,
        Input(ids.PERCENTILES_SCALE, "value"),
        scheme,
    )
    _bind(dash, "draw_equalities", _drawn(ids.EQUALITIES), view)
    _bind(dash, "agent_rows", Output(ids.AGENTS, "rowData"), view)
    _bind(dash, "fact_rows", Output(ids.FACTS, "rowData"), view)


def _drawn(element: str) -> Output:
    """Scripts that build their own elements give back which answer they drew.

    Dash tells callbacks without outputs apart by their inputs only, so two of them on one store would be one.
    """
    return Output(element, "data-drawn")


def _bind(dash: Dash, function: str, *ends: Any) -> None:
    dash.clientside_callback(ClientsideFunction(NAMESPACE, function), *ends)  # type: ignore[no-untyped-call]
