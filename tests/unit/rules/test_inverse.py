"""The inverse of a rule, kind by kind."""

import pytest

from egraph.colours import Colour
from egraph.rules.conditions import ColorMustBe, NotEqual
from egraph.rules.dsl import op, rewrite, variables
from egraph.rules.inverse import NoInverse, NoInverseReason, inverses_of
from egraph.rules.patterns import Pattern
from egraph.rules.ruleset import ColourPolicy, Rule

x, y = variables("x y")
f, g = op("f"), op("g")
leaf = op("a")()


def only(rule: Rule) -> Rule:
    """Give the one inverse of a rule."""
    found = inverses_of(rule)
    assert isinstance(found, tuple)
    (inverse,) = found
    return inverse


def test_the_sides_are_exchanged_and_conditions_stay() -> None:
    """An inverse without the rule's conditions would derive what the rule does not say."""
    rule = rewrite(f(x, y), to=g(y, x), name="swap", when=[NotEqual(x, y)], priority=3)

    expected = rewrite(g(y, x), to=f(x, y), name="swap-inverse", when=[NotEqual(x, y)], priority=3)
    assert only(rule) == expected


def test_the_inverse_of_the_inverse_is_the_rule() -> None:
    """Something of the rule would have been lost on the way."""
    rule = rewrite(f(x, y), to=g(y, x), name="swap", when=[NotEqual(x, y)])

    assert only(only(rule)) == rewrite(f(x, y), to=g(y, x), name="swap-inverse-inverse", when=[NotEqual(x, y)])


def test_a_replacement_that_nests_has_an_inverse_for_each_colour() -> None:
    """Nodes of colours that the rule would not have chosen would be taken for its work."""
    found = inverses_of(rewrite(f(x, y), to=g(g(x, y), leaf), name="nest"))

    assert isinstance(found, tuple)
    red = found[list(Colour).index(Colour.RED)]
    f_red, g_red, a_red = op("f", Colour.RED), op("g", Colour.RED), op("a", Colour.RED)
    assert red == rewrite(g_red(g_red(x, y), a_red()), to=f_red(x, y), name="nest-inverse-red")
    assert len(found) == len(Colour)


def test_a_pattern_that_is_a_variable_hands_on_its_colour() -> None:
    """A RED node above a GREEN one would be taken for the rule's, which makes a GREEN one there."""
    found = inverses_of(rewrite(x, to=f(x, leaf), name="grow"))

    assert isinstance(found, tuple)
    assert [rule.conditions for rule in found] == [(ColorMustBe(x, colour),) for colour in Colour]


def test_a_policy_of_one_colour_asks_for_that_colour() -> None:
    """The rule makes BLUE nodes only; a GREEN one is not its work."""
    rule = rewrite(f(x, y), to=g(x, y), name="blue", colour=ColourPolicy.BLUE)

    assert only(rule) == rewrite(op("g", Colour.BLUE)(x, y), to=f(x, y), name="blue-inverse")


def test_a_replacement_that_is_a_variable_becomes_the_pattern() -> None:
    """A rule that drops a neutral element can be read backward everywhere."""
    assert only(rewrite(f(x, leaf), to=x, name="drop")) == rewrite(x, to=f(x, leaf), name="drop-inverse")


@pytest.mark.parametrize(
    ("patterns", "to", "reason"),
    [
        ((f(x, y), g(x, y)), f(y, x), NoInverseReason.SEVERAL_PATTERNS),
        ((f(x, y),), x, NoInverseReason.LOST_VARIABLE),
        ((op("f", Colour.RED)(x, y),), g(x, y), NoInverseReason.DEMANDED_COLOUR),
        ((f(x, y),), op("g", Colour.RED)(x, y), NoInverseReason.DEMANDED_COLOUR),
    ],
)
def test_a_rule_without_an_inverse_says_why(patterns: tuple[Pattern, ...], to: Pattern, reason: str) -> None:
    """Values or colours would be invented."""
    found = inverses_of(rewrite(*patterns, to=to, name="one-way"))

    assert isinstance(found, NoInverse)
    assert (found.rule, found.reason) == ("one-way", reason)
