"""The terms that `egraph run FILE.rules` works on: S-expressions, one a line, or egraph-serialize JSON.

Belongs here: the two forms as nodes, equalities and roots. Not here: the forms themselves (streams/ingest/sexpr.py,
egraph/interchange).
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from egraph.identifiers import NodeId
from egraph.interchange.nodes import green_nodes
from egraph.interchange.serialized import GraphRefused, read_graph
from egraph.rules.conditions import Content
from streams.ingest.colouring import Colouring, all_green
from streams.ingest.sexpr import SexprProblem, SexprReader

_QUOTED_OR_COMMENT = re.compile(r"""("(?:[^"\\]|\\.)*")|;.*""", re.DOTALL)
"""A semicolon in quotes begins no comment."""


class TermsRefused(Exception):
    """A file of terms that cannot be used. `problems` holds plain data: fact, and line and column where known."""

    def __init__(self, problems: list[dict[str, object]]) -> None:
        self.problems = problems
        super().__init__(f"{len(problems)} problems")


@dataclass(frozen=True, slots=True)
class GivenTerms:
    """Nodes, pairs that are stated to be equal, and the terms of the file with their nodes."""

    nodes: Mapping[NodeId, Content]
    equal: Sequence[tuple[NodeId, NodeId]]
    roots: Sequence[tuple[str, NodeId]]


def read_terms(text: str, *, is_json: bool, colouring: Colouring | None) -> GivenTerms:
    """Give the terms of a file. Without a colouring all nodes are GREEN. Raises TermsRefused with every problem."""
    if is_json:
        if colouring is not None:
            fact = "a graph of another tool has no colours; leave out --seed, --palette and --palette-rules"
            raise TermsRefused([{"fact": fact}])
        return _from_json(text)
    return _from_lines(text, all_green() if colouring is None else colouring)


def _from_json(text: str) -> GivenTerms:
    try:
        graph = read_graph(text)
        given = green_nodes(graph)
    except GraphRefused as refused:
        raise TermsRefused([{"fact": str(problem)} for problem in refused.problems]) from None
    wanted = graph.root_eclasses or tuple(graph.classes())
    return GivenTerms(given.contents, given.equal, [(eclass, given.representatives[eclass]) for eclass in wanted])


def _from_lines(text: str, colouring: Colouring) -> GivenTerms:
    nodes: dict[NodeId, Content] = {}
    equal: list[tuple[NodeId, NodeId]] = []
    roots: list[tuple[str, NodeId]] = []
    problems: list[dict[str, object]] = []
    lines = text.split("\n")
    for read in SexprReader(colouring).read(lines):
        if isinstance(read, SexprProblem):
            problems.append({"line": read.line, "column": read.column, "fact": read.message})
            continue
        nodes.update((node.id, Content(node.operator, node.children)) for node in read.nodes)
        if read.equality is not None:
            equal.append(read.equality)
        if read.root is not None:
            roots.append((_QUOTED_OR_COMMENT.sub(r"\1", lines[read.line - 1]).strip(), read.root))
    if problems:
        raise TermsRefused(problems)
    return GivenTerms(nodes, equal, roots)
