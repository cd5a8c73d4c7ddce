"""The work of the roles: rules applied by saturation and published with proofs; proofs checked.

Belongs here: which part of the state a phase works on. Not here: which rules (phase_rules.py), when, under which
envelope (phases.py), what saturation, proofs and checking are (egraph).

Agents of one role that hold the same facts come to the same findings. So the work has a key, a process does it once
for all its agents, and each publishes its share (phases.py).
"""

from collections.abc import Callable, Container, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from egraph.derive.check import Checker
from egraph.derive.cone import cone_of
from egraph.derive.drafts import Publisher, RulesInForce, Stamp, derive, rules_in_force
from egraph.derive.verdict import Refused, Sound
from egraph.derive.verify import HeldByView
from egraph.facts import Derived, EqualityAsserted, Fact, RuleAdded
from egraph.identifiers import EventId, NodeId
from egraph.reading import ReplicaView
from egraph.rules.conditions import Content
from egraph.rules.patterns import Application, Variable, walk
from egraph.rules.ruleset import RuleSet
from egraph.saturation.outcome import RuleProfile
from egraph.saturation.trace import Trace
from egraph.store import FactStore
from schemas.codec import seal
from schemas.records import Phase, PhaseOrder
from schemas.rule_work import RuleWork
from schemas.topics import FACT_BYTES_MAX
from streams.ports import Compute
from streams.processors.phase_rules import rules_that_undo
from streams.processors.phases import Equality, Findings, Refusal, Share

_NAME_ROOM = "agent-99@ffffffffffffff"
"""A producer's name as long as any: a draft that fits the limit with it fits with the agent's own."""


@dataclass(slots=True)
class RoleWork:
    """Does the work of all roles. Tasks may run in threads.

    `clock` gives seconds, by which the report tells what each rule took; without one it tells zeros. It decides
    nothing.
    """

    clock: Callable[[], float] | None = None
    _sound: set[EventId] = field(default_factory=set)

    def prepare(self, order: PhaseOrder, view: ReplicaView, share: Share) -> Compute:
        """Copy what the work needs of the state; give the work."""
        if order.phase is Phase.VERIFY:
            return self._verification(view, share)
        key = (view.set_digest(), order.phase, order.rounds, order.nodes, order.matches)
        return Compute(_Derivation.of(order, view, self.clock).run, key)

    def _verification(self, view: ReplicaView, share: Share) -> Compute:
        derived = [
            fact for fact in map(_fact_of(view.store), sorted(view.accepted()))
            if isinstance(fact, EqualityAsserted) and isinstance(fact.why, Derived)
        ]  # fmt: skip
        mine = [fact for fact in derived[share.k :: share.n] if fact.event_id not in self._sound]

        held = HeldByView(view)  # settles the view: never in the task, whose thread runs while the agent folds

        def task() -> Findings:
            checker = Checker(held)
            refusals = []
            for fact in mine:
                verdict = checker.check(fact)
                if isinstance(verdict, Refused):
                    refusals.append(Refusal(fact.event_id, str(verdict), after=fact.hlc))
                elif isinstance(verdict, Sound):  # what cannot be judged yet is judged in the next cycle
                    self._sound.add(fact.event_id)
            return Findings(refusals=tuple(refusals), checked=len(mine), reason="all checked")

        return Compute(task)


@dataclass(frozen=True, slots=True)
class _Derivation:
    """What a saturation needs of the state, copied: the store below only grows, and numbers in it stay."""

    order: PhaseOrder
    store: FactStore
    added: bytes
    classes: tuple[tuple[int, ...], ...]
    accepted: tuple[EqualityAsserted, ...]
    quarantined: tuple[EqualityAsserted, ...]
    rules: tuple[RuleAdded, ...]
    clock: Callable[[], float] | None

    @classmethod
    def of(cls, order: PhaseOrder, view: ReplicaView, clock: Callable[[], float] | None) -> "_Derivation":
        fact = _fact_of(view.store)
        accepted = [fact(item) for item in view.accepted()]
        quarantined = [fact(item) for item in view.quarantined()]
        rules = [fact(item) for item in view.rules()]
        return cls(
            order=order,
            store=view.store,
            added=bytes(view.nodes.added),
            classes=view.merged_classes(),
            accepted=tuple(item for item in accepted if isinstance(item, EqualityAsserted)),
            quarantined=tuple(item for item in quarantined if isinstance(item, EqualityAsserted)),
            rules=tuple(item for item in rules if isinstance(item, RuleAdded)),
            clock=clock,
        )

    def run(self) -> Findings:
        from egraph.saturation.analyses import ConstantFolding
        from egraph.saturation.errors import TooLarge
        from egraph.saturation.limits import NODES_MAX, Limits
        from egraph.saturation.saturation import Saturation  # loads the compiler, which most processes never need

        chosen = self._rules_of_phase()
        if not chosen.facts and not chosen.computed:
            return Findings(reason="no rules")
        order = self.order
        limits = Limits(
            rounds=max(order.rounds, 0), nodes=min(max(order.nodes, 1), NODES_MAX), matches=max(order.matches, 0)
        )
        try:
            nodes = dict(self._nodes(chosen.rules))
            known = {child for content in nodes.values() for child in content.children}.union(nodes)
            analyses = [ConstantFolding(rule) for rule in chosen.rules.computed]
            saturation = Saturation(
                chosen.rules, nodes, self._equal_among(known), limits=limits, clock=self.clock, analyses=analyses
            )
            outcome = saturation.run()
        except TooLarge as full:
            return Findings(reason=str(full))
        assert outcome.trace is not None
        trace, ids = self._needed(chosen, outcome.trace, outcome.classes.label, saturation.given.ids)
        below = self._below(ids)
        said = [(item.left, item.right) for item in self.quarantined if isinstance(item.why, Derived)]
        derivation = derive(
            trace,
            ids,
            self._accepted_among(below),
            chosen.facts,
            self._publisher(),
            inverses=chosen.inverses,
            computed=chosen.computed,
            said=[*said, *self._equal_among(set(ids))],
            also=dict(self._contents(number for number in below if self._is_added(number))),
        )
        return Findings(
            leaves=derivation.leaves,
            equalities=tuple(_equality(draft) for draft in derivation.drafts),
            unproven=len(derivation.too_large),
            rounds=outcome.rounds,
            nodes=len(outcome.trace.terms),
            matches=outcome.total.matches,
            rules=tuple(map(_work_of, outcome.profile)),
            reason=outcome.stop_reason.value,
        )

    def _rules_of_phase(self) -> RulesInForce:
        found = rules_in_force(self.rules)
        return rules_that_undo(found) if self.order.phase is Phase.BACKFILL else found

    def _nodes(self, rules: RuleSet) -> Iterator[tuple[NodeId, Content]]:
        """Give the nodes that the rules can match, and their children, about which conditions may ask.

        What becomes congruent above them is known to every view as soon as it is published, and matched in the next
        cycle.
        """
        return self._contents(self._numbers(rules))

    def _contents(self, numbers: Iterable[int]) -> Iterator[tuple[NodeId, Content]]:
        table, ids = self.store.nodes, self.store.nodes.ids
        for number in numbers:
            operator = table.operator_of(number)
            assert operator is not None
            yield ids[number], Content(operator, tuple(ids[child] for child in table.children_of(number)))

    def _numbers(self, rules: RuleSet) -> Iterable[int]:
        table, added = self.store.nodes, self.added
        operators = _operators_of(rules)
        if operators is None:
            return (number for number, is_added in enumerate(added) if is_added)
        symbols = table.symbols_of(_Operators(operators, tuple(rule.leaves for rule in rules.computed)))
        symbol = table.symbol
        chosen = {number for number, is_added in enumerate(added) if is_added and symbol[number] in symbols}
        children = {child for number in chosen for child in table.children_of(number)}
        return sorted(chosen.union(filter(self._is_added, children)))

    def _is_added(self, number: int) -> bool:
        return number < len(self.added) and bool(self.added[number])

    def _below(self, nodes: Iterable[NodeId]) -> list[int]:
        """Give the numbers of nodes, their classes, the children of those, and so on: what can make them equal."""
        table = self.store.nodes
        group_of = {number: group for group in self.classes for number in group}
        reached: set[int] = set()
        waiting = [table.index[node] for node in nodes]
        while waiting:
            number = waiting.pop()
            if number not in reached:
                reached.add(number)
                waiting += group_of.get(number, ())
                if self._is_added(number):
                    waiting += table.children_of(number)
        return sorted(reached)

    def _equal_among(self, known: Container[NodeId]) -> Iterator[tuple[NodeId, NodeId]]:
        """Give equalities that hold among some nodes, enough of them to give all."""
        ids = self.store.nodes.ids
        for members in self.classes:
            there = [ids[item] for item in members if ids[item] in known]
            yield from pairwise(there)

    def _needed(
        self, chosen: RulesInForce, trace: Trace, after: Sequence[int], ids: Sequence[NodeId]
    ) -> tuple[Trace, Sequence[NodeId]]:
        """Leave out of a trace what no proof needs."""
        class_of = self._class_of()
        before = [class_of.get(node, -1 - place) for place, node in enumerate(ids)]
        cone = cone_of(trace, after, before, chosen.rules.rules)
        return cone.trace, [ids[term] for term in cone.kept[: cone.trace.given]]

    def _accepted_among(self, numbers: Iterable[int]) -> list[EqualityAsserted]:
        """Give the accepted equalities whose ends are among some nodes, which are whole classes."""
        ids = self.store.nodes.ids
        known = {ids[number] for number in numbers}
        return [fact for fact in self.accepted if fact.left in known]

    def _class_of(self) -> dict[NodeId, int]:
        ids = self.store.nodes.ids
        return {ids[item]: number for number, group in enumerate(self.classes) for item in group}

    def _publisher(self) -> Publisher:
        return Publisher(
            graph=next(iter(self.rules)).graph,
            producer=_NAME_ROOM,
            stamp=lambda _, latest: Stamp(0, latest + 1),
            size=lambda draft: len(seal(draft).raw),
            bytes_max=FACT_BYTES_MAX,
        )


def _operators_of(rules: RuleSet) -> set[str] | None:
    """Give the operators of rules, or None where a pattern is a variable, which matches every node."""
    if any(isinstance(pattern, Variable) for rule in rules.rules for pattern in rule.patterns):
        return None
    computed = {operator for rule in rules.computed for operator in rule.operators}
    return computed.union(
        part.operator
        for rule in rules.rules
        for pattern in (*rule.patterns, rule.replacement)
        for part in walk(pattern)
        if isinstance(part, Application)
    )


@dataclass(frozen=True, slots=True)
class _Operators:
    """Some operators, and those of all integer constants that computed rules may name."""

    named: Container[str]
    prefixes: tuple[str, ...]

    def __contains__(self, operator: object) -> bool:
        assert isinstance(operator, str)
        return operator in self.named or any(
            operator.startswith(prefix) and operator[len(prefix) :].removeprefix("-").isdigit()
            for prefix in self.prefixes
        )


def _work_of(profile: RuleProfile) -> RuleWork:
    return RuleWork(
        rule=profile.rule,
        candidates=profile.candidates,
        matches=profile.matches,
        nodes=profile.nodes,
        unions=profile.unions,
        time_us=round(profile.seconds * 1_000_000),
    )


def _equality(draft: EqualityAsserted) -> Equality:
    assert isinstance(draft.why, Derived)
    return Equality(draft.left, draft.right, draft.why, after=draft.hlc - 1)


def _fact_of(store: FactStore) -> Callable[[EventId], Fact]:
    def fact(event_id: EventId) -> Fact:
        number = store.index_of(event_id)
        assert number is not None
        return store.fact(number)

    return fact
