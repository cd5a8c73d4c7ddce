"""An e-graph as egraph-serialize keeps it: nodes by id, each in a class, children named by a node of their class.

Belongs here: the shape, its JSON, and what is wrong with a JSON text. Not here: pictures (dot.py).
The format is that of the egraph-serialize crate, which egg, egglog and the extraction gym read and write: `nodes` (op,
children, eclass, cost, subsumed), `root_eclasses`, and `class_data`.
"""

import json
import re
import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from egraph.errors import EGraphError

_SURROGATE = re.compile("[\ud800-\udfff]")
"""Half of a character: JSON can write it, UTF-8 cannot."""
_MAYBE_SURROGATE = re.compile(r"\\u[dD][89a-fA-F]|[\ud800-\udfff]")

_SHOWN = 40
"""Letters of a wrong value that a message shows."""


@dataclass(frozen=True, slots=True)
class SerializedNode:
    """An e-node. `children` are ids of nodes: each stands for its whole class."""

    op: str
    eclass: str
    children: tuple[str, ...] = ()
    cost: float = 1.0
    subsumed: bool = False


@dataclass(frozen=True, slots=True)
class SerializedGraph:
    """Nodes by id; classes that matter most; and for any class what is known of it: `type`, `let` and more."""

    nodes: dict[str, SerializedNode]
    root_eclasses: tuple[str, ...] = ()
    class_data: dict[str, dict[str, str]] = field(default_factory=dict)

    def classes(self) -> dict[str, tuple[str, ...]]:
        """Give the ids of the nodes of each class, in the order in which the nodes stand."""
        found: dict[str, list[str]] = {}
        for identifier, node in self.nodes.items():
            found.setdefault(node.eclass, []).append(identifier)
        return {eclass: tuple(members) for eclass, members in found.items()}


@dataclass(frozen=True, slots=True)
class GraphProblem:
    """One thing wrong with a JSON text. `path` says where, as in `nodes.Add-1.children[0]`; empty for the whole."""

    path: str
    fact: str
    remedy: str

    def __str__(self) -> str:
        return f"{self.path or 'the text'}: {self.fact}; {self.remedy}"


class GraphRefused(EGraphError):
    """A JSON text that is no e-graph. `problems` holds every one that was found."""

    def __init__(self, problems: list[GraphProblem]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(map(str, problems)))


def write_graph(graph: SerializedGraph) -> str:
    """Give the JSON text, nodes in their order. Reading it gives an equal graph."""
    nodes = {
        identifier: {
            "op": node.op,
            "children": list(node.children),
            "eclass": node.eclass,
            "cost": node.cost,
            "subsumed": node.subsumed,
        }
        for identifier, node in graph.nodes.items()
    }
    document = {"nodes": nodes, "root_eclasses": list(graph.root_eclasses), "class_data": graph.class_data}
    return json.dumps(document, ensure_ascii=False, allow_nan=False, indent=1) + "\n"


def read_graph(text: str) -> SerializedGraph:
    """Give the graph of a JSON text. Raises GraphRefused with everything that is wrong with it."""
    twice: list[str] = []
    try:
        document = json.loads(text, object_pairs_hook=lambda pairs: _object(pairs, twice))
        broken = _MAYBE_SURROGATE.search(text) and _SURROGATE.search(json.dumps(document, ensure_ascii=False))
    except (ValueError, RecursionError) as error:
        raise GraphRefused([GraphProblem("", f"it is no JSON: {error}", "write egraph-serialize JSON")]) from None
    if broken:
        raise GraphRefused([GraphProblem("", "it holds a lone surrogate", "write valid Unicode")])
    problems = [GraphProblem("", f"an object names {name!r} twice", "keep one of them") for name in twice]
    if not isinstance(document, dict) or not isinstance(document.get("nodes"), dict):
        raise GraphRefused([GraphProblem("", "it has no object `nodes`", 'write {"nodes": {...}}')])
    nodes = {
        identifier: _node(f"nodes.{identifier}", content, problems) for identifier, content in document["nodes"].items()
    }
    roots = _texts("root_eclasses", document.get("root_eclasses", []), problems)
    data = _class_data(document.get("class_data", {}), problems)
    graph = SerializedGraph(nodes, roots, data)
    problems += _dangling(graph)
    if problems:
        raise GraphRefused(problems)
    return graph


def _object(pairs: list[tuple[str, Any]], twice: list[str]) -> dict[str, Any]:
    """Give an object, and note the names of which all but the last value would be lost."""
    found = dict(pairs)
    if len(found) < len(pairs):
        twice += [name for name, times in Counter(name for name, _ in pairs).items() if times > 1]
    return found


def _is_cost(value: Any) -> bool:
    """Tell whether a value is a number from 0 on that a float can hold."""
    return isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value <= sys.float_info.max


def _node(path: str, content: Any, problems: list[GraphProblem]) -> SerializedNode:
    if not isinstance(content, dict):
        problems.append(GraphProblem(path, "it is no object", 'write {"op": ..., "eclass": ...}'))
        return SerializedNode("", "")
    for name in ("op", "eclass"):
        if not isinstance(content.get(name), str):
            problems.append(GraphProblem(f"{path}.{name}", "it is missing or no text", "write a text"))
    cost, subsumed = content.get("cost", 1.0), content.get("subsumed", False)
    if not _is_cost(cost):
        shown = f"{cost!r}"[:_SHOWN]
        problems.append(GraphProblem(f"{path}.cost", f"{shown} is no cost", "write a number from 0 to 1e308"))
        cost = 1.0
    if not isinstance(subsumed, bool):
        problems.append(GraphProblem(f"{path}.subsumed", f"{subsumed!r} is neither true nor false", "write one"))
    children = _texts(f"{path}.children", content.get("children", []), problems)
    return SerializedNode(str(content.get("op")), str(content.get("eclass")), children, float(cost), bool(subsumed))


def _texts(path: str, content: Any, problems: list[GraphProblem]) -> tuple[str, ...]:
    if not isinstance(content, list):
        problems.append(GraphProblem(path, "it is no list", "write a list of texts"))
        return ()
    for place, item in enumerate(content):
        if not isinstance(item, str):
            problems.append(GraphProblem(f"{path}[{place}]", f"{item!r} is no text", "write the id as a text"))
    return tuple(item for item in content if isinstance(item, str))


def _class_data(content: Any, problems: list[GraphProblem]) -> dict[str, dict[str, str]]:
    if not isinstance(content, dict):
        problems.append(GraphProblem("class_data", "it is no object", 'write {"CLASS": {"type": ...}}'))
        return {}
    found: dict[str, dict[str, str]] = {}
    for eclass, known in content.items():
        if not isinstance(known, dict):
            problems.append(GraphProblem(f"class_data.{eclass}", "it is no object", 'write {"type": ...}'))
            continue
        found[eclass] = {key: value for key, value in known.items() if isinstance(value, str)}
        for key, value in known.items():
            if value is not None and not isinstance(value, str):
                problems.append(GraphProblem(f"class_data.{eclass}.{key}", f"{value!r} is no text", "write a text"))
    return found


def _dangling(graph: SerializedGraph) -> Iterator[GraphProblem]:
    for identifier, node in graph.nodes.items():
        for place, child in enumerate(node.children):
            if child not in graph.nodes:
                path = f"nodes.{identifier}.children[{place}]"
                yield GraphProblem(path, f"there is no node {child}", "name the id of a node, not of a class")
    classes = graph.classes()
    for place, eclass in enumerate(graph.root_eclasses):
        if eclass not in classes:
            yield GraphProblem(f"root_eclasses[{place}]", f"there is no class {eclass}", "name a class that has a node")
