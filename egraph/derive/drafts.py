"""From a trace of saturation to the facts that may be published: derived equalities, each with its proof.

Belongs here: what is published, and what is not and why. Not here: saturating, sealing, sending.
Everything follows from the contents of nodes, rules and equalities: equal facts give equal drafts, whatever the order
and the numbers of the trace.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import NamedTuple

from egraph.colours import Colour
from egraph.derive.prove import Prover
from egraph.derive.replay import replay
from egraph.derive.spanning import spanning_pairs
from egraph.derive.terms import TermTable
from egraph.derive.write import first_use, write_derived
from egraph.facts import EqualityAsserted, RuleAdded
from egraph.identifiers import NodeId
from egraph.rules.computed_rule import ComputedRule
from egraph.rules.conditions import Content
from egraph.rules.rule_facts import rule_of
from egraph.rules.ruleset import Rule, RuleSet
from egraph.saturation.trace import Trace

_LARGEST = (1 << 63) - 1


class Stamp(NamedTuple):
    """What the producer puts on one fact: its next sequence in the partition, and its clock."""

    sequence: int
    hlc: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Publisher:
    """Who publishes. `stamp` is called once for each draft, in order, with its left node and the hlc to be exceeded.

    `size` gives the bytes of a draft on the wire (schemas.codec.seal); one of more than `bytes_max` is not published.
    """

    graph: str
    producer: str
    stamp: Callable[[NodeId, int], Stamp]
    size: Callable[[EqualityAsserted], int]
    bytes_max: int


class TooLarge(NamedTuple):
    """Two nodes that have become equal, with a proof that fits no fact. `size` is None where it was not written."""

    left: NodeId
    right: NodeId
    size: int | None


class Leaf(NamedTuple):
    """A node without children that equalities are about, and that the set does not hold: to be published."""

    operator: str
    colour: Colour


@dataclass(frozen=True, slots=True)
class Derivation:
    """`drafts` ascend by their nodes. `unproved` counts firings of the trace that no proof may rest on."""

    drafts: tuple[EqualityAsserted, ...]
    too_large: tuple[TooLarge, ...]
    unproved: int
    leaves: tuple[Leaf, ...] = ()


class RulesInForce(NamedTuple):
    """The rules to saturate with, and the fact behind each place of `rules.rules`.

    `inverses` has the places whose rule is not that of the fact but an inverse of it (egraph.rules.inverse).
    `computed` has the fact behind each place of `rules.computed`.
    """

    rules: RuleSet
    facts: tuple[RuleAdded, ...]
    inverses: Mapping[int, Rule] = MappingProxyType({})
    computed: tuple[RuleAdded, ...] = ()


def rules_in_force(facts: Iterable[RuleAdded]) -> RulesInForce:
    """Give the rules of facts that are present and not retracted. Unreadable ones are left out.

    Where facts add the same rule, the earliest stands for it: it is earlier than whatever is derived.
    """
    found: dict[Rule | ComputedRule, RuleAdded] = {}
    for fact in sorted(facts, key=lambda fact: (fact.hlc, fact.event_id)):
        rule = rule_of(fact)
        if not isinstance(rule, tuple):
            found.setdefault(rule, fact)
    by_event = sorted(found, key=lambda rule: found[rule].event_id)
    rules = RuleSet(
        tuple(rule for rule in by_event if isinstance(rule, Rule)),
        computed=tuple(rule for rule in by_event if isinstance(rule, ComputedRule)),
    )
    return RulesInForce(
        rules,
        tuple(found[rule] for rule in rules.rules),
        computed=tuple(found[rule] for rule in rules.computed),
    )


def derive(
    trace: Trace,
    ids: Sequence[NodeId],
    accepted: Iterable[EqualityAsserted],
    rules: Sequence[RuleAdded],
    publisher: Publisher,
    *,
    inverses: Mapping[int, Rule] = MappingProxyType({}),
    computed: Sequence[RuleAdded] = (),
    said: Iterable[tuple[NodeId, NodeId]] = (),
    also: Mapping[NodeId, Content] = MappingProxyType({}),
) -> Derivation:
    """Give drafts that join, among the nodes that stood before a saturation, all that it made equal: a spanning set.

    `ids` are the node ids of the trace's given terms, `accepted` the equalities they were classed by, `rules` the
    facts behind the rule numbers, `inverses` the numbers at which inverses of them were applied (RulesInForce).
    `computed` are the facts behind the saturation's analyses; where a node of the set equals a constant that the set
    does not hold, the constant is among `leaves`.
    `said` are pairs that need not be said again: the ends of derived equalities that are quarantined, and pairs that
    are equal for reasons not handed in. `also` are nodes that were not handed to the saturation, but by which others
    are congruent. Raises InvalidFact for a rule nobody can read.
    """
    accepted = tuple(accepted)
    replayed = replay(trace, ids, accepted, rules, also, inverses, computed)
    terms = replayed.terms
    facts = (*rules, *computed)
    clock_of = {fact.event_id: fact.hlc for fact in (*accepted, *facts)}
    prover = Prover(replayed)
    known = [(terms.mention(left), terms.mention(right)) for left, right in said]
    drafts, too_large = [], []
    for left, right in spanning_pairs(replayed, known):
        ends = terms.ids[left], terms.ids[right]
        chains = prover.chains(left, right)
        if chains is None:
            too_large.append(TooLarge(*ends, None))
            continue
        if first_use(chains) is None:
            continue  # it rests on the content of a node that is only named, and holds when that node arrives
        why = write_derived(chains, replayed, facts)
        draft = EqualityAsserted(
            graph=publisher.graph, producer=publisher.producer, sequence=_LARGEST, hlc=_LARGEST, left=ends[0],
            right=ends[1], why=why,
        )  # fmt: skip
        size = publisher.size(draft)
        if size > publisher.bytes_max:
            too_large.append(TooLarge(*ends, size))
        else:
            drafts.append(_stamped(draft, publisher, max(clock_of[item] for item in why.premises)))
    return Derivation(tuple(drafts), tuple(too_large), replayed.unproved, _leaves(drafts, terms))


def _leaves(drafts: Iterable[EqualityAsserted], terms: TermTable) -> tuple[Leaf, ...]:
    """Give the chosen leaves that drafts are about, or that an earlier fact is about, by node id."""
    ends = {end for draft in drafts for end in (draft.left, draft.right)}
    wanted = [term for term in terms.chosen if terms.in_set[term] or terms.ids[term] in ends]
    found = [terms.content[term] for term in sorted(wanted, key=lambda term: terms.ids[term])]
    return tuple(Leaf(content.operator, content.colour) for content in found if content is not None)


def _stamped(draft: EqualityAsserted, publisher: Publisher, latest: int) -> EqualityAsserted:
    """Give the draft with the producer's stamp. Were its hlc not later than that of every premise, it never counted."""
    sequence, hlc = publisher.stamp(draft.left, latest)
    if hlc <= latest:
        raise ValueError(f"the stamp has hlc {hlc}, but a premise has {latest}; move the clock beyond it")
    return replace(draft, sequence=sequence, hlc=hlc)
