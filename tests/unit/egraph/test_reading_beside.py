"""What is interned may be asked for in one thread while another adds: the work of phases runs beside the agents."""

import sys
import threading
from array import array
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from egraph.colours import Colour
from egraph.identifiers import EventId
from egraph.store import IdColumn
from egraph.symbols import Symbols

ROUNDS = 3_000
BATCH = 5


@pytest.fixture(autouse=True)
def _threads_change_at_every_step() -> Iterator[None]:
    """Let threads take turns as often as they can, so that none gets through a step undisturbed."""
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(before)


@contextmanager
def asking(ask: Callable[[], object]) -> Iterator[list[BaseException]]:
    """Ask again and again in two threads. Gives what was raised there."""
    stop, raised = threading.Event(), list[BaseException]()

    def run() -> None:
        try:
            while not stop.is_set():
                ask()
        except BaseException as error:
            raised.append(error)

    threads = [threading.Thread(target=run) for _ in range(2)]
    for thread in threads:
        thread.start()
    try:
        yield raised
    finally:
        stop.set()
        for thread in threads:
            thread.join(30)


def test_ids_are_numbered_once_while_others_ask_for_them() -> None:
    """A worker would end in the middle of a phase, or give one number to two nodes, and its agents would differ."""
    ids = [EventId(number.to_bytes(16, "big")) for number in range(ROUNDS * (BATCH + 1))]
    column = IdColumn[EventId]()
    with asking(lambda: (column.ids(), column.index())) as raised:
        for at in range(0, len(ids), BATCH + 1):
            assert column.append(ids[at]) == at
            column.data += b"".join(ids[at + 1 : at + 1 + BATCH])

    assert raised == []
    assert column.ids() == ids
    assert column.index() == {item: number for number, item in enumerate(ids)}


def test_names_are_cut_once_while_others_ask_for_them() -> None:
    """A node would be matched as one of another operator."""
    symbols = Symbols()
    names = [f"operator-{number}" for number in range(ROUNDS * (BATCH + 1))]
    with asking(symbols.names) as raised:
        for at in range(0, len(names), BATCH + 1):
            assert symbols.number(names[at], Colour.RED) == at
            encoded = [name.encode() for name in names[at + 1 : at + 1 + BATCH]]
            lengths = array("q", map(len, encoded))
            symbols.take_new(b"".join(encoded), lengths, bytes((Colour.RED.value,)) * BATCH)

    assert raised == []
    assert symbols.names() == names
