"""Target llvm: LLVM IR functions of 64-bit integer expressions.

    int:N                    a constant, -2^63 <= N < 2^63; ?x and in:x are parameters
    add sub mul neg          modulo 2^64
    and or xor not           bit by bit
    shl lshr ashr            by any amount, read as unsigned: from 64 on the result is 0, of ashr 0 or -1 by the sign
    eq ne ult ule slt sle    1 or 0; u reads the operands as unsigned, s as signed
    select c x y             x if c is not 0, y otherwise

Every operation is defined for all operands: no nsw, no poison, no division. Swap the operands for greater-than.
Belongs here: meaning and text. Not here: assembling or running it. Words as in the LLVM Language Reference (LLVM 22).
"""

import re
from collections.abc import Sequence

from egraph.codegen.expression import Expression, Node, of_pattern
from egraph.codegen.generated import CannotGenerate, CodegenProblem, Generated, ProblemKind, comment, of_rule
from egraph.colours import Colour
from egraph.rules.printer import print_rule
from egraph.rules.ruleset import RuleSet

BINARY = ("add", "sub", "mul", "and", "or", "xor")
SHIFTS = ("shl", "lshr", "ashr")
COMPARISONS = ("eq", "ne", "ult", "ule", "slt", "sle")
ARITY = {name: 2 for name in (*BINARY, *SHIFTS, *COMPARISONS)} | {"neg": 1, "not": 1, "select": 3}
LITERAL, INPUT = "int:", "in:"
WIDTH = 64

_NUMBER = re.compile(r"0|-?[1-9][0-9]{0,18}")
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_-]*")
_BARE = re.compile(r"[-A-Za-z$._][-A-Za-z0-9$._]*")


def parameters_of(expression: Expression) -> tuple[str, ...]:
    """Give the names of variables and inputs in the order of the text, each once."""
    found = (node.operator.removeprefix(INPUT) for node in expression.nodes if node.variable or _is_input(node))
    return tuple(dict.fromkeys(found))


def instruction_cost(operator: str, colour: Colour) -> int:
    """Give what an operator costs for extraction: leaves 1, a multiplication twice an addition, guards included."""
    if operator.startswith((LITERAL, INPUT)):
        return 1
    return 4 if operator == "mul" else 3 if operator in ("select", *COMPARISONS) else 2


def llvm_function(name: str, expression: Expression, parameters: Sequence[str] | None = None) -> str:
    """Give a function of this name over these parameters, or over those that the expression has.

    Name them if it may have lost some on its way through a rewrite. Raises CannotGenerate with every problem.
    """
    names = parameters_of(expression) if parameters is None else tuple(parameters)
    problems = [problem for node in expression.nodes for problem in _problems(node, names)]
    problems += _bad_names(names) + _mixed(expression.nodes)
    if not name or "\0" in name:
        fact, remedy = "not a name of a function", "give it one without NUL"
        problems.append(_problem(ProblemKind.BAD_NAME, fact, repr(name), remedy, None))
    if problems:
        raise CannotGenerate(problems)
    writer = _Writer()
    for node in expression.nodes:
        writer.values.append(writer.value(node))
    head = f"define i64 @{_quoted(name)}({', '.join(f'i64 %{item}' for item in names)}) {{"
    body = [*writer.lines, f"ret i64 {writer.values[-1]}"]
    return "\n".join([head, "entry:", *(f"  {line}" for line in body), "}", ""])


def llvm_rules(rules: RuleSet) -> Generated:
    """Give two functions for each rule, NAME.left and NAME.right, which are to be equal for all arguments.

    Colours and conditions of the rule stand above them as a comment: they narrow down where the rule applies.
    """
    texts: list[str] = []
    left_out: list[CodegenProblem] = []
    for rule in rules.rules:
        try:
            if len(rule.patterns) != 1:
                detail = f"it has {len(rule.patterns)}"
                raise CannotGenerate([_shape("a rule becomes two functions if it has one pattern", detail)])
            left, right = of_pattern(rule.patterns[0]), of_pattern(rule.replacement)
            if mixed := _mixed((*left.nodes, *right.nodes)):
                raise CannotGenerate(mixed)
            parameters = parameters_of(left)
            functions = (
                llvm_function(f"{rule.name}.left", left, parameters),
                llvm_function(f"{rule.name}.right", right, parameters),
            )
            texts.append("\n".join([*comment(";", print_rule(rule)), *functions]))
        except CannotGenerate as refused:
            left_out += of_rule(rule, refused.problems)
    return Generated("\n".join(texts), tuple(left_out))


class _Writer:
    """Instructions so far, and for each node the operand that stands for it."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self.values: list[str] = []

    def value(self, node: Node) -> str:
        operands = [self.values[child] for child in node.children]
        match node.operator:
            case name if node.variable or _is_input(node):
                return f"%{name.removeprefix(INPUT)}"
            case name if name.startswith(LITERAL):
                return name.removeprefix(LITERAL)
            case name if name in BINARY:
                return self._emit(f"{name} i64 {operands[0]}, {operands[1]}")
            case "neg":
                return self._emit(f"sub i64 0, {operands[0]}")
            case "not":
                return self._emit(f"xor i64 {operands[0]}, -1")
            case "select":
                chosen = self._emit(f"icmp ne i64 {operands[0]}, 0")
                return self._emit(f"select i1 {chosen}, i64 {operands[1]}, i64 {operands[2]}")
            case name if name in SHIFTS:
                return self._shift(name, operands[0], operands[1])
            case name:
                holds = self._emit(f"icmp {name} i64 {operands[0]}, {operands[1]}")
                return self._emit(f"zext i1 {holds} to i64")

    def _shift(self, name: str, value: str, amount: str) -> str:
        """Guard the shift: LLVM's own gives poison from 64 on, and a select drops the poison it does not choose."""
        if not amount.startswith("%"):
            number = int(amount) % (1 << WIDTH)
            if number < WIDTH or name == "ashr":
                return self._emit(f"{name} i64 {value}, {min(number, WIDTH - 1)}")
            return "0"
        small = self._emit(f"icmp ult i64 {amount}, {WIDTH}")
        if name == "ashr":
            least = self._emit(f"select i1 {small}, i64 {amount}, i64 {WIDTH - 1}")
            return self._emit(f"ashr i64 {value}, {least}")
        shifted = self._emit(f"{name} i64 {value}, {amount}")
        return self._emit(f"select i1 {small}, i64 {shifted}, i64 0")

    def _emit(self, instruction: str) -> str:
        name = f"%{len(self.lines)}"
        self.lines.append(f"{name} = {instruction}")
        return name


def _is_input(node: Node) -> bool:
    return node.operator.startswith(INPUT)


def _problems(node: Node, parameters: Sequence[str]) -> list[CodegenProblem]:
    name = node.operator
    if node.variable or _is_input(node):
        given = name.removeprefix(INPUT)
        if given not in parameters:
            remedy = f"add it to the parameters, or use one of {', '.join(parameters) or 'none'}"
            return [_problem(ProblemKind.UNBOUND, "not a parameter", f"{node}", remedy, node)]
        return _arity(node, 0)
    if name.startswith(LITERAL):
        number = name.removeprefix(LITERAL)
        if not _NUMBER.fullmatch(number) or not -(1 << 63) <= int(number) < 1 << 63:
            remedy = "write int:N in decimal, -2^63 <= N < 2^63"
            return [_problem(ProblemKind.BAD_LITERAL, "not a 64-bit integer", name, remedy, node)]
        return _arity(node, 0)
    if name not in ARITY:
        remedy = f"write one of {', '.join(ARITY)}, int:N, in:NAME"
        return [_problem(ProblemKind.UNKNOWN_OPERATOR, "no integer operation", name, remedy, node)]
    return _arity(node, ARITY[name])


def _arity(node: Node, wanted: int) -> list[CodegenProblem]:
    if len(node.children) == wanted:
        return []
    detail = f"{node} has {len(node.children)} of {wanted}"
    return [_problem(ProblemKind.WRONG_ARITY, "wrong number of operands", detail, "give it as many as it takes", node)]


def _bad_names(names: Sequence[str]) -> list[CodegenProblem]:
    remedy = "use ASCII letters, digits, - and _, not a digit first, each name once"
    wrong = [name for at, name in enumerate(names) if name in names[:at] or not _NAME.fullmatch(name)]
    return [_problem(ProblemKind.BAD_NAME, "not a name of a parameter", repr(name), remedy, None) for name in wrong]


def _mixed(nodes: Sequence[Node]) -> list[CodegenProblem]:
    """Find names that stand for a variable and for an input: they would become one parameter."""
    variables = {node.operator for node in nodes if node.variable}
    inputs = [node for node in nodes if _is_input(node) and node.operator.removeprefix(INPUT) in variables]
    fact, remedy = "a variable and an input have one name", "rename one of them"
    return [_problem(ProblemKind.BAD_NAME, fact, node.operator, remedy, node) for node in inputs]


def _shape(fact: str, detail: str) -> CodegenProblem:
    return _problem(ProblemKind.SHAPE, fact, detail, "state it with one pattern", None)


def _problem(kind: ProblemKind, fact: str, detail: str, remedy: str, node: Node | None) -> CodegenProblem:
    place = node.place if node is not None else None
    return CodegenProblem(kind=kind, fact=fact, detail=detail, remedy=remedy, place=place)


def _quoted(name: str) -> str:
    """Give a name as it stands behind @: bytes that LLVM does not take bare are escaped in quotes."""
    if _BARE.fullmatch(name):
        return name
    plain = "".join(chr(byte) if 32 <= byte < 127 and byte not in b'"\\' else f"\\{byte:02X}" for byte in name.encode())
    return f'"{plain}"'
