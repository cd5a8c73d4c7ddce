"""Instances of computed rules: from what an analysis concluded to the operator over constants that it concluded from.

Belongs here: finding that instance among the classes of the moment. Not here: when (replay.py), proofs, the functions
(egraph/rules/functions.py).

An analysis says that a class equals a constant, not which node computes it. Any node of the class does whose children
are in classes of constants, if its function gives this constant: the rule joins the same operator over these very
constants, which is congruent to the node, with the result.
"""

from collections.abc import Container, Iterable, Sequence

from egraph.colours import may_name
from egraph.derive.instances import Reason
from egraph.derive.staged import RuleUse, StagedClosure
from egraph.derive.terms import TermContent
from egraph.identifiers import colour_of
from egraph.rules.computed_rule import ComputedRule
from egraph.rules.functions import TABLES
from egraph.saturation.trace import Firing

Constants = dict[int, dict[int, list[int]]]
"""For each class, the constants in it: their terms by value."""


Uses = dict[tuple[int, str], list[tuple[int, tuple[int, ...]]]]
"""For each class and constant, the operators over constants that give it, and these constants."""


class Computations:
    """Finds instances of computed rules. Rule k is number `first` + k in reasons, and analysis k in firings."""

    def __init__(self, closure: StagedClosure, rules: Sequence[ComputedRule], first: int) -> None:
        self._closure, self._terms, self._rules, self._first = closure, closure.terms, rules, first

    def reasons(self, firings: Iterable[Firing], numbers: Sequence[int]) -> tuple[list[Reason], list[Firing]]:
        """Give reasons for what analyses concluded, and the conclusions for which there are none among these classes.

        `numbers` are the numbers of the trace's terms here. Further conclusions may follow when these are joined.
        """
        found: list[Reason] = []
        open_firings: list[Firing] = []
        of_rule: dict[int, list[Firing]] = {}
        for firing in firings:
            of_rule.setdefault(-1 - firing.rule, []).append(firing)
        for number, several in of_rule.items():
            wanted = {self._closure.root(numbers[firing.root]) for firing in several}
            computed = self._computed(number, wanted) if number < len(self._rules) else {}
            for firing in several:
                right = numbers[firing.right]
                key = self._closure.root(numbers[firing.root]), self._operator(right)
                uses = computed.get(key, [])
                found += [(left, right, RuleUse(self._first + number, operands, (), ())) for left, operands in uses]
                if not uses:
                    open_firings.append(firing)
        return found, open_firings

    def _operator(self, term: int) -> str:
        content = self._terms.content[term]
        assert content is not None, "an analysis concluded that a class equals a node without content"
        return content.operator

    def _computed(self, number: int, wanted: Container[int]) -> Uses:
        """Give the instances of a rule in some classes, by class and constant."""
        rule, terms = self._rules[number], self._terms
        table, functions, constants = TABLES[rule.table], rule.operators, self._constants(rule)
        found: Uses = {}
        for term, content in enumerate(tuple(terms.content)):
            if content is None or content.operator not in functions or self._closure.root(term) not in wanted:
                continue
            values = [self._value(child, constants) for child in content.children]
            known = [value for value in values if value is not None]
            value = table.result(functions[content.operator], known) if len(known) == len(values) else None
            operands = None if value is None else self._operands(content, known, constants)
            if operands is not None:
                left = terms.intern(content.operator, content.colour, operands)
                key = self._closure.root(term), f"{rule.leaves}{value}"
                found.setdefault(key, []).append((left, operands))
        return found

    def _constants(self, rule: ComputedRule) -> Constants:
        found: Constants = {}
        table, prefix = TABLES[rule.table], rule.leaves
        for term, content in enumerate(self._terms.content):
            if content is None or content.children or not content.operator.startswith(prefix):
                continue
            value = table.read(content.operator.removeprefix(prefix))
            if value is not None:
                found.setdefault(self._closure.root(term), {}).setdefault(value, []).append(term)
        return found

    def _value(self, child: int, constants: Constants) -> int | None:
        """Give the one number of a child's class."""
        values = constants.get(self._closure.root(child), {})
        return next(iter(values)) if len(values) == 1 else None

    def _operands(
        self, content: TermContent, values: Sequence[int], constants: Constants
    ) -> tuple[int, ...] | None:  # fmt: skip
        """Give the constants that the operator may name, in its colour, each the smallest of its class."""
        ids, chosen = self._terms.ids, []
        for child, value in zip(content.children, values, strict=True):
            terms = constants[self._closure.root(child)][value]
            legal = [term for term in terms if may_name(content.colour, colour_of(ids[term]))]
            if not legal:
                return None
            chosen.append(min(legal, key=lambda term: ids[term]))
        return tuple(chosen)
