"""The row of a fact that the scalar codec decoded.

Belongs here: a fact to columns. Not here: bytes.
"""

from typing import Any

import numpy as np

from egraph.digest import FACT_KINDS
from egraph.facts import EqualityAsserted, Fact, FactRetracted, NodeAdded
from egraph.identifiers import node_id
from schemas.columns.layout import (
    CHILDREN,
    COLOUR,
    EVENT,
    GRAPH,
    HLC,
    KIND,
    LEFT,
    NODE,
    OPERATOR,
    PRODUCER,
    RIGHT,
    SEQUENCE,
    TARGET,
)
from schemas.columns.numbering import Texts

Array = np.ndarray[Any, np.dtype[Any]]


def fill_row(fields: Array, ids: Array, row: int, fact: Fact, texts: Texts) -> None:
    """Fill a row that is all zeros; spans and children stay as they are, only the number of children is noted."""
    fields[KIND, row] = FACT_KINDS.index(type(fact).__name__)
    fields[[GRAPH, PRODUCER], row] = texts.number(fact.graph), texts.number(fact.producer)
    fields[[SEQUENCE, HLC], row] = fact.sequence, fact.hlc
    ids[EVENT, row] = as_words((fact.event_id,))
    if isinstance(fact, NodeAdded):
        fields[[COLOUR, OPERATOR, CHILDREN], row] = int(fact.colour), texts.number(fact.operator), len(fact.children)
        ids[NODE, row] = as_words((node_id(fact.operator, fact.colour, fact.children),))
    elif isinstance(fact, EqualityAsserted):
        ids[[LEFT, RIGHT], row] = as_words((fact.left, fact.right))
    elif isinstance(fact, FactRetracted):
        ids[TARGET, row] = as_words((fact.target,))


def as_words(several: tuple[bytes, ...]) -> Array:
    """Give ids as rows of two words."""
    return np.frombuffer(b"".join(several), np.uint64).reshape(-1, 2)
