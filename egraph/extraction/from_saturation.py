"""The columns of what a saturation holds: its terms and classes, on the scratch table, before anything is published.

Belongs here: the adapter. Not here: extraction itself, saturating (egraph/saturation), publishing what is chosen.
"""

from array import array

from egraph.colours import Colour
from egraph.extraction.columns import Columns, Symbol, read_columns
from egraph.extraction.errors import InvalidColumns
from egraph.saturation.outcome import Outcome
from egraph.saturation.trace import NOT_ARRIVED


def saturation_columns(outcome: Outcome, *, jit: bool = True) -> tuple[Columns, "array[int]"]:
    """Give columns, and the term behind each of their nodes. Classes are those of the outcome: `classes.of(node)`.

    Of congruent terms only one is there. Ties go to the smaller term number, which follows from the content alone: the
    nodes handed in by node id, then what was created, in its order. Raises InvalidColumns without a trace.
    """
    if outcome.trace is None:
        raise InvalidColumns("the saturation kept no trace, which holds its terms; run it with trace=True")
    terms, label = outcome.trace.terms, outcome.classes.label
    rows = array("i", (term for term in outcome.classes.rows if terms.operator[term] != NOT_ARRIVED))
    names: dict[tuple[int, int], int] = {}
    symbols, offsets, children = array("i"), array("i", (0,)), array("i")
    for term in rows:
        symbols.append(names.setdefault((terms.operator[term], terms.colour[term]), len(names)))
        children.extend(label[child] for child in terms.children[terms.first_child[term] : terms.first_child[term + 1]])
        offsets.append(len(children))
    columns = read_columns(
        classes=len(terms), labels=array("i", (label[term] for term in rows)), symbols=symbols, offsets=offsets,
        children=children, order=rows, names=tuple(Symbol(terms.operators[op], Colour(c)) for op, c in names), jit=jit,
    )  # fmt: skip
    return columns, rows
