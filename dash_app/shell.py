"""What stands around every page: header, navigation, the place for the page, and the stores that all pages share.

Belongs here: the frame and which page an address means. Not here: what a page contains (pages/).
"""

from dataclasses import dataclass
from typing import Any

import dash_mantine_components as dmc
from dash import Dash, Input, Output, dcc, html

from dash_app import ids, theme
from dash_app.marks import attribute, named
from dash_app.scripts import bind, drawn

BAR_PAGES = 4
"""So many ways and a button are as wide as a thumb on the narrowest phones."""


@dataclass(frozen=True, slots=True)
class Page:
    """A page of the console. `glyph` is the name of its icon in assets/40-navigation.css; `layout` is its elements."""

    path: str
    name: str
    glyph: str
    layout: Any


def build(pages: tuple[Page, ...], *, agents: int, period_s: float, source: str) -> Any:
    """Give the frame."""
    return dmc.MantineProvider(
        id=ids.ROOT,
        theme=theme.MANTINE_THEME,
        forceColorScheme="dark",
        children=[
            dcc.Location(id=ids.LOCATION, refresh="callback-nav"),
            dcc.Store(id=ids.STORE),
            dcc.Store(id=ids.LINK),
            dcc.Store(id=ids.SCHEME),
            dcc.Interval(id=ids.CLOCK, interval=int(period_s * 1000)),
            html.A("skip to the page", href=f"#{ids.PAGE}", className="skip"),
            _header(agents, source),
            html.Div([_navigation(pages), html.Main(id=ids.PAGE, className="main", tabIndex=-1)], className="frame"),
        ],
    )


def register(dash: Dash, pages: tuple[Page, ...]) -> None:
    """Bind what the frame does: asking for news, the header, dark and light, and which page is shown."""
    by_path = {page.path: page.layout for page in pages}

    @dash.callback(Output(ids.PAGE, "children"), Input(ids.LOCATION, "pathname"))
    def show(pathname: str | None) -> Any:
        # Whoever calls this by hand may send anything.
        return (by_path.get(pathname or "/") if isinstance(pathname, str | None) else None) or _nowhere(str(pathname))

    bind(dash, "poll", Input(ids.CLOCK, "n_intervals"))
    bind(
        dash,
        "switch_scheme",
        Output(ids.ROOT, "forceColorScheme"),
        Output(ids.SCHEME, "data"),
        Output(ids.SCHEME_BUTTON, "children"),
        Input(ids.SCHEME_BUTTON, "n_clicks"),
    )
    bind(dash, "draw_status", drawn(ids.STATUS), Input(ids.LINK, "data"), Input(ids.STORE, "data"))
    bind(dash, "draw_navigation", drawn(ids.NAVIGATION), Input(ids.LOCATION, "pathname"))


def _header(agents: int, source: str) -> Any:
    about = f"{agents} agents" + (f" · {source}" if source else "")
    return html.Header(
        [
            html.Div(className="logo", **attribute("aria-hidden", "true")),
            html.H1("egraph-streams"),
            html.Span(about, className="about"),
            html.Div(className="spring"),
            html.Div(
                html.Span("connecting", className="badge badge-wait"), id=ids.STATUS, role="status", className="status"
            ),
            html.Span(id=ids.NEWEST, className="newest", title="time of the newest event in the data"),
            html.Div(id=ids.BANDS, className="bands", role="group", **named("agents by health")),
            html.Button(
                "☾", id=ids.SCHEME_BUTTON, className="scheme", n_clicks=0, **named("switch between dark and light")
            ),
        ],
        className="top",
    )


def _navigation(pages: tuple[Page, ...]) -> Any:
    """Give the bar. On a phone only the first pages fit; a button opens a sheet with the others (40-navigation.js)."""
    rest = html.Div([_way(page) for page in pages[BAR_PAGES:]], id=ids.WAYS_REST, className="ways-rest")
    more = html.Button(
        [
            html.Span(className="glyph glyph-more", **attribute("aria-hidden", "true")),
            html.Span("More", className="way-name"),
        ],
        id=ids.WAYS_MORE,
        className="way ways-more",
        **attribute("aria-expanded", "false"),
        **attribute("aria-controls", ids.WAYS_REST),
        **named("more pages"),
    )
    return html.Nav(
        [*(_way(page) for page in pages[:BAR_PAGES]), more, rest], id=ids.NAVIGATION, className="ways", **named("pages")
    )


def _way(page: Page) -> Any:
    return dcc.Link(
        [
            html.Span(className=f"glyph glyph-{page.glyph}", **attribute("aria-hidden", "true")),
            html.Span(page.name, className="way-name"),
        ],
        href=page.path,
        className="way",
        title=page.name,
    )


def _nowhere(pathname: str) -> Any:
    return html.Div(
        [
            html.H2("There is no such page"),
            html.P(f"{pathname} is no page of this console; the link may be broken or of another version."),
            dcc.Link("to the overview", href="/"),
        ],
        className="nowhere",
    )
