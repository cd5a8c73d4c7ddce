"""Rules as the integers that the loops of egraph/kernel/saturation run.

Belongs here: numbering operators, places and indexes; steps; replacements. Not here: the order of joins (order.py).
"""

from collections.abc import Iterable
from dataclasses import dataclass, field

from egraph.colours import Colour
from egraph.kernel.saturation import layout
from egraph.kernel.saturation.columns import Logged
from egraph.kernel.saturation.firing import NO_CHILD
from egraph.kernel.saturation.indexing import ANY_OPERATOR, EVERYTHING
from egraph.rules.conditions import OperatorCondition, operator_fits
from egraph.rules.patterns import Pattern, Variable
from egraph.rules.program import Op, Program, compile_rule
from egraph.rules.ruleset import ColourPolicy, Rule, RuleSet
from egraph.saturation.order import ITSELF, Atom, Joins, Place, join_order, joins_of

_TEST_KIND = {
    Op.COLOUR: layout.T_COLOUR,
    Op.COLOUR_NOT: layout.T_COLOUR_NOT,
    Op.DIFFERENT: layout.T_DIFFERENT,
    Op.PARENT_OF: layout.T_PARENT_OF,
    Op.TEST: layout.T_OPERATOR,
}
_POLICY = {
    ColourPolicy.INHERIT: layout.INHERIT,
    ColourPolicy.RED: layout.RED,
    ColourPolicy.BLUE: layout.BLUE,
    ColourPolicy.GREEN: layout.GREEN,
}


@dataclass
class Operators:
    """Numbers of operators with their arities. The first ones are taken: hidden pairs, and nodes not arrived."""

    names: list[tuple[str, int]] = field(default_factory=lambda: [("", 2), ("", 0)])
    numbers: dict[tuple[str, int], int] = field(default_factory=dict)

    def number(self, operator: str, arity: int) -> int:
        """Give the number, a new one if there is none."""
        number = self.numbers.setdefault((operator, arity), len(self.names))
        if number == len(self.names):
            self.names.append((operator, arity))
        return number


@dataclass
class Lowered:
    """A rule set in integers; layout.py names the columns."""

    operators: Operators
    code: list[int] = field(default_factory=list)
    steps: list[int] = field(default_factory=list)
    rules: list[list[int]] = field(default_factory=list)
    logged: list[Logged] = field(default_factory=list)
    """For each rule what the log says of its firings."""
    variants: list[list[int]] = field(default_factory=list)
    indexes: dict[tuple[int, int], int] = field(default_factory=dict)
    """Operator (or ANY_OPERATOR) and place of each index, in order."""
    tests: list[OperatorCondition] = field(default_factory=list)
    atoms_max: int = 1
    children_max: int = 1
    """The most children that the nodes of one replacement have together."""
    demands_red: bool = False
    demands_blue: bool = False

    def passing(self) -> list[list[int]]:
        """Give, for each test, which operators pass it."""
        return [
            [int(at >= layout.FIRST_OPERATOR and operator_fits(test, name))
             for at, (name, _) in enumerate(self.operators.names)]
            for test in self.tests
        ]  # fmt: skip


def lower(rules: RuleSet, operators: Operators) -> Lowered:
    """Turn a rule set into integers, in its order."""
    lowered = Lowered(operators)
    for rule in rules.rules:
        _Lowering(lowered, rule).run()
    return lowered


def column_of(place: Place, arity: int) -> int:
    """Give the number under which the loops know a place of a node with so many children."""
    if place.child == ITSELF:
        return layout.S_TERM
    if arity <= 2:
        return layout.S_LEFT + place.child
    if place.child == arity - 1:
        return layout.S_RIGHT
    further = arity - 2 - max(place.child, 0)
    return layout.WALK + 2 * further + (1 if place.child else 0)


class _Lowering:
    def __init__(self, lowered: Lowered, rule: Rule) -> None:
        self._to = lowered
        self._rule = rule
        self._program: Program = compile_rule(rule)
        self._joins: Joins = joins_of(self._program)
        self._first_test = len(lowered.tests)
        lowered.tests += self._program.tests
        lowered.atoms_max = max(lowered.atoms_max, len(self._joins.atoms))

    def run(self) -> None:
        """Write the rule's variants (first the one that meets everything), places, atoms to keep and replacement."""
        to, joins = self._to, self._joins
        variants_at = len(to.variants)
        self._variant(0, everything=True)
        for variant in range(len(joins.atoms)):
            self._variant(variant, everything=False)
        places_at = len(to.code)
        for place in joins.variables:
            to.code += (place.atom, self._column(place))
        root = joins.roots[0]
        kept = list(dict.fromkeys(place.atom for place in joins.variables if place.atom != root))
        to.code += kept
        number = {atom: at for at, atom in enumerate((root, *kept))}
        to.logged.append((len(kept), [(number[place.atom], self._column(place)) for place in joins.variables]))
        ops_at, ops, right = self._replacement()
        to.rules.append(
            [variants_at, len(to.variants) - variants_at, len(joins.variables), places_at, root, ops, ops_at, right,
             _POLICY[self._rule.colour_policy], len(kept)]
        )  # fmt: skip

    def _column(self, place: Place) -> int:
        return column_of(place, self._joins.atoms[place.atom].arity)

    def _operator(self, atom: Atom) -> int:
        return ANY_OPERATOR if atom.operator is None else self._to.operators.number(atom.operator, atom.arity)

    def _index(self, operator: int, column: int) -> int:
        return self._to.indexes.setdefault((operator, column), len(self._to.indexes))

    def _variant(self, variant: int, *, everything: bool) -> None:
        to, order = self._to, join_order(self._joins, variant)
        to.variants.append([len(to.steps), len(order)])
        for position, atom in enumerate(order):
            segment = layout.SEGMENT_ANY
            if not everything and atom <= variant:
                segment = layout.SEGMENT_NEW if atom == variant else layout.SEGMENT_OLD
            to.steps.append(len(to.code))
            self._step(atom, set(order[:position]), segment)

    def _step(self, atom: int, bound: set[int], segment: int) -> None:
        operator = self._operator(self._joins.atoms[atom])
        alternatives: list[tuple[int, int, int]] = []
        tests: list[tuple[int, ...]] = []
        for one, other in self._joins.equal:
            mine, its = (one, other) if one.atom == atom else (other, one)
            if mine.atom != atom or its.atom not in (bound | {atom}):
                continue
            if its.atom != atom:
                alternatives.append((self._index(operator, self._column(mine)), its.atom, self._column(its)))
            tests.append((layout.T_SAME, mine.atom, self._column(mine), its.atom, self._column(its)))
        if len(alternatives) == 1:
            tests = [test for test in tests if test[3] == atom]  # the bucket says it already
        elif not alternatives and operator == ANY_OPERATOR:
            alternatives = [(self._index(ANY_OPERATOR, EVERYTHING), -1, 0)]
        tests += self._demands(atom, bound)
        self._to.code += (atom, operator, segment, len(alternatives))
        self._to.code += [number for item in alternatives for number in item]
        self._to.code.append(len(tests))
        self._to.code += [number for item in tests for number in item]

    def _demands(self, atom: int, bound: set[int]) -> Iterable[tuple[int, ...]]:
        for demand in self._joins.demands:
            places = [demand.first] if demand.second is None else [demand.first, demand.second]
            asked = {place.atom for place in places}
            if atom not in asked or not asked <= bound | {atom}:
                continue
            operand = demand.operand + (self._first_test if demand.opcode == Op.TEST else 0)
            first = (demand.first.atom, self._column(demand.first))
            second = (operand, 0) if demand.second is None else (demand.second.atom, self._column(demand.second))
            yield (_TEST_KIND[demand.opcode], *first, *second)

    def _replacement(self) -> tuple[int, int, int]:
        """Write the replacement, children first; gives where it stands, how many operators it has, and the result."""
        self._names = {name: number for number, (name, _) in enumerate(self._program.variables)}
        self._ops: list[list[int]] = []
        right = self._build(self._rule.replacement)
        at = len(self._to.code)
        self._to.code += [number for op in self._ops for number in op]
        self._to.children_max = max(self._to.children_max, sum(op[4] for op in self._ops))
        policy = self._rule.colour_policy
        self._to.demands_red |= policy is ColourPolicy.RED
        self._to.demands_blue |= policy is ColourPolicy.BLUE
        return at, len(self._ops), right

    def _build(self, pattern: Pattern) -> int:
        if isinstance(pattern, Variable):
            return self._names[pattern.name]
        children = [self._build(part) for part in pattern.children]
        self._to.demands_red |= pattern.colour is Colour.RED
        self._to.demands_blue |= pattern.colour is Colour.BLUE
        left, right = NO_CHILD, NO_CHILD
        for place, child in enumerate(children):
            if place == 0:
                left = child
            elif place == 1:
                right = child
            else:
                left, right = self._op([layout.PAIR, 0, left, right, 0]), child
        operator = self._to.operators.number(pattern.operator, len(children))
        demanded = 0 if pattern.colour is None else int(pattern.colour)
        return self._op([operator, demanded, left, right, len(children), *children])

    def _op(self, op: list[int]) -> int:
        self._ops.append(op)
        return -len(self._ops)
