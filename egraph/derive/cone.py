"""The part of a saturation's trace that proofs of what may be published can need: all else is left out.

Belongs here: cutting a trace. Not here: proofs. Most firings only spell a class in new ways; where a class holds no two
nodes that were apart before, there is nothing to publish, and nobody needs to know how it was spelt.

An equality inside a class follows from firings whose root is in the class, and from congruence of its terms. Both rest
on equalities in the classes of those terms' children, and of what a pattern matched below its root, which are such
classes again. So the classes to publish from, closed under "class of a child" and "class of the firing that made the
term", hold every reason. An analysis that names a leaf for a class computed it from the classes of children, too, and
the leaf is to be published where the class holds a given term. A rule with several patterns matches beside its root
too: of its firings, every class that holds a match of a part of a further pattern belongs there as well. Matches are
looked up in the classes of the end, which hold those of the moment of the firing.
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import product

from egraph.rules.patterns import Pattern, Variable
from egraph.rules.ruleset import Rule
from egraph.saturation.trace import NO_FIRING, Firings, Terms, Trace


@dataclass(frozen=True, slots=True)
class Cone:
    """`trace` holds the terms of `kept` and the firings among them; `kept` are their numbers before, ascending."""

    trace: Trace
    kept: tuple[int, ...]


def cone_of(trace: Trace, after: Sequence[int], before: Sequence[int], rules: Sequence[Rule]) -> Cone:
    """Cut a trace of these rules.

    `after` is the class of each term at its end, `before` that of each given term at its beginning.
    """
    joined = _joined(trace.given, after, before) | _concluded(trace, after)
    classes = _closed(trace, after, joined, _Beside(trace, after, rules))
    kept = [term for term in range(len(trace.terms)) if after[term] in classes]
    number = {term: place for place, term in enumerate(kept)}
    firings = trace.firings
    places = [place for place in range(len(firings)) if after[firings.root[place]] in classes]
    firing_number = {old: new for new, old in enumerate(places)}
    given = sum(1 for term in kept if term < trace.given)
    creators = [trace.creator(term) for term in kept[given:]]
    return Cone(
        Trace(
            given=given,
            terms=_terms(trace.terms, kept, number),
            created_by=[item if item == NO_FIRING else firing_number[item] for item in creators],
            firings=_firings(firings, places, number),
        ),
        tuple(kept),
    )


def _joined(given: int, after: Sequence[int], before: Sequence[int]) -> set[int]:
    """Give the classes in which given terms are together that were apart."""
    first: dict[int, int] = {}
    return {after[term] for term in range(given) if first.setdefault(after[term], before[term]) != before[term]}


def _concluded(trace: Trace, after: Sequence[int]) -> set[int]:
    """Give the classes of given terms that an analysis has found to equal a leaf that it made."""
    firings, given = trace.firings, trace.given
    places = range(len(firings))
    made = (after[firings.root[place]] for place in places if firings.rule[place] < 0 and firings.right[place] >= given)
    return {label for label in made if label < given}


def _closed(trace: Trace, after: Sequence[int], classes: set[int], beside: "_Beside") -> set[int]:
    """Give the classes with all that their terms and the firings in them rest on, and what those rest on."""
    terms, root = trace.terms, trace.firings.root
    members: dict[int, list[int]] = defaultdict(list)
    for term, label in enumerate(after):
        members[label].append(term)
    reached, open_classes = set(classes), list(classes)
    while open_classes:
        label = open_classes.pop()
        fresh = set(beside.needed_by(label))
        for term in members[label]:
            fresh.update(after[item] for item in terms.children[terms.first_child[term] : terms.first_child[term + 1]])
            creator = trace.creator(term)
            if creator != NO_FIRING:
                fresh.add(after[root[creator]])
        fresh -= reached
        reached |= fresh
        open_classes += fresh
    return reached


class _Beside:
    """What firings matched beside their roots."""

    def __init__(self, trace: Trace, after: Sequence[int], rules: Sequence[Rule]) -> None:
        self._trace, self._after, self._rules = trace, after, rules
        self._firings: dict[int, list[int]] = defaultdict(list)
        self._nodes: dict[tuple[str, tuple[int, ...]], set[int]] = defaultdict(set)
        self._variables = {number: rule.variables for number, rule in enumerate(rules) if len(rule.patterns) > 1}
        if not self._variables:
            return  # nobody will look a node up
        firings, terms = trace.firings, trace.terms
        for place in range(len(firings)):
            if firings.rule[place] in self._variables:
                self._firings[after[firings.root[place]]].append(place)
        for term in range(len(terms)):
            operator, _, children = terms[term]
            if operator is not None:
                self._nodes[operator, tuple(after[child] for child in children)].add(after[term])

    def needed_by(self, label: int) -> Iterator[int]:
        """Give the classes in which firings whose root is in this class have matched further patterns."""
        for place in self._firings.get(label, ()):
            firing = self._trace.firings[place]
            names = self._variables[firing.rule]
            bound = {name: self._after[term] for name, term in zip(names, firing.substitution, strict=True)}
            for pattern in self._rules[firing.rule].patterns[1:]:
                found: set[int] = set()
                self._matches(pattern, bound, found)
                yield from found

    def _matches(self, pattern: Pattern, bound: dict[str, int], found: set[int]) -> set[int]:
        """Give the classes that hold a match of a pattern; collect them in `found` with those of its parts."""
        if isinstance(pattern, Variable):
            here = {bound[pattern.name]}
        else:
            parts = [self._matches(part, bound, found) for part in pattern.children]
            here = set()
            for classes in product(*parts):
                here |= self._nodes.get((pattern.operator, classes), set())
        found |= here
        return here


def _terms(terms: Terms, kept: Sequence[int], number: dict[int, int]) -> Terms:
    first_child, children = [0], []
    for term in kept:
        children += [number[item] for item in terms.children[terms.first_child[term] : terms.first_child[term + 1]]]
        first_child.append(len(children))
    return Terms(
        operators=terms.operators,
        operator=[terms.operator[term] for term in kept],
        colour=[terms.colour[term] for term in kept],
        first_child=first_child,
        children=children,
    )


def _firings(firings: Firings, places: Sequence[int], number: dict[int, int]) -> Firings:
    first_variable, substitution = [0], []
    for place in places:
        begin, end = firings.first_variable[place], firings.first_variable[place + 1]
        substitution += [number[item] for item in firings.substitution[begin:end]]
        first_variable.append(len(substitution))
    return Firings(
        round=[firings.round[place] for place in places],
        rule=[firings.rule[place] for place in places],
        root=[number[firings.root[place]] for place in places],
        right=[number[firings.right[place]] for place in places],
        first_variable=first_variable,
        substitution=substitution,
    )
