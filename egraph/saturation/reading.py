"""Between the objects that callers see and the columns of the scratch table.

Belongs here: loading what is given, reading out classes and trace. Not here: rounds.
"""

from array import array
from collections.abc import Callable, Mapping, Sequence
from functools import cache

from egraph.identifiers import NodeId, colour_of
from egraph.kernel.saturation import columns, layout
from egraph.kernel.saturation.errors import ScratchConflict, ScratchFull
from egraph.kernel.saturation.scratch import Scratch
from egraph.saturation.errors import InvalidGraph, TooLarge
from egraph.saturation.intake import GivenGraph
from egraph.saturation.lowering import Operators
from egraph.saturation.outcome import Classes
from egraph.saturation.trace import Firings, Terms, Trace

_NO_CHILD = -1


def load_graph(scratch: Scratch, graph: GivenGraph, operators: Operators) -> None:
    """Enter the given nodes; more than two children become a chain of hidden pairs, equal chains shared."""
    symbols, lefts, rights = [], [], []
    pairs: dict[tuple[int, int], int] = {}
    for node, content in zip(graph.ids, graph.contents, strict=True):
        operator, left, right = layout.NOT_ARRIVED, _NO_CHILD, _NO_CHILD
        if content is not None:
            operator = operators.number(content.operator, len(content.children))
            for place, child in enumerate(content.children):
                number = graph.number[child]
                if place == 0:
                    left = number
                elif place == 1:
                    right = number
                else:
                    left, right = pairs.setdefault((left, right), len(graph.ids) + len(pairs)), number
        symbols.append(operator << 2 | colour_of(node))
        lefts.append(left)
        rights.append(right)
    symbols += [layout.PAIR << 2 | layout.GREEN] * len(pairs)
    lefts += [left for left, _ in pairs]
    rights += [right for _, right in pairs]
    left_ends, right_ends = [left for left, _ in graph.unions], [right for _, right in graph.unions]
    try:
        scratch.load(symbols, lefts, rights, len(graph.ids), left_ends, right_ends)
    except ScratchConflict as conflict:
        raise InvalidGraph(f"{conflict}; hand in accepted equalities only") from conflict
    except ScratchFull as full:
        raise TooLarge(str(full)) from full


def read_classes(scratch: Scratch, number: Mapping[NodeId, int]) -> Classes:
    """Give the classes as they are."""
    return Classes(_integers(columns.label_column(scratch)), _integers(columns.live_column(scratch)), number)


def trace_reader(
    scratch: Scratch, operators: Operators, segments: Sequence[tuple[int, int, int]],
    logged: Sequence[columns.Logged], made_by_none: Sequence[int],
) -> Callable[[], Trace]:  # fmt: skip
    """Give what reads the trace so far, now or later: what was recorded never changes."""
    (content, log), given = columns.recorded(scratch), scratch.given
    segments, made_by_none = tuple(segments), tuple(made_by_none)
    names = tuple(name for name, _ in operators.names[layout.FIRST_OPERATOR :])

    def read() -> Trace:
        terms = {name: _integers(column) for name, column in columns.term_columns(content).items()}
        found = columns.firing_columns(content, log, given, segments, logged, made_by_none)
        firings = {name: _integers(column) for name, column in found.items()}
        created_by = firings.pop("created_by")
        return Trace(given, Terms(operators=names, **terms), created_by, Firings(**firings))

    return cache(read)


def _integers(column: bytes) -> "array[int]":
    found = array("i")
    assert found.itemsize == 4
    found.frombytes(column)
    return found
