"""The plan of a drill: which fault, when, on whom, for how long. Pure: everything follows from the seed.

Belongs here: drawing and showing. Not here: doing (hands.py).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from random import Random
from typing import NamedTuple

_FIRST_AT_S = 5.0
_CALM_SHARE = 0.1
"""The last part of a drill is without faults: whoever is not well by then has not recovered."""
_PAUSE_S = 2.0


class Kind(StrEnum):
    """What can be done to a system."""

    KILL_WORKER = "worker killed"
    STOP_WORKER = "worker stopped past its session"
    REBALANCE_STORM = "rebalance storm"
    KILL_ORCHESTRATOR = "orchestrator killed"
    STOP_ORCHESTRATOR = "orchestrator stopped"
    KILL_SINK = "sink killed"
    STOP_SINK = "sink stopped"
    DISK_FULL = "sink's disk full"
    KILL_BROKER = "broker killed"
    STOP_BROKER = "broker stopped"
    BROKER_AWAY = "broker away"
    NETWORK_SLOW = "network slow"
    NETWORK_CUT = "network cut"
    NETWORK_HALF_OPEN = "network half-open"
    POISON_STORM = "poison storm"


class Way(NamedTuple):
    """How a kind is drawn: what it lays hands on, its least and greatest length in seconds."""

    held: str
    least_s: float
    most_s: float


WAYS = {
    Kind.KILL_WORKER: Way("workers", 0.0, 0.0),
    Kind.STOP_WORKER: Way("workers", 7.0, 10.0),
    Kind.REBALANCE_STORM: Way("workers", 12.0, 16.0),
    Kind.KILL_ORCHESTRATOR: Way("orchestrator", 0.0, 0.0),
    Kind.STOP_ORCHESTRATOR: Way("orchestrator", 5.0, 12.0),
    Kind.KILL_SINK: Way("sink", 0.0, 0.0),
    Kind.STOP_SINK: Way("sink", 3.0, 8.0),
    Kind.DISK_FULL: Way("sink", 5.0, 10.0),
    Kind.KILL_BROKER: Way("broker", 1.0, 3.0),
    Kind.STOP_BROKER: Way("broker", 2.0, 6.0),
    Kind.NETWORK_SLOW: Way("network", 4.0, 8.0),
    Kind.NETWORK_CUT: Way("network", 2.0, 4.0),
    Kind.NETWORK_HALF_OPEN: Way("network", 5.0, 9.0),
    Kind.POISON_STORM: Way("log", 1.0, 2.0),
}
LINES = ("agents", "others")
"""Who is behind a proxy of its own: the workers; and producer, sink and orchestrator."""


@dataclass(frozen=True, slots=True)
class Fault:
    """One fault: `at_s` seconds after the start, over `lasts_s` later. `target` is a number of worker or a line."""

    at_s: float
    kind: Kind
    target: str
    lasts_s: float

    @property
    def held(self) -> str:
        """What it lays hands on; faults that share it never overlap."""
        return "broker" if self.kind is Kind.BROKER_AWAY else WAYS[self.kind].held

    @property
    def ends_s(self) -> float:
        """When it is over."""
        return self.at_s + self.lasts_s


@dataclass(frozen=True, slots=True)
class Plan:
    """All faults of a drill, in order of time."""

    seed: int
    seconds: float
    faults: tuple[Fault, ...]

    def lines(self) -> tuple[str, ...]:
        """Give the plan as text, a fault a line."""
        return tuple(
            f"{fault.at_s:7.1f} s  {fault.kind.value}"
            + (f" ({fault.target})" if fault.target else "")
            + (f" for {fault.lasts_s:.1f} s" if fault.lasts_s else "")
            for fault in self.faults
        )


def draw_plan(
    seed: int,
    seconds: float,
    *,
    workers: int,
    pause_s: float = 5.0,
    away_s: float = 0.0,
    kinds: Sequence[Kind] = tuple(WAYS),
) -> Plan:
    """Draw a plan: every kind once in random order, then kinds at random, about `pause_s` apart, while time is left.

    Faults overlap unless they lay hands on the same thing. With `away_s` the broker is away once for so long, in the
    middle, and what would be done to it meanwhile is put off behind the others: waiting for its return, all of it would
    fall on a broker that is just back, and no drill would show how the system makes good what the absence cost.
    Where the time is too short for every kind, those that are left out are the last of the order.
    """
    random = Random(seed)
    until = seconds * (1 - _CALM_SHARE)
    free_from: dict[str, float] = {}
    faults: list[Fault] = []
    away = Fault((until - away_s) / 2, Kind.BROKER_AWAY, "", away_s) if away_s else None
    if away is not None and away.at_s < _FIRST_AT_S:
        raise ValueError(f"{seconds:.0f} s are too short for a broker that is away for {away_s:.0f} s")
    order = random.sample(list(kinds), len(kinds))
    at = _FIRST_AT_S
    while kinds and at < until:
        candidates = order or random.sample(list(kinds), len(kinds))
        chosen = _next(candidates, at, free_from, away)
        if chosen is not None:
            kind, begins = chosen
            candidates.remove(kind)
            way = WAYS[kind]
            lasts = round(random.uniform(way.least_s, way.most_s), 1)
            fault = Fault(round(begins, 1), kind, _target(kind, workers, random), lasts)
            if fault.ends_s <= until:
                faults.append(fault)
                free_from[way.held] = fault.ends_s + _PAUSE_S
        at += random.uniform(0.5, 1.5) * pause_s
    if away is not None:
        faults.append(away)
    return Plan(seed, seconds, tuple(sorted(faults, key=lambda item: item.at_s)))


def _next(
    order: Sequence[Kind], at: float, free_from: dict[str, float], away: Fault | None
) -> tuple[Kind, float] | None:
    """Give the first kind of an order that does not touch the broker's absence, and when it can begin."""
    for kind in order:
        way = WAYS[kind]
        begins = max(at, free_from.get(way.held, 0.0))
        apart = away is None or begins + way.most_s + _PAUSE_S < away.at_s or begins > away.ends_s + _PAUSE_S
        if apart or way.held != "broker":
            return kind, begins
    return None


def _target(kind: Kind, workers: int, random: Random) -> str:
    held = WAYS[kind].held
    if held == "workers" and kind is not Kind.REBALANCE_STORM:
        return str(random.randrange(workers))
    return random.choice(LINES) if held == "network" else ""
