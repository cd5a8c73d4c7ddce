"""A program as readable Python: nested loops that need nothing but the lists of a numbered graph.

Belongs here: writing the text. Not here: running it; the core executes no text, its callers may.
"""

from egraph.rules.conditions import OperatorCondition, OperatorIs, OperatorNot
from egraph.rules.program import Op, Program

LOOPS_MAX = 16
"""Python nests at most twenty loops in one function; deeper ones go on in another function."""


def python_source(program: Program) -> str:
    """Give a module with `match(graph)`, which yields matches as numbers: the roots, then the variables.

    A match may come several times: once for each choice of the nodes inside.
    """
    writer = _Writer(program)
    for instruction in program.instructions():
        writer.instruction(*instruction)
    return "\n".join(writer.lines) + "\n"


class _Writer:
    def __init__(self, program: Program) -> None:
        self._program = program
        self._names = {register: name for name, register in program.variables}
        self._known: list[str] = []
        self._functions = 1
        self._loops = 0
        self.lines = [f"# Matches of the rule {program.rule!a}. Generated.", "", ""]
        self.lines += ["def match(graph):"]
        self.lines += [f"    op{i} = graph.numbers.get({name!a}, -1)" for i, name in enumerate(program.operators)]

    def instruction(self, opcode: int, a: int, b: int, c: int, d: int) -> None:
        """Write one instruction; a loop makes room for what follows."""
        node = f"n{a}"
        match opcode:
            case Op.YIELD:
                wanted = [*self._program.roots, *(register for _, register in self._program.variables)]
                self._line(f"yield ({''.join(f'n{register}, ' for register in wanted)})")
            case Op.EACH:
                self._loop(a, "range(len(graph.symbol))")
                self._unless(f"graph.symbol[{node}] >= 0")
            case Op.SCAN:
                self._loop(a, f"graph.by_symbol[op{b}] if op{b} >= 0 else ()")
                self._unless(f"len(graph.children[{node}]) == {c}")
            case Op.MEMBER:
                self._loop(a, f"graph.members[graph.label[n{b}]]")
                self._unless(f"graph.symbol[{node}] == op{c} and len(graph.children[{node}]) == {d}")
            case Op.CHILD:
                name = f"  # ?{self._names[a]}" if a in self._names else ""
                self._line(f"{node} = graph.children[n{b}][{c}]{name}")
                self._known.append(node)
            case _:
                self._unless(self._demand(opcode, node, b))

    def _demand(self, opcode: int, node: str, b: int) -> str:
        match opcode:
            case Op.SAME:
                return f"graph.label[{node}] == graph.label[n{b}]"
            case Op.COLOUR:
                return f"graph.colour[{node}] == {b}"
            case Op.COLOUR_NOT:
                return f"graph.colour[{node}] != {b}"
            case Op.DIFFERENT:
                return f"{node} != n{b}"
            case Op.PARENT_OF:
                return f"n{b} in graph.children[{node}]"
            case _:
                return f"graph.symbol[{node}] >= 0 and {_test(self._program.tests[b], node)}"

    def _loop(self, register: int, among: str) -> None:
        if self._loops == LOOPS_MAX:
            self._functions += 1
            arguments = ", ".join(["graph", *(f"op{i}" for i in range(len(self._program.operators))), *self._known])
            self._line(f"yield from match_{self._functions}({arguments})")
            self.lines += ["", "", f"def match_{self._functions}({arguments}):"]
            self._loops = 0
        name = f"  # ?{self._names[register]}" if register in self._names else ""
        self._line(f"for n{register} in {among}:{name}")
        self._loops += 1
        self._known.append(f"n{register}")

    def _unless(self, demand: str) -> None:
        self._line(f"if not ({demand}):")
        self._line("    continue")

    def _line(self, text: str) -> None:
        self.lines.append("    " * (self._loops + 1) + text)


def _test(test: OperatorCondition, node: str) -> str:
    operator = f"graph.symbols[graph.symbol[{node}]]"
    if isinstance(test, OperatorIs):
        return f"{operator} in {_words(test.operators)}"
    if isinstance(test, OperatorNot):
        return f"{operator} not in {_words(test.operators)}"
    return f"{operator}.startswith({_words(test.prefixes)})"


def _words(words: tuple[str, ...]) -> str:
    return f"({''.join(f'{word!a}, ' for word in words)})"
