"""Rules as small programs of integers for one machine (vm.py), or for generated source (source.py).

A program is a flat list, five integers an instruction: opcode and four operands, unused ones 0. `r`, `s` are
registers that hold node numbers; each register is written by one instruction only, so going back needs no undoing.

    0 YIELD                   a match is found; go back
    1 EACH   r                for each node: r
    2 SCAN   r op arity       for each node with this operator and arity: r
    3 MEMBER r s op arity     for each node with this operator and arity in the class of s: r
    4 CHILD  r s k            r = the k-th child of s
    5 SAME   r s              go back unless r and s are in one class
    6 COLOUR r colour         go back unless r has this colour
    7 COLOUR_NOT r colour     go back if r has this colour
    8 DIFFERENT r s           go back if r and s are the same node
    9 PARENT_OF r s           go back unless r has arrived and names s
    10 TEST  r t              go back unless r has arrived and its operator passes test t

`op` and `t` index the tables of the program; a graph turns their texts into its own numbers (vm.link).
Belongs here: compiling. Not here: running.
"""

from dataclasses import dataclass
from enum import IntEnum

from egraph.rules.conditions import (
    ColorMustBe,
    ColorNot,
    Condition,
    NotEqual,
    OperatorCondition,
    ParentOf,
    condition_variables,
)
from egraph.rules.patterns import Pattern, Variable
from egraph.rules.ruleset import Rule

WIDTH = 5


class Op(IntEnum):
    """Opcodes; the module's text says what each does."""

    YIELD = 0
    EACH = 1
    SCAN = 2
    MEMBER = 3
    CHILD = 4
    SAME = 5
    COLOUR = 6
    COLOUR_NOT = 7
    DIFFERENT = 8
    PARENT_OF = 9
    TEST = 10


@dataclass(frozen=True, slots=True)
class Program:
    """The matcher of one rule."""

    rule: str
    code: tuple[int, ...]
    registers: int
    operators: tuple[str, ...]
    tests: tuple[OperatorCondition, ...]
    roots: tuple[int, ...]
    """The register of each pattern's root."""
    variables: tuple[tuple[str, int], ...]
    """Each variable with its register, in the order of the text."""

    def instructions(self) -> list[tuple[int, ...]]:
        """Give the code, one tuple for each instruction."""
        return [self.code[at : at + WIDTH] for at in range(0, len(self.code), WIDTH)]


def compile_rule(rule: Rule) -> Program:
    """Give the program that finds the matches of a valid rule. A condition is asked as soon as it can be."""
    compiler = _Compiler(list(rule.conditions))
    roots = tuple(compiler.root(pattern) for pattern in rule.patterns)
    compiler.emit(Op.YIELD)
    return Program(
        rule=rule.name,
        code=tuple(compiler.code),
        registers=compiler.registers,
        operators=tuple(compiler.operators),
        tests=tuple(compiler.tests),
        roots=roots,
        variables=tuple(compiler.bound.items()),
    )


class _Compiler:
    """Walks patterns in the order of the text."""

    def __init__(self, conditions: list[Condition]) -> None:
        self.waiting = conditions
        self.code: list[int] = []
        self.registers = 0
        self.operators: dict[str, int] = {}
        self.tests: list[OperatorCondition] = []
        self.bound: dict[str, int] = {}

    def emit(self, opcode: Op, *operands: int) -> None:
        self.code += (opcode, *operands, *[0] * (WIDTH - 1 - len(operands)))

    def root(self, pattern: Pattern) -> int:
        register = self._register()
        if isinstance(pattern, Variable):
            self.emit(Op.EACH, register)
            self._bind(pattern, register)
        else:
            self.emit(Op.SCAN, register, self._operator(pattern.operator), len(pattern.children))
            self._inside(pattern, register)
        return register

    def _inside(self, pattern: Pattern, register: int) -> None:
        assert not isinstance(pattern, Variable)
        if pattern.colour is not None:
            self.emit(Op.COLOUR, register, pattern.colour)
        for position, part in enumerate(pattern.children):
            child = self._register()
            self.emit(Op.CHILD, child, register, position)
            if isinstance(part, Variable):
                self._bind(part, child)
            else:
                node = self._register()
                self.emit(Op.MEMBER, node, child, self._operator(part.operator), len(part.children))
                self._inside(part, node)

    def _bind(self, variable: Variable, register: int) -> None:
        first = self.bound.setdefault(variable.name, register)
        if first != register:
            self.emit(Op.SAME, register, first)
            return
        for condition in tuple(self.waiting):
            if all(item.name in self.bound for item in condition_variables(condition)):
                self.waiting.remove(condition)
                self._ask(condition)

    def _ask(self, condition: Condition) -> None:
        asked = [self.bound[variable.name] for variable in condition_variables(condition)]
        match condition:
            case ColorMustBe(_, colour):
                self.emit(Op.COLOUR, *asked, colour)
            case ColorNot(_, colour):
                self.emit(Op.COLOUR_NOT, *asked, colour)
            case NotEqual():
                self.emit(Op.DIFFERENT, *asked)
            case ParentOf():
                self.emit(Op.PARENT_OF, *asked)
            case _:
                self.emit(Op.TEST, *asked, len(self.tests))
                self.tests.append(condition)

    def _operator(self, operator: str) -> int:
        return self.operators.setdefault(operator, len(self.operators))

    def _register(self) -> int:
        self.registers += 1
        return self.registers - 1
