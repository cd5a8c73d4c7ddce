"""The page of runs: saturations, rules, what befell agents, sync rounds."""

from dash_app.pages.runs import callbacks, layout

__all__ = ["callbacks", "layout"]
