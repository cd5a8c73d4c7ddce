"""The graph of a running system as the console asks for it: answers of streams/runtimes, refusals with a status."""

from collections.abc import Callable
from typing import Any

from dash_app.graph_api import NoAnswer
from streams.processors.folder import LogFolder
from streams.runtimes.class_text import class_document
from streams.runtimes.live_graph import LiveGraph, LogUnreadable, StillReading
from streams.runtimes.node_names import UnclearNode, UnknownNode
from streams.runtimes.why import explain


class ConsoleGraph:
    """Answers out of the log behind a broker."""

    def __init__(self, live: LiveGraph) -> None:
        self._live = live

    def node(self, text: str, limit: int) -> dict[str, Any]:
        """Give the class of a node. Raises NoAnswer."""
        return self._ask(lambda folder: class_document(folder, text, limit=limit))

    def why(self, left: str, right: str) -> dict[str, Any]:
        """Give a proof, or what keeps two nodes apart. Raises NoAnswer."""
        return self._ask(lambda folder: explain(folder, left, right).document())

    def _ask(self, question: Callable[[LogFolder], dict[str, Any]]) -> dict[str, Any]:
        try:
            return self._live.ask(question)
        except UnclearNode as error:
            raise NoAnswer(str(error), 400) from error
        except UnknownNode as error:
            raise NoAnswer(str(error), 404) from error
        except (StillReading, LogUnreadable) as error:
            raise NoAnswer(str(error), 503) from error
