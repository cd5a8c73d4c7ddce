"""Typed answers about what changed last in the e-graph: what the Overview draws of it. Plain data, JSON-ready.

Belongs here: answers of recent_graph.py. Not here: what one record changed (change_answers.py).
"""

from dataclasses import dataclass

from analytics.change_answers import ClassAroundCut

NEW = "new"
EQUATED = "equated"
"""An equality about it came last; whether it was made of several by it was not looked at."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangedClass:
    """A class that changed lately, by its name, and when the record that did it was appended."""

    name: str
    at_us: int


@dataclass(frozen=True, slots=True, kw_only=True)
class QuarantinedPlace:
    """Where an equality stands in the log that is in quarantine now."""

    partition: int
    offset: int
    at_us: int


@dataclass(frozen=True, slots=True, kw_only=True)
class RecentGraph:
    """The classes that changed last and what stands around them; of `records` in the log.

    `is_folded` is false, and everything else empty, where the records are more than `cap` and the console has not read
    the log for another question. `classes` are some of the
    `around_count` that stand there, in a graph of `classes_count` and `nodes_count`; the first of them are those of
    `changed`, newest first, whose `change` tells what became of them. `quarantined` are the newest of
    `quarantined_count`, oldest first.
    """

    records: int
    cap: int
    is_folded: bool
    classes: tuple[ClassAroundCut, ...]
    around_count: int
    classes_count: int
    nodes_count: int
    changed: tuple[ChangedClass, ...]
    quarantined: tuple[QuarantinedPlace, ...]
    quarantined_count: int
