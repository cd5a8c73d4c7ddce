"""The input of extraction: nodes as flat columns, whoever made them.

Belongs here: the columns and their checks. Not here: where they come from (from_view.py), choices (tree.py, dag.py).
Plain buffers of 32-bit integers, so that a view, the kernel and a saturation table can all hand over what they have.
"""

from array import array
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple, TypeAlias

from egraph.colours import Colour
from egraph.extraction import compiling, loops
from egraph.extraction.errors import InvalidColumns

Ints: TypeAlias = "memoryview[int]"

_NARROW, _WIDE = "i", "q"

_WRONG = {
    loops.BAD_LABEL: "labels: from 0 to below {classes}, the number of classes, is wanted",
    loops.BAD_SYMBOL: "symbols: from 0 to below {names}, the number of symbols, is wanted",
    loops.BAD_OFFSET: "offsets: they ascend from 0 to {mentions}, the number of children",
    loops.BAD_CHILD: "children: labels of classes, from 0 to below {classes}, are wanted",
}


class Symbol(NamedTuple):
    """What a node says besides its children."""

    operator: str
    colour: Colour


@dataclass(frozen=True, slots=True, eq=False)
class Columns:
    """Nodes 0, 1, ... in flat columns; make them with `read_columns`, which checks them.

    `labels[node]`, its class, and `symbols[node]`, a position in `names`. The classes of its children are
    `children[offsets[node]:offsets[node + 1]]`. `order[node]` decides between equally good nodes, small before
    large; it follows from the content, and no two nodes share it. Classes are 0 to `classes` - 1; one may have no node.
    """

    classes: int
    labels: Ints
    symbols: Ints
    offsets: Ints
    children: Ints
    order: Ints
    names: Sequence[Symbol]

    def __len__(self) -> int:
        return len(self.labels)

    def children_of(self, node: int) -> Ints:
        """Give the classes of a node's children."""
        return self.children[self.offsets[node] : self.offsets[node + 1]]

    def symbol_of(self, node: int) -> Symbol:
        """Give a node's operator and colour."""
        return self.names[self.symbols[node]]

    def check_class(self, label: int) -> int:
        """Refuse a number that is no class."""
        if not 0 <= label < self.classes:
            raise InvalidColumns(f"class {label} was asked for; there are {self.classes}, from 0: ask for one of them")
        return label


def read_columns(
    *, classes: int, labels: Any, symbols: Any, offsets: Any, children: Any, order: Any,
    names: Sequence[Symbol], jit: bool = True,
) -> Columns:  # fmt: skip
    """Give checked columns. Flat writable buffers of 32-bit integers, of 64 bits for `order`, are used as they are.

    Anything else that holds integers is copied.

    Raises InvalidColumns, naming column and position. Not checked here: that no two nodes share an `order`; a choice
    that would depend on it is refused later.
    """
    made = Columns(
        classes,
        integers("labels", labels),
        integers("symbols", symbols),
        integers("offsets", offsets),
        integers("children", children),
        integers("order", order, _WIDE),
        names,
    )
    count = len(made.labels)
    lengths = {"symbols": len(made.symbols), "order": len(made.order), "offsets": len(made.offsets) - 1}
    for name, length in lengths.items():
        if length != count:
            given = length + (name == "offsets")
            raise InvalidColumns(f"{name}: {given} values for {count} nodes; one each is wanted, of offsets one more")
    run = compiling.compiled() if jit else compiling.plain()
    wrong, where = run.check(made.labels, made.symbols, made.offsets, made.children, classes, len(names))
    if wrong:
        told = _WRONG[wrong].format(classes=classes, names=len(names), mentions=len(made.children))
        raise InvalidColumns(f"{told}; see position {where}")
    return made


def integers(name: str, values: Any, code: str = _NARROW) -> Ints:
    """Give values as a flat writable buffer of integers: of 32 bits, or of 64."""
    try:
        view: Any = memoryview(values)
    except TypeError:
        return memoryview(_copied(name, values, code))
    if view.ndim != 1 or view.format not in ("b", "B", "h", "H", "i", "I", "l", "L", "q", "Q"):
        raise InvalidColumns(
            f"{name}: a flat buffer of integers is wanted, not {view.ndim} dimensions of {view.format}"
        )
    same = view.format in ("i", "l", "q") and view.itemsize == array(code).itemsize
    if not same or not view.c_contiguous:
        return memoryview(_copied(name, view, code))
    if view.readonly:  # numba would compile everything once more for it
        whole = array(code)
        whole.frombytes(view.cast("B"))
        return memoryview(whole)
    exact: Ints = view
    return exact


def _copied(name: str, values: Iterable[int], code: str) -> "array[int]":
    try:
        return array(code, values)
    except (TypeError, OverflowError) as error:
        bits = 8 * array(code).itemsize
        raise InvalidColumns(f"{name}: integers of {bits} bits are wanted: {error}") from error
