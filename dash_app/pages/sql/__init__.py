"""The page for SQL: an editor, what can be asked about, rows, a chart, export."""

from dash_app.pages.sql import callbacks, layout

__all__ = ["callbacks", "layout"]
