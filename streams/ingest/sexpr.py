"""S-expressions as e-nodes, one term a line.

    (+ a (* b 2))            a term: operator first, then its operands; an atom alone is a leaf
    (= (+ a b) (+ b a))      states that two terms are equal (only as the outermost operator)
    "any text; (even this)"  quotes let an atom hold blanks, parentheses, quotes and semicolons; \\" and \\\\ escape
    #4f0a...                 32 hex digits: a node that exists elsewhere, by its node id
    ; comment                to the end of the line

Belongs here: parsing. Pure; a wrong line is a value with line and column, never an exception. Not here: files.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

from egraph.errors import InvalidFact
from egraph.identifiers import NodeId, colour_of
from streams.ingest.colouring import Colouring
from streams.ingest.enode import ENode

EQUALS = "="
CHILDREN_MAX = 2048
OPERATOR_BYTES_MAX = 16 * 1024
_TOKEN = re.compile(
    r"""\s*(?:(?P<open>\()|(?P<close>\))|"(?P<quoted>(?:[^"\\]|\\.)*)"|(?P<comment>;.*)|(?P<atom>[^\s()";]+))"""
)
_ESCAPE = re.compile(r"\\(.)")
_REFERENCE = re.compile(r"#[0-9a-f]{32}")


@dataclass(frozen=True, slots=True)
class SexprProblem:
    """A line that is no term. Line and column count from 1."""

    line: int
    column: int
    message: str

    def __str__(self) -> str:
        return f"line {self.line}, column {self.column}: {self.message}"


@dataclass(frozen=True, slots=True)
class Statement:
    """One line: its e-nodes not given before, children first, and what it states.

    `root` is the term's node; for an equality it is None and `equality` holds both sides.
    """

    line: int
    nodes: tuple[ENode, ...]
    root: NodeId | None
    equality: tuple[NodeId, NodeId] | None


class _Token(NamedTuple):
    kind: str
    text: str
    column: int


class _Wrong(Exception):
    """Inside this module only: carries column and message to the one place that makes the value."""

    def __init__(self, column: int, message: str) -> None:
        self.column, self.message = column, message


@dataclass(slots=True)
class _OpenTerm:
    column: int
    operator: str | None = None
    children: list[NodeId] = field(default_factory=list)


@dataclass(slots=True)
class SexprReader:
    """Reads lines; a term given before is not given again."""

    colouring: Colouring
    seen: set[NodeId] = field(default_factory=set)

    def read(self, lines: Iterable[str]) -> Iterator[Statement | SexprProblem]:
        """Give one statement or problem for each line that is not blank."""
        for number, line in enumerate(lines, start=1):
            statement = self.read_line(line, number)
            if statement is not None:
                yield statement

    def read_line(self, line: str, number: int = 1) -> Statement | SexprProblem | None:
        """Give what one line states, None for a blank one or a comment."""
        new: list[ENode] = []
        try:
            tokens = list(_tokens(line))
            if not tokens:
                return None
            root, equality = self._parse(tokens, new)
        except _Wrong as wrong:
            self.seen.difference_update(enode.id for enode in new)
            return SexprProblem(number, wrong.column, wrong.message)
        return Statement(number, tuple(new), root, equality)

    def _parse(self, tokens: list[_Token], new: list[ENode]) -> tuple[NodeId | None, tuple[NodeId, NodeId] | None]:
        """Build terms bottom-up with a stack of open parentheses: terms may nest deeply."""
        open_terms: list[_OpenTerm] = []
        for index, token in enumerate(tokens):
            if token.kind == "open":
                if open_terms and open_terms[-1].operator is None:
                    raise _Wrong(token.column, "an operator is an atom, not a term")
                open_terms.append(_OpenTerm(token.column))
                continue
            if token.kind == "close":
                if not open_terms:
                    raise _Wrong(token.column, "this parenthesis closes nothing")
                term = open_terms.pop()
                if term.operator is None:
                    raise _Wrong(term.column, "an empty term; write (operator operand ...)")
                if term.operator == EQUALS:
                    _nothing_follows(tokens, index)
                    return None, _sides(term)
                finished = self._enter(term.operator, term.children, term.column, new)
            elif open_terms and open_terms[-1].operator is None:
                if token.text == EQUALS and len(open_terms) > 1 and token.kind == "atom":
                    raise _Wrong(token.column, "an equality cannot stand inside a term")
                open_terms[-1].operator = token.text
                continue
            else:
                finished = self._leaf(token, new)
            if not open_terms:
                _nothing_follows(tokens, index)
                return finished, None
            open_terms[-1].children.append(finished)
        raise _Wrong(open_terms[-1].column, "this parenthesis is not closed")

    def _leaf(self, token: _Token, new: list[ENode]) -> NodeId:
        if token.kind == "quoted" or not token.text.startswith("#"):
            return self._enter(token.text, [], token.column, new)
        if not _REFERENCE.fullmatch(token.text):
            raise _Wrong(token.column, "# begins a node id: 32 lower-case hex digits; quote the atom if it is none")
        reference = NodeId(bytes.fromhex(token.text[1:]))
        try:
            colour_of(reference)
        except InvalidFact as error:
            raise _Wrong(token.column, str(error)) from None
        return reference

    def _enter(self, operator: str, children: list[NodeId], column: int, new: list[ENode]) -> NodeId:
        if len(operator.encode()) > OPERATOR_BYTES_MAX or len(children) > CHILDREN_MAX:
            raise _Wrong(column, f"too large; at most {OPERATOR_BYTES_MAX} bytes of operator, {CHILDREN_MAX} operands")
        enode = self.colouring.enode(operator, children)
        if enode.id not in self.seen:
            self.seen.add(enode.id)
            new.append(enode)
        return enode.id


def _tokens(line: str) -> Iterator[_Token]:
    at, end = 0, len(line.rstrip())
    while at < end:
        match = _TOKEN.match(line, at)
        if match is None:
            blanks = len(line[at:]) - len(line[at:].lstrip())
            raise _Wrong(at + blanks + 1, "this quote is not closed")
        kind = match.lastgroup or ""
        at = match.end()
        if kind == "comment":
            return
        text = match[kind]
        column = match.start(kind) + 1 - (kind == "quoted")
        try:
            text.encode()
        except UnicodeEncodeError:
            raise _Wrong(column, "a lone surrogate is no text") from None
        yield _Token(kind, _ESCAPE.sub(r"\1", text) if kind == "quoted" else text, column)


def _sides(term: _OpenTerm) -> tuple[NodeId, NodeId]:
    if len(term.children) != 2:
        raise _Wrong(term.column, f"an equality has two sides, this one has {len(term.children)}")
    return term.children[0], term.children[1]


def _nothing_follows(tokens: list[_Token], index: int) -> None:
    if index + 1 < len(tokens):
        raise _Wrong(tokens[index + 1].column, "one term a line; this begins another")
