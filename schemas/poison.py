"""Bytes that are not what they should be, as a value with a reason. Reasons are persistent literals."""

from dataclasses import dataclass
from enum import StrEnum


class Reason(StrEnum):
    """Why bytes were refused at decoding. Keys of the dead-letter topic: never rename one."""

    EMPTY = "empty"
    OVERSIZED = "oversized"
    UNKNOWN_SCHEMA = "unknown-schema"
    UNDECODABLE = "undecodable"
    NOT_CANONICAL = "not-canonical"
    WRONG_EVENT_ID = "wrong-event-id"
    OUT_OF_DOMAIN = "out-of-domain"
    COLOUR_LOCAL = "colour-local"


@dataclass(frozen=True, slots=True)
class Poison:
    """Refused bytes: the reason is for programs, the detail for people."""

    reason: Reason
    detail: str
