"""The page of time travel: the log at one of its records, and a bar to go through it."""

from dash_app.pages.timetravel import callbacks, layout

__all__ = ["callbacks", "layout"]
