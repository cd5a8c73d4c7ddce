"""The closure alone: merging as a transaction, congruence, class masks, rollback."""

from egraph.closure import AddedNodes, Closure
from egraph.colours import HAS_BLUE_MEMBER, HAS_BLUE_PARENT, HAS_RED_MEMBER, HAS_RED_PARENT
from egraph.facts import NodeAdded
from egraph.identifiers import node_id
from egraph.store import NodeTable
from tests.unit.egraph.worded import BLUE, GREEN, RED, id_of, node


class Graph:
    """Nodes and a closure over them, spoken of by fact."""

    def __init__(self, *facts: NodeAdded) -> None:
        self.table = NodeTable()
        self.nodes = AddedNodes(self.table)
        self.closure = Closure(self.nodes)
        for fact in facts:
            self.hold(fact)

    def hold(self, fact: NodeAdded) -> bool:
        """Add a node and give whether the classes stay legal."""
        node = node_id(fact.operator, fact.colour, fact.children)
        number = self.table.define(node, fact.operator, fact.colour, fact.children)
        self.nodes.grow()
        self.nodes.add(number)
        return self.closure.node_added(number)

    def number(self, fact: NodeAdded) -> int:
        """Give a node's dense number."""
        number = self.table.mention(id_of(fact))
        self.nodes.grow()
        return number

    def merge(self, left: NodeAdded, right: NodeAdded) -> bool:
        """Assert an equality."""
        return self.closure.assert_equal(self.number(left), self.number(right))

    def same(self, *facts: NodeAdded) -> bool:
        """Tell whether nodes share a label."""
        return len({self.closure.find(self.number(fact)) for fact in facts}) == 1

    def state(self) -> tuple[object, ...]:
        """Give everything that a rollback must put back."""
        closure = self.closure
        groups = {label: sorted(group) for label, group in closure.members.items()}
        return dict(closure.label), groups, dict(closure.mask), dict(closure._hashcons), dict(closure._key_of)


A, B, C, D = (node(name, GREEN) for name in "abcd")


def over(operator: str, *children: NodeAdded) -> NodeAdded:
    """Give a GREEN node over others."""
    return node(operator, GREEN, *map(id_of, children))


def test_congruence_climbs_as_far_as_it_goes() -> None:
    """Equal terms further up would stay apart."""
    tower = [[A, B]]
    for _ in range(5):
        tower.append([over("f", item, C) for item in tower[-1]])
    graph = Graph(*(fact for pair in tower for fact in pair), C)
    assert not any(graph.same(*pair) for pair in tower)

    assert graph.merge(A, B)

    assert all(graph.same(*pair) for pair in tower)
    assert len({graph.closure.find(graph.number(pair[0])) for pair in tower}) == len(tower)
    assert graph.closure.congruences == 5


def test_congruence_needs_all_children() -> None:
    """f(a, c) and f(b, d) would be equal as soon as one pair of children is."""
    left, right = over("f", A, C), over("f", B, D)
    graph = Graph(A, B, C, D, left, right)
    graph.merge(A, B)
    assert not graph.same(left, right)

    graph.merge(C, D)

    assert graph.same(left, right)


def test_a_late_parent_finds_its_class() -> None:
    """A node that arrives after the equality would miss its congruence."""
    early, late = over("f", A), over("f", B)
    graph = Graph(A, B, early)
    graph.merge(A, B)

    assert graph.hold(late)

    assert graph.same(early, late)


def test_masks_are_the_union_of_members_and_parents() -> None:
    """The class rule would be checked on a part of the class."""
    red, blue = node("r", RED), node("s", BLUE)
    graph = Graph(A, red, blue, node("R", RED, id_of(A)))
    graph.merge(red, A)
    assert graph.closure.mask[graph.closure.find(graph.number(A))] == HAS_RED_MEMBER | HAS_RED_PARENT

    assert not graph.merge(blue, A), "a BLUE member under a RED parent"
    graph.merge(B, C)
    graph.hold(node("T", BLUE, id_of(C)))
    assert graph.closure.mask[graph.closure.find(graph.number(B))] == HAS_BLUE_PARENT
    graph.merge(blue, B)
    assert graph.closure.mask[graph.closure.find(graph.number(B))] == HAS_BLUE_PARENT | HAS_BLUE_MEMBER
    assert not graph.merge(A, B)


def test_a_refused_merge_changes_nothing() -> None:
    """What congruence merged on the way to the conflict would stay merged."""
    blue = node("s", BLUE)
    pair, above = [over("f", A), over("f", B)], [over("g", over("f", A)), over("g", over("f", B))]
    graph = Graph(A, B, C, D, *pair, *above, blue, node("R", RED, id_of(above[0])))
    graph.merge(C, D)
    graph.merge(above[1], blue)
    before = graph.state()

    assert not graph.merge(A, B)

    assert graph.state() == before
    assert not graph.same(*pair)
    assert graph.closure.rollbacks == 1
    assert graph.merge(A, C), "and it goes on as before"
    assert graph.same(A, C, D)


def test_a_node_that_breaks_a_standing_class_is_told() -> None:
    """A violation would become visible through a late parent."""
    blue = node("s", BLUE)
    graph = Graph(A, blue)
    assert graph.merge(A, blue)

    assert not graph.hold(node("R", RED, id_of(A)))


def test_merging_what_is_one_class_already_is_nothing() -> None:
    """Members would be listed twice."""
    graph = Graph(A, B, C)
    graph.merge(A, B)
    graph.merge(B, C)
    before = graph.state()

    assert graph.merge(C, A)
    assert graph.merge(A, A)

    assert graph.state() == before
    assert sorted(map(len, graph.closure.members.values())) == [3]
