"""Symbols: numbers of operators with a colour, however their names came."""

from array import array

from egraph.colours import Colour
from egraph.symbols import Symbols

NAMES = ["add", "größer", "", "Name:x", "λ", "add"]
COLOURS = [Colour.RED, Colour.BLUE, Colour.GREEN, Colour.RED, Colour.BLUE, Colour.GREEN]


def taken_together(symbols: Symbols, names: list[str], colours: list[Colour]) -> None:
    """Add names by the batch."""
    encoded = [name.encode() for name in names]
    symbols.take_new(b"".join(encoded), array("q", map(len, encoded)), bytes(colour.value for colour in colours))


def test_numbers_are_those_of_one_by_one_however_names_came() -> None:
    """A node would have another operator in a process that read its fact among many."""
    expected = Symbols()
    singly = [expected.number(name, colour) for name, colour in zip(NAMES, COLOURS, strict=True)]
    assert singly == list(range(len(NAMES)))
    for cut in range(len(NAMES) + 1):
        symbols = Symbols()
        taken_together(symbols, NAMES[:cut], COLOURS[:cut])
        assert len(symbols) == cut
        later = [symbols.number(name, colour) for name, colour in zip(NAMES[cut:], COLOURS[cut:], strict=True)]
        assert later == singly[cut:]
        assert [symbols.number(name, colour) for name, colour in zip(NAMES, COLOURS, strict=True)] == singly
        assert (symbols.names(), symbols.colours) == (expected.names(), expected.colours)


def test_a_batch_after_single_ones_is_found_too() -> None:
    """An operator that came by the batch would get a second number, and its nodes another symbol."""
    symbols = Symbols()
    assert symbols.number("add", Colour.RED) == 0
    taken_together(symbols, NAMES[1:3], COLOURS[1:3])
    taken_together(symbols, NAMES[3:4], COLOURS[3:4])
    assert symbols.names() == NAMES[:4]
    assert symbols.number("Name:x", Colour.RED) == 3
    assert symbols.number("Name:x", Colour.BLUE) == 4, "a colour of its own has a number of its own"
    assert symbols.number("größer", Colour.BLUE) == 1
    assert symbols.names() == [*NAMES[:4], "Name:x"]
