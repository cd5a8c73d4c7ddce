"""The graph over HTTP: one class, ways into it, and why two nodes are equal. Routes, parameters and status codes only.

The log itself is read for it, since the store holds no proofs; who does that is given from outside (cli/console.py).
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, Any, Protocol

from fastapi import FastAPI, Query, Response
from starlette.concurrency import run_in_threadpool

from dash_app.replies import reply

EGRAPH_PATH = "/api/v1/egraph"
SEARCH_PATH = "/api/v1/egraph/search"
SUMMARY_PATH = "/api/v1/egraph/summary"
WHY_PATH = "/api/v1/why"
LIMIT_MAX = 500
AROUND_MAX = 40
_NO_GRAPH = "this console does not read the log; start it with `egraph console --bootstrap HOST:PORT`"

Node = Annotated[str, Query(min_length=1, max_length=2000, description="A term, a node id, or how one begins.")]
Limit = Annotated[int, Query(ge=1, le=LIMIT_MAX, description="At most so many of each list.")]


@dataclass(frozen=True, slots=True)
class NoAnswer(Exception):
    """Why a question about the graph has no answer: `status` is that of the response."""

    problem: str
    status: int


class Graph(Protocol):
    """What the console needs of the graph. Every method may raise NoAnswer."""

    def node(self, text: str, limit: int, around: int) -> Any:
        """Give the class of a node and `around` neighbouring classes, ready for JSON."""

    def search(self, text: str, limit: int) -> Any:
        """Give nodes by part of an operator or id, ready for JSON."""

    def summary(self, limit: int) -> Any:
        """Give sizes, the largest classes, and what is quarantined, ready for JSON."""

    def why(self, left: str, right: str) -> Any:
        """Give a checked proof that two nodes are equal, or what keeps them apart, ready for JSON."""


def add_routes(server: FastAPI, graph: Graph | None) -> None:
    """Add the routes."""

    @server.get(EGRAPH_PATH, response_class=Response)
    async def node(
        node: Node,
        limit: Limit = 50,
        around: Annotated[int, Query(ge=0, le=AROUND_MAX, description="At most so many neighbouring classes.")] = 12,
    ) -> Response:
        """The class of a node: members, who names them, the smallest term, and what is kept out of it and by what.

        400 for a text that could be several nodes, 404 for one that is none, 503 while the log is read.
        """
        return await _answer(graph, lambda found: found.node(node, limit, around))

    @server.get(SEARCH_PATH, response_class=Response)
    async def search(
        text: Annotated[
            str, Query(min_length=1, max_length=200, description="Part of an operator, or how an id begins.")
        ],
        limit: Limit = 50,
    ) -> Response:
        """Nodes whose operator contains a text, in any case, or whose id begins with it; the closest come first.

        `exact` is the one node that the text names, if it names one; else `problem` says why it does not.
        """
        return await _answer(graph, lambda found: found.search(text, limit))

    @server.get(SUMMARY_PATH, response_class=Response)
    async def summary(limit: Limit = 20) -> Response:
        """The sizes of the graph, its largest classes, and the newest quarantined equalities."""
        return await _answer(graph, lambda found: found.summary(limit))

    @server.get(WHY_PATH, response_class=Response)
    async def why(left: Node, right: Node) -> Response:
        """Why two nodes are equal: a proof that the independent checker accepted, with the place of every fact.

        Where they are not equal, `blocked` names the nearest equalities that were quarantined or suspended.
        """
        return await _answer(graph, lambda found: found.why(left, right))


async def _answer(graph: Graph | None, question: Callable[[Graph], Any]) -> Response:
    if graph is None:
        return reply({"problem": _NO_GRAPH}, 503)
    try:
        return reply(await run_in_threadpool(question, graph))
    except NoAnswer as error:
        return reply({"problem": error.problem}, error.status)
