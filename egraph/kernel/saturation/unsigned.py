"""The functions of a module once more, with every index unsigned.

Belongs here: rewriting source. Not here: compiling it.
Numba lets an index count from the end if it is negative: a comparison and a choice at each access, a fifth of all time.
An unsigned index has no such meaning. No loop here may use a negative index anyway: as they stand, that raises.
"""

import ast
import inspect
from collections.abc import Iterator
from types import FunctionType, ModuleType
from typing import Any

UNSIGNED = "unsigned"
"""What the rewritten functions call."""


class _Indexes(ast.NodeTransformer):
    """Rewrites a[i, X] to a[unsigned(i), unsigned(X)]; constants stay as they are."""

    def visit_Subscript(self, node: ast.Subscript) -> ast.AST:
        self.generic_visit(node)
        if isinstance(node.slice, ast.Tuple):
            node.slice.elts = [_unsigned(item) for item in node.slice.elts]
        else:
            node.slice = _unsigned(node.slice)
        return node


def _unsigned(index: ast.expr) -> ast.expr:
    if isinstance(index, ast.Constant):
        return index
    return ast.Call(ast.Name(UNSIGNED, ast.Load()), [index], [])


def with_unsigned_indexes(module: ModuleType, namespace: dict[str, Any]) -> Iterator[FunctionType]:
    """Give the functions of a module, in its order; their globals, `UNSIGNED` among them, are the namespace."""
    tree = ast.parse(inspect.getsource(module))
    for part in tree.body:
        if isinstance(part, ast.FunctionDef):
            part.body = [_Indexes().visit(statement) for statement in part.body]
            rewritten = ast.fix_missing_locations(ast.Module([part], []))
            made: dict[str, Any] = {}
            exec(compile(rewritten, inspect.getfile(module), "exec"), namespace, made)
            function: FunctionType = made[part.name]
            function.__module__ = module.__name__
            yield function
