"""Symbols: dense numbers of operators, each with a colour, in the order of arrival.

Belongs here: numbers and names. Not here: which node has which (store.py).
Names that come by the batch stay joined until somebody asks for one: many operators occur once, and nobody asks.
"""

from array import array
from collections.abc import Iterator

from egraph.colours import Colour

_COLOURS = {colour.value: colour for colour in Colour}


class Symbols:
    """Grows at its end alone; numbers never change. One thread may add while others ask for names."""

    def __init__(self) -> None:
        self.colours = bytearray()
        """The colour of each, as its value."""
        self._names: list[str] = []
        self._joined: dict[int, tuple[bytes, array[int]]] = {}
        """Names that nobody asked for yet, by the number of the first."""
        self._numbers: dict[Colour, dict[str, int]] = {colour: {} for colour in Colour}
        self._numbered = 0

    def __len__(self) -> int:
        return len(self.colours)

    def names(self) -> list[str]:
        """Give all operators by number. The list is this object's own, and grows with it."""
        for first in list(self._joined) if self._joined else ():
            block = self._joined.get(first)
            if block is not None:  # or another thread has just cut it; two that do so put the same at one place
                names = list(_cut(*block))
                self._names[first : first + len(names)] = names
                self._joined.pop(first, None)
        return self._names

    def number(self, operator: str, colour: Colour) -> int:
        """Give the number of an operator with a colour, a new one if it has none."""
        if self._numbered < len(self):
            names, colours = self.names(), self.colours
            for number in range(self._numbered, len(self)):
                self._numbers[_COLOURS[colours[number]]][names[number]] = number
        number = self._numbers[colour].setdefault(operator, len(self))
        if number == len(self):
            self.colours.append(colour.value)
            self._names.append(operator)
        self._numbered = len(self)
        return number

    def take_new(self, names: bytes, lengths: "array[int]", colours: bytes) -> None:
        """Give the next numbers to operators, by their UTF-8 joined, the bytes of each, and their colours' values.

        The caller vouches that none of them has a number.
        """
        self._joined[len(self)] = names, lengths
        self.colours += colours


def _cut(block: bytes, lengths: "array[int]") -> Iterator[str]:
    at, is_ascii = 0, block.isascii()  # as names are, as a rule: one byte each, so that a text is cut as bytes are
    text = block.decode()
    for length in lengths:
        yield text[at : at + length] if is_ascii else block[at : at + length].decode()
        at += length
