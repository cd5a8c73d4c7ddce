"""What a round works with besides the table: rules in integers, and the snapshot that they match on.

Belongs here: the two shapes. Not here: how they are made (arrays.py, scratch.py), what the integers mean (layout.py).
"""

from dataclasses import dataclass
from typing import Any


@dataclass(eq=False)
class Machine:
    """Rules in integers, as arrays."""

    code: Any
    steps: Any
    rules: Any
    variants: Any
    indexes: Any
    passing: Any
    atoms_max: int
    children_max: int
    found_max: int
    """The most terms that tell a match: its root, its variables, the other nodes that the log keeps."""
    kept_max: int
    ops_max: int
    lists_all: bool
    """Whether an index lists the rows of all operators."""


@dataclass(eq=False)
class Snapshot:
    """What a round matches on."""

    rows: Any
    operator_at: Any
    buckets: Any
    entries: Any
    class_number: Any
    classes: int
