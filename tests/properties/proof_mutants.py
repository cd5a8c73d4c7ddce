"""Every way to change a derived fact in one place: another number, direction, id, word; one part less, more, moved.

Belongs here: making the changed facts. Not here: judging them (test_derive_mutants.py).
"""

import re
from collections.abc import Iterator
from dataclasses import fields, is_dataclass, replace
from typing import Any

from egraph.colours import Colour
from egraph.facts import EqualityAsserted

UNPROVED = {"round", "event_id", "graph", "producer", "sequence", "causes", "trace", "hlc"}
"""Fields that no proof speaks about. The clock is compared with those of the premises only; see the test for it."""


def mutants(fact: EqualityAsserted, ids: list[bytes]) -> Iterator[tuple[str, EqualityAsserted]]:
    """Give each changed fact with the place of its change. `ids` are put in the place of every id."""
    yield from _changed(fact, "fact", ids)


def _changed(value: Any, place: str, ids: list[bytes]) -> Iterator[tuple[str, Any]]:
    if is_dataclass(value) and not isinstance(value, type):
        for field in fields(value):
            if field.name not in UNPROVED:
                for where, changed in _changed(getattr(value, field.name), f"{place}.{field.name}", ids):
                    yield where, replace(value, **{field.name: changed})
    elif isinstance(value, tuple):
        yield from _changed_tuple(value, place, ids)
    else:
        others = [changed for changed in _others(value, ids) if changed != value]
        may_be_none = re.search(r"\.steps\[\d+\]\.(children|lemmas)\[", place) is not None and value is not None
        yield from ((place, changed) for changed in (*others, *[None] * may_be_none))


def _changed_tuple(value: tuple[Any, ...], place: str, ids: list[bytes]) -> Iterator[tuple[str, Any]]:
    for at, item in enumerate(value):
        before, after = value[:at], value[at + 1 :]
        yield f"{place}[{at}] dropped", before + after
        yield f"{place}[{at}] twice", (*before, item, item, *after)
        if after and after[0] != item:
            yield f"{place}[{at}] moved", (*before, after[0], item, *after[1:])
        for where, changed in _changed(item, f"{place}[{at}]", ids):
            yield where, (*before, changed, *after)


def _others(value: Any, ids: list[bytes]) -> list[Any]:
    match value:
        case bool():
            return [not value]
        case Colour():
            return list(Colour)
        case int():
            return [value + 1, value - 1, -1, 0, 1 << 40]
        case None:
            return [0, 1]
        case bytes():
            return [*ids, value[:-1] + bytes((value[-1] ^ 1,)) if value else b"x"]
        case str():
            return [value + "x", ""]
    raise TypeError(f"no mutant of a {type(value).__name__}")
