"""The machine for the programs of program.py, in plain Python over lists of integers.

Belongs here: the numbered graph, linking, running. Not here: what a match is (matching.py), speed.
"""

from dataclasses import dataclass

from egraph.identifiers import NodeId, colour_of
from egraph.rules.conditions import operator_fits
from egraph.rules.matching import ClassedNodes, Match
from egraph.rules.program import WIDTH, Op, Program

NOT_HERE = -1
"""The symbol of a node that is named but has not arrived, and of an operator that no node has."""


@dataclass(frozen=True, slots=True)
class NumberedGraph:
    """A graph for machines: nodes, operators and classes are numbers. Node numbers ascend with node ids."""

    ids: list[NodeId]
    symbol: list[int]
    colour: list[int]
    children: list[list[int]]
    label: list[int]
    members: list[list[int]]
    """For each label, the nodes of the class that have arrived."""
    by_symbol: list[list[int]]
    symbols: list[str]
    numbers: dict[str, int]
    """The number of each operator; `symbols` is the way back."""


def number_graph(graph: ClassedNodes) -> NumberedGraph:
    """Give the graph in numbers, with every node that has arrived or is named by one that has."""
    contents = graph.contents
    ids = sorted({*contents, *(child for content in contents.values() for child in content.children)})
    number_of = {node: number for number, node in enumerate(ids)}
    symbols = sorted({content.operator for content in contents.values()})
    numbers = {operator: number for number, operator in enumerate(symbols)}
    labels: dict[NodeId, int] = {}
    label = [labels.setdefault(graph.class_of(node), len(labels)) for node in ids]
    symbol = [numbers[contents[node].operator] if node in contents else NOT_HERE for node in ids]
    members: list[list[int]] = [[] for _ in labels]
    by_symbol: list[list[int]] = [[] for _ in symbols]
    for number, its in enumerate(symbol):
        if its != NOT_HERE:
            members[label[number]].append(number)
            by_symbol[its].append(number)
    return NumberedGraph(
        ids=ids,
        symbol=symbol,
        colour=[int(colour_of(node)) for node in ids],
        children=[[number_of[child] for child in contents[node].children] if node in contents else [] for node in ids],
        label=label,
        members=members,
        by_symbol=by_symbol,
        symbols=symbols,
        numbers=numbers,
    )


@dataclass(frozen=True, slots=True)
class Linked:
    """A program's tables in the numbers of one graph."""

    operators: list[int]
    tests: list[list[bool]]
    """For each test and symbol, whether it passes."""


def link(program: Program, graph: NumberedGraph) -> Linked:
    """Look up the operators and decide the tests once for each operator of the graph."""
    return Linked(
        operators=[graph.numbers.get(operator, NOT_HERE) for operator in program.operators],
        tests=[[operator_fits(test, operator) for operator in graph.symbols] for test in program.tests],
    )


def run(program: Program, graph: NumberedGraph) -> set[tuple[int, ...]]:
    """Give every match once, as numbers: the roots, then the variables."""
    linked = link(program, graph)
    code = program.code
    registers = [0] * program.registers
    wanted = [*program.roots, *(register for _, register in program.variables)]
    found: set[tuple[int, ...]] = set()
    choices: list[tuple[int, list[int]]] = []  # where a register was chosen, and what else it may be
    at = 0
    while True:
        instruction = code[at : at + WIDTH]
        opcode = instruction[0]
        if opcode == Op.YIELD:
            found.add(tuple(registers[register] for register in wanted))
        elif opcode in (Op.EACH, Op.SCAN, Op.MEMBER):
            choices.append((at, _candidates(instruction, registers, graph, linked)))
        elif opcode == Op.CHILD:
            _, target, source, position, _ = instruction
            registers[target] = graph.children[registers[source]][position]
            at += WIDTH
            continue
        elif _passes(instruction, registers, graph, linked):
            at += WIDTH
            continue
        while choices and not choices[-1][1]:
            choices.pop()
        if not choices:
            return found
        at, others = choices[-1]
        registers[code[at + 1]] = others.pop()
        at += WIDTH


def matches_by_program(program: Program, graph: NumberedGraph) -> frozenset[Match]:
    """Give every match as node ids."""
    return as_matches(program, graph, run(program, graph))


def as_matches(program: Program, graph: NumberedGraph, found: set[tuple[int, ...]]) -> frozenset[Match]:
    """Turn matches in numbers into matches in node ids."""
    roots = len(program.roots)
    names = [name for name, _ in program.variables]
    return frozenset(
        Match(
            tuple(graph.ids[number] for number in numbers[:roots]),
            tuple((name, graph.ids[number]) for name, number in zip(names, numbers[roots:], strict=True)),
        )
        for numbers in found
    )


def _candidates(
    instruction: tuple[int, ...], registers: list[int], graph: NumberedGraph, linked: Linked
) -> list[int]:  # fmt: skip
    opcode, _, a, b, c = instruction
    if opcode == Op.EACH:
        return [node for node, symbol in enumerate(graph.symbol) if symbol != NOT_HERE]
    if opcode == Op.SCAN:
        symbol, arity = linked.operators[a], b
        among = graph.by_symbol[symbol] if symbol != NOT_HERE else []
    else:
        symbol, arity = linked.operators[b], c
        among = graph.members[graph.label[registers[a]]]
    return [node for node in among if graph.symbol[node] == symbol and len(graph.children[node]) == arity]


def _passes(instruction: tuple[int, ...], registers: list[int], graph: NumberedGraph, linked: Linked) -> bool:
    opcode, first, operand, _, _ = instruction
    node = registers[first]
    match opcode:
        case Op.SAME:
            return graph.label[node] == graph.label[registers[operand]]
        case Op.COLOUR:
            return graph.colour[node] == operand
        case Op.COLOUR_NOT:
            return graph.colour[node] != operand
        case Op.DIFFERENT:
            return node != registers[operand]
        case Op.PARENT_OF:
            return registers[operand] in graph.children[node]
        case _:
            return graph.symbol[node] != NOT_HERE and linked.tests[operand][graph.symbol[node]]
