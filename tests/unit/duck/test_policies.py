"""Policies: what they say, what is refused and where, and why a node has its colour."""

import pytest

from egraph.colours import Colour
from egraph.duck.palette import make_palette
from egraph.duck.policy import Above, Otherwise, Policy
from egraph.duck.problems import InvalidSeed, PolicyProblemKind, PolicyRefused
from egraph.duck.reader import read_policy
from egraph.rules.reader import read_rules

RED, BLUE, GREEN = Colour.RED, Colour.BLUE, Colour.GREEN


def refused(text: str, rules: str | None = None) -> list[tuple[str, str, tuple[int, int] | None]]:
    """Give what is wrong with a policy: kind, path and place."""
    with pytest.raises(PolicyRefused) as caught:
        make_palette(read_policy(text), None if rules is None else read_rules(rules).rules)
    return [
        (item.kind.value, item.path, None if item.place is None else tuple(item.place))
        for item in caught.value.problems
    ]  # fmt: skip


def test_the_nearest_entry_speaks() -> None:
    """A general entry would overrule the special one that the user wrote to except something from it."""
    policy = read_policy(
        """
        default = "green"
        [operators]
        "Name:x" = "green"
        [prefixes]
        "N" = "blue"
        "Name:" = "red"
        """
    )

    palette = make_palette(policy)

    wanted = {"Name:x": GREEN, "Name:y": RED, "Name": BLUE, "N": BLUE, "name:": GREEN, "": GREEN}
    assert {operator: palette.colour(operator) for operator in wanted} == wanted


def test_an_empty_document_is_the_empty_policy() -> None:
    """Naming an empty file would colour differently from naming none."""
    assert read_policy("") == Policy()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("seed = \n", ("syntax", "", (1, 8))),
        ('default = "red', ("syntax", "", (1, 15))),
        ('\n  color = "red"', ("unknown-key", "color", (2, 3))),
        ('seed = "7"', ("wrong-type", "seed", (1, 1))),
        ("seed = true", ("wrong-type", "seed", (1, 1))),
        ("\nseed = 9223372036854775808", ("out-of-range", "seed", (2, 1))),
        ("seed = -9223372036854775809", ("out-of-range", "seed", (1, 1))),
        ('default = "purple"', ("unknown-colour", "default", (1, 1))),
        ("default = 3", ("wrong-type", "default", (1, 1))),
        ("operators = 3", ("wrong-type", "operators", (1, 1))),
        ('[operators]\nf = "red"\n"g #=" = "Red"', ("unknown-colour", 'operators."g #="', (3, 1))),
        ('[operators]\nBinOp.Add = "red"', ("wrong-type", "operators.BinOp", (1, 1))),
        ('[prefixes]\n"" = "red"', ("never-used", 'prefixes.""', (2, 1))),
        ('above = [["f"]]', ("wrong-type", "above", (1, 1))),
        ('above = ["f", "g"]', ("wrong-type", "above", (1, 1))),
        ("above = [[1, 2]]", ("wrong-type", "above", (1, 1))),
        ('operators = {f = "red", g = "rd"}', ("unknown-colour", "operators.g", (1, 1))),
        ('default = "polarity"', ("needs-rules", "default", None)),
    ],
)
def test_what_is_wrong_is_told_with_its_place(text: str, expected: tuple[str, str, tuple[int, int] | None]) -> None:
    """A user would search a long document for an error that has no line, or colours would silently be others."""
    assert refused(text) == [expected]


def test_all_problems_are_told_at_once_in_the_order_of_the_text() -> None:
    """A user would mend one error after the other, and meet the next each time."""
    found = refused('seed = 1.5\nhue = 1\n[prefixes]\n"a" = "pink"\n[operators]\n"b" = 1\n')

    assert [(kind, place and place[0]) for kind, _, place in found] == [
        ("wrong-type", 1), ("unknown-key", 2), ("unknown-colour", 4), ("wrong-type", 6),
    ]  # fmt: skip


def test_bounds_of_the_seed_are_inside() -> None:
    """The first or last seed would be refused, or fail later."""
    for seed in (-(1 << 63), (1 << 63) - 1):
        assert make_palette(read_policy(f"seed = {seed}")).colour("f") in Colour
    with pytest.raises(InvalidSeed):
        make_palette(Policy(seed=1 << 63)).colour("f")


CONFLICT = '[operators]\nf = "red"\ng = "blue"\n'


def test_a_policy_that_can_never_hold_is_refused() -> None:
    """Every f would silently come out GREEN, although the user asked for RED."""
    assert refused(f'above = [["f", "g"]]\n{CONFLICT}') == [("never-holds", "", (1, 1))]
    assert refused(f'above = [["g", "f"]]\n{CONFLICT}') == [("never-holds", "", (1, 1))]
    assert refused(CONFLICT, "\n(rewrite r (h (f\n (g ?x))) ?x)") == [("never-holds", "", (3, 2))]
    assert refused(CONFLICT, "(rewrite r (h ?x) (f (g ?x)))") == [("never-holds", "", (1, 22))]
    assert refused('above=[["f", "g"]]\ndefault = "red"\n[prefixes]\ng = "blue"') == [("never-holds", "", (1, 1))]
    with pytest.raises(PolicyRefused, match=r"f is RED and stands above g, which is BLUE .*make one of the two green"):
        make_palette(Policy(operators={"f": RED, "g": BLUE}, above=(Above("f", "g"),)))


@pytest.mark.parametrize(
    ("text", "rules"),
    [
        (CONFLICT, "(rewrite r (f ?x) (g ?x))"),  # nothing stands above the other
        (CONFLICT, "(rewrite r (f (h (g ?x))) ?x)"),  # something between them
        (CONFLICT, "(rewrite r (@GREEN f (g ?x)) ?x)"),  # the rule speaks of other nodes
        (CONFLICT, "(rewrite r (f (@GREEN g ?x)) ?x)"),
        ('[operators]\nf = "red"\n', "(rewrite r (f (g ?x)) ?x)"),  # the colour of g is open
        ('[operators]\nf = "red"\ng = "green"', "(rewrite r (f (g ?x)) ?x)"),
    ],
)
def test_a_policy_that_can_hold_is_taken(text: str, rules: str) -> None:
    """A policy would be refused for a conflict that never comes about."""
    assert make_palette(read_policy(text), read_rules(rules).rules).colour("f") is RED


def test_polarity_follows_the_direction_of_rules() -> None:
    """Verification and backfill would be planned in the wrong direction."""
    rules = read_rules(
        """
        (rewrite square (pow ?x two) (mul ?x ?x))
        (rewrite double (add ?x ?x) (mul two ?x))
        (rewrite swap (mul ?x ?y) (mul ?y ?x))
        (birewrite sub-as-add (sub ?x ?y) (add ?x (neg ?y)))
        (rewrite shared (:all (f ?x) (seen ?x)) (g (g ?x)))
        """
    ).rules
    palette = make_palette(Policy(default=Otherwise.POLARITY), rules)

    found = {operator: its.colour for operator, its in palette.polarity.items()}

    assert found == {
        "pow": RED, "add": RED, "mul": BLUE, "two": GREEN, "sub": GREEN, "neg": GREEN, "f": RED, "g": BLUE,
    }  # fmt: skip
    assert palette.polarity["g"].produced == 2
    assert palette.polarity["mul"].producers == ("double", "square")
    assert (palette.colour("pow"), palette.colour("seen"), palette.colour("unheard")) == (RED, GREEN, GREEN)


def test_an_explanation_names_its_source() -> None:
    """A user would see a colour and not find out which line, rule or seed to change."""
    policy = Policy(operators={"f": RED}, prefixes={"Name:": BLUE}, default=Otherwise.SEED, seed=5)
    palette = make_palette(policy)
    told = {operator: str(palette.explain(operator)) for operator in ("f", "Name:x", "h")}

    assert "f is RED (live" in told["f"]
    assert "its own entry: operators.'f'" in told["f"]
    assert "longest prefix: prefixes.'Name:'" in told["Name:x"]
    assert "seed: seed 5" in told["h"]
    assert "default: default" in str(make_palette(Policy(default=GREEN)).explain("h"))
    rules = read_rules("(rewrite a1 (f ?x) ?x) (rewrite a2 (f (f ?x)) ?x)").rules
    by_rules = make_palette(Policy(default=Otherwise.POLARITY), rules)
    assert "forward: rules consume it 3 times (a1, a2) and produce it 0 times" in str(by_rules.explain("f"))
    assert "no rule consumes or produces it" in str(by_rules.explain("h"))


def test_an_explanation_says_what_children_forbid() -> None:
    """A user would look for the GREEN in policy and seed, where it does not stand."""
    palette = make_palette(Policy(operators={"f": RED}))

    allowed, forbidden = palette.explain("f", [RED, GREEN]), palette.explain("f", [GREEN, BLUE])

    assert (allowed.colour, allowed.forbidding) == (RED, None)
    assert (forbidden.colour, forbidden.preferred, forbidden.forbidding) == (GREEN, RED, BLUE)
    assert "RED is preferred" in str(forbidden)
    assert "may not stand above a BLUE child" in str(forbidden)
    assert forbidden.matches(GREEN)
    assert not forbidden.matches(RED)


def test_kinds_are_words_for_programs() -> None:
    """A program that reacts to a kind of problem would break with the words for people."""
    assert {kind.value for kind in PolicyProblemKind} == {
        "syntax", "unknown-key", "wrong-type", "unknown-colour", "out-of-range", "never-used", "never-holds",
        "needs-rules",
    }  # fmt: skip
