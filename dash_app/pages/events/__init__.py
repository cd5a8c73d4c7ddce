"""The page of the log: facts newest first, a drawer for one of them, refused records."""

from dash_app.pages.events import callbacks, layout

__all__ = ["callbacks", "layout"]
