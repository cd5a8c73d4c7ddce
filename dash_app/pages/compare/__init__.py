"""The page that compares two cuts of the log, or two agents."""

from dash_app.pages.compare import callbacks, layout

__all__ = ["callbacks", "layout"]
