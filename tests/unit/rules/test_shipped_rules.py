"""The shipped rules are true of Python, for the types they name and for no others."""

import operator
import re
from itertools import combinations, product
from pathlib import Path

import pytest

from egraph.rules import shipped
from egraph.rules.conditions import Content
from egraph.rules.reader import read_rules
from egraph.rules.ruleset import Rule
from egraph.rules.shipped.choice import GROUPS, python_rules
from egraph.rules.shipped.group import TYPES, Group
from egraph.rules.shipped.integers import PYTHON_INTEGERS
from egraph.saturation.limits import Limits, StopReason
from egraph.saturation.saturation import Saturation
from streams.ingest.colouring import all_green
from streams.ingest.python_source import PythonReader
from tests.unit.rules.rule_values import FEW, OBJECTS, Undecided, counterexamples, same

CASES = [(rule, group) for group in GROUPS for rule in read_rules(group.text).rules]
NUMBERS = frozenset(TYPES) - {"any"}
MIXTURES = [
    frozenset({"any"}),
    *(frozenset(some) for size in (1, 2, 3) for some in combinations(sorted(NUMBERS), size)),
]
"""Every mixture. `any` holds the numbers, too."""

each_rule = pytest.mark.parametrize(("rule", "group"), CASES, ids=[rule.name for rule, _ in CASES])


@each_rule
def test_a_rule_is_true_for_its_types(rule: Rule, group: Group) -> None:
    """The system would derive equalities that are false."""
    assert [given for types in group.sound_for for given in counterexamples(rule, types)] == []


@each_rule
def test_types_are_left_out_for_a_reason(rule: Rule, group: Group) -> None:
    """A rule would be withheld where it is true, or the test above could not see a false one."""
    for types in MIXTURES:
        if not any(types <= mixture for mixture in group.sound_for):
            assert next(counterexamples(rule, types), None) is not None, types


@each_rule
def test_what_is_assumed_of_truth_values(rule: Rule, group: Group) -> None:
    """One side of a rule would raise for an array, the other not, where the group says that it cannot happen."""
    if "any" in group.sound_for[0]:
        wrong = next(counterexamples(rule, frozenset({"any"}), Undecided()), None)
        assert (wrong is None) is group.truth_may_raise


@pytest.mark.parametrize("size", [1, 2, 3])
def test_lists_and_tuples_answer_alike(size: int) -> None:
    """`in-list` would rest on what a compiler does with a list, and not on what lists do."""
    for item, *items in product((*OBJECTS, *FEW["any"]), repeat=size + 1):
        assert operator.contains(items, item) is operator.contains(tuple(items), item)


def test_a_rule_of_fresh_objects_is_missing_on_purpose() -> None:
    """Somebody would add `x is x` to the rules, which is false for `[]`."""
    (wrong,) = read_rules("(rewrite is-self (Compare:Is (List ?x) (List ?x)) Constant:bool:True)").rules

    assert next(counterexamples(wrong, frozenset({"any"})), None) is not None


def test_differences_that_matter_are_seen() -> None:
    """The tests above would hold an int for a bool, or -0.0 for 0.0."""
    assert not same(1, True)
    assert not same(0.0, -0.0)
    assert not same([], [])
    assert same(float("nan"), -float("nan"))


@pytest.mark.parametrize("types", [{"any"}, *MIXTURES[1:], {"any", "int"}], ids=lambda types: "+".join(sorted(types)))
def test_the_choice_by_types_is_that_of_the_groups(types: set[str]) -> None:
    """A rule for integers would be applied to floats, or one that holds would be missing."""
    covering = {rule.name for rule, group in CASES if any(set(types) <= mixture for mixture in group.sound_for)}

    assert {rule.name for rule in python_rules(types).rules} == covering
    assert python_rules(types).computed == (PYTHON_INTEGERS,), "literals are what they are, whatever stands beside them"
    assert covering >= {"not-is", "not-and", "if-or"}


def test_more_types_mean_fewer_rules() -> None:
    """A user who names one type more would get a rule that is false for it."""
    names = {types: {rule.name for rule in python_rules(types).rules} for types in MIXTURES}

    assert all(names[more] <= names[less] for less in MIXTURES for more in MIXTURES if less <= more)
    assert names[frozenset({"any"})] < names[NUMBERS] < names[frozenset({"int", "bool"})]


def test_the_document_speaks_of_rules_that_there_are() -> None:
    """A reader would look for a rule that was renamed, or trust the assumptions of one that has others."""
    text = (Path(__file__).parents[3] / "docs/rules.md").read_text().split("## Shipped rules")[1]
    names = {rule.name.removesuffix("-forward") for rule, _ in CASES} | {PYTHON_INTEGERS.name}
    modules = {f"{path.stem}.py" for path in Path(shipped.__file__).parent.glob("*.py")} - {"__init__.py"}
    told = set(re.findall(r"`([a-z]+(?:-[a-z]+)+)`", text))

    assert told <= names
    assert set(re.findall(r"`(\w+\.py)`", text)) == modules - {"group.py", "choice.py"}
    assert {rule.name for rule, group in CASES if "any" in group.sound_for[0] and not group.truth_may_raise} <= told


@pytest.mark.parametrize(("types", "told"), [(["int", "str"], "'str'"), ([""], "''"), ([], "no type")])
def test_other_types_are_refused(types: list[str], told: str) -> None:
    """A misspelt type would give all rules, or none, without a word."""
    with pytest.raises(ValueError, match=told) as caught:
        python_rules(types)

    assert "any, int, bool, float" in str(caught.value)


@pytest.mark.parametrize(
    ("types", "one", "other"),
    [
        ("any", "a if not not t else b", "a if t else b"),
        ("any", "x if x else y", "x or y"),
        ("any", "y if not x else x", "x or y"),
        ("any", "not (a and x is y)", "not a or y is not x"),
        ("any", "not not (x in y)", "x in y"),
        ("any", "True if x not in [a, b] else False", "not (x in (a, b))"),
        ("any", "not (a or not b or x is y)", "not (a or (not b or y is x))"),
        ("any", "x and (x and y)", "x and y"),
        ("int,bool,float", "not (x == y)", "y != x"),
        ("int,bool,float", "False if x != y else True", "y == x"),
        ("int,bool", "not (x > y)", "y >= x"),
        ("int,bool", "not (x < y or x == z)", "y <= x and z != x"),
        ("int", "x - -(y * 1)", "y + x"),
        ("int", "~(~x & ~y)", "y | x"),
        ("float", "-x * -y", "y * x"),
        ("bool", "not (x & y)", "not y or not x"),
        ("bool", "x ^ x", "x != x"),
    ],
)
def test_rules_work_together(types: str, one: str, other: str) -> None:
    """The rules would be true one by one, and yet miss what people write."""
    assert equal(types, one, other)


@pytest.mark.parametrize(
    ("types", "one", "other"),
    [
        ("any", "x == y", "y == x"),
        ("any", "not (x == y)", "x != y"),
        ("any", "x and y", "y and x"),
        ("any", "x is x", "True"),
        ("any", "not not x", "x"),
        ("any", "x or False", "x"),
        ("int,bool,float", "not (x < y)", "x >= y"),
        ("int,bool,float", "x == x", "True"),
        ("any", "x < y < z", "z > y > x"),
    ],
)
def test_what_is_not_true_is_not_derived(types: str, one: str, other: str) -> None:
    """Rules that are true one by one would lead to what is false, or to more than is promised."""
    assert not equal(types, one, other)


def equal(types: str, one: str, other: str) -> bool:
    """Tell whether two expressions are equal under the rules: after all rounds, or after a few where terms grow."""
    reader = PythonReader(all_green())
    read = [reader.read(text.encode(), "<rule>") for text in (one, other, f"({one}, {other}, 'both')")]
    nodes = {node.id: Content(node.operator, node.children) for part in read for node in part}
    rules = python_rules(types.split(","))
    outcome = Saturation(rules, nodes, limits=Limits(rounds=30 if types == "any" else 6, nodes=50_000)).run()
    assert types != "any" or outcome.stop_reason is StopReason.SATURATED
    (both,) = (content for content in nodes.values() if content.operator == "Tuple" and len(content.children) == 3)
    left, right, _ = both.children
    return outcome.classes.of(left) == outcome.classes.of(right)
