"""Python source as e-nodes: every expression of a module, children before parents, each distinct one once.

Belongs here: walking a syntax tree into e-nodes. Pure: bytes in, values out. Not here: finding files (feed.py), the
operator text (python_syntax.py).
"""

import ast
import warnings
from collections.abc import Sequence
from dataclasses import dataclass, field

from egraph.identifiers import NodeId
from streams.ingest.colouring import Colouring
from streams.ingest.enode import ENode
from streams.ingest.python_syntax import read_expression

CHILDREN_MAX = 1024
"""A node with more children is split into parts, so that its fact stays far below 64 KiB (16 bytes a child)."""

PARTS = "#parts"


@dataclass(frozen=True, slots=True)
class Unreadable:
    """A file that is no Python source for this interpreter: skipped and counted."""

    name: str
    detail: str


@dataclass(slots=True)
class PythonReader:
    """Reads modules one after the other; a sub-expression seen before, in whatever module, is not given again.

    `expressions` counts what was read, `seen` holds the node ids given so far.
    """

    colouring: Colouring
    seen: set[NodeId] = field(default_factory=set)
    expressions: int = 0
    _leaves: dict[str, NodeId] = field(default_factory=dict)

    def read(self, source: bytes, name: str) -> list[ENode] | Unreadable:
        """Give the new e-nodes of one module, children first; or why it cannot be read."""
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # about the source's style, which is not ours
                tree = ast.parse(source, name)
        except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
            return Unreadable(name, f"{type(error).__name__}: {error}")
        new: list[ENode] = []
        self.enter(tree, new)
        return new

    def enter(self, tree: ast.AST, new: list[ENode]) -> dict[int, NodeId]:
        """Append the new e-nodes below a syntax tree to `new`; give the node id of each expression by its `id()`."""
        ids: dict[int, NodeId] = {}
        for node, operator, parts in _children_first(tree):
            if parts:
                ids[id(node)] = self._enter(operator, [ids[id(part)] for part in parts], new)
            else:
                leaf = self._leaves.get(operator)
                if leaf is None:
                    leaf = self._leaves[operator] = self._enter(operator, [], new)
                ids[id(node)] = leaf
        self.expressions += len(ids)
        return ids

    def _enter(self, operator: str, children: list[NodeId], new: list[ENode]) -> NodeId:
        while len(children) > CHILDREN_MAX:
            # No expression reads as "Part" or ends in the mark, so a split node equals no other.
            operator = operator if operator.endswith(PARTS) else operator + PARTS
            chunks = [children[at : at + CHILDREN_MAX] for at in range(0, len(children), CHILDREN_MAX)]
            children = [self._enter("Part", chunk, new) for chunk in chunks]
        enode = self.colouring.enode(operator, children)
        if enode.id not in self.seen:
            self.seen.add(enode.id)
            new.append(enode)
        return enode.id


def _children_first(tree: ast.AST) -> list[tuple[ast.expr, str, Sequence[ast.expr]]]:
    """Read every expression below `tree`, each after those below it. No recursion: source may nest deeply."""
    found: list[tuple[ast.expr, str, Sequence[ast.expr]]] = []
    pending: list[ast.AST] = [tree]
    while pending:
        node = pending.pop()
        if isinstance(node, ast.expr):
            operator, parts = read_expression(node)
            found.append((node, operator, parts))
            pending += parts
            continue
        for name in node._fields:
            value = getattr(node, name, None)
            if isinstance(value, ast.AST):
                pending.append(value)
            elif isinstance(value, list):
                pending += [item for item in value if isinstance(item, ast.AST)]
    found.reverse()
    return found
