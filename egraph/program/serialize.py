"""What stands in an engine as a serialized e-graph.

Belongs here: rows to nodes. Not here: the format (egraph/interchange).

Every row is a node, in the class of its value; a value of a primitive sort is a node in a class of its own; a row of a
relation is alone in its class. A class whose rows are all gone keeps one node, so that others can name it.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from egraph.interchange.serialized import SerializedGraph, SerializedNode
from egraph.program.port import Engine
from egraph.program.primitives import PRIMITIVE_SORTS, shown_value
from egraph.program.resolved import Schema
from egraph.program.syntax import FunctionKind

GONE = "[gone]"
"""Operator of the node of a class that has no row."""
GONE_COST = 1e300


def serialize(engine: Engine, roots: Iterable[tuple[str, int]] = ()) -> SerializedGraph:
    """Give all rows of all tables, those of constructors first. `roots` are sorts and classes that matter most.

    Globals name classes; they are not nodes.
    """
    writer = _Writer(engine)
    given = engine.tables()
    shown = [table for table in given if not table.is_global]
    shown.sort(key=lambda table: table.kind is not FunctionKind.CONSTRUCTOR)
    writer.name_classes(shown)
    for table in shown:
        writer.add(table)
    for table in given:
        if table.is_global and table.class_columns:
            for row in engine.rows(table):
                eclass = writer.class_name(table.output, row.value)
                writer.member(table.output, row.value)
                writer.class_data[eclass]["let"] = table.name
    names = []
    for sort, value in roots:
        writer.member(sort, value)
        names.append(writer.class_name(sort, value))
    return SerializedGraph(writer.nodes, tuple(dict.fromkeys(names)), writer.class_data)


@dataclass(slots=True)
class _Writer:
    engine: Engine
    nodes: dict[str, SerializedNode] = field(default_factory=dict)
    class_data: dict[str, dict[str, str]] = field(default_factory=dict)
    _first_members: dict[str, str] = field(default_factory=dict)

    def name_classes(self, tables: Iterable[Schema]) -> None:
        """Choose the node by which each class is named as a child: its first one."""
        for table in tables:
            if table.kind is FunctionKind.CONSTRUCTOR:
                for place, row in enumerate(self.engine.rows(table)):
                    self._first_members.setdefault(self.class_name(table.output, row.value), f"{table.name}-{place}")

    def add(self, table: Schema) -> None:
        """Add the rows of a table."""
        for place, row in enumerate(self.engine.rows(table)):
            children = tuple(self.member(sort, key) for sort, key in zip(table.inputs, row.keys, strict=True))
            identifier = f"{table.name}-{place}"
            if table.kind is FunctionKind.RELATION:
                eclass = f"{identifier}-fact"
                self.class_data[eclass] = {"type": table.name}
            else:
                eclass = self.class_name(table.output, row.value)
                if table.kind is FunctionKind.FUNCTION:
                    self.member(table.output, row.value)
                self.class_data.setdefault(eclass, {"type": table.output})
            self.nodes[identifier] = SerializedNode(table.name, eclass, children, float(table.cost), row.subsumed)

    def member(self, sort: str, value: Any) -> str:
        """Give a node of a value's class; adds one where there is none."""
        eclass = self.class_name(sort, value)
        known = self._first_members.get(eclass)
        if known is None:
            known = self._first_members[eclass] = f"{eclass}-value" if sort in PRIMITIVE_SORTS else f"{eclass}-gone"
            op, cost = (shown_value(value), 1.0) if sort in PRIMITIVE_SORTS else (GONE, GONE_COST)
            self.nodes[known] = SerializedNode(op, eclass, (), cost)
            self.class_data.setdefault(eclass, {"type": sort})
        return known

    def class_name(self, sort: str, value: Any) -> str:
        """Give the name of a value's class."""
        return f"{sort}-{shown_value(value) if sort in PRIMITIVE_SORTS else self.engine.class_of(value)}"
