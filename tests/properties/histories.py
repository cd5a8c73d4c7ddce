"""Arrivals of random histories: the workload of the property tests.

Belongs here: order and batches of arrivals. Not here: the facts (simulator/histories.py). Everything follows from one
integer.
"""

from random import Random

from egraph.facts import Fact
from simulator.histories import ENVELOPE, HistoryMaker

__all__ = ["ENVELOPE", "HistoryMaker", "batches", "history"]


def history(seed: int) -> list[Fact]:
    """Give the arrivals of the history that a seed names: at most about twenty facts."""
    maker = HistoryMaker(seed)
    for _ in range(maker.random.randint(2, 6)):
        maker.node()
    steps = (maker.node, maker.equality, maker.equality, maker.equality, maker.rule, maker.retraction)
    for _ in range(maker.random.randint(2, 10)):
        maker.random.choice(steps)()
    return maker.arrival()


def batches(seed: int, facts: list[Fact]) -> list[list[Fact]]:
    """Cut arrivals into batches; half of the histories go one fact at a time."""
    random = Random(seed ^ 0x5EED)
    if random.random() < 0.5:
        return [[fact] for fact in facts]
    out: list[list[Fact]] = []
    at = 0
    while at < len(facts):
        size = random.randint(1, 5)
        out.append(facts[at : at + size])
        at += size
    return out
