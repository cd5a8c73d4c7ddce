"""What a Python expression says besides its sub-expressions: the operator text of its e-node.

Belongs here: one reading per `ast` class, giving (operator, sub-expressions in order). Together they determine the
syntax: two expressions get the same operator and children if and only if `ast.dump` without positions and contexts
is the same. Not here: walking, ids, colours (python_source.py).
Operators are short, printable and the same on every Python version: `BinOp:Add`, `Name:x`, `Constant:int:1`,
`Attribute:append`, `Call/2:key,**`, `Lambda:a,b=`, `ListComp:for/1`.
"""

import ast
from collections.abc import Callable, Iterable, Sequence
from hashlib import blake2b
from typing import Any, TypeAlias

Reading: TypeAlias = tuple[str, Sequence[ast.expr]]

OPERATOR_BYTES_MAX = 240
_KEPT_CHARACTERS = 60


def read_expression(node: ast.expr) -> Reading:
    """Give operator and sub-expressions of one expression. A class without a reading of its own is read by fields."""
    reading = _READINGS.get(type(node))
    operator, children = reading(node) if reading is not None else _by_fields(node)
    return _bounded(operator), children


def _bounded(operator: str) -> str:
    """Keep a huge literal from making a huge fact: a prefix and a hash, longer than any operator kept whole."""
    if len(operator) <= OPERATOR_BYTES_MAX // 4:
        return operator
    encoded = operator.encode()
    if len(encoded) <= OPERATOR_BYTES_MAX:
        return operator
    head = operator[:_KEPT_CHARACTERS]
    mark = f"...{len(encoded)} bytes, blake2b {blake2b(encoded, digest_size=32).hexdigest()}"
    return head + mark.rjust(OPERATOR_BYTES_MAX + 1 - len(head.encode()), ".")


def _constant(node: ast.Constant) -> Reading:
    value = node.value
    kind = type(value).__name__
    if isinstance(value, str):
        # repr() decides by the Unicode tables of this Python what is printable; ascii() does not.
        return f"Constant:{node.kind or ''}{kind}:{value!a}", ()
    if isinstance(value, int) and not isinstance(value, bool) and value.bit_length() > 1024:
        return f"Constant:int:{value:#x}", ()  # the decimal text of a huge number is refused by Python
    return f"Constant:{kind}:{value!r}", ()


def _compare(node: ast.Compare) -> Reading:
    return f"Compare:{_names(node.ops)}", [node.left, *node.comparators]


def _call(node: ast.Call) -> Reading:
    keywords = ",".join(keyword.arg or "**" for keyword in node.keywords)
    operator = f"Call/{len(node.args)}:{keywords}" if keywords else f"Call/{len(node.args)}"
    return operator, [node.func, *node.args, *(keyword.value for keyword in node.keywords)]


def _dict(node: ast.Dict) -> Reading:
    children = [part for key, value in zip(node.keys, node.values, strict=True) for part in (key, value) if part]
    if None not in node.keys:
        return "Dict", children
    return "Dict:" + "".join("*" if key is None else ":" for key in node.keys), children


def _lambda(node: ast.Lambda) -> Reading:
    given = node.args
    positional = [*given.posonlyargs, *given.args]
    with_default = len(positional) - len(given.defaults)
    parts = [argument.arg + "=" * (index >= with_default) for index, argument in enumerate(positional)]
    if given.posonlyargs:
        parts.insert(len(given.posonlyargs), "/")
    if given.vararg:
        parts.append(f"*{given.vararg.arg}")
    elif given.kwonlyargs:
        parts.append("*")
    for argument, default in zip(given.kwonlyargs, given.kw_defaults, strict=True):
        parts.append(argument.arg + "=" * (default is not None))
    if given.kwarg:
        parts.append(f"**{given.kwarg.arg}")
    defaults = [*given.defaults, *(default for default in given.kw_defaults if default is not None)]
    return "Lambda:" + ",".join(parts), [*defaults, node.body]


def _comprehension(name: str, heads: Sequence[ast.expr], generators: Iterable[ast.comprehension]) -> Reading:
    clauses: list[str] = []
    children = list(heads)
    for generator in generators:
        clauses.append(f"{'async for' if generator.is_async else 'for'}/{len(generator.ifs)}")
        children += [generator.target, generator.iter, *generator.ifs]
    return f"{name}:{','.join(clauses)}", children


def _formatted(node: ast.FormattedValue) -> Reading:
    conversion = "" if node.conversion == -1 else f":{chr(node.conversion)}"
    return f"FormattedValue{conversion}", [node.value, node.format_spec] if node.format_spec else [node.value]


def _slice(node: ast.Slice) -> Reading:
    present = [name for name in ("lower", "upper", "step") if getattr(node, name) is not None]
    return f"Slice:{','.join(present)}", [getattr(node, name) for name in present]


def _yield(node: ast.Yield) -> Reading:
    return "Yield", [node.value] if node.value else []


def _by_fields(node: ast.AST) -> Reading:
    """Read a class that a later Python brings: fields in order, sub-expressions replaced by a mark."""
    children: list[ast.expr] = []

    def shape(value: Any) -> str:
        if isinstance(value, ast.expr):
            children.append(value)
            return "_"
        if isinstance(value, ast.expr_context):
            return ""
        if isinstance(value, ast.AST):
            return type(value).__name__ + fields(value)
        if isinstance(value, list):
            return "[" + ",".join(shape(item) for item in value) + "]"
        return ascii(value)

    def fields(part: ast.AST) -> str:
        return "(" + ",".join(f"{name}={shape(getattr(part, name, None))}" for name in part._fields) + ")"

    return type(node).__name__ + fields(node), children


def _names(parts: Iterable[ast.AST]) -> str:
    return ",".join(type(part).__name__ for part in parts)


_READINGS: dict[type[ast.expr], Callable[[Any], Reading]] = {
    ast.Attribute: lambda node: (f"Attribute:{node.attr}", (node.value,)),
    ast.Await: lambda node: ("Await", (node.value,)),
    ast.BinOp: lambda node: (f"BinOp:{type(node.op).__name__}", (node.left, node.right)),
    ast.BoolOp: lambda node: (f"BoolOp:{type(node.op).__name__}", node.values),
    ast.Call: _call,
    ast.Compare: _compare,
    ast.Constant: _constant,
    ast.Dict: _dict,
    ast.DictComp: lambda node: _comprehension("DictComp", (node.key, node.value), node.generators),
    ast.FormattedValue: _formatted,
    ast.GeneratorExp: lambda node: _comprehension("GeneratorExp", (node.elt,), node.generators),
    ast.IfExp: lambda node: ("IfExp", (node.test, node.body, node.orelse)),
    ast.JoinedStr: lambda node: ("JoinedStr", node.values),
    ast.Lambda: _lambda,
    ast.List: lambda node: ("List", node.elts),
    ast.ListComp: lambda node: _comprehension("ListComp", (node.elt,), node.generators),
    ast.Name: lambda node: (f"Name:{node.id}", ()),
    ast.NamedExpr: lambda node: ("NamedExpr", (node.target, node.value)),
    ast.Set: lambda node: ("Set", node.elts),
    ast.SetComp: lambda node: _comprehension("SetComp", (node.elt,), node.generators),
    ast.Slice: _slice,
    ast.Starred: lambda node: ("Starred", (node.value,)),
    ast.Subscript: lambda node: ("Subscript", (node.value, node.slice)),
    ast.Tuple: lambda node: ("Tuple", node.elts),
    ast.UnaryOp: lambda node: (f"UnaryOp:{type(node.op).__name__}", (node.operand,)),
    ast.Yield: _yield,
    ast.YieldFrom: lambda node: ("YieldFrom", (node.value,)),
}
