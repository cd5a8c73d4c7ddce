"""A plain console to measure ours against: an interval of a second, and each viewer has figures built by the server.

Run: python -m tests.benchmarks.figures_console --data-dir DIR. Prints its address; runs until it is stopped.
Belongs here: what the first chapter of a Dash book does, with the panels of our Overview, from the same store, on the
same server. Not here: measuring (bench_viewers.py). The figures come from SQL over the public views, at each refresh.
"""

import argparse
import socket
import threading
from pathlib import Path
from typing import Any, cast

import plotly.graph_objects as go
import uvicorn
from dash import Dash, Input, Output, dcc, html
from fastapi import FastAPI
from starlette.middleware.gzip import GZipMiddleware

from analytics.answers import Overview
from tests.properties.overview_in_sql import OverviewInSql

CLOCK = "clock"
FIGURES = ("lattice", "matrix", "percentiles", "equalities")
TABLES = ("kpis", "agents", "facts")
_PLACES = ((0, 4), (2, 4), (4, 4), (1, 2.5), (3, 2.5), (2, 1.5), (0.8, 0.6), (3.2, 0.6), (2, 0))


def build(data_dir: Path) -> FastAPI:
    """Give the server."""
    server = FastAPI()
    server.add_middleware(GZipMiddleware, minimum_size=1000, compresslevel=5)
    dash = Dash(__name__, server=cast(Any, server), serve_locally=True, add_log_handler=False)
    dash.backend.websocket_capability = False
    dash.layout = html.Div(
        [
            dcc.Interval(id=CLOCK, interval=1000),
            html.Div(id="kpis"),
            *(dcc.Graph(id=name) for name in FIGURES),
            html.Div(id="agents"),
            html.Div(id="facts"),
        ]
    )
    model, alone = OverviewInSql(data_dir), threading.Lock()

    @dash.callback(*(Output(name, "figure") for name in FIGURES), *(Output(name, "children") for name in TABLES),
                   Input(CLOCK, "n_intervals"))  # fmt: skip
    def refresh(_: int | None) -> tuple[Any, ...]:
        with alone:
            answer = model.overview()
        return (
            lattice(answer), matrix(answer), percentiles(answer), equalities(answer),
            kpis(answer), table(answer.agents), table(answer.recent_facts),
        )  # fmt: skip

    return server


def lattice(answer: Overview) -> go.Figure:
    """Give agents and the flows between them."""
    figure = go.Figure(layout={"height": 360})
    for item in answer.flows:
        (x0, y0), (x1, y1) = _PLACES[item.sender % 9], _PLACES[item.receiver % 9]
        figure.add_scatter(x=[x0, x1], y=[y0, y1], mode="lines", hovertext=f"{item.p95_ms} ms", showlegend=False)
    at = [_PLACES[item.agent % 9] for item in answer.agents]
    figure.add_scatter(
        x=[x for x, _ in at], y=[y for _, y in at], mode="markers+text", text=[item.band for item in answer.agents]
    )
    return figure


def matrix(answer: Overview) -> go.Figure:
    """Give p95 of each flow as a heatmap with its numbers."""
    size = max((max(item.sender, item.receiver) for item in answer.flows), default=0) + 1
    cells: list[list[float | None]] = [[None] * size for _ in range(size)]
    for item in answer.flows:
        cells[item.sender][item.receiver] = item.p95_ms
    return go.Figure(go.Heatmap(z=cells, texttemplate="%{z}", colorscale="Cividis"), layout={"height": 360})


def percentiles(answer: Overview) -> go.Figure:
    """Give p50, p95 and p99 over the window."""
    figure = go.Figure(layout={"height": 300})
    for name in ("p50_ms", "p95_ms", "p99_ms"):
        figure.add_scatter(x=answer.series.second, y=getattr(answer.series, name), mode="lines", name=name)
    return figure


def equalities(answer: Overview) -> go.Figure:
    """Give facts a second, efficiency and distinct digests over the window."""
    figure = go.Figure(layout={"height": 300})
    for name in ("facts_per_s", "efficiency", "distinct_digests", "mbps"):
        figure.add_scatter(x=answer.series.second, y=getattr(answer.series, name), mode="lines", name=name)
    return figure


def kpis(answer: Overview) -> list[Any]:
    """Give the key figures."""
    return [html.Span(f"{name} {getattr(answer.kpis, name)} ") for name in answer.kpis.__slots__]


def table(rows: tuple[Any, ...]) -> Any:
    """Give rows as a table."""
    names = rows[0].__slots__ if rows else ()
    return html.Table([html.Tr([html.Td(str(getattr(row, name))) for name in names]) for row in rows])


def main() -> None:
    """Serve on a free port of the loopback."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data-dir", type=Path, required=True)
    app = build(parser.parse_args().data_dir)
    listener = socket.create_server(("127.0.0.1", 0))
    print(f"console: http://127.0.0.1:{listener.getsockname()[1]}/", flush=True)
    uvicorn.Server(uvicorn.Config(app, log_level="warning", access_log=False)).run(sockets=[listener])


if __name__ == "__main__":
    main()
