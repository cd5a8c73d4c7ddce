"""Finds and mends what version vectors cannot see: two agents that hold the same offsets and show different states.

Belongs here: when to look, what is compared, what is mended. Not here: sending (conversation.py), the message and its
bounds (schemas/descent.py). docs/decisions/0018 says why.

    asks     sums of the 256 buckets          -> the buckets that differ
    answers  the event ids in those           -> the facts that one of the two lacks
    asks     facts it has more, ids it lacks
    answers  the facts

Each step follows from the message before it and from the own state: nothing is remembered between them, so a lost
message costs no more than the next occasion, one heartbeat later.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

from egraph.digest import bucket_sums, id_sum
from egraph.identifiers import ID_BYTES, EventId
from schemas.descent import (
    FACTS_MAX,
    IDS_MAX,
    PREFIX_MAX,
    SUMS_MAX,
    BucketIds,
    BucketSums,
    GossipDescent,
    PlacedFact,
    split_ids,
)
from schemas.poison import Poison, Reason
from schemas.records import GossipAck
from streams.processors.admission import Admission
from streams.processors.gossip import DELTA_BYTES

if TYPE_CHECKING:
    from streams.processors.agent import AgentProcessor

_TOP = b""


class Shown(NamedTuple):
    """What an agent has told of itself with a heartbeat, and the version it had then."""

    version: tuple[int, ...]
    facts: int
    digest: bytes


@dataclass(slots=True)
class Step:
    """The content of a message of the descent; nothing in it is nothing to send."""

    sums: list[BucketSums] = field(default_factory=list)
    listed: list[BucketIds] = field(default_factory=list)
    wanted: bytes = b""
    facts: list[PlacedFact] = field(default_factory=list)

    def __bool__(self) -> bool:
        return bool(self.sums or self.listed or self.wanted or self.facts)


@dataclass(slots=True)
class Taken:
    """What became of the facts in a message: how many were new, and why others were refused."""

    new: int = 0
    refused: list[Poison] = field(default_factory=list)


class Suspicion:
    """Notices that a neighbour of the same version shows another state, well before its turn to be asked comes.

    An acknowledgement states the version of its sending and the digest of the last heartbeat. Where two of them state
    one version and the second a newer heartbeat, that heartbeat was of this version too: there is no false alarm.
    """

    def __init__(self, agent: int) -> None:
        self._agent = agent
        self._heard: dict[int, tuple[int, int, tuple[int, ...]]] = {}

    def falls_on(self, ack: GossipAck, shown: Shown | None) -> bool:
        """Tell whether its sender is to be asked. Of two agents the one with the smaller number asks."""
        state = next((peer for peer in ack.peers if peer.agent == ack.sender), None)
        if state is None or state.incarnation != ack.sender_incarnation:
            return False
        before = self._heard.get(ack.sender)
        self._heard[ack.sender] = state.incarnation, state.beat, ack.version
        if self._agent > ack.sender or shown is None or shown.version != ack.version or before is None:
            return False
        incarnation, beat, version = before
        is_exact = incarnation == state.incarnation and beat < state.beat and version == ack.version
        return is_exact and (state.facts, state.digest) != (shown.facts, shown.digest)


class Descent:
    """One replica's side of exchanges."""

    def __init__(self, replica: "AgentProcessor", admission: Admission, graph: str) -> None:
        self._replica = replica
        self._log = replica.log
        self._admission = admission
        self._graph = graph

    def begin(self) -> Step:
        """Give the sums of all buckets."""
        return Step(sums=[BucketSums(prefix=_TOP, sums=self._replica.view.bucket_sums())])

    def answer(self, heard: GossipDescent) -> Step:
        """Give what follows from a message. Sums and ids of another version say nothing: they are left."""
        step = Step()
        spare: list[EventId] = []
        if heard.version == self._replica.version:
            self._descend(heard.sums, step)
            spare = self._compare(heard.listed, step)
        held = self._replica.view.holds
        self._place([*spare, *filter(held, split_ids(heard.wanted))], step)
        return step

    def _descend(self, tables: Iterable[BucketSums], step: Step) -> None:
        """List what is held in buckets that differ; of those for which there is no room, tell the sums below."""
        room = IDS_MAX
        differing = [prefix for table in tables for prefix in self._differing(table)]
        for prefix, ids in self._ids_in(differing).items():
            if len(ids) <= room:
                room -= len(ids)
                step.listed.append(BucketIds(prefix=prefix, ids=b"".join(ids)))
            elif len(prefix) < PREFIX_MAX and len(step.sums) < SUMS_MAX:
                step.sums.append(BucketSums(prefix=prefix, sums=bucket_sums(ids, len(prefix))))

    def _differing(self, table: BucketSums) -> list[bytes]:
        prefix = table.prefix
        kept = self._replica.view.bucket_sums
        mine = bucket_sums(self._ids_in([prefix])[prefix], len(prefix)) if prefix else kept()
        return [
            prefix + bytes((at // ID_BYTES,))
            for at in range(0, len(mine), ID_BYTES)
            if mine[at : at + ID_BYTES] != table.sums[at : at + ID_BYTES]
        ]

    def _compare(self, listed: Iterable[BucketIds], step: Step) -> list[EventId]:
        """Ask for what is listed and not held; give what is held and not listed."""
        theirs = {bucket.prefix: split_ids(bucket.ids) for bucket in listed}
        wanted: list[EventId] = []
        spare: list[EventId] = []
        for prefix, ids in self._ids_in(list(theirs)).items():
            wanted += sorted({*theirs[prefix]}.difference(ids))
            spare += sorted({*ids}.difference(theirs[prefix]))
        step.wanted = b"".join(wanted[:IDS_MAX])
        return spare

    def _ids_in(self, prefixes: Sequence[bytes]) -> dict[bytes, list[EventId]]:
        """Give the ids held in some buckets. Where they do not add up to what was counted, the view is made anew."""
        if not prefixes:
            return {}
        found, sums = self._replica.view.ids_in(prefixes), self._replica.view.bucket_sums()
        for prefix in filter(lambda item: len(item) == 1, prefixes):
            at = prefix[0] * ID_BYTES
            counted = int.from_bytes(sums[at : at + ID_BYTES], "little")
            if (id_sum(found[prefix]) - counted) % (1 << 128):
                self._replica.fold_anew()
                return self._replica.view.ids_in(prefixes)
        return found

    def _place(self, ids: Iterable[EventId], step: Step) -> None:
        """Give the facts behind ids that are held, with their places, as many as fit.

        What is held and stands nowhere in the log was never admitted: the view is wrong, and is made anew.
        """
        index_of = self._log.store.index_of
        numbers = dict.fromkeys(number for item in ids if (number := index_of(item)) is not None)
        if not numbers:
            return
        places = self._log.find(numbers, self._replica.version)
        if len(places) < len(numbers):
            self._replica.fold_anew()
        room = DELTA_BYTES
        for number in numbers:
            raw = self._log.raws[number]
            room -= len(raw)
            if number in places and room >= 0 and len(step.facts) < FACTS_MAX:
                partition, at = places[number]
                content = self._log.partitions[partition]
                step.facts.append(
                    PlacedFact(
                        partition=partition, offset=content.offsets[at], appended_at=content.appended_at[at], fact=raw
                    )
                )

    def take(self, heard: GossipDescent) -> Taken:
        """Fold the facts of a message that stand below the own version; what is beyond it comes by deltas."""
        taken = Taken()
        version = self._replica.version
        for item in heard.facts:
            if 0 <= item.partition < len(version) and 0 <= item.offset < version[item.partition]:
                number = self._admit(item)
                if isinstance(number, Poison):
                    taken.refused.append(number)
                else:
                    taken.new += self._replica.view.fold_many((number,))
        return taken

    def _admit(self, item: PlacedFact) -> int | Poison:
        """Give the number of a fact that is, or now stands, at its place; or why it cannot stand there."""
        number = self._log.intern(item.fact)
        if isinstance(number, Poison):
            return number
        graph, _ = self._log.senders[self._log.sender[number]]
        if graph != self._graph:
            return Poison(Reason.OTHER_GRAPH, f"graph {graph!r}; this system folds {self._graph!r}")
        if not self._log.partitions[item.partition].put_back(item.offset, number, item.appended_at):
            return Poison(Reason.NOT_GOSSIP, f"another fact stands at {item.partition}/{item.offset}")
        if item.partition == self._replica.agent:
            self._admission.recall(number)
        return number
