"""The loops of this package compiled by numba, or as they stand with every index checked.

Belongs here: the two ways to run the loops, and compiling loops like these elsewhere. Not here: what they do, how their
source is rewritten (unsigned.py).
Numba is imported, and anything compiled, at the first compiled call only.
"""

from collections.abc import Callable, Iterable
from functools import cache
from hashlib import blake2b
from types import FunctionType, ModuleType, SimpleNamespace
from typing import Any

import numpy as np

from egraph.kernel.prefetching import compiled_prefetch
from egraph.kernel.saturation import closing, firing, indexing, layout, matching, rounds, table
from egraph.kernel.saturation.unsigned import UNSIGNED, with_unsigned_indexes

Loops = SimpleNamespace
_OPTIONS: dict[str, Any] = {"_nrt": False}
"""Arrays are borrowed from the caller, who holds them all through the call: nothing counts references to them.

Counting is an atomic instruction for each array at each inner call, a third of all time. The price: no allocation."""
_INLINED = frozenset((
    "append", "argument", "enter_later", "hold", "home_of", "made_in_batch", "make_missing", "meet", "root_of",
    "slot_from", "slot_of", "unite", "write_log",
))  # fmt: skip
"""What is called for each match or row: a call hands over each array as ten words on the stack, a sixth of all time."""
_MODULES = (layout, table, closing, indexing, matching, firing, rounds)


class CheckedArray:
    """An array for un-compiled runs: plain integers come out, an index outside raises, and so does a negative one."""

    def __init__(self, array: "np.ndarray[Any, Any]") -> None:
        self._array = array
        self.shape = array.shape

    def __getitem__(self, index: int | tuple[int, int]) -> Any:
        self._check(index)
        found = self._array[index]
        return CheckedArray(found) if isinstance(found, np.ndarray) else int(found)

    def __setitem__(self, index: int | tuple[int, int], value: int) -> None:
        self._check(index)
        self._array[index] = int(value)  # numpy raises OverflowError for what does not fit

    def _check(self, index: int | tuple[int, int]) -> None:
        if any(item < 0 for item in (index if isinstance(index, tuple) else (index,))):
            raise IndexError(f"negative index {index}: compiled code would read another element")


@cache
def plain() -> Loops:
    """Give the functions as they stand, behind checked arrays."""
    return SimpleNamespace(**{name: _behind_checks(item) for name, item in functions_of(_MODULES).items()})


@cache
def compiled() -> Loops:
    """Give the compiled functions, from numba's cache where one can be written."""
    return compile_modules(_MODULES, _INLINED, {"prefetch": compiled_prefetch()})


def compile_modules(modules: Iterable[ModuleType], inlined: frozenset[str], given: dict[str, Any]) -> Loops:
    """Compile the functions of modules; `given` are compiled already, and a call of one `inlined` becomes its code.

    The name under which one is cached carries a fingerprint of all: numba's cache notices changes in one file only.
    """
    functions = {name: item for name, item in functions_of(modules).items() if name not in given}
    constants = {name: item for module in modules for name, item in vars(module).items()}
    fingerprint = _fingerprint(functions, constants, inlined)
    namespace = {**constants, UNSIGNED: np.uint64, **given}
    for module in modules:
        for copy in with_unsigned_indexes(module, namespace):
            if copy.__name__ in functions:
                copy.__qualname__ = f"{copy.__name__}_{fingerprint}"
                namespace[copy.__name__] = _compile(copy, copy.__name__ in inlined)
    return SimpleNamespace(**{name: namespace[name] for name in functions})


def functions_of(modules: Iterable[ModuleType]) -> dict[str, FunctionType]:
    """Give the functions of modules by name."""
    return {
        name: item
        for module in modules
        for name, item in sorted(vars(module).items())
        if isinstance(item, FunctionType)
    }


def _compile(function: FunctionType, inlined: bool) -> Any:
    import numba

    options = {**_OPTIONS, "forceinline": inlined}
    try:
        return numba.njit(cache=True, **options)(function)
    except RuntimeError:  # no folder for a cache can be written: compile in every process
        return numba.njit(**options)(function)


def _fingerprint(functions: dict[str, FunctionType], constants: dict[str, Any], inlined: frozenset[str]) -> str:
    numbers = sorted((name, item) for name, item in constants.items() if type(item) is int)
    codes = [(name, item.__code__.co_code, item.__code__.co_consts, item.__code__.co_names)
             for name, item in functions.items()]  # fmt: skip
    return blake2b(repr((numbers, codes, _OPTIONS, sorted(inlined), UNSIGNED)).encode(), digest_size=6).hexdigest()


def _behind_checks(function: FunctionType) -> Callable[..., Any]:
    def call(*arguments: Any) -> Any:
        return function(*(CheckedArray(item) if isinstance(item, np.ndarray) else item for item in arguments))

    return call
