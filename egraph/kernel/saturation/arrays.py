"""Lists of integers as the arrays that the loops want, and back.

Belongs here: shapes and types. Not here: what the integers mean (layout.py).
"""

from collections.abc import Sequence
from typing import Any

import numpy as np

from egraph.kernel.saturation import layout
from egraph.kernel.saturation.errors import ScratchFull
from egraph.kernel.saturation.machine import Machine

OPERATORS_MAX = 1 << 28
ATOMS_MAX = 256
"""The blocks of the matcher grow with the square of it."""


def machine_of(
    *, code: Sequence[int], steps: Sequence[int], rules: Sequence[Sequence[int]], variants: Sequence[Sequence[int]],
    indexes: Sequence[tuple[int, int]], passing: Sequence[Sequence[int]], operators: int, atoms_max: int,
    children_max: int,
) -> Machine:  # fmt: skip
    """Give rules as arrays. `passing` has a row for each test, a column for each operator."""
    if operators > OPERATORS_MAX:
        raise ScratchFull(f"operators: {operators} wanted, {OPERATORS_MAX} at most; use fewer different ones")
    if atoms_max > ATOMS_MAX:
        raise ScratchFull(f"operators on the left of one rule: {atoms_max}, {ATOMS_MAX} at most; split the rule")
    table = np.zeros((len(indexes), 3), np.int32)
    table[:, :2] = np.array(indexes, np.int32).reshape(-1, 2)
    return Machine(
        code=np.array([*code, 0], np.int32),
        steps=np.array([*steps, 0], np.int32),
        rules=np.array(rules, np.int32).reshape(-1, layout.RULE_COLUMNS),
        variants=np.array(variants, np.int32).reshape(-1, layout.VARIANT_COLUMNS),
        indexes=table,
        passing=np.array([*passing, [0] * operators], np.int8),
        atoms_max=atoms_max,
        children_max=children_max,
        found_max=1 + max((row[layout.R_VARIABLES] + row[layout.R_KEPT] for row in rules), default=0),
        kept_max=max((row[layout.R_KEPT] for row in rules), default=0),
        ops_max=max((row[layout.R_OPS] for row in rules), default=1) or 1,
        lists_all=any(operator < 0 for operator, _ in indexes),
    )


def schedule_of(entries: Sequence[Sequence[int]]) -> Any:
    """Give a schedule: rule, whether it meets everything, allowance, 0."""
    return np.array(entries, np.int64).reshape(-1, layout.SCHEDULE_COLUMNS)


def profile_of(rules: int) -> Any:
    """Give an empty profile."""
    return np.zeros((rules, layout.PROFILE_COLUMNS), np.int64)
