"""THE definition of saturation: rounds by brute force, on top of matching.py and instance.py.

Belongs here: meaning. Not here: speed; the engine (saturation.py) is tested to do exactly the same, term by term.

A round finds all matches under the classes in which it begins, and fires them in the order of order.py. A firing looks
up the nodes of the replacement under these classes and among those made before it, makes what is missing, and unites
the root with the result. Then congruence closes the classes. A class is named by its smallest number.
A firing is refused as a whole if it would break the class rule, with all firings before it and all that follows from
them; a breach never heals, so a refused firing need not be tried again.
A created term stays a row until an older row becomes congruent to it. Terms handed in stay rows: their children may
differ in what conditions ask about.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from itertools import product

from egraph.colours import MEMBER_BIT, PARENT_BIT, Colour, mask_is_legal
from egraph.identifiers import NodeId, colour_of, node_id
from egraph.rules.conditions import Content, holds
from egraph.rules.instance import instance_of
from egraph.rules.matching import ClassedNodes, Match, matches_of
from egraph.rules.patterns import Pattern, Variable
from egraph.rules.program import compile_rule
from egraph.rules.ruleset import Rule, RuleSet
from egraph.saturation.errors import InvalidGraph
from egraph.saturation.intake import Union, number_given
from egraph.saturation.limits import Limits, StopReason
from egraph.saturation.order import join_order, joins_of
from egraph.saturation.schedulers import EveryRule, Scheduler
from egraph.saturation.trace import Firing

Key = tuple[str, Colour, tuple[int, ...]]


@dataclass
class RuleCounts:
    """What a rule did in all rounds."""

    matches: int = 0
    forbidden: int = 0
    refused: int = 0
    nodes: int = 0
    unions: int = 0


@dataclass(frozen=True)
class Derivation:
    """A choice of rows for the atoms of a rule, in the order of the text, and the match that it finds."""

    rows: tuple[int, ...]
    roots: tuple[int, ...]
    substitution: dict[str, int]


@dataclass
class ReferenceSaturation:
    """A saturation that can be run round by round and looked at. Use it on small graphs only."""

    rules: RuleSet
    nodes: Mapping[NodeId, Content]
    unions: Iterable[Union] = ()
    limits: Limits = field(default_factory=Limits)
    scheduler: Scheduler = field(default_factory=EveryRule)

    def __post_init__(self) -> None:
        graph = number_given(self.nodes, self.unions)
        self.given = len(graph.ids)
        self.ids = list(graph.ids)
        self.contents: list[tuple[str, tuple[int, ...]] | None] = [
            None if item is None else (item.operator, tuple(graph.number[child] for child in item.children))
            for item in graph.contents
        ]
        self.pairs = list(graph.unions)
        self.label = self.closed()
        if not self._is_legal():
            raise InvalidGraph("the equalities handed in break the class rule together; hand in accepted ones only")
        self.touched = set(range(self.given))
        self.rounds = 0
        self.firings: list[Firing] = []
        self.created_by: list[int] = []
        self.counts = [RuleCounts() for _ in self.rules.rules]
        self.owed = [False] * len(self.rules.rules)
        self.stop: StopReason | None = None

    # --- classes

    def closed(self) -> list[int]:
        """Give the smallest number of each term's class: the congruence closure of all equalities, by brute force."""
        label = list(range(len(self.ids)))
        pending = list(self.pairs)
        while pending:
            for left, right in pending:
                kept, gone = sorted((label[left], label[right]))
                label = [kept if item == gone else item for item in label]
            holder: dict[Key, int] = {}
            pending = []
            for term in self._arrived():
                other = holder.setdefault(self._key(term, label), term)
                if label[other] != label[term]:
                    pending.append((other, term))
        return label

    def rows(self) -> list[int]:
        """Give the terms that atoms may choose."""
        holder: dict[Key, int] = {}
        return [
            term
            for term in self._arrived()
            if holder.setdefault(self._key(term, self.label), term) == term or term < self.given
        ]

    def _arrived(self) -> Iterator[int]:
        return (term for term, content in enumerate(self.contents) if content is not None)

    def _key(self, term: int, label: list[int]) -> Key:
        content = self.contents[term]
        assert content is not None
        return content[0], colour_of(self.ids[term]), tuple(label[child] for child in content[1])

    def _is_legal(self) -> bool:
        label = self.closed()
        mask = [0] * len(self.ids)
        for term, node in enumerate(self.ids):
            mask[label[term]] |= MEMBER_BIT[colour_of(node)]
            content = self.contents[term]
            for child in content[1] if content is not None else ():
                mask[label[child]] |= PARENT_BIT[colour_of(node)]
        return all(map(mask_is_legal, mask))

    # --- matches

    def derivations(self, rule: Rule) -> list[Derivation]:
        """Give all derivations of a rule. Their matches are what the definition of matching gives on the rows."""
        rows = self.rows()
        contents = {self.ids[term]: self._content(term) for term in rows}
        number = {node: term for term, node in enumerate(self.ids)}
        graph = ClassedNodes(contents, lambda node: self.ids[self.label[number[node]]])
        everything = {self.ids[term]: self._content(term) for term in self._arrived()}
        expected = {
            match
            for match in matches_of(replace(rule, conditions=()), graph)
            if _allowed(rule, dict(match.substitution), everything)
        }
        found = []
        for parts in product(*(list(self._at_rows(pattern, rows, rows)) for pattern in rule.patterns)):
            chosen = tuple(row for part in parts for row in part[0])
            substitution: dict[str, int] = {}
            places = [pair for part in parts for pair in part[1]]
            if any(self.label[substitution.setdefault(name, term)] != self.label[term] for name, term in places):
                continue
            named = {name: self.ids[term] for name, term in substitution.items()}
            if _allowed(rule, named, everything):
                found.append(Derivation(chosen, tuple(part[0][0] for part in parts), substitution))
        assert {self._match(item) for item in found} == expected
        return found

    def _content(self, term: int) -> Content:
        content = self.contents[term]
        assert content is not None
        return Content(content[0], tuple(self.ids[child] for child in content[1]))

    def _at_rows(
        self, pattern: Pattern, among: list[int], rows: list[int]
    ) -> Iterator[tuple[tuple[int, ...], list[tuple[str, int]]]]:
        """Give the rows chosen for a pattern, its root one of `among`, and what stands at its variables."""
        for row in among:
            if isinstance(pattern, Variable):
                yield (row,), [(pattern.name, row)]
                continue
            content = self.contents[row]
            assert content is not None
            if content[0] != pattern.operator or len(content[1]) != len(pattern.children):
                continue
            if pattern.colour not in (None, colour_of(self.ids[row])):
                continue
            options: list[list[tuple[tuple[int, ...], list[tuple[str, int]]]]] = []
            for part, child in zip(pattern.children, content[1], strict=True):
                if isinstance(part, Variable):
                    options.append([((), [(part.name, child)])])
                else:
                    inside = [item for item in rows if self.label[item] == self.label[child]]
                    options.append(list(self._at_rows(part, inside, rows)))
            for below in product(*options):
                chosen = (row, *(item for part_rows, _ in below for item in part_rows))
                yield chosen, [pair for _, places in below for pair in places]

    def _match(self, derivation: Derivation) -> Match:
        return Match(
            tuple(self.ids[row] for row in derivation.roots),
            tuple((name, self.ids[term]) for name, term in derivation.substitution.items()),
        )

    def _in_order(self, rule: Rule, everything: bool) -> list[Derivation]:
        joins = joins_of(compile_rule(rule))

        def key(item: Derivation) -> tuple[int, list[tuple[bool, int]]]:
            variant = 0 if everything else next(at for at, row in enumerate(item.rows) if row in self.touched)
            return variant, [(item.rows[at] in self.touched, item.rows[at]) for at in join_order(joins, variant)]

        found = self.derivations(rule)
        return sorted((item for item in found if everything or self.touched.intersection(item.rows)), key=key)

    # --- rounds

    def run(self) -> StopReason:
        """Run rounds until there is a reason to stop."""
        while self.stop is None:
            self.round()
        return self.stop

    def round(self) -> None:
        """Run one round, or note that the limit of rounds is reached."""
        if self.rounds >= self.limits.rounds:
            self.stop = StopReason.ROUND_LIMIT
            return
        self.rounds += 1
        before, terms, firings = list(self.label), len(self.ids), len(self.firings)
        holder: dict[Key, int] = {}
        for term in self._arrived():
            holder.setdefault(self._key(term, self.label), term)
        united = list(range(terms))
        wanted = [self._in_order(rule, owed) for rule, owed in zip(self.rules.rules, self.owed, strict=True)]
        self.owed, ran = [True] * len(wanted), []
        for rule, derivations in enumerate(wanted):
            allowance = self.scheduler.allowance(rule, self.rounds)
            if allowance == 0:
                continue
            taken = derivations[:allowance]
            for derivation in taken:
                self._fire(rule, derivation, holder, united)
                if self.stop is not None:
                    break
            if self.stop is not None:
                break
            self.owed[rule] = len(taken) < len(derivations)
            ran.append(rule)
        self.label = self.closed()
        self.touched = {
            row
            for row in self.rows()
            if row >= terms or any(before[term] != self.label[term] for term in (row, *self.contents[row][1]))  # type: ignore[index]
        }
        idle = len(self.ids) == terms and len(self.firings) == firings
        if self.stop is not None:
            self.owed = [True] * len(wanted)
            return
        for rule in ran:
            self.scheduler.ran(rule, self.rounds, cut=self.owed[rule])
        if idle and not any(self.owed):
            self.stop = StopReason.SATURATED

    def _fire(self, rule: int, derivation: Derivation, holder: dict[Key, int], united: list[int]) -> None:
        """Fire one match; `holder` finds content under the classes of the round's begin, `united` are its unions."""
        counts = self.counts[rule]
        if sum(item.matches for item in self.counts) >= self.limits.matches:
            self.stop = StopReason.MATCH_LIMIT
            return
        counts.matches += 1
        match, terms = self._match(derivation), len(self.ids)
        if instance_of(self.rules.rules[rule], match) is None:
            counts.forbidden += 1
            return
        made: dict[Key, int] = {}
        root = derivation.roots[0]
        right = self._build(rule, self.rules.rules[rule].replacement, derivation, holder, made)
        united += range(terms, len(self.ids))
        kept, gone = sorted((united[self._begin(root)], united[self._begin(right)]))
        excess = len(self.ids) > max(self.limits.nodes, terms)
        if not excess and kept != gone:
            self.pairs.append((root, right))
            if self._is_legal():
                self.created_by += [len(self.firings)] * (len(self.ids) - terms)
                self.firings.append(Firing(self.rounds, rule, tuple(derivation.substitution.values()), root, right))
                united[:] = [kept if item == gone else item for item in united]
                holder.update(made)
                counts.nodes += len(self.ids) - terms
                counts.unions += 1
                return
            self.pairs.pop()
            counts.refused += 1
        if excess:
            counts.matches -= 1
            self.stop = StopReason.NODE_LIMIT
        del self.ids[terms:], self.contents[terms:], united[terms:]

    def _begin(self, term: int) -> int:
        """Give the class in which a term was when the round began."""
        return self.label[term] if term < len(self.label) else term

    def _build(
        self, rule: int, pattern: Pattern, derivation: Derivation, holder: dict[Key, int], made: dict[Key, int]
    ) -> int:  # fmt: skip
        if isinstance(pattern, Variable):
            return derivation.substitution[pattern.name]
        children = tuple(self._build(rule, part, derivation, holder, made) for part in pattern.children)
        instance = instance_of(replace(self.rules.rules[rule], replacement=pattern), self._match(derivation))
        assert instance is not None
        colour = colour_of(instance.root)
        key = (pattern.operator, colour, tuple(map(self._begin, children)))
        found = holder.get(key, made.get(key))
        if found is None:
            found = made[key] = len(self.ids)
            self.ids.append(node_id(pattern.operator, colour, [self.ids[child] for child in children]))
            self.contents.append((pattern.operator, children))
        return found


def _allowed(rule: Rule, substitution: Mapping[str, NodeId], contents: Mapping[NodeId, Content]) -> bool:
    return all(
        holds(condition, lambda variable: substitution[variable.name], contents.get) for condition in rule.conditions
    )
