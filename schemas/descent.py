"""The message by which two agents find where their facts differ, and the bounds that keep it small.

Belongs here: the record, and the judgement of its content. Not here: its bytes (records.py, which holds the other
records of agents), what agents do with it (streams/processors/descent.py).
"""

from dataclasses import dataclass
from itertools import pairwise
from typing import Any, cast

from egraph.digest import BUCKETS
from egraph.identifiers import ID_BYTES, EventId

SUMS_BYTES = BUCKETS * ID_BYTES
SUMS_MAX = 32
IDS_MAX = 16_384
FACTS_MAX = 2_048
PREFIX_MAX = 2
"""A bucket is named by one byte or two: 65,536 buckets on the lower level."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BucketSums:
    """The sums of the 256 buckets below a prefix, 16 bytes each."""

    prefix: bytes
    sums: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class BucketIds:
    """The event ids that the sender holds in one bucket, ascending, end to end."""

    prefix: bytes
    ids: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class PlacedFact:
    """A fact, and where it stands in the log."""

    partition: int
    offset: int
    appended_at: int
    fact: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class GossipDescent:
    """A step towards the difference of two agents of the same version: sums, ids, what is wanted, facts."""

    sender: int
    receiver: int
    sender_incarnation: int
    receiver_incarnation: int
    message_id: int
    answers: int
    sent_at: int
    clock: tuple[int, ...]
    version: tuple[int, ...]
    sums: tuple[BucketSums, ...] = ()
    listed: tuple[BucketIds, ...] = ()
    wanted: bytes = b""
    facts: tuple[PlacedFact, ...] = ()


def split_ids(data: bytes) -> list[EventId]:
    """Give the event ids that stand end to end."""
    return cast(list[EventId], [data[at : at + ID_BYTES] for at in range(0, len(data), ID_BYTES)])


def build_descent(fields: dict[str, Any]) -> GossipDescent:
    """Give the record of decoded fields. Raises ValueError where it breaks a bound or says nothing that can be."""
    sums = tuple(BucketSums(**item) for item in fields["sums"])
    listed = tuple(BucketIds(**item) for item in fields["listed"])
    facts = tuple(PlacedFact(**item) for item in fields["facts"])
    for table in sums:
        if len(table.prefix) >= PREFIX_MAX or len(table.sums) != SUMS_BYTES:
            raise ValueError(f"{len(table.sums)} bytes of sums below a prefix of {len(table.prefix)}")
    for bucket in listed:
        _judge_bucket(bucket)
    wanted = fields["wanted"]
    ids = sum(len(bucket.ids) for bucket in listed)
    if len(wanted) % ID_BYTES or max(ids, len(wanted)) > IDS_MAX * ID_BYTES:
        raise ValueError(f"{ids} bytes of ids and {len(wanted)} of wanted ones; {IDS_MAX} ids are the most")
    if len(sums) > SUMS_MAX or len(facts) > FACTS_MAX:
        raise ValueError(f"{len(sums)} tables of sums, {len(facts)} facts; {SUMS_MAX} and {FACTS_MAX} are the most")
    columns = {"clock": tuple(fields["clock"]), "version": tuple(fields["version"])}
    return GossipDescent(**fields | columns | {"sums": sums, "listed": listed, "facts": facts})


def _judge_bucket(bucket: BucketIds) -> None:
    if not 0 < len(bucket.prefix) <= PREFIX_MAX or len(bucket.ids) % ID_BYTES:
        raise ValueError(f"{len(bucket.ids)} bytes of ids below a prefix of {len(bucket.prefix)}")
    ids = split_ids(bucket.ids)
    if any(not item.startswith(bucket.prefix) for item in ids) or any(a >= b for a, b in pairwise(ids)):
        raise ValueError("a bucket whose ids are of others, or not ascending")
