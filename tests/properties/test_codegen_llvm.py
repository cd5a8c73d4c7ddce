"""A generated LLVM function computes what Python's integers say, on random terms and operands."""

from random import Random

from hypothesis import given
from hypothesis import strategies as st

from egraph.codegen.expression import of_pattern, of_term
from egraph.codegen.llvm import instruction_cost, llvm_function
from egraph.colours import Colour
from egraph.extraction.columns import Symbol, read_columns
from egraph.extraction.tree import extract_trees
from egraph.rules.patterns import Application, Pattern, Variable
from tests.unit.codegen.integer_meaning import ARITIES, EDGES, random_integer, random_term, value_of
from tests.unit.codegen.jit import Compiled


def test_functions_compute_what_their_terms_mean() -> None:
    """Generated code would compute something else than the term it came from."""
    random = Random(5)
    terms = [random_term(random, random.randint(0, 5)) for _ in range(300)]
    compiled = Compiled("\n".join(llvm_function(f"f{at}", of_pattern(term), "xyz") for at, term in enumerate(terms)))
    seen: set[int] = set()

    for at, term in enumerate(terms):
        for _ in range(12):
            inputs = {name: random_integer(random) for name in "xyz"}
            expected = value_of(term, inputs)
            assert compiled[f"f{at}"](*inputs.values()) == expected, (term, inputs)
            seen.add(expected)
    assert len(seen) > 400, "hardly any value was seen"


def test_every_operator_at_its_edges() -> None:
    """A shift by 64, the smallest number, or a comparison across signs would be undefined or wrong."""
    texts, cases = [], []
    for operator, arity in ARITIES.items():
        inputs = [Application(f"in:{name}") for name in "xyz"[:arity]]
        forms = {"all": Application(operator, tuple(inputs))}
        for number in EDGES if arity == 2 else ():
            literal = Application(f"int:{number - 2**64 if number >= 2**63 else number}")
            forms[f"left{number}"] = Application(operator, (literal, inputs[1]))
            forms[f"right{number}"] = Application(operator, (inputs[0], literal))
        for form, term in forms.items():
            cases.append((f"{operator} {form}", term))
            texts.append(llvm_function(cases[-1][0], of_pattern(term), "xyz"))
    compiled = Compiled("\n".join(texts))

    for name, term in cases:
        function = compiled[name]
        for x in EDGES:
            for y in EDGES:
                assert function(x, y, 7) == value_of(term, {"x": x, "y": y, "z": 7}), (name, x, y)


def test_sharing_is_kept() -> None:
    """A term of a hundred shared additions would become more instructions than there are atoms in the universe."""
    names = (Symbol("in:x", Colour.GREEN), Symbol("add", Colour.GREEN))
    count = 100
    children = [child for label in range(count - 1) for child in (label, label)]
    columns = read_columns(
        classes=count, labels=range(count), symbols=[0, *[1] * (count - 1)], offsets=[0, *range(0, 2 * count, 2)],
        children=children, order=range(count), names=names,
    )  # fmt: skip
    sixty = of_term(extract_trees(columns, lambda operator, colour: 1).term(50))

    text = llvm_function("f", sixty)

    assert text.count(" = add i64 ") == 50
    assert Compiled(text)["f"](3) == 3 * 2**50
    assert instruction_cost("mul", Colour.GREEN) > instruction_cost("add", Colour.GREEN)


@given(st.recursive(
    st.sampled_from("xyz").map(Variable) | st.sampled_from(["int:0", "int:-1", "in:w"]).map(Application),
    lambda parts: st.tuples(parts, parts).map(lambda pair: Application("sub", pair)), max_leaves=30,
))  # fmt: skip
def test_nodes_stand_once_and_after_their_children(pattern: Pattern) -> None:
    """An instruction would use a value before it is computed, or compute one twice."""
    nodes = of_pattern(pattern).nodes

    assert len(set(nodes)) == len(nodes)
    assert all(child < at for at, node in enumerate(nodes) for child in node.children)
    values: list[Pattern] = []
    for node in nodes:
        parts = tuple(values[child] for child in node.children)
        values.append(Variable(node.operator) if node.variable else Application(node.operator, parts))
    assert values[-1] == pattern
