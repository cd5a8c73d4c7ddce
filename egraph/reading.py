"""What can be read from a view, whichever implementation computed it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from egraph.identifiers import EventId, NodeId


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

    def view_digest(self) -> bytes:
        """Give the digest of the view, 16 bytes; facts without effect leave no trace in it."""
