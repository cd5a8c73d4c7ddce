"""The one place that knows numba: the same source compiled, or as it stands with every index checked.

Belongs here: the two ways to run loops.py and rounds.py. Not here: what they do.
Compiled at the first use, not at import: asking numba for a cache writes to the disk.
Numba's cache of a function notices a change of that function's file only, not of the functions and constants it uses.
So the name under which a copy is cached carries a fingerprint of all of them.
"""

from collections.abc import Callable
from functools import cache
from hashlib import blake2b
from types import FunctionType, SimpleNamespace
from typing import Any

import numba
import numpy as np

from egraph.kernel import loops, rounds

Loops = SimpleNamespace


class Checked:
    """An array for un-compiled runs: plain integers come out, an index outside raises, and so does a negative one."""

    def __init__(self, array: "np.ndarray[Any, Any]") -> None:
        self._array = array
        self.shape = array.shape

    def __getitem__(self, index: int | tuple[int, int]) -> int:
        self._check(index)
        return int(self._array[index])

    def __setitem__(self, index: int | tuple[int, int], value: int) -> None:
        self._check(index)
        self._array[index] = int(value)  # numpy raises OverflowError for what does not fit

    def _check(self, index: int | tuple[int, int]) -> None:
        if any(item < 0 for item in (index if isinstance(index, tuple) else (index,))):
            raise IndexError(f"negative index {index}: compiled code would read another element")


def plain() -> Loops:
    """Give the functions as they stand, behind checked arrays."""
    return SimpleNamespace(**{name: _behind_checks(item) for name, item in _functions().items()})


@cache
def compiled() -> Loops:
    """Give the compiled functions, from numba's cache where one can be written."""
    functions = _functions()
    constants = {**vars(loops), **vars(rounds)}
    fingerprint = _fingerprint(functions, constants)
    namespace = dict(constants)
    for name, function in functions.items():
        copy = FunctionType(function.__code__, namespace, name)
        copy.__module__ = function.__module__
        copy.__qualname__ = f"{name}_{fingerprint}"
        namespace[name] = _compile(copy)
    return SimpleNamespace(**{name: namespace[name] for name in functions})


def _compile(function: FunctionType) -> Any:
    try:
        return numba.njit(cache=True)(function)
    except RuntimeError:  # no folder for a cache can be written: compile in every process
        return numba.njit(function)


def _functions() -> dict[str, FunctionType]:
    found = {**vars(loops), **vars(rounds)}
    return {name: item for name, item in sorted(found.items()) if isinstance(item, FunctionType)}


def _fingerprint(functions: dict[str, FunctionType], constants: dict[str, Any]) -> str:
    numbers = sorted((name, item) for name, item in constants.items() if type(item) is int)
    codes = [(name, item.__code__.co_code, item.__code__.co_consts, item.__code__.co_names)
             for name, item in functions.items()]  # fmt: skip
    return blake2b(repr((numbers, codes)).encode(), digest_size=6).hexdigest()


def _behind_checks(function: FunctionType) -> Callable[..., Any]:
    def call(*arguments: Any) -> Any:
        return function(*(Checked(item) if isinstance(item, np.ndarray) else item for item in arguments))

    return call
