"""Which numbers of a decoded record the schema calls int: 32 bits, although fastavro reads an int as it reads a long.

Belongs here: finding them, by the schema. Not here: what becomes of a record that has a larger one (records.py).
"""

from array import array
from collections.abc import Callable, Iterator
from typing import Any

Find = Callable[[Any], Iterator[int]]


def checker_of(source: Any) -> Callable[[Any], None]:
    """Give what raises OverflowError for a value of a schema in which an int has more than 32 bits."""
    find = _finder(source)

    def check(value: Any) -> None:
        if find is not None:
            array("i", find(value))

    return check


def _finder(avro: Any) -> Find | None:
    """Give what finds the ints in a value of a type, None for a type without any."""
    match avro:
        case "int" | {"type": "int"}:
            return _itself
        case {"type": "array", "items": items}:
            return _in_items(_finder(items))
        case {"type": "record", "fields": fields}:
            return _in_fields({field["name"]: _finder(field["type"]) for field in fields})
        case "boolean" | "long" | "double" | "bytes" | "string" | {"type": "enum" | "fixed"}:
            return None
    raise NotImplementedError(f"a field of the type {avro}; teach schemas/int_fields.py whether ints are in it")


def _itself(value: int) -> Iterator[int]:
    yield value


def _in_items(find: Find | None) -> Find | None:
    if find is None or find is _itself:
        return find and iter

    def found(items: Any) -> Iterator[int]:
        for item in items:
            yield from find(item)

    return found


def _in_fields(finders: dict[str, Find | None]) -> Find | None:
    plain = tuple(name for name, find in finders.items() if find is _itself)
    deeper = tuple((name, find) for name, find in finders.items() if find not in (None, _itself))
    if not plain and not deeper:
        return None

    def found(record: Any) -> Iterator[int]:
        for name in plain:
            yield record[name]
        for name, find in deeper:
            yield from find(record[name])

    return found
