"""Defects of beliefs about neighbours: what is known, what was sent, what is sent again."""

from collections.abc import Mapping, Sequence
from typing import Any

from schemas.records import PeerState
from streams.processors.conversation import Conversation
from streams.processors.neighbours import Graft, Neighbour
from streams.processors.peers import PeerTable
from tests.simulation.defects.catalogue import Patch, defect


@defect
def takes_sent_for_known(patch: Patch) -> None:
    """A neighbour is believed to hold what was sent to it, lost or not."""

    def note_delta(self: Neighbour, message_id: int, size: int, ranges: Mapping[int, int]) -> None:
        original(self, message_id, size, ranges)
        for partition, until in ranges.items():
            self.known[partition] = max(self.known[partition], until)

    original = Neighbour.note_delta
    patch.setattr(Neighbour, "note_delta", note_delta)


@defect
def takes_read_for_known(patch: Patch) -> None:
    """A neighbour that has read a delta is believed to hold it, though it came behind a gap."""

    def acknowledge(self: Neighbour, message_id: int) -> None:
        for message in self._unacknowledged:
            if message.message_id <= message_id:
                for partition, until in message.ranges.items():
                    self.known[partition] = max(self.known[partition], until)
        original(self, message_id)

    original = Neighbour.acknowledge
    patch.setattr(Neighbour, "acknowledge", acknowledge)


@defect
def never_sends_again(patch: Patch) -> None:
    """A lost message is never made up for."""

    def acknowledge(self: Neighbour, message_id: int) -> None:
        sent = list(self._sent)
        original(self, message_id)
        self._sent, self._read_until = sent, 0

    original = Neighbour.acknowledge
    patch.setattr(Neighbour, "acknowledge", acknowledge)


@defect
def sends_again_what_is_on_its_way(patch: Patch) -> None:
    """Each acknowledgement of an old message has everything behind it sent anew, and the slow one drowns."""

    def acknowledge(self: Neighbour, message_id: int) -> None:
        original(self, message_id)
        self._sent = list(self.known)

    original = Neighbour.acknowledge
    patch.setattr(Neighbour, "acknowledge", acknowledge)


@defect
def never_opens_its_window(patch: Patch) -> None:
    """After eight deltas a neighbour is sent nothing more."""

    def acknowledge(self: Neighbour, message_id: int) -> None:
        window = list(self._unacknowledged)
        original(self, message_id)
        self._unacknowledged.clear()
        self._unacknowledged.extend(window)

    original = Neighbour.acknowledge
    patch.setattr(Neighbour, "acknowledge", acknowledge)


@defect
def keeps_bytes_in_its_window(patch: Patch) -> None:
    """Acknowledged bytes are never given back, so a long run falls silent."""
    patch.setattr("streams.processors.neighbours.WINDOW_BYTES", 4096)

    def acknowledge(self: Neighbour, message_id: int) -> None:
        size = self._unacknowledged_bytes
        original(self, message_id)
        self._unacknowledged_bytes = size

    original = Neighbour.acknowledge
    patch.setattr(Neighbour, "acknowledge", acknowledge)


@defect
def speaks_without_end(patch: Patch) -> None:
    """Every acknowledgement is acknowledged."""

    def hear(self: Neighbour, *message: Any) -> bool:
        heard: bool = original(self, *message)
        self.ack_due = True
        return heard

    original = Neighbour.hear
    patch.setattr(Neighbour, "hear", hear)


@defect
def does_not_greet(patch: Patch) -> None:
    """Two agents whose first words were lost never speak to each other."""

    def heartbeat(self: Conversation, now: int) -> Any:
        effects = original(self, now)
        if self._beat > 1:
            self._neighbours = _Ungreeted(self._neighbours)
        return effects

    original = Conversation._heartbeat
    patch.setattr(Conversation, "_heartbeat", heartbeat)


class _Ungreeted(dict[int, Neighbour]):
    """Neighbours that the loop behind the heartbeat, which asks for them next, does not see."""

    greeted = True

    def values(self) -> Any:
        if self.greeted:
            self.greeted = False
            return ()
        return super().values()


@defect
def sends_to_the_tree_alone(patch: Patch) -> None:
    """Where a tree edge fails for good nothing travels round it."""
    patch.setattr(Neighbour, "review", lambda self, version, now: self._offered.clear())


@defect
def lets_an_older_state_win(patch: Patch) -> None:
    """What is known of an agent flickers, and agreement is found late or never."""

    def update(self: PeerTable, state: PeerState) -> None:
        if 0 <= state.agent < self._agents:
            known = self._states.get(state.agent)
            if known is None or (known.incarnation, known.beat) > (state.incarnation, state.beat):
                self._states[state.agent] = state

    patch.setattr(PeerTable, "update", update)


@defect
def finds_agreement_without_all(patch: Patch) -> None:
    """Convergence is told while agents that nobody has heard of lack facts."""

    def agree_on(self: PeerTable) -> bytes | None:
        seen = {(state.facts, state.digest) for state in self._states.values()}
        return next(iter(seen))[1] if len(seen) == 1 else None

    patch.setattr(PeerTable, "agree_on", agree_on)


@defect
def finds_agreement_by_counts_alone(patch: Patch) -> None:
    """Agents with equally many facts call themselves equal."""

    def agree_on(self: PeerTable) -> bytes | None:
        states: Sequence[PeerState] = list(self._states.values())
        if len(states) < self._agents or len({state.facts for state in states}) > 1:
            return None
        return states[0].digest

    patch.setattr(PeerTable, "agree_on", agree_on)


@defect
def helps_out_for_ever(patch: Patch) -> None:
    """An edge that had to help out once carries everything from then on, beside the tree."""
    patch.setattr(Graft, "end", lambda self: None)
    patch.setattr(Graft, "holds", lambda self, now: self._until > 0)
