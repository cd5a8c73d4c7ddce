"""The page of causality: a space-time diagram, the cone of one event, one message across agents."""

from dash_app.pages.causality import callbacks, layout

__all__ = ["callbacks", "layout"]
