"""A saturator by definition, for tests: it fires what egraph/rules/matching.py finds and writes a trace of it.

Belongs here: rounds over a handful of terms, everything recomputed. Not here: speed, limits.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import combinations
from random import Random

from egraph.colours import MEMBER_BIT, PARENT_BIT, Colour, mask_is_legal
from egraph.facts import EqualityAsserted, NodeAdded
from egraph.identifiers import NodeId, colour_of, node_id
from egraph.rules.conditions import Content
from egraph.rules.instance import InstanceNode, instance_of
from egraph.rules.matching import ClassedNodes, Match, matches_of
from egraph.rules.ruleset import RuleSet
from egraph.saturation.trace import NO_FIRING, NOT_ARRIVED, Firing, Firings, Terms, Trace

Row = tuple[str | None, Colour, tuple[int, ...]]


@dataclass
class BruteSaturation:
    """Terms, their classes, and what fired. `ids` are those of all terms; the first `given` were handed in."""

    rules: RuleSet
    ids: list[NodeId] = field(default_factory=list)
    rows: list[Row] = field(default_factory=list)
    label: list[int] = field(default_factory=list)
    given: int = 0
    created_by: list[int] = field(default_factory=list)
    firings: list[Firing] = field(default_factory=list)

    def begin(self, nodes: Sequence[NodeAdded], accepted: Sequence[EqualityAsserted]) -> None:
        """Take in the nodes, those they name and those the equalities name."""
        contents = {node_id(f.operator, f.colour, f.children): f for f in nodes}
        ends = {end for fact in accepted for end in (fact.left, fact.right)}
        self.ids = sorted({*contents, *ends, *(child for f in nodes for child in f.children)})
        number = {node: at for at, node in enumerate(self.ids)}
        for node in self.ids:
            fact = contents.get(node)
            children = () if fact is None else tuple(number[child] for child in fact.children)
            self.rows.append((None if fact is None else fact.operator, colour_of(node), children))
        self.given = len(self.ids)
        self.label = list(range(self.given))
        for fact in accepted:
            self._merge(number[fact.left], number[fact.right])
        self._close()

    def _merge(self, a: int, b: int) -> None:
        kept, gone = sorted((self.label[a], self.label[b]))
        self.label = [kept if item == gone else item for item in self.label]

    def _close(self) -> None:
        changed = True
        while changed:
            changed = False
            for a, b in combinations(range(len(self.rows)), 2):
                if self.label[a] != self.label[b] and self._key(a) == self._key(b) is not None:
                    self._merge(a, b)
                    changed = True

    def _key(self, term: int) -> tuple[object, ...] | None:
        operator, colour, children = self.rows[term]
        return None if operator is None else (operator, colour, *(self.label[child] for child in children))

    def round(self, random: Random, terms_max: int) -> bool:
        """Fire everything that matches now, in random order. Gives False if nothing happened."""
        label = list(self.label)  # as it is when the round begins

        def class_of(node: NodeId) -> NodeId:
            return min(self.ids[at] for at, item in enumerate(label) if item == label[self.ids.index(node)])

        contents = {
            node: Content(row[0], tuple(self.ids[child] for child in row[2]))
            for node, row in zip(self.ids, self.rows, strict=True)
            if row[0] is not None
        }
        graph = ClassedNodes(contents, class_of)
        matches = [(place, match) for place, rule in enumerate(self.rules.rules) for match in matches_of(rule, graph)]
        matches.sort()
        random.shuffle(matches)
        effective = len(self.firings)
        for place, match in matches:
            if len(self.rows) < terms_max:
                self._fire(
                    place,
                    match,
                    label,
                    random,
                    1 + max((firing.round for firing in self.firings[:effective]), default=0),
                )
        self._close()
        return len(self.firings) > effective

    def _fire(self, place: int, match: Match, label: list[int], random: Random, number: int) -> None:
        instance = instance_of(self.rules.rules[place], match)
        if instance is None:
            return
        before = len(self.rows)
        stands_for = {node: self.ids.index(node) for _, node in match.substitution}
        for node in instance.nodes:
            stands_for[node.id] = self._found_or_made(node, stands_for, label, random)
        root, right = self.ids.index(match.roots[0]), stands_for[instance.root]
        made = len(self.rows) - before
        if self.label[root] == self.label[right]:
            assert not made or before <= right < len(self.rows)
            self.created_by += [NO_FIRING] * made
            return
        self.created_by += [len(self.firings)] * made
        substitution = tuple(self.ids.index(node) for _, node in match.substitution)
        self.firings.append(Firing(number, place, substitution, root, right))
        self._merge(root, right)

    def _found_or_made(
        self, node: InstanceNode, stands_for: dict[NodeId, int], label: list[int], random: Random
    ) -> int:
        children = tuple(stands_for[child] for child in node.children)
        classes = [label[child] if child < len(label) else ~child for child in children]
        there = [
            term
            for term, row in enumerate(self.rows)
            if (row[0], row[1], len(row[2])) == (node.operator, node.colour, len(children))
            and [label[child] if child < len(label) else ~child for child in row[2]] == classes
        ]
        if there:
            return random.choice(there)
        self.ids.append(node_id(node.operator, node.colour, [self.ids[child] for child in children]))
        self.rows.append((node.operator, node.colour, children))
        self.label.append(len(self.label))
        return len(self.rows) - 1

    def legal(self) -> bool:
        """Tell whether the classes keep the class rule."""
        masks = dict.fromkeys(self.label, 0)
        for term, (_, colour, children) in enumerate(self.rows):
            masks[self.label[term]] |= MEMBER_BIT[colour]
            for child in children:
                masks[self.label[child]] |= PARENT_BIT[colour]
        return all(map(mask_is_legal, masks.values()))

    def trace(self) -> Trace:
        """Give what was done."""
        operators = tuple(dict.fromkeys(row[0] for row in self.rows if row[0] is not None))
        place = {operator: at for at, operator in enumerate(operators)}
        first_child, first_variable = [0], [0]
        for row in self.rows:
            first_child.append(first_child[-1] + len(row[2]))
        for firing in self.firings:
            first_variable.append(first_variable[-1] + len(firing.substitution))
        return Trace(
            given=self.given,
            terms=Terms(
                operators=operators,
                operator=[NOT_ARRIVED if row[0] is None else place[row[0]] for row in self.rows],
                colour=[int(row[1]) for row in self.rows],
                first_child=first_child,
                children=[child for row in self.rows for child in row[2]],
            ),
            created_by=self.created_by,
            firings=Firings(
                round=[firing.round for firing in self.firings],
                rule=[firing.rule for firing in self.firings],
                root=[firing.root for firing in self.firings],
                right=[firing.right for firing in self.firings],
                first_variable=first_variable,
                substitution=[term for firing in self.firings for term in firing.substitution],
            ),
        )
