"""Python source that is written for one rule: lines, indentation, and the objects that it names.

Belongs here: writing and compiling. Not here: what is written (matching.py, firing.py).
"""

from collections.abc import Callable
from typing import Any

LOOPS_MAX = 15
"""Loops that one function nests; Python allows 20."""


class Code:
    """Source under construction. Objects get names that say what they are."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self.indent = 0
        self._objects: dict[str, Any] = {}
        self._names: dict[tuple[str, int], str] = {}

    def write(self, line: str) -> None:
        """Add a line at the present depth."""
        self.lines.append("    " * self.indent + line)

    def name(self, what: str, thing: Any) -> str:
        """Give the name of an object, the same one for the same object."""
        key = (what, id(thing))
        if key not in self._names:
            self._names[key] = f"{what}{len(self._names)}"
            self._objects[self._names[key]] = thing
        return self._names[key]

    def compile(self, name: str) -> Callable[..., Any]:
        """Give the function of this name."""
        namespace = dict(self._objects)
        exec(compile("\n".join(self.lines), f"<{name}>", "exec"), namespace)
        function: Callable[..., Any] = namespace[name]
        return function
