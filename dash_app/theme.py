"""Looks that Python must know: the theme of the components and of the grids. Colours live in assets/10-theme.css."""

from typing import Any

MANTINE_THEME: dict[str, Any] = {
    "primaryColor": "blue",
    "fontFamily": "var(--font)",
    "fontFamilyMonospace": "var(--mono)",
    "defaultRadius": "sm",
}

# Colours are CSS variables, so one theme serves the dark and the light page.
_GRID_THEME = """themeQuartz.withParams({
  backgroundColor: 'var(--panel)', foregroundColor: 'var(--text)', headerTextColor: 'var(--muted)',
  headerBackgroundColor: 'var(--panel)', borderColor: 'var(--line)', chromeBackgroundColor: 'var(--panel)',
  oddRowBackgroundColor: 'var(--panel)', rowHoverColor: 'var(--hover)', accentColor: 'var(--blue)',
  wrapperBorder: false, wrapperBorderRadius: 0, headerColumnResizeHandleColor: 'transparent',
  fontFamily: 'var(--font)', fontSize: 13, headerFontSize: 12, headerFontWeight: 500, spacing: 5,
  cellHorizontalPadding: 7, rowHeight: 27, headerHeight: 28
})"""

GRID_OPTIONS: dict[str, Any] = {
    "theme": {"function": _GRID_THEME},
    "animateRows": False,
    "suppressCellFocus": False,
    "enableCellTextSelection": True,
    "ensureDomOrder": True,
    "suppressNoRowsOverlay": False,
}

INDEX = """<!DOCTYPE html>
<html lang="en" data-mantine-color-scheme="dark" data-ag-theme-mode="dark">
  <head>
    {%metas%}
    <title>{%title%}</title>
    <link rel="icon" type="image/svg+xml" href="/assets/favicon.svg">
    {%css%}
  </head>
  <body>
    {%app_entry%}
    <footer>
      {%config%}
      {%scripts%}
      {%renderer%}
    </footer>
  </body>
</html>
"""
