"""Names of nodes for people: from what somebody typed to a node.

Belongs here: which texts name a node of a view. Not here: how a node is shown (egraph/explain/terms.py), the grammar of
terms (streams/ingest/sexpr.py), explaining (why.py).
"""

import re

from egraph.explain.known import KnownToView
from egraph.explain.terms import printable, term
from egraph.identifiers import NodeId
from egraph.reading import ReplicaView
from streams.ingest.colouring import Colouring, all_green
from streams.ingest.sexpr import SexprProblem, SexprReader, Statement

_CANDIDATES_SHOWN = 10
_PREFIX = re.compile(r"#([0-9a-fA-F]{1,32})|([0-9a-fA-F]{4,32})")
"""Without # at least four digits: `f` or `add` is more likely a term that is not there than an id."""


class UnclearNode(Exception):
    """The text could be several nodes, or is neither an id nor a term. The message says what to type instead."""


class UnknownNode(Exception):
    """The log, up to the cut, holds no such node."""


class NodeNames:
    """Finds the nodes that texts name in a view. `colouring` must be the one that terms were fed with."""

    def __init__(self, view: ReplicaView, known: KnownToView, colouring: Colouring) -> None:
        self._view, self._known = view, known
        self._reader, self._green = SexprReader(colouring), SexprReader(all_green())
        self._ends: frozenset[NodeId] | None = None

    def node(self, text: str) -> NodeId:
        """Give the node of a term, else of an id, else of the beginning of one. Raises UnclearNode, UnknownNode.

        A term that is not there in its colours may be in GREEN, in which agents make constants and the SDK terms.
        """
        statement = self._reader.read_line(text)
        root = _root_of(statement)
        for found in (root, _root_of(self._green.read_line(text))):
            if found is not None and self._is_there(found):
                return found
        prefix = _PREFIX.fullmatch(text.strip())
        if prefix is not None:
            return self._of_prefix((prefix[1] or prefix[2]).lower())
        if isinstance(statement, SexprProblem):
            raise UnclearNode(f"{_quoted(text)} is no term: {statement}; mend it, or give a node id")
        if root is None:
            raise UnclearNode(f"{_quoted(text)} names no single node; give a node id or a term such as '(f x)'")
        raise UnknownNode(
            f"the log holds no node {_quoted(text)}; look at its spelling, its colours follow from --seed and "
            "--palette (a node that was coloured by hand is found by its id)"
        )

    def _of_prefix(self, digits: str) -> NodeId:
        ids = {*self._view.store.nodes.ids, *self._equality_ends()}
        candidates = sorted(item for item in ids if item.hex().startswith(digits) and self._is_there(item))
        if not candidates:
            raise UnknownNode(
                f"the log holds no node {digits}: no term of this name, and no node id begins so; look at its spelling"
            )
        if len(candidates) == 1:
            return candidates[0]
        lines = [f"  {item.hex()}  {term(self._known, item)}" for item in candidates[:_CANDIDATES_SHOWN]]
        more = len(candidates) - _CANDIDATES_SHOWN
        if more > 0:
            lines.append(f"  and {more:,} more")
        head = f"{len(candidates):,} node ids begin with {digits}; give more digits of one"
        raise UnclearNode("\n".join([head, *lines]))

    def _is_there(self, node: NodeId) -> bool:
        """Tell whether a node is added, named as a child, or end of an equality that was not withdrawn."""
        number = self._view.store.nodes.index.get(node)
        columns = self._view.nodes
        mentioned = number is not None and number < len(columns.added) and columns.is_mentioned(number)
        return mentioned or node in self._equality_ends()

    def _equality_ends(self) -> frozenset[NodeId]:
        if self._ends is None:
            events = (*self._view.accepted(), *self._view.quarantined(), *self._view.suspended())
            facts = (self._known.equality(event) for event in events)
            self._ends = frozenset(end for fact in facts for end in (fact.left, fact.right))
        return self._ends


def _root_of(statement: Statement | SexprProblem | None) -> NodeId | None:
    return None if statement is None or isinstance(statement, SexprProblem) else statement.root


def _quoted(text: str) -> str:
    return f"'{printable(text)}'"
