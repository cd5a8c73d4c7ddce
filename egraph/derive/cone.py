"""The part of a saturation's trace that proofs of what may be published can need: all else is left out.

Belongs here: cutting a trace. Not here: proofs. Most firings only spell a class in new ways; where a class holds no two
nodes that were apart before, there is nothing to publish, and nobody needs to know how it was spelt.

An equality inside a class follows from firings whose root is in the class, and from congruence of its terms. Both rest
on equalities in the classes of those terms' children, and of what a pattern matched below its root, which are such
classes again. So the classes to publish from, closed under "class of a child" and "class of the firing that made the
term", hold every reason. An analysis that names a leaf for a class computed it from the classes of children, too, and
the leaf is to be published where the class holds a given term. A rule with several patterns matches beside its root
too; a trace with such rules is not cut.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from egraph.saturation.trace import NO_FIRING, Firings, Terms, Trace


@dataclass(frozen=True, slots=True)
class Cone:
    """`trace` holds the terms of `kept` and the firings among them; `kept` are their numbers before, ascending."""

    trace: Trace
    kept: tuple[int, ...]


def cone_of(trace: Trace, after: Sequence[int], before: Sequence[int]) -> Cone:
    """Cut a trace. `after` is the class of each term at its end, `before` that of each given term at its beginning."""
    joined = _joined(trace.given, after, before) | _concluded(trace, after)
    classes = _closed(trace, after, joined)
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


def _closed(trace: Trace, after: Sequence[int], classes: set[int]) -> set[int]:
    """Give the classes with those of their terms' children, and of theirs; and of the firings that made the terms."""
    terms, root = trace.terms, trace.firings.root
    members: dict[int, list[int]] = {}
    for term, label in enumerate(after):
        members.setdefault(label, []).append(term)
    reached, open_classes = set(classes), list(classes)
    while open_classes:
        for term in members[open_classes.pop()]:
            named = list(terms.children[terms.first_child[term] : terms.first_child[term + 1]])
            creator = trace.creator(term)
            if creator != NO_FIRING:
                named.append(root[creator])
            fresh = {after[item] for item in named} - reached
            reached |= fresh
            open_classes += fresh
    return reached


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
