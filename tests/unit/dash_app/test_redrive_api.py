"""Sending refused records again over HTTP: who may, what is asked of the broker's side, what is told."""

import json
from collections.abc import Iterator, Sequence
from typing import Any

import pytest

from dash_app.app import Settings, build_app
from dash_app.redrive_api import WRONG_MAX, CannotRedrive, Operator, Redriven
from tests.unit.dash_app.console_fakes import FakeReadModel, full_overview, serving
from tests.unit.dash_app.test_sql_api import send

TOKEN = "an-operators-token"
PLACE = "egraph.facts/4/77"


class FakeRedriver:
    """Notes what it was asked for."""

    def __init__(self) -> None:
        self.asked: list[tuple[list[str], bool]] = []
        self.fault: str | None = None

    def redrive(self, positions: Sequence[str], *, again: bool) -> Redriven:
        """Send all of them."""
        self.asked.append((list(positions), again))
        if self.fault is not None:
            raise CannotRedrive(self.fault)
        return Redriven(sent=tuple(positions), before=(), missing=())


@pytest.fixture(name="site")
def _site() -> Iterator[tuple[str, FakeRedriver]]:
    redriver = FakeRedriver()
    app = build_app(FakeReadModel(full_overview()), Settings(), redriver=redriver, operator=Operator(TOKEN))
    with serving(app) as address:
        yield address, redriver


def post(address: str, document: Any, **headers: str) -> tuple[int, dict[str, str], Any]:
    """Ask for a record to be sent again."""
    status, found, body = send(
        address, "POST", "/api/v1/dead-letters/redrive", json.dumps(document).encode(),
        Content_Type="application/json", **headers,
    )  # fmt: skip
    return status, found, json.loads(body)


def test_the_operator_sends_again(site: tuple[str, FakeRedriver]) -> None:
    """Nobody could, or another record would be sent than was asked for."""
    address, redriver = site
    status, _, found = post(address, {"positions": [PLACE], "again": True}, Authorization=f"Bearer {TOKEN}")
    assert (status, found) == (200, {"sent": [PLACE], "before": [], "missing": []})
    assert redriver.asked == [([PLACE], True)]


@pytest.mark.parametrize(
    "header", [None, "", "Bearer", "Bearer wrong", f"Basic {TOKEN}", f"Bearer {TOKEN}x", "Bearer t\xf6ken", TOKEN]
)
def test_nobody_else_does(site: tuple[str, FakeRedriver], header: str | None) -> None:
    """Whoever reaches the console could write to the log."""
    address, redriver = site
    named = {} if header is None else {"Authorization": header}
    status, headers, found = post(address, {"positions": [PLACE]}, **named)
    assert (status, headers["www-authenticate"]) == (401, "Bearer")
    assert "operator" in found["problem"]
    assert redriver.asked == []


def test_guessing_is_shut_out(site: tuple[str, FakeRedriver]) -> None:
    """A token could be tried out as fast as the line carries."""
    address, redriver = site
    for _ in range(WRONG_MAX):
        assert post(address, {"positions": [PLACE]}, Authorization="Bearer wrong")[0] == 401
    status, headers, _ = post(address, {"positions": [PLACE]}, Authorization=f"Bearer {TOKEN}")
    assert (status, headers["retry-after"]) == (429, "60")
    assert redriver.asked == []


@pytest.mark.parametrize(
    "document",
    [{}, [], {"positions": []}, {"positions": "x"}, {"positions": ["a/b/c"]}, {"positions": ["t/1/2\n"]},
     {"positions": [PLACE] * 101}, {"positions": [PLACE], "again": "perhaps"}],
)  # fmt: skip
def test_what_names_no_positions_is_refused(site: tuple[str, FakeRedriver], document: Any) -> None:
    """A mistake of the caller would reach the broker, or look like a fault of the server."""
    address, redriver = site
    assert post(address, document, Authorization=f"Bearer {TOKEN}")[0] == 422
    assert redriver.asked == []


def test_a_broker_that_is_away_is_told(site: tuple[str, FakeRedriver]) -> None:
    """A record that was not sent would pass for sent."""
    address, redriver = site
    redriver.fault = "no broker answers"
    status, _, found = post(address, {"positions": [PLACE]}, Authorization=f"Bearer {TOKEN}")
    assert (status, found) == (503, {"problem": "no broker answers"})


@pytest.mark.parametrize("have", [(True, False), (False, True), (False, False)])
def test_without_the_role_nothing_is_offered(have: tuple[bool, bool]) -> None:
    """A console that was started without a token would let everybody write, or nobody know why not."""
    redriver = FakeRedriver()
    app = build_app(
        FakeReadModel(full_overview()), Settings(),
        redriver=redriver if have[0] else None, operator=Operator(TOKEN) if have[1] else None,
    )  # fmt: skip
    with serving(app) as address:
        status, _, found = post(address, {"positions": [PLACE]}, Authorization=f"Bearer {TOKEN}")
        _, _, offered = send(address, "GET", "/api/v1/dead-letters/redrive")
    assert (status, redriver.asked) == (501, [])
    assert "--operator-token-file" in found["problem"]
    assert json.loads(offered)["offered"] is False
