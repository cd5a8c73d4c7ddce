"""The one place that knows numba: the same source compiled, or as it stands with every index checked.

Belongs here: the ways to run the loops. Not here: what they do.
Each function is compiled once, for the types that its parameters' names stand for: numbers of 32 and 64 bits that mix
would otherwise make a second version of everything. A function is compiled, or loaded, when somebody first asks for it:
loading one takes 10 to 20 ms, a process needs few, and one that comes from the cache does not ask for what it calls.
Not at import: asking numba for a cache writes to the disk. Numba's cache of a function notices a change of that
function's file only, not of the functions and constants it uses. So the name under which a copy is cached carries a
fingerprint of all of them.
"""

from collections.abc import Callable
from functools import cache
from hashlib import blake2b
from types import FunctionType, SimpleNamespace
from typing import Any

import numba
import numpy as np
from numba.core import types

from egraph.kernel import defining, forest, loops, retraction, rounds, tallying
from egraph.kernel.prefetching import compiled_prefetch

_INLINED = frozenset((
    "attach", "enter_content", "exchange_next", "find_or_hold", "has_key", "hold_key", "is_plain", "join", "make_row",
    "mask_is_legal", "name_hash", "name_slot", "postpone", "record", "set_parent_bit", "slot_hash", "slot_of",
    "touch_class", "write_key",
))  # fmt: skip
"""What is called for each node or equality: a call hands over each array as ten words on the stack."""

Loops = Any
"""Functions by name, as attributes."""

_MODULES = (loops, defining, rounds, forest, retraction, tallying)
_ROWS_32 = ("nodes", "links", "uses", "trail", "pending", "ends", "scratch", "out", "stamps", "dirty")
_ROWS_64 = ("table", "rest")
_COLUMNS_32 = (
    "operators", "offsets", "children", "numbers", "statuses", "left", "right", "handles", "root", "seen",
    "changed", "assertions", "firsts", "known", "wanted",
)  # fmt: skip
_TYPES: dict[str, Any] = {
    **dict.fromkeys(_ROWS_32, types.Array(types.int32, 2, "C")),
    **dict.fromkeys(_ROWS_64, types.Array(types.int64, 2, "C")),
    **dict.fromkeys(_COLUMNS_32, types.Array(types.int32, 1, "C")),
    **dict.fromkeys(("counts", "slots", "mixes"), types.Array(types.int64, 1, "C")),
    "flags": types.Array(types.int8, 1, "C"),
    **dict.fromkeys(("ids", "names"), types.Array(types.uint32, 2, "C")),
}
"""What the name of an array stands for; other parameters are numbers and booleans, as annotated."""


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


class _Namespace(dict[str, Any]):
    """The globals of the compiled functions: one that is missing is compiled, and those that it calls before it."""

    def __init__(self, bounds: bool) -> None:
        constants = {name: item for module in _MODULES for name, item in vars(module).items()}
        self._functions, self._bounds = _functions(), bounds
        self._fingerprint = _fingerprint(self._functions, constants, bounds)
        super().__init__((name, item) for name, item in constants.items() if name not in self._functions)
        self["prefetch"] = compiled_prefetch()

    def __missing__(self, name: str) -> Any:
        function = self._functions[name]
        copy = FunctionType(function.__code__, self, name)
        copy.__module__ = function.__module__
        copy.__qualname__ = f"{name}_{self._fingerprint}"
        self[name] = found = _compile(copy, function.__annotations__, self._bounds)
        return found


class _CompiledLoops:
    """The compiled functions, as attributes."""

    def __init__(self, bounds: bool) -> None:
        self._namespace = _Namespace(bounds)

    def __getattr__(self, name: str) -> Any:
        try:
            found = self._namespace[name]
        except KeyError:
            raise AttributeError(f"{name}: there is no such loop") from None
        setattr(self, name, found)
        return found


@cache
def compiled(*, bounds: bool = False) -> Loops:
    """Give the compiled functions, from numba's cache where one can be written; with bounds checks if told so."""
    return _CompiledLoops(bounds)


def load_all() -> None:
    """Load every compiled function, compiling what no cache has: for who must not wait for one later."""
    for name in _functions():
        getattr(compiled(), name)


def _compile(function: FunctionType, annotations: dict[str, Any], bounds: bool) -> Any:
    numbers = {int: types.int64, bool: types.boolean}
    annotated = {name: kind for name, kind in annotations.items() if name != "return"}
    signature = tuple(numbers[kind] if kind in numbers else _TYPES[name] for name, kind in annotated.items())
    options: dict[str, Any] = {
        "boundscheck": bounds,
        "forceinline": function.__name__ in _INLINED,
        "_nrt": False,  # no reference counts: the loops allocate nothing, and their callers hold the arrays
    }
    try:
        return numba.njit(signature, cache=True, **options)(function)
    except RuntimeError:  # no folder for a cache can be written: compile in every process
        return numba.njit(signature, **options)(function)


def _functions() -> dict[str, FunctionType]:
    found = {name: item for module in _MODULES for name, item in vars(module).items()}
    return {name: item for name, item in sorted(found.items()) if isinstance(item, FunctionType) and name != "prefetch"}


def _fingerprint(functions: dict[str, FunctionType], constants: dict[str, Any], bounds: bool) -> str:
    numbers = sorted((name, item) for name, item in constants.items() if type(item) is int)
    codes = [(name, item.__code__.co_code, item.__code__.co_consts, item.__code__.co_names)
             for name, item in functions.items()]  # fmt: skip
    return blake2b(repr((numbers, codes, bounds, str(_TYPES), sorted(_INLINED))).encode(), digest_size=6).hexdigest()


def _behind_checks(function: FunctionType) -> Callable[..., Any]:
    def call(*arguments: Any) -> Any:
        return function(*(Checked(item) if isinstance(item, np.ndarray) else item for item in arguments))

    return call
