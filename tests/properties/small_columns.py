"""Small random graphs as columns, dense in cycles, ties and classes without terms, for the tests of extraction.

Belongs here: generating from a seed, renumbering, and pricing a term. Not here: judging.
"""

from collections.abc import Sequence
from random import Random

from egraph.colours import Colour
from egraph.extraction.columns import Columns, Symbol, read_columns
from egraph.extraction.costs import NodeCost
from egraph.extraction.terms import Term

NAMES = tuple(Symbol(operator, colour) for operator in "abc" for colour in Colour)


def small_columns(seed: int, classes_max: int = 6, nodes_max: int = 10) -> Columns:
    """Give the graph that a seed names: few symbols, so that ties are common; children anywhere, so that cycles are."""
    random = Random(seed)
    classes = random.randint(1, classes_max)
    contents = []
    for _ in range(random.randint(1, nodes_max)):
        arity = random.choice((0, 0, 1, 1, 2, 2, 3))
        below = tuple(random.randrange(classes) for _ in range(arity))
        contents.append((random.randrange(classes), random.randrange(len(NAMES)), below))
    order = random.sample(range(-200, 200), len(contents))
    return as_columns(classes, contents, order)


def as_columns(classes: int, contents: Sequence[tuple[int, int, tuple[int, ...]]], order: Sequence[int]) -> Columns:
    """Give columns of nodes that are (class, symbol, classes of the children)."""
    offsets = [0]
    for *_, below in contents:
        offsets.append(offsets[-1] + len(below))
    return read_columns(
        classes=classes,
        labels=[label for label, *_ in contents],
        symbols=[symbol for _, symbol, _ in contents],
        offsets=offsets,
        children=[child for *_, below in contents for child in below],
        order=order,
        names=NAMES,
        jit=False,
    )


def renumbered(columns: Columns, seed: int) -> tuple[Columns, list[int]]:
    """Give the same content with nodes and classes in another order, and the new number of each class."""
    random = Random(seed)
    name = random.sample(range(columns.classes), columns.classes)
    nodes = random.sample(range(len(columns)), len(columns))
    contents = [
        (name[columns.labels[node]], columns.symbols[node], tuple(name[child] for child in columns.children_of(node)))
        for node in nodes
    ]
    return as_columns(columns.classes, contents, [columns.order[node] for node in nodes]), name


def random_cost(seed: int) -> NodeCost:
    """Give a cost for the symbols above, small numbers with ties among them."""
    random = Random(seed)
    table = {symbol: random.randint(1, 4) for symbol in NAMES}
    return lambda operator, colour: table[Symbol(operator, colour)]


def price_of(term: Term, cost: NodeCost) -> int:
    """Give what a term costs when its nodes are counted as often as they occur."""
    prices: list[int] = []
    for step in term.steps:
        prices.append(cost(step.operator, step.colour) + sum(prices[child] for child in step.children))
    return prices[-1]


def shared_price_of(term: Term, cost: NodeCost) -> int:
    """Give what a term costs when every node is counted once."""
    return sum(cost(step.operator, step.colour) for step in term.steps)


def is_term_of(columns: Columns, term: Term, label: int) -> bool:
    """Tell whether the columns hold this term in this class."""
    for step in term.steps:
        below = [columns.labels[term.steps[child].node] for child in step.children]
        if list(columns.children_of(step.node)) != below or columns.symbol_of(step.node) != (
            step.operator,
            step.colour,
        ):
            return False
    return columns.labels[term.steps[-1].node] == label
