"""The checker's reading of single patterns and conditions."""

from egraph.colours import Colour
from egraph.derive.rule_text import Content, condition_holds, is_instance
from egraph.rules.conditions import NotEqual
from egraph.rules.patterns import Variable
from egraph.rules.reader import read_pattern
from tests.unit.derive.small_proof import F_A, A, B, id_of

CONTENTS = {id_of(fact): Content(fact.operator, fact.colour, fact.children) for fact in (A, B, F_A)}


def test_an_instance_has_the_operator_of_the_pattern() -> None:
    """A rule about one operator would be believed of every other."""
    bound = {"x": id_of(A)}
    for pattern, expected in (("(f ?x)", True), ("(g ?x)", False), ("(f ?x ?x)", False), ("(@RED f ?x)", False)):
        assert is_instance(read_pattern(pattern), id_of(F_A), bound, CONTENTS.__getitem__) is expected, pattern
    assert F_A.colour is Colour.GREEN


def test_not_equal_asks_for_two_nodes() -> None:
    """A rule that forbids the same node twice would be believed for it."""
    asked = NotEqual(Variable("x"), Variable("y"))
    for right, expected in ((B, True), (A, False)):
        assert condition_holds(asked, {"x": id_of(A), "y": id_of(right)}, CONTENTS.__getitem__) is expected
