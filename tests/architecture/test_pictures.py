"""The pictures of the console in docs/images: every page of the app has its three, and the documents show them.

Not here: what is on them; `make screenshots` takes them from a running demo.
"""

import json
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from dash_app.app import Settings, build_app
from tests.browser.screenshots import IMAGES, LOOKS, name_of
from tests.unit.dash_app.console_fakes import FakeReadModel, full_overview, serving

ROOT = Path(__file__).resolve().parents[2]
ALL_BYTES_MAX = 4_000_000
ADVICE = "run make screenshots, or make screenshots ARGS='--only PAGE'"


def links(part: Any) -> Iterator[str]:
    """Give every address that a part of Dash's layout links to."""
    if isinstance(part, dict) and part.get("type") == "Link":
        yield part["props"]["href"]
    for item in part.values() if isinstance(part, dict) else part if isinstance(part, list) else ():
        yield from links(item)


@pytest.fixture(scope="module")
def names() -> list[str]:
    """Give the names of the pages of the app, as their pictures have them."""
    with serving(build_app(FakeReadModel(full_overview()), Settings())) as address:
        layout = json.load(urllib.request.urlopen(f"{address}/_dash-layout", timeout=30))
    found = [name_of(path) for path in links(layout)]
    assert "overview" in found
    return found


def test_every_page_has_a_picture_in_each_look_and_no_other_is_left(names: list[str]) -> None:
    """A new page would be missing from the documents, or the picture of one that is gone would stay in them."""
    wanted = {f"{name}-{look}.webp" for name in names for look in LOOKS}
    assert {path.name for path in IMAGES.iterdir()} == wanted, ADVICE


def test_pictures_have_the_size_of_their_window() -> None:
    """A picture that was taken by hand would show another console than readers have."""
    for path in IMAGES.glob("*.webp"):
        size = LOOKS[path.stem.rsplit("-", 1)[1]]
        # The extended header of a WebP file holds both sizes less one, in three bytes each.
        head = path.read_bytes()[:30]
        assert head[12:16] == b"VP8X", f"{path.name}; {ADVICE}"
        width, height = (1 + int.from_bytes(head[at : at + 3], "little") for at in (24, 27))
        assert (width, height) == (size["width"], size["height"]), f"{path.name}; {ADVICE}"


def test_pictures_are_small_together() -> None:
    """Every clone would carry megabytes that nobody looks at."""
    assert sum(path.stat().st_size for path in IMAGES.iterdir()) < ALL_BYTES_MAX


def test_the_document_of_the_console_shows_every_page(names: list[str]) -> None:
    """Readers could not see what a page looks like before they have started it."""
    text = (ROOT / "docs" / "console.md").read_text()
    missing = [f"{name}-{look}" for name in names for look in LOOKS if f"(images/{name}-{look}.webp)" not in text]
    assert missing == [], "docs/console.md shows no picture of them"
    assert "(docs/images/overview-dark.webp)" in (ROOT / "README.md").read_text()
