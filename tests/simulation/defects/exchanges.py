"""Defects of exchanges about a difference between two agents of one version: what is compared, listed, mended."""

from collections.abc import Iterable, Sequence
from typing import Any

from egraph.identifiers import EventId
from schemas.descent import BucketIds, BucketSums, GossipDescent
from schemas.records import GossipAck
from streams.processors.agent import AgentProcessor
from streams.processors.conversation import Conversation
from streams.processors.descent import Descent, Step, Suspicion, Taken
from tests.simulation.defects.catalogue import Patch, defect


@defect
def compares_the_first_half_of_the_buckets(patch: Patch) -> None:
    """A fact that was lost from the other half is never found."""

    def differing(self: Descent, table: BucketSums) -> list[bytes]:
        return [prefix for prefix in original(self, table) if prefix[-1] < 128]

    original = Descent._differing
    patch.setattr(Descent, "_differing", differing)


@defect
def lists_all_ids_but_the_last(patch: Patch) -> None:
    """The fact with the largest id of a bucket seems to be lacking here, and is never sent where it is."""

    def descend(self: Descent, tables: Iterable[BucketSums], step: Step) -> None:
        original(self, tables, step)
        step.listed = [BucketIds(prefix=bucket.prefix, ids=bucket.ids[:-16]) for bucket in step.listed]

    original = Descent._descend
    patch.setattr(Descent, "_descend", descend)


@defect
def asks_for_what_it_lacks_and_keeps_what_it_has_more(patch: Patch) -> None:
    """What a neighbour has lost is found by that neighbour alone, in its turn, and often not at all."""

    def compare(self: Descent, listed: Iterable[BucketIds], step: Step) -> list[EventId]:
        original(self, listed, step)
        return []

    original = Descent._compare
    patch.setattr(Descent, "_compare", compare)


@defect
def keeps_what_was_never_admitted(patch: Patch) -> None:
    """A fact that was altered in memory stays in the state beside the true one."""
    patch.setattr(AgentProcessor, "fold_anew", lambda self: None)


@defect
def takes_what_is_mended_for_held(patch: Patch) -> None:
    """The facts of an exchange reach the agent and are not folded."""
    patch.setattr(Descent, "take", lambda self, heard: Taken())


@defect
def answers_sums_of_any_version(patch: Patch) -> None:
    """Facts that are merely on their way are taken for lost ones."""

    def answer(self: Descent, heard: GossipDescent) -> Step:
        step = Step()
        self._descend(heard.sums, step)
        self._place([*self._compare(heard.listed, step)], step)
        return step

    patch.setattr(Descent, "answer", answer)


@defect
def suspects_whoever_shows_another_digest(patch: Patch) -> None:
    """Exchanges are begun with neighbours that have moved on since the heartbeat whose digest they repeat."""

    def falls_on(self: Suspicion, ack: GossipAck, shown: Any) -> bool:
        states: Sequence[Any] = [peer for peer in ack.peers if peer.agent == ack.sender]
        return shown is not None and any(state.digest != shown.digest for state in states)

    patch.setattr(Suspicion, "falls_on", falls_on)


@defect
def looks_only_at_digests_that_neighbours_show(patch: Patch) -> None:
    """A difference that shows neither in the digest of the view nor in the number of facts is never found."""
    patch.setattr(Conversation, "_audit", lambda self: None)
