"""Puts the console together: one FastAPI server with the JSON API, the shared tick and the Dash pages.

Belongs here: wiring. Not here: what pages contain, how the process is run (cli/console.py). Nothing happens at import.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, cast

from dash import Dash
from fastapi import FastAPI
from starlette.middleware.gzip import GZipMiddleware

from dash_app import api, theme
from dash_app.pages.overview import callbacks, layout
from dash_app.tick import Answers, Tick

TITLE = "egraph-streams console"


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What a deployment may choose."""

    agents: int = 9
    window_s: int = 180
    period_s: float = 1.0
    idle_after_s: float = 5.0
    source: str = ""


def build_app(read_model: Answers, settings: Settings) -> FastAPI:
    """Give the server. The tick starts and ends with it."""
    tick = Tick(read_model, window_s=settings.window_s, period_s=settings.period_s, idle_after_s=settings.idle_after_s)

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        tick.start()
        try:
            yield
        finally:
            tick.stop()

    server = FastAPI(title=TITLE, docs_url=None, redoc_url=None, lifespan=lifespan)
    server.add_middleware(GZipMiddleware, minimum_size=1000, compresslevel=5)
    api.add_routes(server, tick)
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
    # Dash opens a websocket in every browser even if no callback uses it; none does.
    dash.backend.websocket_capability = False
    dash.layout = layout.build(
        agents=settings.agents, window_s=settings.window_s, period_s=settings.period_s, source=settings.source
    )
    callbacks.register(dash)
    return server
