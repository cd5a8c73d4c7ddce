"""What BLUE agents derive with inverses carries proofs by the rules themselves: the independent checker accepts them.

Reproduce a failure with EGRAPH_SEED=<seed in the message> EGRAPH_HISTORIES=1.
"""

import os
from collections import Counter
from random import SystemRandom

from egraph.derive.check import check
from egraph.derive.drafts import rules_in_force
from egraph.derive.proof import ByRule
from egraph.derive.verdict import Sound
from egraph.facts import Derived, RuleAdded
from egraph.rules.reader import read_rules
from egraph.rules.rule_facts import draft_of
from egraph.rules.ruleset import ColourPolicy
from streams.processors.phase_rules import rules_that_undo
from tests.properties.derived_worlds import World, envelope, sealed, unsaturated

LINKED_RULES = (
    ("(m ?x ?y)", "(f ?y ?x)"),
    ("(m ?y ?x)", "(f ?y ?x)"),
    ("(k ?x)", "(g ?x)"),
    ("(k ?x)", "(h ?x)"),
    ("(k ?x)", "(f ?x ?x)"),
    ("(k ?x)", "(f a (g ?x))"),
    ("(m ?x ?x)", "(g (h ?x))"),
    ("?x", "(f ?x a)"),
    ("?x", "(h ?x)"),
)
WORLDS = int(os.environ.get("EGRAPH_HISTORIES", "500"))


def first_seed() -> int:
    """Give the seed of the first world."""
    named = os.environ.get("EGRAPH_SEED")
    return int(named) if named else SystemRandom().randrange(1 << 48)


def linked_rules(found: World) -> list[RuleAdded]:
    """Give rules that meet in nodes which the world lacks, and add their facts to it."""
    rules = []
    for number, (pattern, replacement) in enumerate(found.random.sample(LINKED_RULES, 4)):
        policy = found.random.choice([*ColourPolicy, ColourPolicy.INHERIT, ColourPolicy.INHERIT])
        (rule,) = read_rules(f"(rewrite r{number} {pattern} {replacement} :colour {policy})").rules
        fact = sealed(draft_of(rule, **envelope(found.random)))  # type: ignore[arg-type]
        assert isinstance(fact, RuleAdded)
        rules.append(fact)
    found.facts += rules
    return rules


def test_the_checker_accepts_all_that_is_derived_backward() -> None:
    """GREEN agents would withdraw what BLUE ones publish, again in every cycle."""
    base = first_seed()
    seen: Counter[str] = Counter()
    for seed in range(base, base + WORLDS):
        found = unsaturated(seed)
        found.rules = rules_that_undo(rules_in_force(linked_rules(found)) if seed % 2 else found.rules)
        turned = {found.rules.facts[place].event_id for place in found.rules.inverses}
        for fact in found.saturate(2):
            verdict = check(fact, found.holding())
            assert isinstance(verdict, Sound), f"seed {seed}: {verdict}"
            assert isinstance(fact.why, Derived)
            steps = [step for lemma in fact.why.proof.lemmas for step in lemma.steps if isinstance(step, ByRule)]
            inverse = [step for step in steps if fact.why.premises[step.premise] in turned]
            seen["inverse"] += inverse != []
            seen["forward"] += any(step.forward for step in inverse)
            seen["backward"] += any(not step.forward for step in inverse)
        rounds = found.brute.trace().firings
        firings = [rounds[place] for place in range(len(rounds))]
        seen["fired"] += sum(firing.rule in found.rules.inverses for firing in firings)
    print(base, seen)
    if WORLDS >= 500:
        for name in ("inverse", "forward", "backward"):
            assert seen[name] > WORLDS // 200, f"the worlds hardly reach {name}: {seen[name]}"
