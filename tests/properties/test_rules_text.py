"""Rules keep their meaning on the way through text and facts, whatever they are."""

from dataclasses import replace
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from egraph.colours import Colour
from egraph.rules.conditions import (
    ColorMustBe,
    ColorNot,
    NotEqual,
    OperatorIs,
    OperatorNot,
    OperatorStarts,
    ParentOf,
)
from egraph.rules.patterns import Application, Variable, variables_of
from egraph.rules.printer import print_rules, rule_set_hash
from egraph.rules.problems import RuleProblem, RulesRefused
from egraph.rules.reader import read_rules
from egraph.rules.rule_facts import draft_of, rule_of
from egraph.rules.ruleset import ColourPolicy, Declaration, Rule, RuleSet
from egraph.rules.validation import problems_of, problems_of_rule

WORDS = st.text(st.characters(exclude_categories=["Cs"]), max_size=6) | st.sampled_from(
    ["BinOp:Add", "Constant:str:'a b'", ":when", "?x", "@RED", "#00", "(", '"', "\\", "any", "", ";", "a\nb", "rewrite"]
)
NAMES = st.sampled_from([Variable(name) for name in ("x", "y", "z-1", "_")])
COLOURS = st.sampled_from(Colour)
PATTERNS = st.recursive(
    NAMES | st.builds(Application, WORDS),
    lambda inner: st.builds(
        Application, WORDS, st.lists(inner, max_size=3).map(tuple), st.none() | COLOURS
    ),
    max_leaves=6,
)  # fmt: skip


@st.composite
def rules(draw: Any) -> Rule:
    """Give a rule that makes sense, most of the time with conditions on its variables."""
    patterns = draw(st.lists(PATTERNS, min_size=1, max_size=3).map(tuple))
    bound = [variable for pattern in patterns for variable in variables_of(pattern)]
    variable = st.sampled_from(bound) if bound else st.nothing()
    several = st.lists(WORDS, min_size=1, max_size=3).map(tuple)
    conditions = st.one_of(
        st.builds(ColorMustBe, variable, COLOURS),
        st.builds(ColorNot, variable, COLOURS),
        st.builds(NotEqual, variable, variable),
        st.builds(ParentOf, variable, variable),
        *(st.builds(kind, variable, several) for kind in (OperatorIs, OperatorNot, OperatorStarts)),
    )
    rule = Rule(
        name=draw(WORDS.filter(bool)),
        patterns=patterns,
        replacement=draw(st.sampled_from(bound) if bound else st.builds(Application, WORDS)),
        conditions=tuple(draw(st.lists(conditions, max_size=3))) if bound else (),
        colour_policy=draw(st.sampled_from(ColourPolicy)),
        priority=draw(st.integers(-(2**31) + 1, 2**31 - 1) | st.just(0)),
    )
    return rule if not problems_of_rule(rule) else replace(rule, conditions=(), patterns=(*bound, draw(NAMES)))


SETS = st.lists(rules(), max_size=3, unique_by=lambda rule: rule.name).map(lambda items: RuleSet(tuple(items)))


@given(SETS)
def test_what_is_printed_reads_the_same(rules: RuleSet) -> None:
    """A rule would change its meaning when it is written to a file and read again."""
    rules = RuleSet(tuple(rule for rule in rules.rules if not problems_of_rule(rule)))

    assert read_rules(print_rules(rules)) == rules


@given(st.lists(st.builds(Declaration, WORDS, st.integers(-1, 9), st.booleans()), max_size=4))
def test_declarations_read_the_same(declarations: list[Declaration]) -> None:
    """An operator would be refused, or let through, after its declaration was written down."""
    once = {(item.operator, item.prefix): item for item in declarations}
    rules = RuleSet((), tuple(once.values()))

    assert problems_of(rules) == ()
    assert read_rules(print_rules(rules)) == rules


@given(rules())
def test_a_rule_survives_being_a_fact(rule: Rule) -> None:
    """An agent would apply another rule than the one that was sent."""
    if problems_of_rule(rule):
        return
    fact = draft_of(rule, graph="main", producer="p", sequence=0, hlc=0)

    assert rule_of(fact) == rule


@given(SETS, st.randoms(use_true_random=False))
def test_the_order_of_rules_does_not_name_the_set(rules: RuleSet, random: Any) -> None:
    """Two agents with the same rules would derive under two names."""
    shuffled = list(rules.rules)
    random.shuffle(shuffled)

    assert rule_set_hash(RuleSet(tuple(shuffled))) == rule_set_hash(rules)


@given(rules(), st.integers(1, 9))
def test_another_rule_gives_another_name(rule: Rule, more: int) -> None:
    """A derived equality would claim to come from rules that never derived it."""
    one = RuleSet((rule,))
    others = [replace(rule, priority=rule.priority + more), replace(rule, name=rule.name + "'")]

    assert len({rule_set_hash(one), *(rule_set_hash(RuleSet((other,))) for other in others)}) == 3


@given(st.text('(): ;"\\?@x\nrewrite-any:operator', max_size=40) | st.text(max_size=20))
def test_any_text_is_rules_or_problems(text: str) -> None:
    """A file with a slip in it would crash the reader instead of being told what is wrong and where."""
    problems: tuple[RuleProblem, ...] = ()
    try:
        accepted = read_rules(text) is not None
    except RulesRefused as refused:
        accepted, problems = False, refused.problems
    assert accepted or problems
    assert all(problem.place and problem.remedy for problem in problems)
