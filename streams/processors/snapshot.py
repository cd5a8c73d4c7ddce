"""Snapshots of an agent: facts by log position, offsets, clock, in one self-checking block of bytes.

Belongs here: the format. Not here: files (adapters/snapshot_files.py), when to take one (runtimes).

Layout: magic, blake2b-128 of the rest, length of the header, header (JSON), zstd of the columns. For each partition
the columns are offsets, append times and lengths (8 bytes each, little endian), then the facts' bytes end to end.
The header's version says up to where each partition is known; no fact behind it is included.
Nothing that was computed from the facts is believed: every fact is decoded and checked again, the digest of the set is
compared, and the equalities that the header calls doubtful are only tried last.
"""

import json
import sys
from array import array
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from hashlib import blake2b
from typing import Any

import cramjam

from egraph.errors import InvariantBroken
from egraph.identifiers import ID_BYTES, EventId
from schemas.poison import Poison
from schemas.registry import FACT_SCHEMAS, load
from streams.processors.fact_log import FactLog
from streams.processors.messages import ChosenMessages

_NAME, _FORMAT = b"egraph-snapshot-", 2
MAGIC = b"%s%d\n" % (_NAME, _FORMAT)
_CHECK_BYTES = 16
_ZSTD_LEVEL = 1
_DECODED_AT_ONCE = 16_384
"""Messages: their columns stay in the cache, and little memory is needed for them."""
_HEADER_FIELDS = frozenset(
    (
        "agent",
        "incarnation",
        "version",
        "gossip_next",
        "dead_letters",
        "clock",
        "set_digest",
        "rows",
        "bytes",
        "schemas",
        "doubtful",
    )
)


class SnapshotDamaged(Exception):
    """The bytes are not a whole snapshot that this release can read. Fall back to an older one, or to the log."""


class OtherSnapshotFormat(SnapshotDamaged):
    """A snapshot of an older or a newer release. The log has everything that is in it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Snapshot:
    """The part of an agent's state that is not facts."""

    agent: int
    incarnation: int
    version: tuple[int, ...]
    gossip_next: int
    dead_letters: int
    clock: tuple[int, ...]
    set_digest: bytes
    doubtful: tuple[EventId, ...] = ()
    """The equalities that are not accepted: a restore takes all others at once."""

    def verify(self, agent: int, set_digest: bytes) -> None:
        """Raise SnapshotDamaged unless the snapshot is this agent's and its facts add up to its digest."""
        if agent != self.agent:
            raise SnapshotDamaged(f"this is the snapshot of agent {self.agent}, not of {agent}")
        if set_digest != self.set_digest:
            raise SnapshotDamaged("the facts do not add up to the digest in the header")


@dataclass(frozen=True, slots=True)
class SnapshotDraft:
    """What a snapshot is to say, as of one moment. Its bytes may be made later, in another thread."""

    snapshot: Snapshot
    _columns: list[tuple["array[int]", "array[int]", ChosenMessages]]

    def encode(self) -> bytes:
        """Give the bytes of the snapshot."""
        columns = []
        for offsets, appended_at, facts in self._columns:
            columns += [_pack(offsets), _pack(appended_at), facts.lengths, facts.joined()]
        header = asdict(self.snapshot) | {
            "set_digest": self.snapshot.set_digest.hex(),
            "doubtful": b"".join(self.snapshot.doubtful).hex(),
            "rows": [len(offsets) for offsets, _, _ in self._columns],
            "bytes": [len(column) for column in columns[3::4]],
            "schemas": _schemas(),
        }
        head = json.dumps(header).encode()
        body = bytes(cramjam.zstd.compress(b"".join(columns), level=_ZSTD_LEVEL))
        rest = len(head).to_bytes(4, "little") + head + body
        return MAGIC + blake2b(rest, digest_size=_CHECK_BYTES).digest() + rest


def draft_snapshot(log: FactLog, snapshot: Snapshot) -> SnapshotDraft:
    """Choose the facts of a snapshot: those of the log below the snapshot's version."""
    columns = []
    for partition, until in enumerate(snapshot.version):
        content = log.partitions[partition]
        stop = content.position(until)
        columns.append((content.offsets[:stop], content.appended_at[:stop], log.raws.choose(content.facts[:stop])))
    return SnapshotDraft(snapshot, columns)


def read_header(data: bytes) -> dict[str, Any]:
    """Give the checked header of a snapshot. Raises SnapshotDamaged."""
    name, _, _ = data[: 2 * len(MAGIC)].partition(b"\n")
    if not data.startswith(MAGIC):
        if name.startswith(_NAME) and name[len(_NAME) :].isdigit():
            number = name[len(_NAME) :].decode()
            raise OtherSnapshotFormat(f"it is of format {number}, this release reads format {_FORMAT}")
        raise SnapshotDamaged("it does not begin as a snapshot")
    rest = memoryview(data)[len(MAGIC) + _CHECK_BYTES :]
    check = data[len(MAGIC) : len(MAGIC) + _CHECK_BYTES]
    if blake2b(rest, digest_size=_CHECK_BYTES).digest() != check:
        raise SnapshotDamaged("its checksum is wrong: bytes were changed or cut off")
    with _whatever_escapes_is_damage():
        header: dict[str, Any] = json.loads(bytes(rest[4 : 4 + int.from_bytes(rest[:4], "little")]))
        if missing := _HEADER_FIELDS - set(header):
            raise SnapshotDamaged(f"its header lacks {', '.join(sorted(missing))}")
        return header | {
            "version": [int(until) for until in header["version"]],
            "gossip_next": int(header["gossip_next"]),
        }


def read_snapshot(data: bytes, log: FactLog) -> Snapshot:
    """Give the snapshot and take its facts into the log. Raises SnapshotDamaged."""
    with _whatever_escapes_is_damage():
        return _read_snapshot(data, log)


@contextmanager
def _whatever_escapes_is_damage() -> Iterator[None]:
    """A right checksum over wrong content is no reason to end: whoever wrote it, the log has everything."""
    try:
        yield
    except (ValueError, TypeError, LookupError, ArithmeticError, cramjam.DecompressionError, InvariantBroken) as error:
        raise SnapshotDamaged(f"its content makes no sense: {type(error).__name__} {error}".strip()) from error


def _read_snapshot(data: bytes, log: FactLog) -> Snapshot:
    header = read_header(data)
    if len(header["version"]) != len(log.partitions):
        raise SnapshotDamaged(f"it is of {len(header['version'])} partitions, this system has {len(log.partitions)}")
    if header["schemas"] != _schemas():
        # That release may have refused facts which this one reads; only the log has them.
        raise SnapshotDamaged("it was written by a release with other schemas")
    start = len(MAGIC) + _CHECK_BYTES
    head_size = int.from_bytes(data[start : start + 4], "little")
    if any(until > content.end for until, content in zip(header["version"], log.partitions, strict=True)):
        _read_columns(cramjam.zstd.decompress(memoryview(data)[start + 4 + head_size :]), header, log)
    doubtful = bytes.fromhex(header["doubtful"])
    return Snapshot(
        agent=header["agent"],
        incarnation=header["incarnation"],
        version=tuple(header["version"]),
        gossip_next=header["gossip_next"],
        dead_letters=header["dead_letters"],
        clock=tuple(header["clock"]),
        set_digest=bytes.fromhex(header["set_digest"]),
        doubtful=tuple(EventId(doubtful[at : at + ID_BYTES]) for at in range(0, len(doubtful), ID_BYTES)),
    )


def _read_columns(body: Any, header: dict[str, Any], log: FactLog) -> None:
    """Take the facts into the log, but those of partitions that other agents of this process have brought so far."""
    columns, at = memoryview(body), 0
    for content, rows, size, until in zip(
        log.partitions, header["rows"], header["bytes"], header["version"], strict=True
    ):
        ints = rows * 8
        offsets, appended_at, lengths = (_unpack(columns[at + ints * i : at + ints * (i + 1)]) for i in range(3))
        at += 3 * ints
        if until > content.end:
            content.extend(until, offsets, _intern_all(log, columns[at : at + size], lengths), appended_at)
        at += size


def _schemas() -> dict[str, str]:
    return {name: load(name).header.hex() for name in FACT_SCHEMAS}


def _intern_all(log: FactLog, messages: memoryview, lengths: "array[int]") -> "array[int]":
    found, at = array("i"), 0
    for first in range(0, len(lengths), _DECODED_AT_ONCE):
        part = lengths[first : first + _DECODED_AT_ONCE]
        end = at + sum(part)
        numbers = log.intern_joined(bytes(messages[at:end]), part)
        at = end
        if isinstance(numbers, Poison):
            raise SnapshotDamaged(f"it holds a fact that this release refuses: {numbers.reason}: {numbers.detail}")
        found.extend(numbers)
    return found


def _pack(column: "array[int]") -> bytes:
    if sys.byteorder == "big":
        column = array(column.typecode, column)
        column.byteswap()
    return column.tobytes()


def _unpack(data: memoryview) -> "array[int]":
    column = array("q")
    column.frombytes(data)
    if sys.byteorder == "big":
        column.byteswap()
    return column
