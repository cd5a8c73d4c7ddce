"""The newest equalities of a folded log, and where its quarantined ones stand.

Belongs here: from the log's columns to moments and places, without a pass over the whole log in plain Python. Not here:
what is told of the classes (analytics/recent_graph.py), who folds (live_graph.py).
"""

from collections.abc import Iterator
from heapq import nlargest
from itertools import islice
from typing import NamedTuple

import numpy as np

from egraph.identifiers import NodeId
from egraph.store import EQUALITY_ASSERTED
from streams.processors.fact_log import PartitionLog
from streams.processors.folder import LogFolder

_LOOKED_AT = 20_000
"""So many of the newest facts of each partition: where the last of them are nodes, none before them is new."""
_MS = 1000


class NewEquality(NamedTuple):
    """When an equality was appended, in microseconds since the epoch, and one of its ends."""

    at_us: int
    left: NodeId


class PlacedEquality(NamedTuple):
    """When an equality was appended, in microseconds since the epoch, and where it stands."""

    at_us: int
    partition: int
    offset: int


def newest_equalities(folder: LogFolder, most: int) -> list[NewEquality]:
    """Give the newest equalities that hold, newest first, at most so many: both ends stand in one class."""
    found = (item for partition in folder.log.partitions for item in islice(_holding(folder, partition), most))
    return nlargest(most, found)


def _holding(folder: LogFolder, partition: PartitionLog) -> Iterator[NewEquality]:
    store, view, length = folder.log.store, folder.view, len(partition.facts)
    for place in range(length - 1, max(-1, length - 1 - _LOOKED_AT), -1):
        number = partition.facts[place]
        if store.kinds[number] == EQUALITY_ASSERTED:
            left, right = (store.nodes.column.at(ends[number]) for ends in (store.left, store.right))
            if view.class_of(left) == view.class_of(right):
                yield NewEquality(partition.appended_at[place] * _MS, left)


def quarantined_places(folder: LogFolder) -> list[PlacedEquality]:
    """Give where each quarantined equality stands first, by time."""
    number_of = folder.log.store.index_of
    wanted = [number for event in folder.view.quarantined() if (number := number_of(event)) is not None]
    first: dict[int, PlacedEquality] = {}
    for number, partition in enumerate(folder.log.partitions):
        for place in np.flatnonzero(np.isin(np.array(partition.facts, np.int32), wanted)).tolist():
            placed = PlacedEquality(partition.appended_at[place] * _MS, number, partition.offsets[place])
            fact = partition.facts[place]
            first[fact] = min(placed, first.get(fact, placed))
    return sorted(first.values())
