"""Rules that a schema must keep, so that hostile bytes can cost no more than their own length.

Belongs here: the shapes of schema that are refused before anything is decoded with them, and why. Not here: whether
two releases understand each other (compatibility.py), what a decoder refuses (codec.py).

Measured with fastavro (notes: reliability 8.1): a recursive schema crashes the process from 5 kB of input, a
five-byte array of nulls takes a gigabyte, nested empty records take a gigabyte from no bytes at all. Under these
rules every decoded value that is not a record costs at least one byte, and records nest at most DEPTH_MAX deep.
"""

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, NamedTuple

DEPTH_MAX = 12
FIXED_BYTES_MAX = 1024

_PRIMITIVES = frozenset(("null", "boolean", "int", "long", "float", "double", "bytes", "string"))


class Rule(StrEnum):
    """The rules, by name."""

    RECURSIVE = "recursive"
    ZERO_SIZE = "zero-size"
    TOO_DEEP = "too-deep"
    FIXED_SIZE = "fixed-size"
    LOGICAL_TYPE = "logical-type"
    MALFORMED = "malformed"


class Finding(NamedTuple):
    """One breach of a rule: where in the schema, and what to do about it."""

    rule: Rule
    path: str
    detail: str


class BadSchema(ValueError):
    """A schema that breaks a rule. The message lists every finding."""


class _Shape(NamedTuple):
    """What a type contributes to the type around it."""

    height: int
    """Levels of types below and including this one."""
    empty: bool
    """True if a value takes no bytes."""


_LEAF = _Shape(1, False)


def findings(source: Any) -> tuple[Finding, ...]:
    """Give every breach of the rules in the JSON of one schema. Never raises, however the schema is built."""
    linter = _Linter()
    linter.visit(source, "", "", 1)
    return tuple(linter.found)


def refuse_bad(name: str, source: Any) -> None:
    """Raise BadSchema if the schema breaks a rule."""
    found = findings(source)
    if found:
        lines = "".join(f"\n  {item.rule} at {item.path or 'the top'}: {item.detail}" for item in found)
        raise BadSchema(f"schema {name} is refused:{lines}")


@dataclass(slots=True)
class _Linter:
    """One walk over one schema. Each named type is visited once, so references cannot multiply the work."""

    found: list[Finding] = field(default_factory=list)
    shapes: dict[str, _Shape] = field(default_factory=dict)
    open: set[str] = field(default_factory=set)

    def report(self, rule: Rule, path: str, detail: str) -> _Shape:
        self.found.append(Finding(rule, path, detail))
        return _LEAF

    def visit(self, source: Any, namespace: str, path: str, depth: int) -> _Shape:
        if depth > DEPTH_MAX:
            return self.report(Rule.TOO_DEEP, path, f"types nest more than {DEPTH_MAX} deep; flatten the record")
        match source:
            case str():
                return self._reference(source, namespace, path, depth)
            case list():
                return self._union(source, namespace, path, depth)
            case {"logicalType": _}:
                return self.report(Rule.LOGICAL_TYPE, path, "state the unit in the doc and keep the plain type")
            case {"type": "record" | "enum" | "fixed"}:
                return self._named(source, namespace, path, depth)
            case {"type": "array", "items": items}:
                return self._repeated(items, namespace, f"{path}/items", depth)
            case {"type": "map", "values": values}:
                return self._repeated(values, namespace, f"{path}/values", depth)
            case {"type": inner} if inner not in ("array", "map"):
                return self.visit(inner, namespace, path, depth + 1)
        shown = ", ".join(map(str, source)) if isinstance(source, dict) else type(source).__name__
        return self.report(Rule.MALFORMED, path, f"not an Avro type: {shown[:60]}")

    def _repeated(self, source: Any, namespace: str, path: str, depth: int) -> _Shape:
        return _Shape(1 + self._solid(source, namespace, path, depth + 1).height, False)

    def _solid(self, source: Any, namespace: str, path: str, depth: int) -> _Shape:
        shape = self.visit(source, namespace, path, depth)
        if shape.empty:
            self.report(Rule.ZERO_SIZE, path, "a value takes no bytes, so a few bytes can claim any number of them")
        return shape

    def _reference(self, name: str, namespace: str, path: str, depth: int) -> _Shape:
        if name in _PRIMITIVES:
            return _Shape(1, name == "null")
        full = _full_name(name, namespace)
        if full in self.open:
            return self.report(Rule.RECURSIVE, path, f"{full} contains itself; a deep value overflows the C stack")
        shape = self.shapes.get(full)
        if shape is None:
            return self.report(Rule.MALFORMED, path, f"{full} is used before it is defined")
        if depth + shape.height - 1 > DEPTH_MAX:
            return self.report(Rule.TOO_DEEP, path, f"{full} makes types nest more than {DEPTH_MAX} deep")
        return shape

    def _union(self, branches: list[Any], namespace: str, path: str, depth: int) -> _Shape:
        if not branches:
            return self.report(Rule.MALFORMED, path, "a union has at least one branch")
        # A branch may be empty (null mostly): its number costs a byte.
        shapes = [self.visit(branch, namespace, f"{path}/{at}", depth + 1) for at, branch in enumerate(branches)]
        return _Shape(1 + max(shape.height for shape in shapes), False)

    def _named(self, source: dict[str, Any], namespace: str, path: str, depth: int) -> _Shape:
        name = source.get("name")
        if not isinstance(name, str) or not name:
            return self.report(Rule.MALFORMED, path, f"a {source['type']} needs a name")
        full = _full_name(name, source.get("namespace", namespace))
        if full in self.shapes or full in self.open:
            return self.report(Rule.MALFORMED, path, f"{full} is defined twice")
        self.open.add(full)
        shape = self._body(source, full.rpartition(".")[0], path, depth)
        self.open.discard(full)
        self.shapes[full] = shape
        return shape

    def _body(self, source: dict[str, Any], namespace: str, path: str, depth: int) -> _Shape:
        match source:
            case {"type": "fixed", "size": int(size)} if 1 <= size <= FIXED_BYTES_MAX:
                return _LEAF
            case {"type": "fixed", "size": 0}:
                return _Shape(1, True)
            case {"type": "fixed"}:
                return self.report(Rule.FIXED_SIZE, path, f"a fixed has 1 to {FIXED_BYTES_MAX} bytes")
            case {"type": "enum", "symbols": [_, *_]}:
                return _LEAF
            case {"type": "record", "fields": list(fields)}:
                return self._record(fields, namespace, path, depth)
        return self.report(Rule.MALFORMED, path, f"not a whole {source['type']}: {sorted(source)}")

    def _record(self, fields: list[Any], namespace: str, path: str, depth: int) -> _Shape:
        height, empty = 1, True
        for number, item in enumerate(fields):
            match item:
                case {"name": str(name), "type": kind}:
                    shape = self._solid(kind, namespace, f"{path}/{name}", depth + 1)
                    height, empty = max(height, 1 + shape.height), empty and shape.empty
                case _:
                    self.report(Rule.MALFORMED, f"{path}/{number}", "a field needs a name and a type")
        return _Shape(height, empty)


def _full_name(name: str, namespace: Any) -> str:
    return name if "." in name or not isinstance(namespace, str) or not namespace else f"{namespace}.{name}"
