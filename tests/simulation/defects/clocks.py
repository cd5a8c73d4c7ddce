"""Defects of vector clocks: causes that are forgotten, invented, or counted twice."""

from collections.abc import Sequence

from streams.processors.agent import AgentProcessor
from streams.processors.clock import VectorClock
from streams.processors.conversation import Conversation
from tests.simulation.defects.catalogue import Patch, defect


@defect
def does_not_join_the_clock_of_a_message(patch: Patch) -> None:
    """An effect seems to have happened beside its cause."""

    def join(self: VectorClock, other: Sequence[int]) -> None:
        pass

    patch.setattr(VectorClock, "join", join)


@defect
def overwrites_its_clock(patch: Patch) -> None:
    """What was heard of third agents is forgotten with each message."""

    def join(self: VectorClock, other: Sequence[int]) -> None:
        own = self.entries[self.agent]
        self.entries = list(other)
        self.entries[self.agent] = own

    patch.setattr(VectorClock, "join", join)


@defect
def joins_the_sender_alone(patch: Patch) -> None:
    """Causes two hops away are lost."""

    def join(self: VectorClock, other: Sequence[int]) -> None:
        newest = max(range(len(other)), key=lambda agent: other[agent])
        if newest != self.agent:
            self.entries[newest] = max(self.entries[newest], other[newest])

    patch.setattr(VectorClock, "join", join)


@defect
def forgets_its_clock_at_a_restart(patch: Patch) -> None:
    """A restored agent knows facts whose causes it has not heard of."""
    patch.setattr(VectorClock, "resume", lambda self, entries: None)


@defect
def counts_on_over_a_former_life(patch: Patch) -> None:
    """Two lives tell of different events under one number; found by seed 48, mended since."""

    def join(self: VectorClock, other: Sequence[int]) -> None:
        self.entries = [max(own, theirs) for own, theirs in zip(self.entries, other, strict=True)]

    patch.setattr(VectorClock, "join", join)


@defect
def restores_the_clock_exactly(patch: Patch) -> None:
    """Two lives that resume from one snapshot count the same events differently under the same numbers."""

    def restore(self: AgentProcessor, data: bytes) -> None:
        original(self, data)
        self._clock.entries[self.agent] = min(self._clock.entries[self.agent], _own_entry(data, self.agent))

    original = AgentProcessor.restore
    patch.setattr(AgentProcessor, "restore", restore)


def _own_entry(data: bytes, agent: int) -> int:
    from streams.processors.snapshot import read_header

    return int(read_header(data)["clock"][agent])


@defect
def counts_each_message_twice(patch: Patch) -> None:
    """A message's clock is not that of its sending: whoever reads it seems to know a later event."""
    original = VectorClock.value

    def value(self: VectorClock) -> tuple[int, ...]:
        entries = list(original(self))
        entries[(self.agent + 1) % len(entries)] += 1
        return tuple(entries)

    patch.setattr(VectorClock, "value", value)


@defect
def hears_acknowledgements_without_their_clock(patch: Patch) -> None:
    """Only deltas carry causes, so an agent that is told of nothing new seems to know of nothing."""
    original = Conversation.heard_ack

    def heard_ack(self: Conversation, *message: object) -> object:
        join = self._clock.join
        self._clock.join = lambda other: None  # type: ignore[method-assign]
        try:
            return original(self, *message)  # type: ignore[arg-type]
        finally:
            self._clock.join = join  # type: ignore[method-assign]

    patch.setattr(Conversation, "heard_ack", heard_ack)
