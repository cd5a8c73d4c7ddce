"""What the shipped rules derive together is true: equal expressions have equal values."""

import ast
import math
from collections.abc import Sequence
from itertools import product
from typing import Any, NamedTuple

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from egraph.rules.conditions import Content
from egraph.rules.shipped import python_rules
from egraph.saturation.limits import Limits
from egraph.saturation.saturation import Saturation
from streams.ingest.colouring import all_green
from streams.ingest.enode import ENode
from streams.ingest.python_source import PythonReader
from tests.unit.rules.rule_values import OBJECTS, same

TRUTH = ("not {0}", "{0} and {1}", "{0} or {1}", "{0} if {1} else {2}")
ORDER = ("{0} < {1}", "{0} <= {1}", "{0} > {1}", "{0} >= {1}", "{0} == {1}", "{0} != {1}")
IDENTITY = ("{0} is {1}", "{0} is not {1}", "{0} in [{1}, {2}]", "{0} not in ({1}, {2})", "{0} in ({1}, {2})")
SUMS = ("{0} + {1}", "{0} - {1}", "{0} * {1}", "-{0}")
BITS = ("{0} & {1}", "{0} | {1}", "{0} ^ {1}")
INTEGERS = ("~{0}", "{0} << 1 << 2", "{0} >> 1", "{0} ** 2", "{0} // 1", "{0} % 1")


class World(NamedTuple):
    """Types, and leaves, forms and values that have no other types."""

    types: tuple[str, ...]
    leaves: tuple[str, ...]
    forms: tuple[str, ...]
    values: tuple[Any, ...]


WORLDS = (
    World(("any",), ("True", "False"), (*TRUTH, *IDENTITY), (OBJECTS[-1], OBJECTS[-2], [], None, True, False)),
    World(("int",), ("0", "1", "2"), (*SUMS, *BITS, *INTEGERS, "+{0}"), (0, 1, -1, 5)),
    World(("bool",), ("True", "False"), (*TRUTH, *ORDER, *BITS), (False, True)),
    World(("float",), ("1.0", "-0.0"), (*SUMS, "+{0}", "{0} / 1"), (0.0, -0.0, 0.1, -1.5, math.inf, math.nan)),
    World(
        ("int", "bool"), ("0", "1", "True"), (*TRUTH, *ORDER, *SUMS, *BITS, "~{0}", "{0} >> 1"), (0, 3, -1, False, True)
    ),
    World(
        ("int", "bool", "float"), ("0", "1", "0.5"), (*TRUTH, *ORDER, *SUMS, "+{0}"), (0, 2, True, -0.0, math.nan)
    ),
)  # fmt: skip
NAMES = ("a", "b", "c")
Choice = tuple[int, tuple[int, int, int]]
choices = st.lists(st.tuples(st.integers(0, 99), st.tuples(*[st.integers(0, 99)] * 3)), min_size=2, max_size=5)


def texts_of(world: World, chosen: Sequence[Choice]) -> list[str]:
    """Give expressions, each made of those before it."""
    texts = [*NAMES, *world.leaves]
    for form, places in chosen:
        texts.append(f"({world.forms[form % len(world.forms)]})".format(*(texts[at % len(texts)] for at in places)))
    return list(dict.fromkeys(texts))


def classes_of(world: World, texts: Sequence[str]) -> dict[int, list[str]]:
    """Give the expressions of each class after a few rounds."""
    reader, new, roots = PythonReader(all_green()), list[ENode](), {}
    for text in texts:
        tree = ast.parse(text, mode="eval").body
        roots[text] = reader.enter(tree, new)[id(tree)]
    nodes = {node.id: Content(node.operator, node.children) for node in new}
    outcome = Saturation(python_rules(world.types), nodes, limits=Limits(rounds=4, nodes=1000, matches=5000)).run()
    found: dict[int, list[str]] = {}
    for text, node in roots.items():
        found.setdefault(outcome.classes.of(node), []).append(text)
    return found


def differences(world: World, chosen: Sequence[Choice]) -> list[tuple[str, str, tuple[Any, ...]]]:
    """Give expressions that the rules hold for equal, and operands for which they are not."""
    texts = texts_of(world, chosen)
    equal = [members for members in classes_of(world, texts).values() if len(members) > 1]
    code = compile(f"[{', '.join(text for members in equal for text in members)}]", "<expressions>", "eval")
    found = []
    for operands in product(world.values, repeat=len(NAMES)) if equal else ():
        results = iter(eval(code, dict(zip(NAMES, operands, strict=True))))
        for members in equal:
            first = next(results)
            wrong = [text for text in members[1:] if not same(first, next(results))]
            found += [(members[0], text, operands) for text in wrong]
    return found


@pytest.mark.parametrize("world", WORLDS, ids=lambda world: "+".join(world.types))
@settings(deadline=None, max_examples=20)  # the first run compiles
@given(choices)
def test_equal_expressions_have_equal_values(world: World, chosen: list[Choice]) -> None:
    """Rules that are true one by one would be applied to terms of other types, which rules themselves have made."""
    assert differences(world, chosen) == []


def test_a_claim_that_is_too_narrow_shows() -> None:
    """The test above would see nothing, whatever the rules derive."""
    world = World(("int",), ("0",), ("{0} < {1}", "{0} + {1}"), (0, 1))

    assert differences(world, [(0, (0, 1, 0)), (1, (4, 3, 0))])
