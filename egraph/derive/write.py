"""Paths written down as the proof that a fact carries: places instead of terms, premises and lemmas.

Belongs here: from chains of reasons to `Derived`. Not here: finding them (prove.py), bytes (schemas/codec.py).
"""

from collections.abc import Iterable, Sequence

from egraph.derive.proof import (
    ByCongruence,
    ByPremise,
    ByRule,
    DerivationProof,
    InlineTerm,
    ProofLemma,
    ProofStep,
    ProofTerm,
)
from egraph.derive.prove import Chains, Hop
from egraph.derive.replay import Replayed
from egraph.derive.staged import Pair, RuleUse
from egraph.errors import InvariantBroken
from egraph.facts import Derived, RuleAdded
from egraph.identifiers import EventId
from egraph.rules.computed_rule import ComputedRule
from egraph.rules.patterns import Pattern, Variable
from egraph.rules.printer import rule_set_hash
from egraph.rules.ruleset import Rule, RuleSet


def write_derived(chains: Chains, replayed: Replayed, facts: Sequence[RuleAdded]) -> Derived:
    """Give why the two terms of the last chain are equal. `facts` are those behind the rules of `replayed`."""
    use = first_use(chains)
    if use is None:
        raise InvariantBroken("a derived equality was proved without any rule")
    rule = replayed.rules[use.rule]
    variables = _variables(rule, use)
    terms, claim = replayed.terms, list(chains)[-1]
    premises = sorted(set(_premises(chains, facts)))
    added = {fact.event_id: read for fact, read in zip(facts, replayed.rules, strict=True)}
    used = [added[item] for item in premises if item in added]
    rules = tuple(item for item in used if isinstance(item, Rule))
    computed = tuple(item for item in used if isinstance(item, ComputedRule))
    stage = replayed.closure.joined_at(*claim)
    assert stage is not None
    return Derived(
        rule=rule.name,
        substitution=tuple((name, terms.ids[term]) for name, term in zip(variables, use.substitution, strict=True)),
        rule_set=rule_set_hash(RuleSet(rules, computed=computed)),
        round=replayed.round_of(stage),
        premises=tuple(premises),
        proof=_Writer(replayed, facts, premises, list(chains)).proof(chains),
    )


def first_use(chains: Chains) -> RuleUse | None:
    """Give the first rule step of a proof; None where it needs no rule."""
    for hops in chains.values():
        for hop in hops:
            if hop.edge is not None and isinstance(hop.edge.why, RuleUse):
                return hop.edge.why
    return None


def _variables(rule: Rule | ComputedRule, use: RuleUse) -> Iterable[str]:
    """Give the names of what a use substitutes: the operands of a computation are counted from 1."""
    if isinstance(rule, ComputedRule):
        return [str(place) for place, _ in enumerate(use.substitution, start=1)]
    return rule.variables


def _premises(chains: Chains, facts: Sequence[RuleAdded]) -> Iterable[EventId]:
    for hops in chains.values():
        for hop in hops:
            if hop.edge is not None and hop.edge.why is not None:
                yield facts[hop.edge.why.rule].event_id if isinstance(hop.edge.why, RuleUse) else hop.edge.why


class _Writer:
    def __init__(
        self, replayed: Replayed, facts: Sequence[RuleAdded], premises: list[EventId], pairs: list[Pair]
    ) -> None:
        self._terms, self._rules, self._facts = replayed.terms, replayed.rules, facts
        self._premise = {item: place for place, item in enumerate(premises)}
        self._lemma = {pair: place for place, pair in enumerate(pairs)}
        self._place: dict[int, int] = {}
        self._table: list[ProofTerm] = []

    def proof(self, chains: Chains) -> DerivationProof:
        lemmas = tuple(
            ProofLemma(self._term(left), tuple(self._step(hop) for hop in hops)) for (left, _), hops in chains.items()
        )
        return DerivationProof(tuple(self._table), lemmas)

    def _step(self, hop: Hop) -> ProofStep:
        if hop.edge is None or hop.edge.why is None:
            self._spell(hop.source)
            pairs = zip(self._terms.children(hop.source), self._terms.children(hop.target), strict=True)
            return ByCongruence(self._term(hop.target), self._lemmas(pairs))
        why, forward = hop.edge.why, hop.source == hop.edge.left
        if not isinstance(why, RuleUse):
            return ByPremise(self._premise[why], forward)
        rule = self._rules[why.rule]
        self._spell(hop.edge.left, rule.patterns[0] if isinstance(rule, Rule) else None)
        return ByRule(
            premise=self._premise[self._facts[why.rule].event_id],
            forward=forward,
            substitution=tuple(map(self._term, why.substitution)),
            target=self._term(hop.target),
            witnesses=tuple(map(self._term, why.witnesses)),
            lemmas=self._lemmas(why.equal),
        )

    def _spell(self, term: int, pattern: Pattern | None = None) -> None:
        """Put terms into the table whose content the checker needs, though no step refers to them.

        These are terms that the set only names: a step by an equality leads there, or a node of the set names them.
        """
        if isinstance(pattern, Variable):
            return
        if not self._terms.arrived[term]:
            self._term(term)
        for part, child in zip(pattern.children, self._terms.children(term), strict=True) if pattern else ():
            self._spell(child, part)

    def _lemmas(self, pairs: Iterable[Pair]) -> tuple[int | None, ...]:
        return tuple(None if a == b else self._lemma[a, b] for a, b in pairs)

    def _term(self, number: int) -> int:
        """Give the place of a term in the table; what it is made of is put there first, however deep it is."""
        pending = [number]
        while pending:
            term = pending[-1]
            children = () if self._terms.arrived[term] else self._terms.children(term)
            missing = [child for child in children if child not in self._place]
            if missing:
                pending += missing[::-1]
                continue
            pending.pop()
            if term not in self._place:
                self._place[term] = len(self._table)
                self._table.append(self._written(term))
        return self._place[number]

    def _written(self, term: int) -> ProofTerm:
        content = self._terms.content[term]
        if self._terms.arrived[term] or content is None:
            return self._terms.ids[term]
        return InlineTerm(content.operator, content.colour, tuple(self._place[child] for child in content.children))
