"""loops.py compiled by numba, or as it stands.

Belongs here: the two ways to run the loops. Not here: what they do. How they are compiled and cached is the kernel's
business (egraph/kernel/saturation/compiling.py). Nothing is compiled, and numba not imported, before the first compiled
call.
"""

from functools import cache
from types import FunctionType, SimpleNamespace

from egraph.extraction import loops

Loops = SimpleNamespace
_INLINED = frozenset(("offer", "price", "take_first"))
"""What is called for each node."""


@cache
def plain() -> Loops:
    """Give the functions as they stand."""
    return SimpleNamespace(**{name: item for name, item in vars(loops).items() if isinstance(item, FunctionType)})


@cache
def compiled() -> Loops:
    """Give the compiled functions, from numba's cache where one can be written."""
    # Imports numpy.
    from egraph.kernel.saturation.compiling import compile_modules

    return compile_modules((loops,), _INLINED, {})
