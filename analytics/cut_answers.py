"""Typed answers about the log at a cut: what time travel shows. Plain data, JSON-ready, no DuckDB.

Belongs here: answers of cut_reader.py and cut_replay.py. Not here: answers about now (answers.py). Units stand in the
names, as there.
"""

from dataclasses import dataclass

from analytics.answers import AgentLags, Flow, LoggedFact, PartitionEnd
from analytics.change_answers import ChangeAtCut
from analytics.timeline_answers import SpaceTime


@dataclass(frozen=True, slots=True, kw_only=True)
class Density:
    """The whole log in buckets, oldest first, and where each partition ends.

    `by` tells what buckets share evenly: `time`, or `records` in the order of append. Bucket i holds facts[i] records
    from began_us[i], over lasted_us[i]; marked[i] of them are retractions, or records refused in that time.
    `newest_us` is where it ends: at the newest record or, in time, some way on if agents did anything since.
    """

    by: str
    total: int
    oldest_us: int | None
    newest_us: int | None
    began_us: tuple[int, ...]
    lasted_us: tuple[int, ...]
    facts: tuple[int, ...]
    marked: tuple[int, ...]
    partitions: tuple[PartitionEnd, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class CutPartition:
    """How far a cut reaches into one partition: records up to it, and the offset after the last of them."""

    partition: int
    next_offset: int
    records: int
    last_offset: int


@dataclass(frozen=True, slots=True, kw_only=True)
class AgentAtCut:
    """What an agent had told last when the cut's record was appended; `told_ms` is how long before that.

    `band` is its health then, by the rule of the live page; `lag` is what it lacked of what some agent here had passed.
    """

    agent: int
    role: str
    told_ms: int
    band: str
    lag: int
    neighbours: tuple[int, ...]
    facts: int
    classes: int
    accepted: int
    quarantined: int
    view_digest: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CutPeriod:
    """Figures of a period: events and Mbit/s as means, percentiles and useful share of messages that arrived in it.

    `distinct_digests` and `quarantined` are those of its end. None where there was nothing to tell.
    """

    events_per_s: float
    mbps: float
    p50_ms: float | None
    p95_ms: float | None
    p99_ms: float | None
    efficiency: float | None
    distinct_digests: int | None
    quarantined: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class CutWindow:
    """The `window_s` seconds that end at the moment of a cut, one value per second of `second`; nothing later.

    `second` counts back from the moment: the second 0 ends with it. `latest` are the last `period_s` seconds, as are
    `flows`; `earlier` as many before them, None where the store does not reach so far back. None where nothing was.
    """

    window_s: int
    period_s: int
    messages: int
    latest: CutPeriod
    earlier: CutPeriod | None
    flows: tuple[Flow, ...]
    second: tuple[int, ...]
    events_per_s: tuple[int, ...]
    mbps: tuple[float, ...]
    p50_ms: tuple[float | None, ...]
    p95_ms: tuple[float | None, ...]
    p99_ms: tuple[float | None, ...]
    efficiency: tuple[float | None, ...]
    distinct_digests: tuple[int | None, ...]
    quarantined: tuple[int | None, ...]
    lags: tuple[AgentLags, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Cut:
    """The log up to one record, `at`, in the order of append: time, partition, offset.

    `moment_us` is the time up to which all else is told: that of the record, or a later one that was asked for, at
    which it was still the newest; `behind_us` is from it to the newest of the store. `position` of `total` records are
    in the cut. `around` are records before and after its record, oldest first, its own among them. `heard_s` is how far
    back `agents` were looked for. `space_time` are the newest events of agents up to the moment.
    """

    at: str
    moment_us: int
    fact: LoggedFact
    position: int
    total: int
    behind_us: int
    by_kind: dict[str, int]
    dead_letters: int
    partitions: tuple[CutPartition, ...]
    around: tuple[LoggedFact, ...]
    agents: tuple[AgentAtCut, ...]
    heard_s: int
    window: CutWindow
    space_time: SpaceTime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ClassAtCut:
    """One class at a cut: its name is its smallest id; some of its nodes as operators, each with its colour."""

    name: str
    nodes: int
    operators: tuple[tuple[str | None, str], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class QuarantinedAtCut:
    """An equality that would break the class rule at a cut, and the reason it was stated for."""

    event_id: str
    left_id: str
    right_id: str
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class GraphCounts:
    """Sizes and digests of the view at a cut. `facts` counts each fact once, however often the log repeats it."""

    facts: int
    nodes: int
    classes: int
    accepted: int
    quarantined: int
    suspended: int
    retracted: int
    tombstones_held: int
    violations: int
    set_digest: str
    view_digest: str


@dataclass(frozen=True, slots=True, kw_only=True)
class GraphAtCut:
    """The e-graph at a cut, folded from the records up to it; `counts` is None where these are more than `cap`.

    `derived` equalities are taken to count, because they were stored before the store kept what they rest on.
    `agreeing` are agents that once held exactly these facts and reported this view digest, `differing` those that
    reported another one. `change` is what its record changed, and what stands around that.
    """

    at: str
    records: int
    cap: int
    counts: GraphCounts | None
    derived: int
    agreeing: tuple[int, ...]
    differing: tuple[int, ...]
    largest: tuple[ClassAtCut, ...]
    quarantined: tuple[QuarantinedAtCut, ...]
    change: ChangeAtCut | None
