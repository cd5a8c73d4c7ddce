"""The page of the graph: search, one class with its surroundings, why two nodes are equal."""

from dash_app.pages.egraph import callbacks, layout

__all__ = ["callbacks", "layout"]
