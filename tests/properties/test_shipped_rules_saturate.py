"""The shipped rules for operands of any kind end by themselves on every graph, and keep it small."""

from collections.abc import Sequence

from hypothesis import example, given, settings
from hypothesis import strategies as st

from egraph.colours import Colour
from egraph.identifiers import NodeId, node_id
from egraph.rules.conditions import Content
from egraph.rules.shipped import python_rules
from egraph.saturation.limits import Limits, StopReason
from egraph.saturation.saturation import Saturation

RULES = python_rules({"any"})
LEAVES = ("Name:x", "Name:y", "Constant:bool:True", "Constant:bool:False")
ARITIES = (
    ("UnaryOp:Not", 1), ("BoolOp:And", 2), ("BoolOp:Or", 2), ("BoolOp:And", 3), ("BoolOp:Or", 3), ("IfExp", 3),
    ("Compare:Is", 2), ("Compare:IsNot", 2), ("Compare:In", 2), ("Compare:NotIn", 2), ("List", 2), ("Tuple", 2),
)  # fmt: skip
Choice = tuple[int, tuple[int, int, int]]
choices = st.tuples(st.integers(0, len(ARITIES) - 1), st.tuples(*[st.integers(0, 1000)] * 3))


def graph_of(chosen: Sequence[Choice]) -> dict[NodeId, Content]:
    """Give leaves, and one node for each choice: its operator, and which nodes before it are its children."""
    nodes = {node_id(leaf, Colour.GREEN, ()): Content(leaf, ()) for leaf in LEAVES}
    ids = list(nodes)
    for which, places in chosen:
        operator, arity = ARITIES[which]
        children = tuple(ids[place % len(ids)] for place in places[:arity])
        ids.append(node_id(operator, Colour.GREEN, children))
        nodes[ids[-1]] = Content(operator, children)
    return nodes


NOT, AND, OR = 0, 1, 2
# y = (not y) and x: equalities make a circle, in which `not` could be put before `not` for ever.
CIRCLE: list[Choice] = [(NOT, (1, 0, 0)), (AND, (4, 0, 0)), (NOT, (5, 0, 0)), (OR, (6, 5, 0)), (NOT, (7, 0, 0))]


@settings(deadline=None)  # the first run compiles
@given(st.lists(choices, max_size=25), st.lists(st.tuples(st.integers(0, 1000), st.integers(0, 1000)), max_size=3))
@example(CIRCLE, [(1, 5)])
def test_rules_for_any_objects_end_by_themselves(chosen: list[Choice], equal: list[tuple[int, int]]) -> None:
    """A saturation of real code would run until a limit stops it, however high the limit is."""
    nodes = graph_of(chosen)
    ids = list(nodes)
    unions = [(ids[one % len(ids)], ids[other % len(ids)]) for one, other in equal]

    outcome = Saturation(RULES, nodes, unions, limits=Limits(rounds=1000, nodes=1_000_000)).run()

    assert outcome.stop_reason is StopReason.SATURATED
    tuples = sum(content.operator == "List" for content in nodes.values())
    assert len(outcome.classes) <= 3 * (len(nodes) + tuples)
