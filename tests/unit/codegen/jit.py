"""LLVM IR, assembled, verified and run by llvmlite, which numba brings."""

import ctypes
from collections.abc import Callable

import llvmlite.binding as llvm


class Compiled:
    """The functions of one module."""

    def __init__(self, text: str) -> None:
        llvm.initialize_native_target()
        llvm.initialize_native_asmprinter()
        module = llvm.parse_assembly(text)
        module.verify()
        self._arity = {function.name: len(list(function.arguments)) for function in module.functions}
        target = llvm.Target.from_default_triple().create_target_machine(opt=0)
        self._engine = llvm.create_mcjit_compiler(module, target)
        self._engine.finalize_object()

    def __getitem__(self, name: str) -> Callable[..., int]:
        kind = ctypes.CFUNCTYPE(ctypes.c_uint64, *[ctypes.c_uint64] * self._arity[name])
        function: Callable[..., int] = kind(self._engine.get_function_address(name))
        function.owner = self._engine  # type: ignore[attr-defined]  # the code lives as long as its engine
        return function
