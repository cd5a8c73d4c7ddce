"""Puts the console together: one FastAPI server with the JSON API, the shared tick and the Dash pages.

Belongs here: wiring. Not here: what pages contain, how the process is run (cli/console.py). Nothing happens at import.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, cast

from dash import Dash, html
from fastapi import FastAPI
from starlette.middleware.gzip import GZipMiddleware

from dash_app import (
    api,
    causality_api,
    compare_api,
    cut_api,
    graph_api,
    live_socket,
    log_api,
    redrive_api,
    runs_api,
    shell,
    sql_api,
    standing_api,
    theme,
    timeline_api,
)
from dash_app.callback_gate import CallbackGate
from dash_app.causality_api import Causality
from dash_app.compare_api import Comparer
from dash_app.cut_api import Cuts
from dash_app.graph_api import Graph
from dash_app.guard import Guard
from dash_app.log_api import Log
from dash_app.pages import causality as causality_page
from dash_app.pages import compare, events, overview, sql, timetravel
from dash_app.pages import egraph as egraph_page
from dash_app.pages import runs as runs_page
from dash_app.problems import ProblemsInPlace
from dash_app.redrive_api import Operator, Redriver
from dash_app.runs_api import Runs
from dash_app.shell import Page
from dash_app.sql_api import SqlDesk
from dash_app.tick import Answers, Tick
from dash_app.timeline_api import Events

TITLE = "egraph-streams console"


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What a deployment may choose."""

    agents: int = 9
    window_s: int = 180
    period_s: float = 1.0
    idle_after_s: float = 5.0
    source: str = ""


def build_app(
    read_model: Answers,
    settings: Settings,
    desk: SqlDesk | None = None,
    *,
    log: Log | None = None,
    runs: Runs | None = None,
    causality: Causality | None = None,
    graph: Graph | None = None,
    cuts: Cuts | None = None,
    comparer: Comparer | None = None,
    timeline: Events | None = None,
    redriver: Redriver | None = None,
    operator: Operator | None = None,
) -> FastAPI:
    """Give the server. The tick starts and ends with it. Pages without their source say that there is none."""
    tick = Tick(read_model, window_s=settings.window_s, period_s=settings.period_s, idle_after_s=settings.idle_after_s)

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        _find_files(dash)
        tick.start()
        try:
            yield
        finally:
            tick.stop()

    server = FastAPI(title=TITLE, docs_url=None, redoc_url=None, lifespan=lifespan)
    server.add_middleware(GZipMiddleware, minimum_size=1000, compresslevel=5)
    api.add_routes(server, tick)
    live_socket.add_routes(server, tick)
    sql_api.add_routes(server, desk)
    log_api.add_routes(server, log)
    redrive_api.add_routes(server, redriver, operator)
    runs_api.add_routes(server, runs)
    standing_api.add_routes(server, tick)
    timeline_api.add_routes(server, timeline)
    causality_api.add_routes(server, causality)
    graph_api.add_routes(server, graph)
    cut_api.add_routes(server, cuts)
    compare_api.add_routes(server, comparer)
    api.refuse_others(server)
    dash = _dash(server)
    pages = (
        Page("/", "Overview", "overview", overview.layout.build(window_s=settings.window_s)),
        Page("/events", "Events", "events", events.layout.build()),
        Page("/timetravel", "Time travel", "timetravel", timetravel.layout.build()),
        Page("/compare", "Compare", "compare", compare.layout.build()),
        Page("/causality", "Causality", "causality", causality_page.layout.build()),
        Page("/egraph", "E-graph", "egraph", egraph_page.layout.build()),
        Page("/runs", "Runs", "runs", runs_page.layout.build()),
        Page("/sql", "SQL", "sql", sql.layout.build()),
    )
    frame = shell.build(pages, agents=settings.agents, period_s=settings.period_s, source=settings.source)
    dash.layout = frame
    cast(Any, dash).validation_layout = html.Div([frame, *(page.layout for page in pages)])
    shell.register(dash, pages)
    overview.callbacks.register(dash)
    events.callbacks.register(dash)
    timetravel.callbacks.register(dash)
    compare.callbacks.register(dash)
    causality_page.callbacks.register(dash)
    egraph_page.callbacks.register(dash)
    runs_page.callbacks.register(dash)
    sql.callbacks.register(dash)
    server.add_middleware(CallbackGate, callbacks=dash.callback_map, files=dash.registered_paths)
    server.add_middleware(Guard, script_hashes=tuple(dash.csp_hashes()))
    server.add_middleware(ProblemsInPlace)
    return server


def _find_files(dash: Dash) -> None:
    """Have Dash look at once for what it would look for when "/" is asked for, or when it writes a page: the scripts of
    assets/, and the files of its packages. A visitor's first page may be another, or one of before a restart."""
    dash._setup_server()  # type: ignore[no-untyped-call]
    dash._generate_scripts_html()
    dash._generate_css_dist_html()  # type: ignore[no-untyped-call]


def _dash(server: FastAPI) -> Dash:
    dash = Dash(
        __name__,
        server=cast(Any, server),  # the annotation of Dash knows Flask only
        title=TITLE,
        update_title="",
        index_string=theme.INDEX,
        serve_locally=True,
        add_log_handler=False,
        use_pages=False,
        meta_tags=[
            {"name": "viewport", "content": "width=device-width, initial-scale=1"},
            {"name": "description", "content": "Live state of a coloured, replicated e-graph"},
        ],
    )
    # Dash opens a websocket of its own in every browser even if no callback uses it; none does (live_socket.py).
    dash.backend.websocket_capability = False
    return dash
