"""Nodes by the batch into the columns of a store: the same numbers as defining one node after the other gives.

Belongs here: the way from arrays into the node table. Not here: the table (store.py), whose columns are arrays of the
standard library: they cannot grow while numpy looks at them, so each look ends at once.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np

from egraph.identifiers import NodeId
from egraph.store import NodeTable

Integers = np.ndarray[Any, np.dtype[Any]]


def define_nodes(
    table: NodeTable, ids: Sequence[NodeId], heads: Integers, arities: Integers, symbols: Integers
) -> Integers:
    """Define nodes and give their dense numbers.

    `ids` holds each node, at its place in `heads`, followed by its children; `arities` and `symbols` have one number
    for each node. A node that is defined already stays as it is. The caller vouches for the ids.
    """
    table.mention_all(ids)
    numbers = np.fromiter(map(table.index.__getitem__, ids), np.int32, len(ids))
    nodes: Integers = numbers[heads]
    _, first = np.unique(nodes, return_index=True)
    fresh = np.sort(first[_view(table.symbol)[nodes[first]] < 0])
    its_arity = arities[fresh]
    starts = np.cumsum(its_arity) - its_arity
    places = np.repeat(heads[fresh] + 1 - starts, its_arity) + np.arange(int(its_arity.sum()))
    defined = nodes[fresh]
    _view(table.symbol)[defined] = symbols[fresh]
    _view(table.first_child)[defined] = starts + len(table.children)
    _view(table.arity)[defined] = its_arity
    table.children.frombytes(numbers[places].tobytes())
    return nodes


def _view(column: Any) -> Integers:
    view: Integers = np.frombuffer(column, np.int32)
    return view
