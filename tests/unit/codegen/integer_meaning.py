"""What integer terms mean, said a second time and in another way: Python integers at any width.

Belongs here: the evaluator that tests compare with, random terms. Not here: anything of egraph/codegen but its shapes.
"""

from collections.abc import Mapping
from random import Random

from egraph.rules.patterns import Application, Pattern, Variable

ARITIES = {
    "add": 2, "sub": 2, "mul": 2, "neg": 1, "and": 2, "or": 2, "xor": 2, "not": 1, "shl": 2, "lshr": 2, "ashr": 2,
    "eq": 2, "ne": 2, "ult": 2, "ule": 2, "slt": 2, "sle": 2, "select": 3,
}  # fmt: skip
EDGES = (0, 1, 2, 3, 62, 63, 64, 65, 2**31, 2**32 - 1, 2**63 - 1, 2**63, 2**63 + 1, 2**64 - 2, 2**64 - 1)


def value_of(term: Pattern, inputs: Mapping[str, int], width: int = 64) -> int:
    """Give the value, from 0 to below 2^width."""
    if isinstance(term, Variable):
        return inputs[term.name] % 2**width
    if term.operator.startswith("in:"):
        return inputs[term.operator[3:]] % 2**width
    if term.operator.startswith("int:"):
        return int(term.operator[4:]) % 2**width
    values = [value_of(child, inputs, width) for child in term.children]
    return _apply(term.operator, values, width) % 2**width


def _apply(operator: str, values: list[int], width: int) -> int:
    unsigned = values
    signed = [value - 2**width if value >= 2 ** (width - 1) else value for value in values]
    if operator in ("neg", "not"):
        return -values[0] if operator == "neg" else 2**width - 1 - values[0]
    if operator == "select":
        return values[2] if values[0] == 0 else values[1]
    meaning = {
        "add": lambda: signed[0] + signed[1],
        "sub": lambda: signed[0] - signed[1],
        "mul": lambda: signed[0] * signed[1],
        "and": lambda: unsigned[0] & unsigned[1],
        "or": lambda: unsigned[0] | unsigned[1],
        "xor": lambda: unsigned[0] ^ unsigned[1],
        "shl": lambda: unsigned[0] * 2 ** min(unsigned[1], width),
        "lshr": lambda: unsigned[0] // 2 ** min(unsigned[1], width),
        "ashr": lambda: signed[0] // 2 ** min(unsigned[1], width),
        "eq": lambda: unsigned[0] == unsigned[1],
        "ne": lambda: unsigned[0] != unsigned[1],
        "ult": lambda: unsigned[0] < unsigned[1],
        "ule": lambda: unsigned[0] <= unsigned[1],
        "slt": lambda: signed[0] < signed[1],
        "sle": lambda: signed[0] <= signed[1],
    }
    return int(meaning[operator]())


def random_integer(random: Random) -> int:
    """Give an edge or any 64-bit number."""
    return random.choice(EDGES) if random.random() < 0.7 else random.getrandbits(64)


def random_term(random: Random, depth: int, inputs: str = "xyz") -> Application:
    """Give a term of inputs and constants, with every operator now and then; some subterms stand twice."""
    if depth == 0 or random.random() < 0.1:
        if random.random() < 0.6:
            return Application(f"in:{random.choice(inputs)}")
        number = random_integer(random)
        return Application(f"int:{number - 2**64 if number >= 2**63 else number}")
    operator = random.choice(list(ARITIES))
    children = [random_term(random, depth - 1, inputs) for _ in range(ARITIES[operator])]
    if len(children) > 1 and random.random() < 0.1:
        children[1] = children[0]
    return Application(operator, tuple(children))
