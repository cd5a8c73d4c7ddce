"""Kernels for tests: made, named and filled in few words.

Belongs here: what tests of the kernel build on. Not here: any assertion of theirs.
"""

from typing import Any

import numpy as np
import pytest

from egraph.kernel import compiling
from egraph.kernel.engine import Kernel

RED, BLUE, GREEN = 1, 2, 3


def ways() -> Any:
    """Run a test compiled, and as the source stands."""
    return pytest.mark.parametrize("compiled", [True, False])


def kernel_of(compiled: bool, **settings: Any) -> Kernel:
    """Give a kernel."""
    return Kernel(loops=None if compiled else compiling.plain(), **settings)


def named(first: int, count: int, colour: int = GREEN) -> np.ndarray:
    """Give ids of a colour."""
    ids = np.zeros((count, 2), np.uint64)
    ids[:, 0] = colour << 6
    ids[:, 1] = np.arange(first, first + count)
    return ids


class Added:
    """Adds nodes to a kernel under names that nobody had before."""

    def __init__(self, kernel: Kernel) -> None:
        self.kernel = kernel
        self.names = 0

    def __call__(self, operators: Any, offsets: Any, children: Any, colour: int = GREEN) -> np.ndarray:
        """Add nodes of a colour; gives their numbers."""
        numbers = self.kernel.intern(named(self.names, len(operators), colour))
        self.names += len(operators)
        assert not self.kernel.add_nodes(numbers, operators, offsets, children).any()
        return numbers


def leaves_under_f(kernel: Kernel, count: int) -> tuple[Added, np.ndarray, np.ndarray]:
    """Add `count` leaves and f(leaf) for each."""
    add = Added(kernel)
    leaves = add(np.arange(count) + 10, [0] * (count + 1), [])
    return add, leaves, add([1] * count, np.arange(count + 1), leaves)


def take_and_give(kernel: Kernel, handles: np.ndarray, times: int) -> None:
    """Retract assertions and make them again, over and over."""
    for _ in range(times):
        kernel.assert_each(handles)
        kernel.retract(handles)


def classes(kernel: Kernel, numbers: np.ndarray) -> int:
    """Count the classes of some nodes."""
    return len(set(kernel.class_of(numbers).tolist()))
