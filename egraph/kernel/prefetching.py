"""The processor's instruction that asks for a row of an array before it is needed.

Belongs here: making it for compiled loops. Not here: loops, and what stands in their modules in its place when they run
as they stand. Numba is imported at the call.
"""

from functools import cache
from typing import Any


@cache
def compiled_prefetch() -> Any:
    """Give what stands in for `prefetch(array, row)` in compiled loops; it never faults, whatever the row."""
    from llvmlite import ir  # type: ignore[import-untyped]
    from numba.core import cgutils, types
    from numba.extending import intrinsic

    def prefetch(typing_context: Any, array: Any, row: Any) -> Any:
        def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
            struct = context.make_array(signature.args[0])(context, builder, arguments[0])
            index = context.cast(builder, arguments[1], signature.args[1], types.intp)
            stride = cgutils.unpack_tuple(builder, struct.strides)[0]  # type: ignore[no-untyped-call]
            address = builder.add(builder.ptrtoint(struct.data, ir.IntType(64)), builder.mul(index, stride))
            pointer = builder.inttoptr(address, ir.IntType(8).as_pointer())
            number = ir.IntType(32)
            kind = ir.FunctionType(ir.VoidType(), [pointer.type, number, number, number])
            name = "llvm.prefetch.p0"
            function = cgutils.get_or_insert_function(builder.module, kind, name)  # type: ignore[no-untyped-call]
            builder.call(function, [pointer, number(0), number(3), number(1)])  # to read, to keep, data
            return context.get_dummy_value()

        return types.void(array, row), generate

    return intrinsic(prefetch)
