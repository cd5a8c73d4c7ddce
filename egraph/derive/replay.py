"""A trace once more, stage by stage: which terms it makes equal, each time with an instance of a rule as the reason.

Belongs here: from a trace and the equalities it began with to a staged closure. Not here: proofs (prove.py), what is
published of them (derive.py).

A firing says which node matched, with which substitution, and which node resulted. The rule itself joins two other
terms: the instances of its pattern and of its replacement, sign by sign (instances.py). They are congruent to these
nodes, so joining them joins the nodes. The instances of a round enter first, then the rules act, as in the trace.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from types import MappingProxyType

from egraph.derive.computing import Computations
from egraph.derive.instances import Instances, Reason
from egraph.derive.staged import StagedClosure
from egraph.derive.terms import TermTable
from egraph.errors import InvalidFact
from egraph.facts import EqualityAsserted, RuleAdded
from egraph.identifiers import NodeId
from egraph.rules.computed_rule import ComputedRule
from egraph.rules.conditions import Content
from egraph.rules.rule_facts import rule_of
from egraph.rules.ruleset import Rule
from egraph.saturation.trace import NO_FIRING, Firing, Trace


@dataclass(frozen=True, slots=True)
class Replayed:
    """What a trace makes equal. Terms equal in a stage below `before` were equal before the saturation."""

    terms: TermTable
    closure: StagedClosure
    rules: tuple[Rule | ComputedRule, ...]
    """The rules of the facts behind the numbers in the trace, read once, then the computed ones; where the trace
    applied an inverse, its original."""
    before: int
    rounds: tuple[tuple[int, int], ...]
    """Each round with the first stage after it, ascending: terms joined below that are equal after the round."""
    unproved: int
    """Firings left out: conclusions of analyses that no computed rule gives, and those that rest on nodes only the
    saturation made."""

    def round_of(self, stage: int) -> int:
        """Give the round that a stage belongs to; 0 for what was equal before the first."""
        return 0 if stage < self.before else next(number for number, end in self.rounds if stage < end)


def replay(
    trace: Trace,
    ids: Sequence[NodeId],
    accepted: Iterable[EqualityAsserted],
    rules: Sequence[RuleAdded],
    also: Mapping[NodeId, Content] = MappingProxyType({}),
    inverses: Mapping[int, Rule] = MappingProxyType({}),
    computed: Sequence[RuleAdded] = (),
) -> Replayed:
    """Join what the equalities say and what the trace's firings say, with everything that follows.

    `ids` are the node ids of the trace's given terms; `rules` the facts that add the rules that it names by number;
    `also` are nodes of the set that were not handed to the saturation, but may make others equal by congruence.
    `inverses` are what the saturation applied at some of these numbers: each an inverse of the rule there.
    `computed` are the facts behind the saturation's analyses, the first ones of them: the rules that they fold by.
    Raises InvalidFact for a rule that nobody can read.
    """
    return _Replay(trace, ids, rules, also, inverses, computed).run(accepted)


@dataclass(slots=True)
class _Replay:
    trace: Trace
    ids: Sequence[NodeId]
    rules: Sequence[RuleAdded]
    also: Mapping[NodeId, Content]
    inverses: Mapping[int, Rule]
    computed: Sequence[RuleAdded]
    terms: TermTable = field(default_factory=TermTable)
    numbers: list[int] = field(default_factory=list)
    """The number here of each term of the trace."""
    unproved: int = 0
    results: set[int] = field(default_factory=set)
    """Constants that rules have computed."""

    def run(self, accepted: Iterable[EqualityAsserted]) -> Replayed:
        closure = StagedClosure(self.terms)
        self._given()
        equalities = [
            (self.terms.mention(fact.left), self.terms.mention(fact.right), fact.event_id)
            for fact in sorted(accepted, key=lambda fact: (fact.hlc, fact.event_id))
        ]
        closure.close(equalities, range(len(self.terms)))
        before = closure.stage
        rules, computed = tuple(map(_read, self.rules)), tuple(map(_read_computed, self.computed))
        instances = Instances(closure, rules, self.inverses)
        computations = Computations(closure, computed, len(rules))
        ends = []
        for number, firings, created in self._rounds():
            self._create(created)
            closure.close((), self.numbers[-len(created) :] if created else ())
            reasons = self._reasons(firings, instances)
            closure.close((), [end for reason in reasons for end in self._spelt(reason)])
            closure.close(reasons)
            self._compute(closure, computations, [firing for firing in firings if firing.rule < 0])
            ends.append((number, closure.stage))
        self._choose(closure)
        return Replayed(self.terms, closure, (*rules, *computed), before, tuple(ends), self.unproved)

    def _compute(self, closure: StagedClosure, computations: Computations, firings: list[Firing]) -> None:
        """Join what computed rules give, those first that rest on no other."""
        while firings:
            found, firings = computations.reasons(firings, self.numbers)
            if not found:
                self.unproved += len(firings)
                return
            self.results |= {right for _, right, _ in found}
            reasons = self._in_order(found)
            closure.close((), [end for reason in reasons for end in self._spelt(reason)])
            closure.close(reasons)

    def _choose(self, closure: StagedClosure) -> None:
        """Choose the constants that nodes of the set have become equal to, and that the set does not hold."""
        known = {closure.root(term) for term in range(len(self.terms)) if self.terms.may_be_end(term)}
        missing = (term for term in self.results if not self.terms.arrived[term])
        self.terms.chosen.update(term for term in missing if closure.root(term) in known)

    def _given(self) -> None:
        self.numbers = [self.terms.mention(node) for node in self.ids]
        for number, node in enumerate(self.ids):
            row = self.trace.terms[number]
            if row.operator is not None:
                self.terms.define(node, row.operator, [self.numbers[child] for child in row.children])
        for node, content in self.also.items():
            self.terms.define(node, content.operator, [self.terms.mention(child) for child in content.children])

    def _rounds(self) -> Iterator[tuple[int, list[Firing], list[int]]]:
        """Give the firings of each round, and the terms that it created."""
        firings = [self.trace.firings[number] for number in range(len(self.trace.firings))]
        created: dict[int, list[int]] = {}
        latest = min((firing.round for firing in firings), default=1)
        for term in range(self.trace.given, len(self.trace.terms)):
            creator = self.trace.creator(term)
            latest = latest if creator == NO_FIRING else max(latest, firings[creator].round)
            created.setdefault(latest, []).append(term)
        for number, several in groupby(sorted(firings, key=lambda firing: firing.round), lambda firing: firing.round):
            yield number, list(several), created.get(number, [])

    def _create(self, created: list[int]) -> None:
        for term in created:
            row = self.trace.terms[term]
            assert row.operator is not None
            assert term == len(self.numbers)
            children = [self.numbers[child] for child in row.children]
            self.numbers.append(self.terms.intern(row.operator, row.colour, children))

    def _reasons(self, firings: list[Firing], instances: Instances) -> list[Reason]:
        found = []
        for firing in (item for item in firings if item.rule >= 0):
            substitution = tuple(self.numbers[term] for term in firing.substitution)
            reason = instances.reason(firing.rule, substitution, self.numbers[firing.root])
            if reason is None:
                self.unproved += 1
            else:
                found.append(reason)
        return self._in_order(found)

    def _in_order(self, reasons: Iterable[Reason]) -> list[Reason]:
        """Give reasons by content, each once; those that say nothing are left out."""
        found: dict[tuple[bytes, ...], Reason] = {}
        facts, ids = (*self.rules, *self.computed), self.terms.ids
        for left, right, use in reasons:
            if left != right:
                key = (facts[use.rule].event_id, ids[left], ids[right], *(ids[item] for item in use.substitution))
                found.setdefault(key, (left, right, use))
        return [found[key] for key in sorted(found)]

    def _spelt(self, reason: Reason) -> list[int]:
        """Give both ends of a reason and all terms inside them."""
        found: list[int] = []
        pending = list(reason[:2])
        while pending:
            term = pending.pop()
            found.append(term)
            pending += self.terms.children(term) if not self.terms.arrived[term] else ()
        return found[::-1]


def _read(fact: RuleAdded) -> Rule:
    rule = _read_any(fact)
    if isinstance(rule, ComputedRule):
        raise InvalidFact(f"rule {fact.event_id.hex()} is computed, and has no pattern; hand it in among the computed")
    return rule


def _read_computed(fact: RuleAdded) -> ComputedRule:
    rule = _read_any(fact)
    if isinstance(rule, Rule):
        raise InvalidFact(f"rule {fact.event_id.hex()} has a pattern, and computes nothing; hand it in among the rules")
    return rule


def _read_any(fact: RuleAdded) -> Rule | ComputedRule:
    rule = rule_of(fact)
    if isinstance(rule, tuple):
        raise InvalidFact(f"rule {fact.event_id.hex()} was saturated with, but: {'; '.join(map(str, rule))}")
    return rule
