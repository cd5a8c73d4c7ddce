"""From a term and rules to the best equal term, as generators read it: saturate, extract, done.

Belongs here: this one way through saturation and extraction. Not here: either of them, text.
"""

from array import array
from dataclasses import dataclass

from egraph.codegen.expression import Expression, of_term
from egraph.codegen.generated import CannotGenerate, CodegenProblem, ProblemKind
from egraph.colours import Colour
from egraph.extraction.columns import Symbol, read_columns
from egraph.extraction.costs import NodeCost, size
from egraph.extraction.terms import Term
from egraph.extraction.tree import extract_trees
from egraph.identifiers import NodeId, node_id
from egraph.rules.conditions import Content
from egraph.rules.patterns import Pattern, Variable
from egraph.rules.ruleset import RuleSet
from egraph.saturation.limits import Limits, StopReason
from egraph.saturation.saturation import Saturation
from egraph.saturation.trace import NOT_ARRIVED


@dataclass(frozen=True, slots=True)
class BestTerm:
    """The cheapest term that was found equal, its cost, and why the search for equal ones ended."""

    term: Term
    cost: int
    stop_reason: StopReason

    @property
    def expression(self) -> Expression:
        """The term as generators read it."""
        return of_term(self.term)


def best_term(
    term: Pattern, rules: RuleSet, cost: NodeCost = size, limits: Limits | None = None, *, jit: bool = True
) -> BestTerm:
    """Saturate the term with the rules and extract the cheapest equal one; nodes without a colour are GREEN.

    Raises CannotGenerate for a term with variables, and what saturation and extraction raise.
    """
    nodes: dict[NodeId, Content] = {}
    root = _enter(term, nodes)
    outcome = Saturation(rules, nodes, limits=limits, jit=jit).run()
    assert outcome.trace is not None, "a saturation keeps its trace unless told otherwise"
    terms, label = outcome.trace.terms, outcome.classes.label
    names: dict[Symbol, int] = {}
    rows, symbols, offsets, children = array("i"), array("i"), array("i", (0,)), array("i")
    for number in outcome.classes.rows:
        row = terms[number]
        if terms.operator[number] != NOT_ARRIVED:
            rows.append(number)
            symbols.append(names.setdefault(Symbol(str(row.operator), row.colour), len(names)))
            children.extend(label[child] for child in row.children)
            offsets.append(len(children))
    columns = read_columns(
        classes=len(label), labels=array("i", (label[row] for row in rows)), symbols=symbols, offsets=offsets,
        children=children, order=array("q", rows), names=tuple(names), jit=jit,
    )  # fmt: skip
    found, eclass = extract_trees(columns, cost, jit=jit), outcome.classes.of(root)
    return BestTerm(found.term(eclass), found.cost_of(eclass), outcome.stop_reason)


def _enter(term: Pattern, nodes: dict[NodeId, Content]) -> NodeId:
    """Add the nodes of a term, give its root. Without recursion: a circuit is as deep as it has gates."""
    finished: list[NodeId] = []
    pending: list[tuple[Pattern, bool]] = [(term, False)]
    while pending:
        part, ready = pending.pop()
        if isinstance(part, Variable):
            fact, remedy = "a term has no variables", "name an input by an operator, such as in:x or qubit:a"
            detail = f"?{part.name}"
            raise CannotGenerate(
                [CodegenProblem(kind=ProblemKind.UNBOUND, fact=fact, detail=detail, remedy=remedy, place=part.place)]
            )
        if not ready:
            pending.append((part, True))
            pending.extend((child, False) for child in reversed(part.children))
            continue
        first = len(finished) - len(part.children)
        children = tuple(finished[first:])
        del finished[first:]
        node = node_id(part.operator, part.colour or Colour.GREEN, children)
        nodes[node] = Content(part.operator, children)
        finished.append(node)
    return finished[0]
