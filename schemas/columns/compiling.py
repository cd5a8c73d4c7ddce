"""The one place here that knows numba: the same loops compiled, or as they stand with every index checked.

Belongs here: the ways to run the loops. Not here: what they do.
Numba is imported and the loops are compiled at the first use, so that importing the codec costs nothing of this.
Numba's cache of a function notices a change of that function's file only, not of the functions and constants it uses.
So the name under which a copy is cached carries a fingerprint of all of them.
"""

from collections.abc import Callable
from functools import cache
from hashlib import blake2b as hashlib_blake2b
from types import FunctionType, SimpleNamespace
from typing import Any

import numpy as np

from egraph.kernel.prefetching import compiled_prefetch
from schemas.columns import blake2b, gathering, hashing, interning, reading, records, texts, words

Loops = SimpleNamespace

_NOT_INLINED = ("compress",)  # large, and vectorised as it stands
_MODULES = (words, texts, reading, blake2b, hashing, gathering, interning, records)


class CompilerMissing(ImportError):
    """Numba is not installed. The message says how to get it, and what works without."""


class WrongByteOrder(RuntimeError):
    """This machine is big-endian. The message says what works on it."""


class Checked:
    """An array for un-compiled runs: plain integers come out, an index outside raises, and so does a negative one."""

    def __init__(self, array: "np.ndarray[Any, Any]") -> None:
        self._array = array
        self.shape = array.shape

    def __getitem__(self, index: int | tuple[int, ...]) -> int:
        self._check(index)
        return int(self._array[index])

    def __setitem__(self, index: int | tuple[int, ...], value: int) -> None:
        self._check(index)
        self._array[index] = int(value)  # numpy raises OverflowError for what does not fit

    def _check(self, index: int | tuple[int, ...]) -> None:
        if any(item < 0 for item in (index if isinstance(index, tuple) else (index,))):
            raise IndexError(f"negative index {index}: compiled code would read another element")


def plain() -> Loops:
    """Give the loops as they stand, behind checked arrays: slow, for tests."""
    return SimpleNamespace(**{name: _behind_checks(item) for name, item in _functions().items()})


@cache
def compiled(*, bounds_checked: bool = False) -> Loops:
    """Give the compiled loops, from numba's cache where one can be written. Raises CompilerMissing without numba.

    With `bounds_checked` an index outside an array raises IndexError, and everything takes several times as long.
    """
    functions = _functions()
    namespaces = {module.__name__: dict(vars(module)) for module in _MODULES}
    fingerprint = _fingerprint(functions)
    loops = {}
    for name, function in functions.items():
        copy = FunctionType(function.__code__, namespaces[function.__module__], name)
        copy.__module__ = function.__module__
        copy.__qualname__ = f"{name}_{fingerprint}{'_checked' * bounds_checked}"
        loops[name] = _compile(copy, bounds_checked)
    for namespace in namespaces.values():  # loops call each other, through the names of their modules
        namespace |= {name: loops[name] for name, item in namespace.items() if item is functions.get(name)}
        if namespace.get("prefetch") is words.prefetch:
            namespace["prefetch"] = compiled_prefetch()
    return SimpleNamespace(**loops)


def _compile(function: FunctionType, bounds_checked: bool) -> Any:
    try:
        from numba import njit
    except ImportError as error:
        raise CompilerMissing(
            "decoding into columns needs numba, which is not installed: pip install 'numba>=0.62';"
            " schemas.codec.decode_fact decodes the same facts without it, one by one"
        ) from error
    # No reference counts: the loops allocate nothing, their callers hold the arrays, and counting took half the time.
    options: dict[str, Any] = {
        "boundscheck": bounds_checked,
        "forceinline": function.__name__ not in _NOT_INLINED and not bounds_checked,
        "_nrt": False,
        "nogil": True,  # their arrays belong to one caller; a worker fetches meanwhile
    }
    try:
        return njit(cache=True, **options)(function)
    except RuntimeError:  # no folder for a cache can be written: compile in every process
        return njit(**options)(function)


def _functions() -> dict[str, FunctionType]:
    """Give the loops by name; a name that two modules use would hide one of them."""
    found = [
        item
        for module in _MODULES
        for item in vars(module).values()
        if isinstance(item, FunctionType) and item.__module__ == module.__name__ and item is not words.prefetch
    ]
    functions = {item.__name__: item for item in sorted(found, key=lambda item: item.__name__)}
    assert len(functions) == len(found), "two loops have one name"
    return functions


def _fingerprint(functions: dict[str, FunctionType]) -> str:
    numbers = [sorted((name, item) for name, item in vars(module).items() if type(item) is int) for module in _MODULES]
    codes = [(name, item.__code__.co_code, item.__code__.co_consts, item.__code__.co_names)
             for name, item in functions.items()]  # fmt: skip
    return hashlib_blake2b(repr((numbers, codes)).encode(), digest_size=6).hexdigest()


def _behind_checks(function: FunctionType) -> Callable[..., Any]:
    def call(*arguments: Any) -> Any:
        return function(*(Checked(item) if isinstance(item, np.ndarray) else item for item in arguments))

    return call
