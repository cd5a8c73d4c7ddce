"""Python source becomes e-nodes: every expression, equal if and only if the syntax is."""

import ast
import re
import sysconfig
from pathlib import Path

import pytest

from egraph.identifiers import NodeId, node_id
from schemas.codec import decode_fact
from schemas.poison import Poison
from schemas.topics import FACT_BYTES_MAX
from streams.ingest.colouring import Colouring
from streams.ingest.enode import ENode
from streams.ingest.fact_stream import FactStream
from streams.ingest.python_source import PARTS, PythonReader, Unreadable
from streams.ingest.python_syntax import OPERATOR_BYTES_MAX, read_expression

SAMPLES = """
a and b or c
(x := 1)
a + b - c @ d
-a; not a; ~a; +a
lambda: 0
lambda a, b=1, /, c=2, *d, e, f=3, **g: a
lambda a, b, /: a
lambda a, /, b: a
lambda *, k: k
lambda *k: k
lambda k: k
lambda k=1: k
lambda *, k=1: k
a if b else c
{}
{a: b, **c}
{**c, a: b}
{a: b, c: d}
{a, b}
[x for x in y if a if b]
[x for x in y for a in b]
[x for x in y if a for a in b]
{x for x in y}
{x: y for x in y}
(x for x in y)
a < b <= c != d
a < b
a is b; a is not b; a in b; a not in b
f(); f(a); f(*a); f(k=a); f(**a); f(a, k=b); f(a, *b, k=c, **d); f(k=a, l=b); f(l=a, k=b)
f"{a}"; f"{a!r}"; f"{a:>{b}}"; f"{a!s:x}"; f"a{b}c"; f""
1; 1.0; 1j; "1"; b"1"; True; None; ...; u"1"; 1e400; 10 ** 5; 0x10; 1_0; '\\ud800'; 'é'; "'"; ''
a.b; a.c
a[b]; a[b:c]; a[b:c:d]; a[:c]; a[b:]; a[::d]; a[b, c]; a[b:c, d]; a[:]
[*a, b]; (a, b); (); []
async def coroutine():
    await a
    yield
    yield a
    [x async for x in y]
def generator():
    yield from a
"""

REPLACED_BY_CONSTANT = {"Num", "Str", "Bytes", "NameConstant", "Ellipsis"}
REPLACED_BY_SUBSCRIPT = {"Index", "ExtSlice"}


def dump(expression: ast.expr) -> str:
    """The syntax as text: the standard library's own, without positions and contexts."""
    return re.sub(r"(, )?ctx=(Load|Store|Del)\(\)", "", ast.dump(expression))


def expressions(tree: ast.AST) -> list[ast.expr]:
    """Every expression below a tree, as ast.walk finds them."""
    return [node for node in ast.walk(tree) if isinstance(node, ast.expr)]


def test_samples_hold_every_expression_class_of_this_python() -> None:
    """A class without a sample would be a class without a test."""
    classes = {cls.__name__ for cls in ast.expr.__subclasses__()} - REPLACED_BY_CONSTANT - REPLACED_BY_SUBSCRIPT
    later = {"TemplateStr", "Interpolation"}  # Python 3.14; their reading is the one by fields, tested below

    assert classes - later == {type(node).__name__ for node in expressions(ast.parse(SAMPLES))}


@pytest.mark.parametrize("module", ["<samples>", "ast.py", "argparse.py", "dataclasses.py", "asyncio/base_events.py"])
def test_equal_ids_exactly_where_the_syntax_is_equal(module: str) -> None:
    """Two syntaxes under one id would merge programs; one syntax under two ids would double them."""
    stdlib = Path(sysconfig.get_paths()["stdlib"])
    source = SAMPLES + SAMPLES if module == "<samples>" else (stdlib / module).read_text(encoding="utf-8")
    tree = ast.parse(source)
    ids = PythonReader(Colouring()).enter(tree, [])
    id_of_dump: dict[str, NodeId] = {}
    dump_of_id: dict[NodeId, str] = {}
    for node in expressions(tree):
        identity = ids[id(node)]
        assert id_of_dump.setdefault(dump(node), identity) == identity, ast.unparse(node)
        assert dump_of_id.setdefault(identity, dump(node)) == dump(node), ast.unparse(node)

    assert len(expressions(tree)) == len(ids)


@pytest.mark.parametrize(
    ("source", "operator"),
    [
        ("a + b", "BinOp:Add"),
        ("x", "Name:x"),
        ("1", "Constant:int:1"),
        ("a.append", "Attribute:append"),
        ("f(a, b, key=c, **d)", "Call/2:key,**"),
        ("lambda a, b=1, /, *c, d, e=2, **f: a", "Lambda:a,b=,/,*c,d,e=,**f"),
        ("[a for b in c if d for e in f]", "ListComp:for/1,for/0"),
        ("a < b >= c", "Compare:Lt,GtE"),
        ("'é'", "Constant:str:'\\xe9'"),
    ],
)
def test_operator_texts(source: str, operator: str) -> None:
    """Node ids stand in logs for ever: an operator text that changes would split every graph in two."""
    assert operator == read_expression(ast.parse(source, mode="eval").body)[0]


def test_children_come_first_and_ids_follow_from_content() -> None:
    """A child that is not given before its parent would dangle in a cut of the log."""
    nodes = read(SAMPLES)
    given: set[NodeId] = set()
    for enode in nodes:
        assert given.issuperset(enode.children)
        assert node_id(enode.operator, enode.colour, enode.children) == enode.id
        given.add(enode.id)

    assert len(nodes) == len(given)


def test_a_second_module_gives_only_what_is_new() -> None:
    """Emitting shared expressions again would fill the log with repetitions."""
    reader = PythonReader(Colouring())
    reader.read(b"f(x + 1)", "a.py")
    second = reader.read(b"g(x + 1)", "b.py")

    assert isinstance(second, list)
    assert {"Name:g", "Call/1"} == {enode.operator for enode in second}


@pytest.mark.parametrize(
    "source", ["x = (", "\0", "def f(:", "# -*- coding: nonsense -*-", "x = '\\ud800'.", "-" * 200_000 + "x"]
)
def test_what_is_no_python_is_reported(source: str) -> None:
    """One bad file among thousands must neither stop the feed nor vanish."""
    read = PythonReader(Colouring()).read(source.encode(), "bad.py")

    assert isinstance(read, Unreadable)
    assert read.name == "bad.py"
    assert read.detail


def test_deep_nesting_is_read_without_recursion() -> None:
    """A generated source with a long sum would otherwise end the feed."""
    deep: ast.expr = ast.Name("x")
    for _ in range(50_000):
        deep = ast.UnaryOp(ast.Not(), deep)
    new: list[ENode] = []
    PythonReader(Colouring()).enter(ast.Expression(deep), new)

    assert len(new) == 50_001
    # Taken apart from the top: a chain this long must not be freed by recursion either.
    while isinstance(deep, ast.UnaryOp):
        deep = deep.operand


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("x = '" + "a" * 100_000 + "'", "x = '" + "a" * 99_999 + "b'"),
        ("x = " + "9" * 4000, "x = " + "9" * 3999 + "8"),
        ("x = 1 << 3; y = " + hex(16**9000), "x = 1 << 3; y = " + hex(16**9000 + 1)),
        (f"x = {list(range(10_000))}", f"x = {list(range(9_999))}"),
        (f"x = {list(range(1024 * 3))}", f"x = {[list(range(1024)), list(range(1024, 2048))]}"),
        ("x = {" + "**a," * 5000 + "}", "x = {" + "**a," * 4999 + "}"),
        ("f(" + ", ".join(f"key_{i}=1" for i in range(3000)) + ")", "f()"),
    ],
)
def test_huge_expressions_make_small_facts_and_stay_distinct(one: str, other: str) -> None:
    """A fact beyond 64 KiB would be refused, and a cut-off literal would equal another one."""
    stream = FactStream(graph="main", producer="p", agents=9)
    roots = []
    for source in (one, other):
        tree = ast.parse(source)
        nodes: list[ENode] = []
        ids = PythonReader(Colouring()).enter(tree, nodes)
        statement = tree.body[-1]
        assert isinstance(statement, ast.Assign | ast.Expr)
        roots.append(ids[id(statement.value)])
        for enode in nodes:
            raw = stream.node(enode, 1).raw
            assert len(raw) < FACT_BYTES_MAX // 2
            assert len(enode.operator.encode()) <= OPERATOR_BYTES_MAX + 1 + len(PARTS)
            assert not isinstance(decode_fact(raw), Poison)

    assert roots[0] != roots[1]


def test_a_class_of_a_later_python_is_read_by_its_fields() -> None:
    """A new release of Python must not lose expressions, nor mix up two of its own."""

    class Later(ast.expr):
        _fields = ("value", "name", "clauses", "ctx")

    def later(name: str, clause: str) -> ast.expr:
        made = Later()
        made.value, made.name, made.ctx = ast.Name("x"), name, ast.Load()  # type: ignore[attr-defined]
        made.clauses = [ast.keyword(clause, ast.Name("y"))]  # type: ignore[attr-defined]
        return made

    operator, children = read_expression(later("a", "b"))

    assert [child.id for child in children if isinstance(child, ast.Name)] == ["x", "y"]
    assert operator == read_expression(later("a", "b"))[0]
    assert len({operator, read_expression(later("a", "c"))[0], read_expression(later("b", "b"))[0]}) == 3


def read(source: str) -> list[ENode]:
    """The e-nodes of one module that must be readable."""
    nodes = PythonReader(Colouring()).read(source.encode("utf-8", "surrogatepass"), "sample.py")
    assert isinstance(nodes, list)
    return nodes
