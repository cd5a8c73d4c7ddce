"""The judge: from what was acknowledged, what the log holds and what everybody shows, to breaches. Pure.

Belongs here: what must hold after a drill, each with where to look. Not here: gathering (evidence.py), figures.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from egraph.identifiers import EventId
from launcher.chaos.load import Entry

Place = tuple[int, int]
"""Partition and offset."""
Source = tuple[str, int, int]
"""Topic, partition and offset."""
_SHOWN = 3
SHORT_LIVES_IN_A_ROW = 6
"""As many as make a supervisor give a process up (launcher/supervisor.py)."""


class Breach(NamedTuple):
    """A promise that did not hold, and what to look at."""

    promise: str
    detail: str
    look_at: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """What is left after a drill."""

    acknowledged: Mapping[EventId, Entry]
    log: Mapping[Place, EventId | None]
    """Of each position of the facts topic: the fact's event id, None for what is no fact."""
    poisons: frozenset[Source]
    """Where the log has records that nobody can admit."""
    digests: Mapping[int, tuple[str, str]]
    """Of each agent: the set digest and the view digest that it showed last."""
    missing: str | None
    """What was missing for agreement at the deadline."""
    replayed: tuple[str, str]
    """The digests of a replay of the log by one reader."""
    rows: tuple[Place, ...]
    """The positions of the rows of the sink's table of facts, each as often as it is shown."""
    letters: frozenset[Source]
    """The source positions of the dead letters."""
    dead: tuple[str, ...]
    """The processes that do not run at the end."""
    short_lives: Mapping[str, int] = field(default_factory=dict)
    """Of each process: the longest row of lives that ended by themselves right after their start."""


def judge(evidence: Evidence, agents: int) -> tuple[Breach, ...]:
    """Give every promise that did not hold."""
    return tuple(
        breach
        for check in (_log_holds, _log_repeats, _agents_agree, _sink_shows, _letters_tell, _everybody_lives)
        for breach in check(evidence, agents)
    )


def _log_holds(evidence: Evidence, _: int) -> Iterator[Breach]:
    there = set(evidence.log.values())
    lost = [event for event, entry in evidence.acknowledged.items() if entry.acked_at and event not in there]
    if lost:
        yield Breach("every acknowledged fact is in the log", _told(lost), "acknowledged.log, the broker's log")
    open_ends = [event for event, entry in evidence.acknowledged.items() if not entry.acked_at]
    if open_ends:
        yield Breach("every fact offered is acknowledged in the end", _told(open_ends), "the producer, the proxies")
    moved = [
        event
        for event, entry in evidence.acknowledged.items()
        if entry.acked_at and entry.offset >= 0 and evidence.log.get((entry.partition, entry.offset)) != event
        if event in there
    ]
    if moved:
        yield Breach(
            "a fact stands where the acknowledgement says", _told(moved), "acknowledged.log, egraph log export"
        )


def _log_repeats(evidence: Evidence, _: int) -> Iterator[Breach]:
    """What was sent again after an unknown outcome may stand twice; nothing else."""
    counts = Counter(event for event in evidence.log.values() if event is not None)
    repeated = [
        event
        for event, count in counts.items()
        if count > (evidence.acknowledged[event].tries if event in evidence.acknowledged else 0)
    ]
    if repeated:
        yield Breach("a fact is in the log once, and nobody else's is", _told(repeated), "egraph log export")


def _agents_agree(evidence: Evidence, agents: int) -> Iterator[Breach]:
    if evidence.missing is not None:
        yield Breach("all agents hold everything and agree", evidence.missing, "worker-*.log, egraph status")
    different = sorted(agent for agent in range(agents) if evidence.digests.get(agent) != evidence.replayed)
    if different:
        yield Breach(
            "every agent has the digests of a replay of the log",
            f"agents {different} have not",
            "egraph log export, then egraph replay",
        )


def _sink_shows(evidence: Evidence, _: int) -> Iterator[Breach]:
    counts = Counter(evidence.rows)
    wanted = {place for place, event in evidence.log.items() if event is not None}
    if twice := [place for place, count in counts.items() if count > 1]:
        yield Breach("the sink shows each fact once", _told(twice), "sink.log, store/facts")
    if holes := wanted - set(counts):
        yield Breach("the sink shows every fact", _told(sorted(holes)), "sink.log, store/facts")
    if invented := set(counts) - wanted:
        yield Breach("the sink shows facts only", _told(sorted(invented)), "sink.log, store/facts")


def _letters_tell(evidence: Evidence, _: int) -> Iterator[Breach]:
    if untold := evidence.poisons - evidence.letters:
        yield Breach("each poisonous record is a dead letter", _told(sorted(untold)), "egraph dead-letters list")
    if accused := evidence.letters - evidence.poisons:
        yield Breach("nothing but poison is a dead letter", _told(sorted(accused)), "egraph dead-letters list")


def _everybody_lives(evidence: Evidence, _: int) -> Iterator[Breach]:
    if evidence.dead:
        yield Breach("every process runs in the end", ", ".join(evidence.dead), "the log of each")
    for name, row in evidence.short_lives.items():
        if row >= SHORT_LIVES_IN_A_ROW:
            yield Breach(
                "no process would be given up", f"{name} ended {row} times in a row at its start", f"{name}.log"
            )


def _told(found: Sequence[EventId] | Sequence[tuple[object, ...]]) -> str:
    shown = [item.hex() if isinstance(item, bytes) else "/".join(map(str, item)) for item in found[:_SHOWN]]
    return f"not so for {len(found)}: {', '.join(shown)}{' ...' if len(found) > _SHOWN else ''}"
