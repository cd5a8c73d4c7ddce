"""Which rules BLUE agents apply: those that take apart, and inverses of the others."""

from egraph.derive.drafts import RulesInForce, rules_in_force
from egraph.facts import RuleAdded
from egraph.identifiers import EventId
from egraph.rules.patterns import size_of
from egraph.rules.reader import read_rules
from egraph.rules.rule_facts import draft_of
from streams.processors.phase_rules import rules_that_undo


def undo(text: str) -> tuple[RulesInForce, dict[str, str]]:
    """Give the rules, and for each the name of the rule whose fact stands behind it."""
    facts = []
    for number, rule in enumerate(read_rules(text).rules):
        draft = draft_of(rule, graph="main", producer="p", sequence=number, hlc=number + 1)
        assert isinstance(draft, RuleAdded)
        object.__setattr__(draft, "event_id", EventId(bytes([number + 1]) * 16))
        facts.append(draft)
    found = rules_that_undo(rules_in_force(facts))
    behind = {rule.name: fact.name for rule, fact in zip(found.rules.rules, found.facts, strict=True)}
    return found, behind


def test_what_takes_apart_stays_and_the_rest_is_turned() -> None:
    """A proof would name another rule than the one it rests on, or be read in the wrong direction."""
    found, behind = undo("(rewrite drop (f ?x zero) ?x) (rewrite turn (m ?x ?y) (k ?y ?x))")
    assert behind == {"drop": "drop", "turn-inverse": "turn"}
    assert {place: found.rules.rules[place].name for place in found.inverses} == {
        place: "turn-inverse" for place, rule in enumerate(found.rules.rules) if rule.name == "turn-inverse"
    }
    assert all(found.rules.rules[place] == rule for place, rule in found.inverses.items())


def test_a_rule_that_another_one_turns_needs_no_inverse() -> None:
    """The same matches would be found twice, and count twice against the limits of an order."""
    _, behind = undo("(birewrite unfold (double ?x) (f ?x ?x))")
    assert behind == {"unfold-backward": "unfold-backward"}
    _, behind = undo("(rewrite commutes (f ?x ?y) (f ?y ?x) :when ((NotEqual ?x ?y) (OperatorIs ?x a)))")
    assert behind == {"commutes-inverse": "commutes"}, "the condition is about the other side"
    _, behind = undo("(rewrite commutes (f ?x ?y) (f ?y ?x) :when ((NotEqual ?x ?y)))")
    assert behind == {}
    _, behind = undo("(rewrite a-to-b (a ?x) (b ?x)) (rewrite b-to-a (b ?y) (a ?y) :colour red)")
    assert behind == {"a-to-b-inverse": "a-to-b", "b-to-a-inverse": "b-to-a"}, "they say different colours"


def test_nothing_is_turned_that_matches_every_node_or_grows() -> None:
    """BLUE agents would build terms without end over the whole log."""
    found, behind = undo("(rewrite lost (f ?x ?y) (g (g ?x))) (rewrite same (f ?x ?x) ?x) (rewrite grow ?x (g ?x))")
    grown = {f"grow-inverse-{colour}": "grow" for colour in ("red", "blue", "green")}
    assert behind == {"same": "same", **grown}
    assert all(size_of(rule.replacement) <= size_of(rule.patterns[0]) for rule in found.rules.rules)
