"""Our own rules on terms, here alone: saturate, and say what the terms became.

Belongs here: one saturation, its cheapest terms, its classes. Not here: the rule language (egraph/rules), the engine
(egraph/saturation), files.
"""

from array import array
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from egraph.extraction.columns import Symbol, read_columns
from egraph.extraction.costs import size
from egraph.extraction.tree import Extraction, Found, extract_trees
from egraph.identifiers import NodeId
from egraph.interchange.serialized import SerializedGraph, SerializedNode
from egraph.rules.conditions import Content
from egraph.rules.ruleset import RuleSet
from egraph.saturation.analyses import Analysis, ConstantFolding, FreeVariables
from egraph.saturation.limits import Limits
from egraph.saturation.outcome import Outcome
from egraph.saturation.saturation import Saturation
from egraph.saturation.trace import NOT_ARRIVED, Terms

SHOWN_SYMBOLS = 2_000


@dataclass(frozen=True, slots=True)
class RootTerm:
    """A term that was given, its class, and the cheapest equal one. `cost` counts symbols; None where there is none.

    `free` are the variables that no equal term can do without; None where they were not asked for, or a term is
    named that is not here.
    """

    given: str
    eclass: int
    cost: int | None
    text: str
    free: tuple[str, ...] | None = None


@dataclass(frozen=True, slots=True, eq=False)
class RulesRun:
    """What came out. `roots` stand in the order given; those of one class are equal."""

    outcome: Outcome
    roots: tuple[RootTerm, ...]

    @property
    def rows(self) -> int:
        """E-nodes that are different under the classes."""
        return len(self.outcome.classes.rows)


def run_rules(
    rules: RuleSet, nodes: Mapping[NodeId, Content], equal: Iterable[tuple[NodeId, NodeId]],
    roots: Sequence[tuple[str, NodeId]], limits: Limits, clock: Callable[[], float] | None = None, *,
    variables: str | None = None, jit: bool = True,
) -> RulesRun:  # fmt: skip
    """Saturate these nodes, computed rules included. `roots` are terms as they were written, with their nodes.

    `variables` begins the name of each leaf that is a variable; with it, the free variables of roots are told.
    Raises SaturationError where nodes or equalities make no graph.
    """
    analyses: list[Analysis] = [ConstantFolding(rule) for rule in rules.computed]
    if variables is not None:
        analyses.append(FreeVariables(prefix=variables))
    outcome = Saturation(rules, nodes, equal, limits=limits, clock=clock, analyses=analyses, jit=jit).run()
    found = _cheapest(outcome, jit=jit)
    free = {} if variables is None else outcome.facts[-1]
    return RulesRun(outcome, tuple(_root(found, outcome, text, node, free) for text, node in roots))


def serialize_rules_run(run: RulesRun) -> SerializedGraph:
    """Give all rows as nodes for other tools; the classes of the given terms are the roots."""
    terms, label = _terms(run.outcome), run.outcome.classes.label
    names: dict[int, str] = {}
    for term in run.outcome.classes.rows:
        names.setdefault(label[term], f"n{term}")
    nodes = {}
    data = {}
    for term in run.outcome.classes.rows:
        row = terms[term]
        operator = "[not here]" if row.operator is None else row.operator
        children = tuple(names[label[child]] for child in row.children)
        nodes[f"n{term}"] = SerializedNode(operator, str(label[term]), children)
        data[str(label[term])] = {"type": "Node"}
    return SerializedGraph(nodes, tuple(dict.fromkeys(str(root.eclass) for root in run.roots)), data)


def _terms(outcome: Outcome) -> Terms:
    assert outcome.trace is not None, "run_rules keeps the trace"
    return outcome.trace.terms


def _cheapest(outcome: Outcome, *, jit: bool) -> Extraction:
    terms, label = _terms(outcome), outcome.classes.label
    rows = [term for term in outcome.classes.rows if terms.operator[term] != NOT_ARRIVED]
    names: dict[Symbol, int] = {}
    symbols, offsets, children = array("i"), array("i", (0,)), array("i")
    for term in rows:
        row = terms[term]
        symbols.append(names.setdefault(Symbol(row.operator or "", row.colour), len(names)))
        children.extend(label[child] for child in row.children)
        offsets.append(len(children))
    columns = read_columns(
        classes=len(label), labels=array("i", [label[term] for term in rows]), symbols=symbols, offsets=offsets,
        children=children, order=array("q", rows), names=tuple(names), jit=jit,
    )  # fmt: skip
    return extract_trees(columns, size, jit=jit)


def _root(
    found: Extraction, outcome: Outcome, text: str, node: NodeId, names: Mapping[int, frozenset[str]]
) -> RootTerm:
    eclass = outcome.classes.of(node)
    free = tuple(sorted(names[eclass])) if eclass in names else None
    if found.found(eclass) is not Found.TERM:
        return RootTerm(text, eclass, None, "", free)
    term = found.term(eclass)
    shown = term.sexpr(symbols_max=term.size) if term.size <= SHOWN_SYMBOLS else "..."
    return RootTerm(text, eclass, found.cost_of(eclass), shown, free)
