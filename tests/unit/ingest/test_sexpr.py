"""S-expressions: what a line states, and where a wrong one is wrong."""

import pytest

from egraph.colours import Colour
from egraph.identifiers import node_id
from streams.ingest.colouring import Colouring
from streams.ingest.sexpr import SexprProblem, SexprReader, Statement

GREEN_ID = node_id("g", Colour.GREEN, ())


def statement(line: str) -> Statement:
    """What a line states that must be right."""
    read = SexprReader(Colouring()).read_line(line)
    assert isinstance(read, Statement), read
    return read


def test_a_term_gives_its_nodes_children_first() -> None:
    """The order in the log follows this order."""
    nodes = statement("(+ a (* b a))").nodes

    assert [(node.operator, len(node.children)) for node in nodes] == [("a", 0), ("b", 0), ("*", 2), ("+", 2)]
    assert nodes[3].children == (nodes[0].id, nodes[2].id)
    assert nodes[2].children == (nodes[1].id, nodes[0].id)


def test_an_equality_names_both_sides() -> None:
    """The sides are terms like any other: the same ids as on a line of their own."""
    read = statement("(= (f x) y)")

    assert read.root is None
    assert read.equality == (statement("(f x)").root, statement("y").root)


@pytest.mark.parametrize(
    ("written", "operator"),
    [
        ('"a b"', "a b"),
        ('"(;)"', "(;)"),
        (r'"say \"x\" \\"', r'say "x" \ '.strip()),
        ('""', ""),
        ('"="', "="),
        ("é", "é"),
        ("-1.5e3", "-1.5e3"),
    ],
)
def test_atoms_and_quoted_atoms(written: str, operator: str) -> None:
    """Operators of real input hold blanks and parentheses; there must be a way to write each of them."""
    assert operator == statement(written).nodes[0].operator


def test_quoting_does_not_change_an_atom() -> None:
    """Quotes are a way to write; they are no part of the name."""
    assert statement('("f" "x")').root == statement("(f x)").root


def test_a_reference_is_a_node_that_exists_elsewhere() -> None:
    """A person equates nodes by the ids the console shows."""
    read = statement(f"(f #{GREEN_ID.hex()})")

    assert read.nodes[-1].children == (GREEN_ID,)
    assert len(read.nodes) == 1


@pytest.mark.parametrize(
    ("line", "column", "part"),
    [
        ("(f", 1, "not closed"),
        ("(f (g x)", 1, "not closed"),
        ("  (f (g x", 6, "not closed"),
        (")", 1, "closes nothing"),
        ("(f x))", 6, "begins another"),
        ("()", 1, "empty"),
        ("(f ())", 4, "empty"),
        ("((f) x)", 2, "operator is an atom"),
        ("a b", 3, "begins another"),
        ("(f x) y", 7, "begins another"),
        ("(= a b) c", 9, "begins another"),
        ("(= a)", 1, "two sides"),
        ("(= a b c)", 1, "two sides"),
        ("(f (= a b))", 5, "inside a term"),
        ('(f "x', 4, "quote"),
        ('  "', 3, "quote"),
        ("(f #12)", 4, "node id"),
        ("#" + "0" * 32, 1, "not a node id"),
        ("#" + "F" * 32, 1, "lower-case"),
        ("(f \ud800)", 4, "surrogate"),
    ],
)
def test_a_wrong_line_says_where(line: str, column: int, part: str) -> None:
    """Nobody finds an error without its position."""
    read = SexprReader(Colouring()).read_line(line, 7)

    assert isinstance(read, SexprProblem)
    assert (read.line, read.column) == (7, column)
    assert part in read.message


def test_lines_are_counted_through_blanks_and_comments() -> None:
    """The editor's line numbers are the ones to report."""
    found = list(SexprReader(Colouring()).read(["; heading\n", "\n", "a ; so\n", "(\n", "b\n"]))

    assert [each.line for each in found] == [3, 4, 5]
    assert isinstance(found[1], SexprProblem)


def test_a_refused_line_leaves_nothing_behind() -> None:
    """A node counted as given although its line was refused would never be sent."""
    reader = SexprReader(Colouring())
    reader.read_line("(f x) y")
    again = reader.read_line("(f x)")

    assert isinstance(again, Statement)
    assert len(again.nodes) == 2


def test_deep_nesting_needs_no_recursion() -> None:
    """Machines write terms deeper than Python's stack."""
    assert len(statement("(f " * 20_000 + "x" + ")" * 20_000).nodes) == 20_001
