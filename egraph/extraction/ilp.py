"""The cheapest terms where shared nodes are paid for once, exactly: an integer program for HiGHS.

Belongs here: the program, and judging what the solver says. Not here: the greedy search (dag.py).
The solver is HiGHS through `scipy.optimize.milp`: one call of a function over plain columns, and scipy is maintained
and packaged wherever numpy is. It is imported at the first search; no other part of the project needs it.

One 0/1 variable per node that may be of use, and one level per class in a cycle. A root needs a node. A node that is
chosen needs one of each child's class, and, where both are in one cycle of classes, a child on a lower level (the order
variables of Miller, Tucker and Zemlin 1960; for e-graphs in extraction-gym's `ilp-cbc` and in TENSAT, MLSys 2021).
Which of several cheapest choices comes out is the solver's affair, and whether it ends in time is the machine's:
nothing that replicas must agree on may rest on it.
"""

import math
from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum
from importlib import import_module
from typing import Any

from egraph.extraction.bounds import least_through
from egraph.extraction.columns import Columns
from egraph.extraction.costs import NodeCost, weights
from egraph.extraction.dag import DagExtraction, dag_of, extract_dag, nodes_below
from egraph.extraction.errors import InvalidCost, SolverFailed, SolverMissing
from egraph.extraction.program import Program
from egraph.extraction.tree import extract_trees

EXACT_MAX = 400_000
"""The solver takes 1e-6 more or less for an integer, so sums up to here are off by less than a half."""
_OPTIMAL, _LIMIT = 0, 1


class Ended(Enum):
    """How the search ended: with a proof that nothing is cheaper, or at the time limit with the cheapest known."""

    OPTIMAL = "optimal"
    TIME_LIMIT = "time-limit"


@dataclass(frozen=True, slots=True, eq=False)
class ExactExtraction:
    """A choice, and how sure it is. No choice costs less than `bound`; it is the cost where `ended` is OPTIMAL."""

    choice: DagExtraction
    ended: Ended
    bound: int


def extract_exact(
    columns: Columns, cost: NodeCost, roots: Iterable[int], *, seconds_max: float, jit: bool = True
) -> ExactExtraction:
    """Give the cheapest choice for the roots, or at the time limit the cheapest found, at worst the greedy one.

    Raises NoTerm where a root has no finite term, SolverMissing without scipy, InvalidCost for sums that the solver
    cannot tell apart, SolverFailed if its answer is none.
    """
    solve = _solver()
    wanted = tuple(dict.fromkeys(roots))
    greedy = extract_dag(columns, cost, wanted, jit=jit)
    if greedy.cost > EXACT_MAX:
        raise InvalidCost(
            f"the greedy choice costs {greedy.cost}, the solver is exact up to {EXACT_MAX}; use smaller costs"
        )
    table = weights(columns, cost)
    least = least_through(columns, cost, wanted, nodes_below(extract_trees(columns, cost, jit=jit), wanted))
    useful = [node for node, through in least.items() if through <= greedy.cost]
    program = Program(columns, wanted, useful, [table[columns.symbols[node]] for node in useful])
    answer = solve(program, seconds_max)
    if answer.status not in (_OPTIMAL, _LIMIT) or (answer.status == _OPTIMAL and answer.x is None):
        raise SolverFailed(f"the solver ended with: {answer.message}; use extract_dag instead")
    choice = greedy
    if answer.x is not None:
        found = dag_of(columns, wanted, program.chosen(answer.x), table)
        if answer.status == _OPTIMAL and found.cost > greedy.cost:
            raise SolverFailed(f"{found.cost} was called optimal, but {greedy.cost} was known; use extract_dag instead")
        choice = found if found.cost < greedy.cost else greedy
    if answer.status == _OPTIMAL:
        return ExactExtraction(choice, Ended.OPTIMAL, choice.cost)
    known = answer.mip_dual_bound
    bound = math.ceil(known - 0.5) if known is not None and math.isfinite(known) else 0
    return ExactExtraction(choice, Ended.TIME_LIMIT, max(0, min(bound, choice.cost)))


def _solver() -> Any:
    try:
        optimize, sparse = import_module("scipy.optimize"), import_module("scipy.sparse")
    except ImportError as error:
        raise SolverMissing(
            "the exact search needs scipy, which is not installed; install egraph-streams[ilp], or scipy itself, or "
            "use extract_dag, which needs nothing"
        ) from error

    def solve(program: Program, seconds_max: float) -> Any:
        shape = (len(program.least), len(program.price))
        rows = sparse.csc_array((program.factor, (program.row, program.column)), shape=shape)
        return optimize.milp(
            program.price,
            integrality=program.integral,
            bounds=optimize.Bounds(0, program.upper),
            constraints=optimize.LinearConstraint(rows, lb=program.least),
            options={"time_limit": seconds_max, "mip_rel_gap": 0},
        )

    return solve
