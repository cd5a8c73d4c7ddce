"""The graph of a running system as the console asks for it: answers of streams/runtimes, refusals with a status."""

from collections.abc import Callable
from typing import Any, Protocol, TypeVar

from analytics.recent_answers import EQUATED, QuarantinedPlace, RecentGraph
from analytics.recent_graph import CHANGED, Changed, told_graph
from dash_app.graph_api import NoAnswer
from streams.processors.folder import LogFolder
from streams.runtimes.class_text import class_document
from streams.runtimes.graph_index import GraphIndex
from streams.runtimes.live_graph import LogUnreadable, StillReading
from streams.runtimes.newest_equalities import newest_equalities, quarantined_places
from streams.runtimes.node_names import UnclearNode, UnknownNode
from streams.runtimes.node_search import found_nodes, summary_document
from streams.runtimes.why import explain_named

_T = TypeVar("_T")


class Asked(Protocol):
    """Who folds the log; one question at a time is asked of it."""

    @property
    def has_read(self) -> bool:
        """Tell whether the whole log has been read once."""

    def begin(self) -> None:
        """Read the log, if it was not; nobody waits for it."""

    def ask(self, question: Callable[[LogFolder], _T]) -> _T:
        """Answer out of the log as it stands. Raises StillReading, LogUnreadable, and what the question raises."""


class ConsoleGraph:
    """Answers out of the log behind a broker."""

    def __init__(self, live: Asked) -> None:
        self._live = live
        self._index: GraphIndex | None = None

    def node(self, text: str, limit: int, around: int) -> dict[str, Any]:
        """Give the class of a node. Raises NoAnswer."""
        return self._ask(lambda index: class_document(index, text, limit=limit, around=around))

    def search(self, text: str, limit: int) -> dict[str, Any]:
        """Give nodes by part of an operator or id. Raises NoAnswer."""
        return self._ask(lambda index: found_nodes(index, text, limit=limit))

    def summary(self, limit: int) -> dict[str, Any]:
        """Give sizes, large classes, and what is quarantined. Raises NoAnswer."""
        return self._ask(lambda index: summary_document(index, limit=limit))

    def why(self, left: str, right: str) -> dict[str, Any]:
        """Give a proof, or what keeps two nodes apart. Raises NoAnswer."""
        return self._ask(lambda index: explain_named(index.folder, index.known, index.names, left, right).document())

    def recent(self, drawn: int, may_read: bool) -> RecentGraph | None:
        """Give the classes of the newest equalities and those around.

        None where the log was not read before, or cannot be read on; then reading it is begun, if it may be.
        """
        if not self._live.has_read:
            if may_read:
                self._live.begin()
            return None
        try:
            return self._live.ask(lambda folder: _recent(folder, drawn))
        except (StillReading, LogUnreadable):
            return None

    def _ask(self, question: Callable[[GraphIndex], dict[str, Any]]) -> dict[str, Any]:
        try:
            return self._live.ask(lambda folder: question(self._index_of(folder)))
        except UnclearNode as error:
            raise NoAnswer(str(error), 400) from error
        except UnknownNode as error:
            raise NoAnswer(str(error), 404) from error
        except (StillReading, LogUnreadable) as error:
            raise NoAnswer(str(error), 503) from error

    def _index_of(self, folder: LogFolder) -> GraphIndex:
        if self._index is None or self._index.version != folder.version:
            self._index = GraphIndex(folder)
        return self._index


def _recent(folder: LogFolder, drawn: int) -> RecentGraph:
    changed = [Changed(item.at_us, item.left, EQUATED) for item in newest_equalities(folder, 8 * CHANGED)]
    places = [
        QuarantinedPlace(partition=item.partition, offset=item.offset, at_us=item.at_us)
        for item in quarantined_places(folder)
    ]
    return told_graph(folder.view, changed, places, sum(folder.version), drawn)
