"""The checker of derived equalities. It shares no code with what finds them: a defect there must not be believed here.

Belongs here: judging a proof against the facts it names. Not here: making one (prove.py), judging many (verify.py).
Imports facts, identifiers, the shape of proofs and the reader of rule texts, nothing of the engine.

It reads each step once, in time that follows the size of the proof times that of its rules, up to a limit. What the
fact says beside the proof is held to it: ends, premises, their order, the rule set, the rule shown to people.
"""

from collections.abc import Iterator
from typing import Protocol

from egraph.colours import Colour, may_name
from egraph.derive.arithmetic import computed
from egraph.derive.proof import ByCongruence, ByPremise, ByRule, InlineTerm, ProofLemma, ProofStep
from egraph.derive.rule_text import Content, RuleText, condition_holds, fits, is_instance, replacement_of
from egraph.derive.verdict import Fault, Incomplete, Refused, Sound, Verdict
from egraph.facts import Derived, EqualityAsserted, Fact, RuleAdded
from egraph.identifiers import EventId, NodeId, colour_of, node_id
from egraph.rules.computed_rule import ComputedRule
from egraph.rules.patterns import Application, Pattern, Variable
from egraph.rules.printer import rule_set_hash
from egraph.rules.ruleset import Rule, RuleSet

WORK_MAX = 1_000_000
"""Parts of patterns looked at for one proof. Real ones need thousands; hostile ones multiply long rules and steps."""


class HasContent(Protocol):
    """A node's content: egraph.facts.NodeAdded has it, and whatever a view gives."""

    @property
    def operator(self) -> str:
        """The operator."""

    @property
    def colour(self) -> Colour:
        """The colour."""

    @property
    def children(self) -> tuple[NodeId, ...]:
        """The ids of the children."""


class Lookup(Protocol):
    """What is held. Ids are verified against contents, so a lookup need not be trusted with them."""

    def fact(self, event_id: EventId) -> Fact | None:
        """Give the rule or equality behind an event id, or None."""

    def node(self, node: NodeId) -> HasContent | None:
        """Give the content of an added node, or None."""


class _Fails(Exception):
    """Inside this module only: the step at hand does not hold."""

    def __init__(self, fault: Fault, detail: str) -> None:
        self.fault, self.detail = fault, detail
        self.lemma: int | None = None
        self.step: int | None = None


class _Lacks(Exception):
    """Inside this module only: a node is needed that is not held."""

    def __init__(self, node: NodeId) -> None:
        self.node = node


class Checker:
    """Judges derived equalities over one set of facts. Reads the text of each rule once."""

    def __init__(self, lookup: Lookup) -> None:
        self._lookup = lookup
        self._rules: dict[EventId, RuleText] = {}

    def check(self, fact: EqualityAsserted) -> Verdict:
        """Judge one. Never raises for what a fact holds. Whether its premises count is for the view to say."""
        why = fact.why
        if not isinstance(why, Derived) or not why.proof.lemmas:
            return Refused(Fault.NO_PROOF, "it carries no proof")
        held = {item: self._lookup.fact(item) for item in why.premises}
        missing = tuple(item for item, premise in held.items() if premise is None)
        if missing:
            return Incomplete(premises=missing)
        try:
            premises = [self._premise(premise, fact) for premise in held.values()]
            if list(why.premises) != sorted(set(why.premises)):
                raise _Fails(Fault.PREMISES_DIFFER, "they do not ascend, or one is named twice")
            return _Judged(fact, why, premises, self._lookup).verdict()
        except _Fails as fails:
            return Refused(fails.fault, fails.detail, fails.lemma, fails.step)
        except _Lacks as lacks:
            return Incomplete(nodes=(lacks.node,))

    def _premise(self, premise: Fact | None, fact: EqualityAsserted) -> "EqualityAsserted | RuleText":
        if not isinstance(premise, EqualityAsserted | RuleAdded):
            raise _Fails(Fault.PREMISE_KIND, f"a premise is a {type(premise).__name__}, neither rule nor equality")
        if premise.hlc >= fact.hlc:
            detail = f"premise {premise.event_id.hex()} has hlc {premise.hlc}, and the fact only {fact.hlc}"
            raise _Fails(Fault.PREMISE_ORDER, detail)
        if isinstance(premise, EqualityAsserted):
            return premise
        text = self._rules.setdefault(premise.event_id, RuleText(premise))
        if text.rule is None:
            raise _Fails(Fault.UNREADABLE_RULE, text.problem)
        return text


def check(fact: EqualityAsserted, lookup: Lookup) -> Verdict:
    """Judge one derived equality (see Checker.check)."""
    return Checker(lookup).check(fact)


class _Judged:
    """One proof under judgement. `ids` has the node id of each term, `ends` those of the lemmas read so far."""

    def __init__(
        self, fact: EqualityAsserted, why: Derived, premises: "list[EqualityAsserted | RuleText]", lookup: Lookup
    ) -> None:
        self.fact, self.why, self.premises, self.lookup = fact, why, premises, lookup
        self.ids: list[NodeId] = []
        self.inline: dict[NodeId, tuple[Content, int]] = {}
        self.ends: list[tuple[NodeId, NodeId]] = []
        self.used_premises: set[int] = set()
        self.used_terms: set[int] = set()
        self.used_lemmas: set[int] = set()
        self.headline: tuple[str, tuple[tuple[str, NodeId], ...]] | None = None
        self.work = 0

    def verdict(self) -> Verdict:
        self.read_terms()
        for number, lemma in enumerate(self.why.proof.lemmas):
            try:
                self.ends.append(self.read_lemma(lemma))
            except _Fails as fails:
                fails.lemma = number
                raise
        self.compare_with_the_fact()
        events = self.why.premises
        rules = tuple(item for item, fact in zip(events, self.premises, strict=True) if isinstance(fact, RuleText))
        return Sound(rules, tuple(item for item in events if item not in rules))

    def read_lemma(self, lemma: ProofLemma) -> tuple[NodeId, NodeId]:
        """Give the two ends of a lemma whose steps hold."""
        start = here = self.term(lemma.start)
        if not lemma.steps:
            raise _Fails(Fault.MALFORMED, "a lemma without steps says nothing")
        for place, step in enumerate(lemma.steps):
            try:
                here = self.step(step, here)
            except _Fails as fails:
                fails.step = place
                raise
        return start, here

    # --- terms

    def read_terms(self) -> None:
        for place, term in enumerate(self.why.proof.terms):
            if isinstance(term, InlineTerm):
                self.ids.append(self.read_inline(term, place))
            elif len(term) == 16 and term[0] >> 6:
                self.ids.append(term)
            else:
                raise _Fails(Fault.MALFORMED, f"term {place} is no node id")
        if len(set(self.ids)) < len(self.ids):
            raise _Fails(Fault.MALFORMED, "a term stands twice in the table")

    def read_inline(self, term: InlineTerm, place: int) -> NodeId:
        if not all(0 <= child < place for child in term.children):
            raise _Fails(Fault.MALFORMED, f"term {place} names a child that does not stand before it")
        self.used_terms.update(term.children)
        children = tuple(self.ids[child] for child in term.children)
        if not all(may_name(term.colour, colour_of(child)) for child in children):
            raise _Fails(Fault.LOCAL_COLOUR, f"term {place} is {term.colour.name} and names a child it may not name")
        identity = node_id(term.operator, term.colour, children)
        self.inline[identity] = Content(term.operator, term.colour, children), place
        return identity

    def term(self, place: int) -> NodeId:
        if not 0 <= place < len(self.ids):
            raise _Fails(Fault.MALFORMED, f"there is no term {place}")
        self.used_terms.add(place)
        return self.ids[place]

    def content_of(self, node: NodeId) -> Content:
        if node not in self.inline:
            return self.node_of_the_set(node)
        content, place = self.inline[node]
        self.used_terms.add(place)
        return content

    def node_of_the_set(self, node: NodeId) -> Content:
        held = self.lookup.node(node)
        if held is None or node_id(held.operator, held.colour, held.children) != node:
            raise _Lacks(node)
        return Content(held.operator, held.colour, held.children)

    # --- steps

    def step(self, step: ProofStep, here: NodeId) -> NodeId:
        """Give what the step leads to."""
        match step:
            case ByPremise():
                return self.by_premise(step, here)
            case ByCongruence():
                return self.by_congruence(step, here)
            case ByRule():
                return self.by_rule(step, here)

    def premise(self, place: int) -> "EqualityAsserted | RuleText":
        if not 0 <= place < len(self.premises):
            raise _Fails(Fault.MALFORMED, f"there is no premise {place}")
        self.used_premises.add(place)
        return self.premises[place]

    def by_premise(self, step: ByPremise, here: NodeId) -> NodeId:
        premise = self.premise(step.premise)
        if isinstance(premise, RuleText):
            raise _Fails(Fault.PREMISE_KIND, f"premise {step.premise} is a rule, not an equality")
        source, target = (premise.left, premise.right) if step.forward else (premise.right, premise.left)
        if source != here:
            raise _Fails(Fault.BROKEN_CHAIN, f"it starts from {source.hex()}, but the chain stands at {here.hex()}")
        return target

    def by_congruence(self, step: ByCongruence, here: NodeId) -> NodeId:
        target = self.term(step.target)
        left, right = self.content_of(here), self.content_of(target)
        if (left.operator, left.colour) != (right.operator, right.colour):
            raise _Fails(Fault.NOT_CONGRUENT, f"{here.hex()} and {target.hex()} differ in operator or colour")
        if not len(left.children) == len(right.children) == len(step.children):
            raise _Fails(Fault.NOT_CONGRUENT, "the terms and the step differ in their number of children")
        for a, b, lemma in zip(left.children, right.children, step.children, strict=True):
            self.require_equal(a, b, lemma, Fault.NOT_CONGRUENT)
        return target

    def require_equal(self, a: NodeId, b: NodeId, lemma: int | None, fault: Fault) -> None:
        if lemma is None:
            if a != b:
                raise _Fails(fault, f"{a.hex()} and {b.hex()} differ, and no lemma says that they are equal")
        elif not 0 <= lemma < len(self.ends):
            raise _Fails(Fault.MALFORMED, f"lemma {lemma} does not come before this one")
        elif self.ends[lemma] != (a, b):
            raise _Fails(fault, f"lemma {lemma} is not about {a.hex()} and {b.hex()}")
        else:
            self.used_lemmas.add(lemma)

    def by_rule(self, step: ByRule, here: NodeId) -> NodeId:
        text = self.premise(step.premise)
        if not isinstance(text, RuleText):
            raise _Fails(Fault.PREMISE_KIND, f"premise {step.premise} is an equality, not a rule")
        assert text.rule is not None
        self.work += text.size
        if self.work > WORK_MAX:
            raise _Fails(Fault.TOO_COSTLY, f"its steps look at more than {WORK_MAX:,} parts of rules")
        if isinstance(text.rule, ComputedRule):
            return self.by_computation(text.rule, step, here)
        if len(step.substitution) != len(text.variables):
            raise _Fails(Fault.NOT_AN_INSTANCE, f"the rule has {len(text.variables)} variables")
        target = self.term(step.target)
        bound = dict(zip(text.variables, map(self.term, step.substitution), strict=True))
        if self.headline is None:
            self.headline = text.rule.name, tuple(bound.items())
        left, right = (here, target) if step.forward else (target, here)
        if not is_instance(text.rule.patterns[0], left, bound, self.content_of):
            raise _Fails(Fault.NOT_AN_INSTANCE, f"{left.hex()} is no instance of the pattern of {text.rule.name!r}")
        for place, condition in enumerate(text.rule.conditions):
            if not condition_holds(condition, bound, self.content_of):
                raise _Fails(Fault.CONDITION_FAILS, f"condition {place} of {text.rule.name!r}")
        if replacement_of(text.rule, bound, left) != right:
            raise _Fails(Fault.NOT_AN_INSTANCE, f"{right.hex()} is not what {text.rule.name!r} puts in its place")
        self.require_witnesses(text.rule.patterns[1:], step, bound)
        return target

    def by_computation(self, rule: ComputedRule, step: ByRule, here: NodeId) -> NodeId:
        """Give what the step leads to: an operator over constants, or the constant that it equals, of any colour."""
        target = self.term(step.target)
        application, result = (here, target) if step.forward else (target, here)
        content = self.content_of(application)
        operands = tuple(map(self.term, step.substitution))
        if content.children != operands or step.witnesses or step.lemmas:
            raise _Fails(Fault.NOT_AN_INSTANCE, f"the step does not name the operands of {application.hex()}")
        if self.headline is None:
            self.headline = rule.name, tuple((str(at), node) for at, node in enumerate(operands, start=1))
        leaves = [item.operator for item in map(self.content_of, operands) if not item.children]
        value = computed(rule, content.operator, leaves) if len(leaves) == len(operands) else None
        if value is None:
            raise _Fails(Fault.NOT_AN_INSTANCE, f"{rule.name!r} does not compute {application.hex()}")
        if node_id(value, colour_of(result), ()) != result:
            raise _Fails(Fault.NOT_AN_INSTANCE, f"{result.hex()} is not the constant {value}")
        return target

    # --- nodes that further patterns ask for

    def require_witnesses(self, patterns: tuple[Pattern, ...], step: ByRule, bound: dict[str, NodeId]) -> None:
        witnesses, lemmas = iter(step.witnesses), iter(step.lemmas)
        try:
            for pattern in patterns:
                node, _ = self.next_witness(witnesses)
                if isinstance(pattern, Variable):
                    self.require_equal(node, bound[pattern.name], next(lemmas), Fault.NO_WITNESS)
                else:
                    self.require_witness(pattern, node, witnesses, lemmas, bound)
        except StopIteration:
            raise _Fails(Fault.NO_WITNESS, "the rule asks for more nodes than the step names") from None
        if next(witnesses, None) is not None or next(lemmas, ...) is not ...:
            raise _Fails(Fault.NO_WITNESS, "the step names more nodes or lemmas than the rule asks for")

    def next_witness(self, witnesses: Iterator[int]) -> tuple[NodeId, Content]:
        place = next(witnesses)
        node = self.term(place)
        if isinstance(self.why.proof.terms[place], InlineTerm):
            raise _Fails(Fault.NO_WITNESS, f"term {place} is no node of the set")
        return node, self.node_of_the_set(node)

    def require_witness(
        self,
        pattern: Application,
        node: NodeId,
        witnesses: Iterator[int],
        lemmas: Iterator[int | None],
        bound: dict[str, NodeId],
    ) -> None:
        content = self.node_of_the_set(node)
        if not fits(pattern, content):
            raise _Fails(Fault.NO_WITNESS, f"{node.hex()} is not what a pattern of the rule asks for")
        for part, child in zip(pattern.children, content.children, strict=True):
            if isinstance(part, Variable):
                self.require_equal(child, bound[part.name], next(lemmas), Fault.NO_WITNESS)
            else:
                inner, _ = self.next_witness(witnesses)
                self.require_equal(child, inner, next(lemmas), Fault.NO_WITNESS)
                self.require_witness(part, inner, witnesses, lemmas, bound)

    # --- what the fact says beside the proof

    def compare_with_the_fact(self) -> None:
        why, last = self.why, len(self.ends) - 1
        if self.ends[last] != (self.fact.left, self.fact.right):
            start, end = self.ends[last]
            raise _Fails(Fault.OTHER_CLAIM, f"the proof shows {start.hex()} = {end.hex()}")
        if self.used_lemmas != set(range(last)) or len(self.used_terms) < len(self.ids):
            raise _Fails(Fault.MALFORMED, "a lemma or a term is never used")
        if len(self.used_premises) < len(self.premises):
            unused = [item.hex() for at, item in enumerate(why.premises) if at not in self.used_premises]
            raise _Fails(Fault.PREMISES_DIFFER, f"the proof does not use {', '.join(unused)}")
        read = [text.rule for text in self.premises if isinstance(text, RuleText)]
        rules = tuple(rule for rule in read if isinstance(rule, Rule))
        computing = tuple(rule for rule in read if isinstance(rule, ComputedRule))
        if rule_set_hash(RuleSet(rules, computed=computing)) != why.rule_set:
            raise _Fails(Fault.OTHER_RULE_SET, f"{why.rule_set.hex()} is not the hash of the rules it uses")
        if (why.rule, why.substitution) != self.headline:
            raise _Fails(Fault.OTHER_HEADLINE, f"{why.rule!r} with its substitution is not the proof's first rule step")
