"""An explanation as the lines that `egraph why` prints.

Belongs here: what a person reads, in which order. Not here: explaining (streams/runtimes/why.py), options (why.py).
The lines follow the size of the proof: a lemma that is needed often is written out once, and nothing recurses.
"""

from collections.abc import Iterator

from egraph.explain.proof import Asserted, Lemma, Proof, Step
from egraph.explain.terms import printable
from egraph.identifiers import EventId
from streams.runtimes.fact_sources import Source
from streams.runtimes.why import Explanation

_INDENT_MAX = 12
_FLAT_SHOWN = 12


def lines_of(explanation: Explanation) -> Iterator[str]:
    """Give the lines that `egraph why` prints."""
    left, right = (explanation.terms[node] for node in (explanation.left, explanation.right))
    yield f"left      {explanation.left.hex()}  {left}"
    yield f"right     {explanation.right.hex()}  {right}"
    proof = explanation.proof
    if proof is None:
        yield "not equal"
        yield from _blocked_lines(explanation)
        return
    equalities, steps = proof.size
    yield f"equal     {_count(equalities, 'equality', 'equalities')}, {_count(steps, 'step', 'steps')}"
    yield "checked   every step, by the independent checker"
    yield f"flat      {_flat(explanation, proof)}"
    if proof.claim.steps:
        yield "tree"
        yield from _tree_lines(explanation, proof)
    yield from _premise_lines(explanation, proof)


def _flat(explanation: Explanation, proof: Proof) -> str:
    """Give the claim as one chain of terms; the middle of a long one is left to the tree."""
    nodes = [proof.claim.start, *(step.target for step in proof.claim.steps)]
    left_out = len(nodes) - _FLAT_SHOWN
    if left_out <= 0:
        return " = ".join(explanation.terms[node] for node in nodes)
    first = [explanation.terms[node] for node in nodes[: _FLAT_SHOWN - 1]]
    return " = ".join([*first, f"… {left_out:,} more …", explanation.terms[nodes[-1]]])


def _tree_lines(explanation: Explanation, proof: Proof) -> Iterator[str]:
    """Give the steps of the claim, below each congruence the lemmas it rests on; each lemma is written out once."""
    written: set[int] = set()
    open_items: list[tuple[Step | int, int, bool]] = [(step, 1, True) for step in reversed(proof.claim.steps)]
    while open_items:
        item, depth, says_ends = open_items.pop()
        indent = "  " * min(depth, _INDENT_MAX)
        if isinstance(item, int):
            steps = () if item in written else proof.lemmas[item].steps
            yield f"{indent}lemma {item}: {_ends(explanation, proof.lemmas[item])}{'' if steps else ', as above'}"
            written.add(item)
            # A lemma of one step has its ends: they are not said twice.
            below = depth + 1 if len(steps) > 1 else depth
            open_items += [(step, below, len(steps) > 1) for step in reversed(steps)]
            continue
        if says_ends:
            yield f"{indent}{explanation.terms[item.source]} = {explanation.terms[item.target]}"
        yield f"{indent}  {_reason(explanation, item)}"
        children = () if isinstance(item, Asserted) else tuple(dict.fromkeys(item.children))
        open_items += [(number, depth + 1, True) for number in reversed(children) if number is not None]


def _ends(explanation: Explanation, lemma: Lemma) -> str:
    return f"{explanation.terms[lemma.start]} = {explanation.terms[lemma.end]}"


def _reason(explanation: Explanation, step: Step) -> str:
    if isinstance(step, Asserted):
        return _said(explanation, step.event_id)
    added = (explanation.sources[event] for event in (step.left_added, step.right_added))
    return f"congruence of the nodes added at {' and '.join(map(_place, added))}"


def _count(number: int, one: str, many: str) -> str:
    return f"{number:,} {one if number == 1 else many}"


def _premise_lines(explanation: Explanation, proof: Proof) -> Iterator[str]:
    rested_on = (explanation.sources[event].premises for event in proof.equalities())
    premises = dict.fromkeys(premise for several in rested_on for premise in several)
    if premises:
        yield "premises"
        for event in premises:
            yield f"  {_said(explanation, event)}"


def _blocked_lines(explanation: Explanation) -> Iterator[str]:
    if not explanation.blocked:
        yield "nothing is known that would make them equal"
        return
    many = "blocked equalities, taken together, would join them"
    yield _count(len(explanation.blocked), "blocked equality would join them", many)
    for item in explanation.blocked:
        yield f"  {explanation.terms[item.left]} = {explanation.terms[item.right]}"
        yield f"    {_said(explanation, item.event_id)}"
        yield f"    {item.state}, " + ("it conflicts with" if item.state == "quarantined" else "these premises fail")
        if item.state == "quarantined" and not item.because:
            yield "      the colours of these nodes and of the nodes that name them"
        for event in item.because:
            yield f"      {_said(explanation, event)}"
            source = explanation.sources.get(event)
            if source is not None and source.retracted_by is not None:
                yield f"        withdrawn: {_said(explanation, source.retracted_by)}"


def _said(explanation: Explanation, event: EventId) -> str:
    source = explanation.sources.get(event)
    if source is None:
        return f"event {event.hex()}, which the log does not hold"
    who = f'"{printable(source.text)}" by {printable(source.producer)}'
    return f"{who} at {_place(source)}, {source.time}, event {event.hex()}"


def _place(source: Source) -> str:
    return f"{source.position.partition}:{source.position.offset}"
