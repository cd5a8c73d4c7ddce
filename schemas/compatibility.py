"""The compatibility gate: whether today's schemas and the released ones understand each other, both ways.

Belongs here: what breaks between two versions of one schema. Not here: which shapes are refused anyway (lint.py; the
gate expects schemas that passed it), decoding (codec.py). The gate runs in the tests; nothing needs it at run time,
which is why `avro`, a development dependency, is imported where it is used.

Avro's own resolution rules come from Apache `avro`, which also lets pass what would change the meaning of a fact that
is in the log already: text for bytes, a symbol replaced by a default, another default, a default of the wrong type,
another namespace. Those are refused here.
"""

import json
from functools import cache
from importlib.resources import files
from io import BytesIO
from typing import Any

from fastavro import parse_schema


def releases() -> tuple[str, ...]:
    """Give the names of the released contracts, oldest first."""
    folders = (item.name for item in files("schemas").joinpath("released").iterdir() if item.is_dir())
    return tuple(sorted(folders, key=lambda name: int(name.removeprefix("v"))))


def released_sources(release: str) -> dict[str, Any]:
    """Give the JSON of each schema of a release by file name, without the ending."""
    folder = files("schemas").joinpath("released", release)
    found = (item for item in folder.iterdir() if item.name.endswith(".avsc"))
    return {item.name.removesuffix(".avsc"): json.loads(item.read_text()) for item in found}


def breaks(released: Any, current: Any) -> tuple[str, ...]:
    """Give every reason why these two versions of one schema do not understand each other; none if they do."""
    backward = (f"backward: {reason}" for reason in unreadable(current, released))
    forward = (f"forward: {reason}" for reason in unreadable(released, current))
    old, new = _parse(released), _parse(current)
    return (*backward, *forward, *_changed(old, new, ""), *_bad_defaults(new, ""))


def unreadable(reader: Any, writer: Any) -> tuple[str, ...]:
    """Give the reasons why Avro's resolution rules keep `reader` from reading what `writer` wrote; none if it can."""
    from avro.compatibility import ReaderWriterCompatibilityChecker, SchemaCompatibilityType

    checker = ReaderWriterCompatibilityChecker()  # type: ignore[no-untyped-call]
    result = checker.get_compatibility(_parse(reader), _parse(writer))
    if result.compatibility is SchemaCompatibilityType.compatible:
        return ()
    kinds = sorted({str(kind.value) for kind in result.incompatibilities})
    places = sorted(result.locations - {"/"}) or ["/"]
    return (f"{', '.join(kinds)} at {', '.join(places)}: {'; '.join(sorted(result.messages))}",)


@cache
def _parsed(text: str) -> Any:
    from avro.schema import parse

    return parse(text)


def _parse(source: Any) -> Any:
    return _parsed(json.dumps(source))


def _changed(old: Any, new: Any, path: str) -> list[str]:
    """Give what changes the meaning although resolution allows it. Whatever resolution refuses is left to it."""
    if {old.type, new.type} == {"string", "bytes"}:
        return [f"{path}: {old.type} became {new.type}, and not all bytes are text"]
    if old.type != new.type:
        return []
    match old.type:
        case "record":
            return _changed_record(old, new, path)
        case "array":
            return _changed(old.items, new.items, f"{path}/items")
        case "map":
            return _changed(old.values, new.values, f"{path}/values")
        case "union":
            pairs = [(a, b) for a in old.schemas for b in new.schemas if _name(a) == _name(b)]
            return [line for a, b in pairs for line in _changed(a, b, f"{path}/{_name(a)}")]
        case "enum" | "fixed":
            return _renamed(old, new, path) + _changed_symbols(old, new, path)
    return []


def _changed_record(old: Any, new: Any, path: str) -> list[str]:
    lines = _renamed(old, new, path)
    for name, before in old.fields_dict.items():
        after = new.fields_dict.get(name)
        at = f"{path}/{name}"
        if after is None:
            lines.append(f"{at}: a released field is gone; facts in the log say what it said")
            continue
        if (before.has_default, before.default) != (after.has_default, after.default):
            lines.append(f"{at}: the default changed, so two releases read one fact differently")
        lines += _changed(before.type, after.type, at)
    return lines


def _changed_symbols(old: Any, new: Any, path: str) -> list[str]:
    if old.type == "enum" and set(old.symbols) != set(new.symbols):
        return [f"{path}: the symbols changed from {list(old.symbols)} to {list(new.symbols)}"]
    return []


def _renamed(old: Any, new: Any, path: str) -> list[str]:
    return [f"{path}: {old.fullname} became {new.fullname}"] if old.fullname != new.fullname else []


def _name(schema: Any) -> str:
    return str(getattr(schema, "fullname", schema.type))


def _bad_defaults(schema: Any, path: str) -> list[str]:
    """Give the defaults that do not fit their type."""
    lines: list[str] = []
    match schema.type:
        case "record":
            for item in schema.fields:
                at = f"{path}/{item.name}"
                if item.has_default and not _fits(item):
                    lines.append(f"{at}: the default {json.dumps(item.default)} is no {item.type.type}")
                lines += _bad_defaults(item.type, at)
        case "array":
            lines += _bad_defaults(schema.items, f"{path}/items")
        case "map":
            lines += _bad_defaults(schema.values, f"{path}/values")
        case "union":
            for branch in schema.schemas:
                lines += _bad_defaults(branch, f"{path}/{_name(branch)}")
    return lines


def _fits(item: Any) -> bool:
    """Let Avro fill the default in, by reading a record of no bytes. Each library alone lets some wrong ones pass."""
    from avro.io import BinaryDecoder, DatumReader, validate

    field = {"name": item.name, "type": item.type.to_json(), "default": item.default}
    reader: Any = {"type": "record", "name": "Defaults", "fields": [field]}
    writer: Any = {"type": "record", "name": "Defaults", "fields": []}
    try:
        parse_schema(reader)
        filled = DatumReader(_parse(writer), _parse(reader)).read(BinaryDecoder(BytesIO(b"")))
        return validate(_parse(reader), filled)
    except Exception:  # both raise several families for a default that does not fit
        return False
