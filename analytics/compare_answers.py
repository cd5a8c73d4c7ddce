"""Typed answers about two sides that are compared: cuts of the log, or agents. Plain data, JSON-ready, no DuckDB.

Belongs here: answers of compare_reader.py and compare_graphs.py. Not here: sentences about them (compare_words.py),
answers about one cut (cut_answers.py). Units stand in the names, as there.
"""

from dataclasses import dataclass

from analytics.answers import LoggedFact
from analytics.cut_answers import GraphCounts

MISSING, RETRACTED, ACCEPTED, QUARANTINED, SUSPENDED = "missing", "retracted", "accepted", "quarantined", "suspended"
"""What a fact of one side is on the other one."""
ONLY_LEFT, ONLY_RIGHT, CROSSED = "left", "right", "both"
"""On which side nodes are one class that are several on the other; `both` where each side merges some of them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Published:
    """What an agent told of itself: how far it had read (the next offset of each partition), digests, counts."""

    agent: int
    role: str
    told_at_us: int
    next_offsets: tuple[int, ...]
    facts: int
    nodes: int
    classes: int
    accepted: int
    quarantined: int
    suspended: int
    retracted: int
    set_digest: str
    view_digest: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Sides:
    """What can be compared: the log as the store has it, and the agents that were heard. `at` is its newest record."""

    at: str | None
    total: int
    oldest_us: int | None
    newest_us: int | None
    newest_told_us: int | None
    agents: tuple[Published, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ComparedSide:
    """One side: the log up to the record `at`, or what `published.agent` had read when that was the newest record.

    `asked` is the address as it was given, `live` says that it means the newest there is. `records` of the store are
    within it; `unstored` more were read by the agent that the store does not hold (yet, or any more).
    """

    name: str
    asked: str
    live: bool
    at: str | None
    at_us: int | None
    records: int
    unstored: int
    published: Published | None


@dataclass(frozen=True, slots=True, kw_only=True)
class PartitionOfSides:
    """How far each side reaches into a partition: the offset after the last record within it."""

    partition: int
    left_next: int
    right_next: int
    first_offset: int
    last_offset: int


@dataclass(frozen=True, slots=True, kw_only=True)
class OneSideFacts:
    """Facts that one side holds and the other does not, each once; the first ones in the order of the log.

    `producers` are the busiest of `producers_count`, with their facts.
    """

    count: int
    by_kind: dict[str, int]
    producers: tuple[tuple[str, int], ...]
    producers_count: int
    facts: tuple[LoggedFact, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """Two sides. `left_only` and `right_only` are None where more than `cap` records lie between them.

    `told` says it in sentences.
    """

    left: ComparedSide
    right: ComparedSide
    partitions: tuple[PartitionOfSides, ...]
    records_apart: int
    cap: int
    same_facts: bool | None
    left_only: OneSideFacts | None
    right_only: OneSideFacts | None
    told: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class NodeOfSides:
    """A node, and which side holds the fact that adds it; no term and no colour where neither does.

    `term` is the beginning of the term that the node stands for, with … where it goes deeper.
    """

    id: str
    term: str | None
    colour: str | None
    on_left: bool
    on_right: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class FactOfSides:
    """A fact that makes a difference: the ends of an equality, or the node that is added."""

    event_id: str
    kind: str
    partition: int
    offset: int
    producer: str
    nodes: tuple[NodeOfSides, ...]
    why: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Cause:
    """A fact that counts on one side, and what it is on the other; `by` is the place of what retracts it there."""

    fact: FactOfSides
    there: str
    by: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Apart:
    """Two nodes that are equal on one side and not on the other; the facts of the shortest proof that fail there."""

    one: NodeOfSides
    other: NodeOfSides
    causes: tuple[Cause, ...]
    causes_count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """Nodes that are one class on a side; some of `nodes_count`."""

    nodes_count: int
    nodes: tuple[NodeOfSides, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ClassOfSides:
    """Nodes that the sides put together differently: `merged` says on which side more of them are one class.

    `equal_on_left` are two that are equal on the left alone, if there are any; `equal_on_right` the other way round.
    """

    nodes_count: int
    merged: str
    left_blocks: tuple[Block, ...]
    left_blocks_count: int
    right_blocks: tuple[Block, ...]
    right_blocks_count: int
    equal_on_left: Apart | None
    equal_on_right: Apart | None


@dataclass(frozen=True, slots=True, kw_only=True)
class QuarantinedOfSides:
    """An equality that is quarantined on one side alone, what it is on the other one, and the accepted ones that it
    conflicts with; None where they are too many to look through."""

    fact: FactOfSides
    there: str
    by: str | None
    witness: tuple[FactOfSides, ...] | None


@dataclass(frozen=True, slots=True, kw_only=True)
class GraphOfSide:
    """The e-graph of one side. `confirmed` tells whether the agent published the view digest that its facts give.

    None for a cut, where the agent's facts are not those of the store, and where the digests differ but `derived`
    equalities are taken to count, as in `GraphAtCut`: then nothing can be said.
    """

    counts: GraphCounts
    derived: int
    confirmed: bool | None


@dataclass(frozen=True, slots=True, kw_only=True)
class GraphComparison:
    """The e-graphs of both sides, folded from `records` of the log; lists hold the first ones of each count."""

    records: int
    same_facts: bool
    same_view: bool
    left: GraphOfSide
    right: GraphOfSide
    classes: tuple[ClassOfSides, ...]
    classes_count: int
    merged_left_count: int
    merged_right_count: int
    crossed_count: int
    quarantined_left: tuple[QuarantinedOfSides, ...]
    quarantined_left_count: int
    quarantined_right: tuple[QuarantinedOfSides, ...]
    quarantined_right_count: int
    quarantined_both_count: int
