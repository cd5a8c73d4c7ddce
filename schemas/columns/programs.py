"""Programs for the reading loop: the fields of each fact schema as steps, derived from the schemas of this release.

Belongs here: what the loop can read, and translating a schema into it. Not here: the loop (reading.py).
A schema with a field that the loop does not know, or with another type for one it knows, has no program: the scalar
codec reads all facts of it. So a new field costs speed until a step for it is written, never a wrong reading.
"""

from functools import cache
from typing import Any, NamedTuple

import numpy as np

from schemas.columns.layout import (
    CAUSES_AT,
    CHILDREN_AT,
    COLOUR,
    GRAPH_AT,
    HLC,
    LEFT_AT,
    OPERATOR_AT,
    PRODUCER_AT,
    RIGHT_AT,
    SEQUENCE,
    TARGET_AT,
    TEXT_AT,
    TRACE_AT,
)
from schemas.registry import FACT_SCHEMAS, load

# Steps. A name is a text that gets a number (and whose UTF-8 is checked then); a text stays where it is.
END, NAME, TEXT, LONG, ANY_ID, NODE_ID, ANY_IDS, NODE_IDS, TRACE, COLOUR_BYTE, FIRST_BRANCH = range(11)

Step = tuple[int, int]

_STEPS: dict[tuple[str, str], tuple[Step, ...]] = {
    ("graph", "string"): ((NAME, GRAPH_AT),),
    ("producer", "string"): ((NAME, PRODUCER_AT),),
    ("operator", "string"): ((NAME, OPERATOR_AT),),
    ("sequence", "long"): ((LONG, SEQUENCE),),
    ("hlc", "long"): ((LONG, HLC),),
    ("causes", "[EventId]"): ((ANY_IDS, CAUSES_AT),),
    ("trace", "bytes"): ((TRACE, TRACE_AT),),
    ("colour", "RED/BLUE/GREEN"): ((COLOUR_BYTE, COLOUR),),
    ("children", "[NodeId]"): ((NODE_IDS, CHILDREN_AT),),
    ("left", "NodeId"): ((NODE_ID, LEFT_AT),),
    ("right", "NodeId"): ((NODE_ID, RIGHT_AT),),
    ("target", "EventId"): ((ANY_ID, TARGET_AT),),
    ("why", "string"): ((TEXT, TEXT_AT),),
    ("why", "Stated(text:string)|"): ((FIRST_BRANCH, 0), (TEXT, TEXT_AT)),
}


class Programs(NamedTuple):
    """What the loop is given.

    headers: single-object headers, one after the other, uint8. steps: int64 of shape (headers, steps, 2): step, column.
    kinds: the kind of fact for each header, int64.
    """

    headers: "np.ndarray[Any, np.dtype[np.uint8]]"
    steps: "np.ndarray[Any, np.dtype[np.int64]]"
    kinds: "np.ndarray[Any, np.dtype[np.int64]]"


@cache
def programs() -> Programs:
    """Give the programs of all fact schemas of this release that have one."""
    found = {name: steps for name in FACT_SCHEMAS if (steps := steps_of(load(name).source)) is not None}
    headers = np.array(bytearray(b"".join(load(name).header for name in found)), np.uint8)
    table = np.zeros((len(found), 1 + max(map(len, found.values()), default=0), 2), np.int64)
    for position, steps in enumerate(found.values()):
        table[position, : len(steps)] = steps
    return Programs(headers, table, np.array([FACT_SCHEMAS.index(name) for name in found], np.int64))


def steps_of(source: Any) -> tuple[Step, ...] | None:
    """Translate the schema of a fact; None if it has anything that the loop cannot read."""
    first, *fields = source["fields"]
    if (first["name"], _spelling(first["type"])) != ("event_id", "EventId"):
        return None
    steps: list[Step] = []
    for field in fields:
        known = _STEPS.get((field["name"], _spelling(field["type"])))
        if known is None:
            return None
        steps.extend(known)
    return tuple(steps)


def _spelling(avro: Any) -> str:
    """Write a type as a short text. Of a union only the first branch: the loop leaves all others alone."""
    if isinstance(avro, str):
        return avro.rpartition(".")[2]
    if isinstance(avro, list):
        return f"{_spelling(avro[0])}|"
    match avro["type"]:
        case "fixed":
            return str(avro["name"]) if avro["size"] == 16 else f"{avro['name']}:{avro['size']}"
        case "array":
            return f"[{_spelling(avro['items'])}]"
        case "enum":
            return "/".join(avro["symbols"])
        case "record":
            fields = ",".join(f"{field['name']}:{_spelling(field['type'])}" for field in avro["fields"])
            return f"{avro['name']}({fields})"
        case other:
            return _spelling(other) if other is not avro else "?"
