"""Digests: order-free sums of hashes, so that equal states have equal digests whatever the order of arrival.

Belongs here: the sums and how they become 16 bytes. Not here: what is summed (view.py, reference.py).
Sums are additive modulo 2^128, not XOR: two copies of a fact must not cancel. They detect accidents, not forgers.
"""

from collections.abc import Iterable, Sequence
from hashlib import blake2b

from egraph.identifiers import ID_BYTES, EventId

MODULUS_MASK = (1 << 128) - 1
BUCKETS = 256

FACT_KINDS = ("NodeAdded", "EqualityAsserted", "FactRetracted", "RuleAdded")
"""Order of the per-kind sums. A new kind goes to the end."""


class SetDigest:
    """Digest of a set of facts: one sum of event ids per kind, and per bucket (first byte of the id)."""

    __slots__ = ("buckets", "by_kind")

    def __init__(self) -> None:
        self.by_kind = [0] * len(FACT_KINDS)
        self.buckets = [0] * BUCKETS

    def add(self, kind: int, event_id: bytes) -> None:
        """Count one fact in. The caller makes sure that it was not in before."""
        number = int.from_bytes(event_id, "little")
        self.by_kind[kind] += number
        self.buckets[event_id[0]] += number

    def value(self) -> bytes:
        """Give the digest: 16 bytes."""
        return _combine(b"egraph.set", self.by_kind)

    def bucket_sums(self) -> bytes:
        """Give the sums of the buckets, 16 bytes each: where two sets differ, some of these do."""
        return b"".join(map(_sixteen, self.buckets))


def bucket_sums(ids: Iterable[EventId], depth: int) -> bytes:
    """Give the sums of ids by the byte at a depth: of those that share a prefix, the buckets below it."""
    sums = [0] * BUCKETS
    for item in ids:
        sums[item[depth]] += int.from_bytes(item, "little")
    return b"".join(map(_sixteen, sums))


def ids_by_bucket(ids: Iterable[EventId], prefixes: Sequence[bytes]) -> dict[bytes, list[EventId]]:
    """Give the ids below each of these prefixes, ascending; one walk over all of them."""
    found: dict[bytes, list[EventId]] = {prefix: [] for prefix in prefixes}
    lengths = {len(prefix) for prefix in prefixes}
    for item in ids:
        for length in lengths:
            bucket = found.get(item[:length])
            if bucket is not None:
                bucket.append(item)
    for bucket in found.values():
        bucket.sort()
    return found


def view_digest(
    *,
    nodes: int,
    classes: Iterable[tuple[int, int]],
    rules: int,
    accepted: int,
    quarantined: int,
    suspended: int,
) -> bytes:
    """Give the digest of a view: 16 bytes.

    nodes: sum of the ids of added nodes. classes: for each class of two or more, the sum of its member ids and
    their number. The others: sums of event ids. Singleton classes follow from the nodes and are left out, so that
    an id which only a fact without effect mentions leaves no trace.
    """
    mixed = 0
    for member_sum, size in classes:
        mixed += int.from_bytes(_combine(b"egraph.class", (member_sum, size)), "little")
    return _combine(b"egraph.view", (nodes, mixed, rules, accepted, quarantined, suspended))


def id_sum(ids: Iterable[bytes]) -> int:
    """Give the sum of ids as little-endian numbers."""
    return sum(int.from_bytes(item, "little") for item in ids)


def _combine(person: bytes, sums: Iterable[int]) -> bytes:
    data = b"".join((number & MODULUS_MASK).to_bytes(ID_BYTES, "little") for number in sums)
    return blake2b(data, digest_size=ID_BYTES, person=person).digest()


def _sixteen(number: int) -> bytes:
    return (number & MODULUS_MASK).to_bytes(ID_BYTES, "little")
