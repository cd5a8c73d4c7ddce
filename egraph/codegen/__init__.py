"""Code from rules and terms: Python matchers, egglog programs, OpenQASM 3 circuits, LLVM IR.

Belongs here: writing text, the same for the same input. Not here: running what was written, files; docs/codegen.md
shows one small example for each target.
"""
