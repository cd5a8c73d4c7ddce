"""What can be read from a view, whichever implementation computed it."""

from array import array
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from egraph.identifiers import EventId, NodeId
from egraph.store import FactStore


@dataclass(frozen=True, slots=True, kw_only=True)
class ViewCounts:
    """Sizes of a view. `classes` counts classes of added nodes, their children, and ends of accepted equalities."""

    facts: int
    nodes: int
    classes: int
    accepted: int
    quarantined: int
    suspended: int
    retracted: int
    tombstones_held: int
    violations: int


class View(Protocol):
    """Classes, decisions and digests computed from a set of facts."""

    def holds(self, event_id: EventId) -> bool:
        """Tell whether the fact is in the set."""

    def counts(self) -> ViewCounts:
        """Give the sizes."""

    def class_of(self, node: NodeId) -> NodeId:
        """Give the smallest id in the node's class; an unknown id is its own class."""

    def members(self, node: NodeId) -> tuple[NodeId, ...]:
        """Give all ids in the node's class, ascending."""

    def accepted(self) -> tuple[EventId, ...]:
        """Give the accepted equalities in order."""

    def quarantined(self) -> tuple[EventId, ...]:
        """Give the equalities that would break the class rule, in order."""

    def suspended(self) -> Mapping[EventId, tuple[EventId, ...]]:
        """Give the equalities that do not count, each with its failing premises."""

    def witness(self, event_id: EventId) -> tuple[EventId, ...]:
        """Give the accepted equalities that, with this quarantined one, break the class rule.

        The set is minimal. Among the minimal ones it is the one found by dropping equalities from the newest to
        the oldest while the rest still conflicts. Raises KeyError for an equality that is not quarantined.
        """

    def set_digest(self) -> bytes:
        """Give the digest of all facts held, 16 bytes."""

    def bucket_sums(self) -> bytes:
        """Give the sums of the ids of all facts held, by their first byte: 256 of 16 bytes, little endian."""

    def ids_in(self, prefixes: Sequence[bytes]) -> dict[bytes, list[EventId]]:
        """Give the ids of the facts held that begin with each of these prefixes, ascending. Walks over all facts."""

    def view_digest(self) -> bytes:
        """Give the digest of the view, 16 bytes; facts without effect leave no trace in it."""


class HeldNodes(Protocol):
    """The nodes that a replica holds, by the dense numbers of the store's node table."""

    added: bytearray
    """1 where the node is held. Shorter than the table where nodes came since the last reading."""

    def is_mentioned(self, number: int) -> bool:
        """Tell whether a held node is, or names, this one."""

    def parents(self, number: int) -> Iterator[int]:
        """Give the held nodes that name this one; a node that names it twice comes twice."""


class ReplicaView(View, Protocol):
    """A view that a replica folds facts of a shared store into, whichever implementation computes it.

    For one thread: every reading may first work on what is open.
    """

    store: FactStore
    version: int
    """Grows with every fact folded; readers compare it to know whether anything changed."""

    @property
    def nodes(self) -> HeldNodes:
        """The nodes held, as of the last settling."""

    @property
    def fact_count(self) -> int:
        """The number of facts held, without deciding anything."""

    @property
    def replays(self) -> int:
        """How often equalities were decided anew because of what came late."""

    def fold_many(self, numbers: "Sequence[int] | array[int]") -> int:
        """Take in interned facts and give how many were new."""

    def load(self, numbers: "array[int]", doubtful: Collection[EventId] = ()) -> int:
        """Take in many interned facts at once and decide what is open; give how many were new.

        `doubtful` are the equalities that are not accepted where the facts come from: a guess that saves time. What is
        decided does not depend on it.
        """

    def settle(self) -> None:
        """Decide whatever is open. Readers of `nodes` call it; the other questions do so themselves."""

    def rules(self) -> tuple[EventId, ...]:
        """Give the rules in force, in order."""

    def merged_classes(self) -> tuple[tuple[int, ...], ...]:
        """Give the classes of two or more members, as numbers of the store's nodes, in no order that means anything."""

    def visible_violations(self) -> int:
        """Count classes that break the class rule, computed from scratch."""


MakeView = Callable[[FactStore], ReplicaView]
"""Makes the view of one replica over a store."""
