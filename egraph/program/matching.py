"""Which rows match the facts of a rule: a function written for each query, with one loop for each row.

Belongs here: search. Nothing changes while it runs. Not here: the order of the loops (query_plan.py), effects
(firing.py).

A rule has seen the rows below its marks. A match is new if at least one of its rows is; each is found once, by its
first new row: for each fact in turn, new rows there, old ones in the facts before it, any in those behind it.
"""

from collections.abc import Callable, Sequence

from egraph.program.code import LOOPS_MAX, Code
from egraph.program.database import Database
from egraph.program.primitives import ANY, same
from egraph.program.query_plan import Compute, PlanStep, Visit, plan
from egraph.program.resolved import Constant, Query, Slot, Term

Search = Callable[[list[int], list[tuple[object, ...]], int, list[int]], bool]
"""Takes marks, a list for matches, the most it may hold, and a list with one count: facts without a value.

Gives whether the list is full.
"""


def write_search(database: Database, query: Query, needed: Sequence[int], first: int | None, *, hides: bool) -> Search:
    """Give the search for matches; each is the tuple of the `needed` slots.

    `first` is the fact whose rows must be new; None searches all rows. `hides` leaves subsumed rows out.
    """
    writer = _Writer(database, query, needed, first, hides=hides)
    return writer.compiled()


class _Writer:
    def __init__(
        self, database: Database, query: Query, needed: Sequence[int], first: int | None, *, hides: bool
    ) -> None:
        self.code = Code()
        self.database, self.query, self.needed, self.first, self.hides = database, query, needed, first, hides
        self.bound: list[int] = []
        self.loops = 0
        self.parts = 0

    def compiled(self) -> Search:
        if self.query.impossible:
            return lambda seen, found, most, lacking: False
        steps = plan(self.query, self.first, lambda schema: len(self.database.by_schema[schema]))
        self.begin_part()
        for number, step in enumerate(steps):
            if isinstance(step, Visit) and not step.by_keys and self.loops == LOOPS_MAX:
                self.call_next_part()
            self.step(number, step)
        self.code.write(f"found.append(({''.join(f'v{slot}, ' for slot in self.needed)}))")
        self.code.write("if len(found) == most: return True")
        self.end_part()
        return self.code.compile("part0")

    def begin_part(self) -> None:
        given = "".join(f", v{slot}" for slot in self.bound)
        self.code.indent = 0
        self.code.write(f"def part{self.parts}(seen, found, most, lacking{given}):")
        self.code.indent = 1
        self.code.write("for _ in '1':  # so that `continue` ends the search of one match anywhere")
        self.code.indent = 2
        self.loops = 1

    def call_next_part(self) -> None:
        self.parts += 1
        given = "".join(f", v{slot}" for slot in self.bound)
        self.code.write(f"if part{self.parts}(seen, found, most, lacking{given}): return True")
        self.end_part()
        self.begin_part()

    def end_part(self) -> None:
        self.code.indent = 1
        self.code.write("return False")

    def step(self, number: int, step: PlanStep) -> None:
        if isinstance(step, Compute):
            self.compute(step)
        else:
            self.visit(number, step)

    def compute(self, step: Compute) -> None:
        atom, code = step.atom, self.code
        call = f"{code.name('primitive', atom.primitive.compute)}({', '.join(map(self.term, atom.arguments))})"
        code.write(f"x = {call}")
        if atom.primitive.tests:
            code.write("if x is None: continue")
            return
        code.write("if x is None:")
        code.write("    lacking[0] += 1")
        code.write("    continue")
        if atom.result is None:
            return
        if step.known:
            self.skip_unless_same("x", self.term(atom.result), atom.primitive.output)
        elif isinstance(atom.result, Slot):
            self.bind(atom.result, "x")

    def visit(self, number: int, step: Visit) -> None:
        code, atom = self.code, step.atom
        table = self.database.by_schema[atom.table]
        rows, seen = code.name("rows", table.rows), f"seen[{table.place}]"
        n, row = f"n{number}", f"row{number}"
        new, old = step.place == self.first, self.first is not None and step.place < self.first
        if step.by_keys:
            keys = "".join(f"{self.term(term)}, " for term in atom.columns[:-1])
            code.write(f"{n} = {code.name('numbers', table.numbers)}.get(({keys}))")
            code.write(
                f"if {n} is None{f' or {n} >= {seen}' if old else ''}{f' or {n} < {seen}' if new else ''}: continue"
            )
            code.write(f"{row} = {rows}[{n}]")
        else:
            self.loop_head(step, n, rows, seen)
            code.indent += 1
            self.loops += 1
            if step.known and new:
                code.write(f"if {n} < {seen}: continue")
            if step.known and old:
                code.write(f"if {n} >= {seen}: break")
            code.write(f"{row} = {rows}[{n}]")
            code.write(f"if {row} is None: continue")
        if self.hides:
            code.write(f"if {n} in {code.name('hidden', table.hidden)}: continue")
        self.columns(step, row)

    def loop_head(self, step: Visit, n: str, rows: str, seen: str) -> None:
        code, atom = self.code, step.atom
        if step.known:
            table = self.database.by_schema[atom.table]
            index = code.name("index", table.index(step.known))
            refresh = f"    {code.name('table', table)}.index({step.known!r})"
            if refresh not in code.lines:
                code.lines.insert(1, refresh)  # the first lines of part0: the index is the same object, made current
            values = [self.term(atom.columns[column]) for column in step.known]
            key = values[0] if len(values) == 1 else f"({', '.join(values)})"
            code.write(f"for {n} in {index}.get({key}, ()):")
        elif step.place == self.first:
            code.write(f"for {n} in range({seen}, len({rows})):")
        elif self.first is not None and step.place < self.first:
            code.write(f"for {n} in range({seen}):")
        else:
            code.write(f"for {n} in range(len({rows})):")

    def columns(self, step: Visit, row: str) -> None:
        """Bind the columns that are new, and compare those that a lookup did not compare already."""
        looked_up = range(len(step.atom.columns) - 1) if step.by_keys else step.known
        sorts = (*step.atom.table.inputs, step.atom.table.output)
        for column, term in enumerate(step.atom.columns):
            if column in looked_up:
                continue
            if isinstance(term, Slot) and term.number not in self.bound:
                self.bind(term, f"{row}[{column}]")
            elif sorts[column] != "Unit":
                self.skip_unless_same(f"{row}[{column}]", self.term(term), sorts[column])

    def skip_unless_same(self, left: str, right: str, sort: str) -> None:
        if sort in ("f64", ANY):
            self.code.write(f"if not {self.code.name('same', same)}({left}, {right}): continue")
        else:
            self.code.write(f"if {left} != {right}: continue")

    def bind(self, slot: Slot, value: str) -> None:
        self.code.write(f"v{slot.number} = {value}")
        self.bound.append(slot.number)

    def term(self, term: Term) -> str:
        if isinstance(term, Constant):
            return repr(term.value) if isinstance(term.value, int) else self.code.name("constant", term.value)
        return f"v{term.number}"
