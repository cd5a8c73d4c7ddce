"""Records that are refused, as a value with a reason. Reasons are persistent literals."""

from dataclasses import dataclass
from enum import StrEnum


class Reason(StrEnum):
    """Why a record was refused. Keys of the dead-letter topic: never rename one.

    The last three need more than the bytes: the configured graph, the history of the partition, the topic.
    """

    EMPTY = "empty"
    OVERSIZED = "oversized"
    UNKNOWN_SCHEMA = "unknown-schema"
    UNDECODABLE = "undecodable"
    NOT_CANONICAL = "not-canonical"
    WRONG_EVENT_ID = "wrong-event-id"
    OUT_OF_DOMAIN = "out-of-domain"
    COLOUR_LOCAL = "colour-local"
    OTHER_GRAPH = "other-graph"
    SEQUENCE_REUSE = "sequence-reuse"
    NOT_GOSSIP = "not-gossip"


@dataclass(frozen=True, slots=True)
class Poison:
    """A refusal: the reason is for programs, the detail for people."""

    reason: Reason
    detail: str
