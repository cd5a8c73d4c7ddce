"""The live page: agents, percentiles, flows, equalities and the last facts."""

from dash_app.pages.overview import callbacks, layout

__all__ = ["callbacks", "layout"]
