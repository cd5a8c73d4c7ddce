"""Records that are refused, as a value with a reason. Reasons are persistent literals."""

import re
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


_ADDRESS = re.compile(r" at 0x[0-9a-fA-F]+")
_DETAIL_MAX = 200


def told(error: Exception) -> str:
    """Give an error in words that are the same in every process: dead letters of equal records are equal."""
    return _ADDRESS.sub("", f"{type(error).__name__}: {error}")[:_DETAIL_MAX]


@dataclass(frozen=True, slots=True)
class Poison:
    """A refusal: the reason is for programs, the detail for people."""

    reason: Reason
    detail: str
