"""loops.py compiled by numba, or as it stands.

Belongs here: the two ways to run the loops. Not here: what they do. How a copy is compiled and cached is the kernel's
business (egraph/kernel/compiling.py). Nothing is compiled, and numba not imported, before the first compiled call.
"""

from functools import cache
from types import FunctionType, SimpleNamespace

from egraph.extraction import loops

Loops = SimpleNamespace


def plain() -> Loops:
    """Give the functions as they stand."""
    return SimpleNamespace(**_functions())


@cache
def compiled() -> Loops:
    """Give the compiled functions, from numba's cache where one can be written."""
    # The kernel alone may know numba; these two are its own until it has a public name for them. Imports numba.
    from egraph.kernel.compiling import _compile, _fingerprint

    functions = _functions()
    constants = vars(loops)
    fingerprint = _fingerprint(functions, constants)
    namespace = dict(constants)
    for name, function in functions.items():
        copy = FunctionType(function.__code__, namespace, name)
        copy.__module__ = function.__module__
        copy.__qualname__ = f"{name}_{fingerprint}"
        namespace[name] = _compile(copy)
    return SimpleNamespace(**{name: namespace[name] for name in functions})


def _functions() -> dict[str, FunctionType]:
    return {name: item for name, item in sorted(vars(loops).items()) if isinstance(item, FunctionType)}
