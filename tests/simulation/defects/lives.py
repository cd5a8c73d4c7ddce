"""Defects of lives: what an agent that began anew is believed to be, to hold and to have said."""

from typing import Any

from schemas.records import GossipAck
from streams.processors import agent, conversation
from streams.processors.conversation import Conversation
from streams.processors.neighbours import Neighbour
from streams.runtimes import simulated_workers
from tests.simulation.defects.catalogue import Patch, defect


@defect
def believes_an_earlier_life(patch: Patch) -> None:
    """What a neighbour held before it crashed is taken for what it holds now."""

    def hear(self: Neighbour, *message: Any) -> bool:
        known = self.known
        heard: bool = original(self, *message)
        self.known = [max(old, new) for old, new in zip(known, self.known, strict=True)]
        return heard

    original = Neighbour.hear
    patch.setattr(Neighbour, "hear", hear)


@defect
def heeds_a_former_life(patch: Patch) -> None:
    """A zombie's words count as its successor's."""

    def hear(self: Neighbour, incarnation: int, *message: Any) -> bool:
        return original(self, max(incarnation, self.incarnation), *message)

    original = Neighbour.hear
    patch.setattr(Neighbour, "hear", hear)


@defect
def takes_an_acknowledgement_of_its_former_life(patch: Patch) -> None:
    """An agent believes that what it never sent in this life has been read."""

    def heard_ack(self: Conversation, ack: GossipAck, *rest: Any) -> Any:
        effects = original(self, ack, *rest)
        neighbour = self._neighbours.get(ack.sender)
        if neighbour is not None and ack.receiver_incarnation < self._replica.incarnation:
            neighbour.acknowledge(1 << 62)
        return effects

    original = Conversation.heard_ack
    patch.setattr(Conversation, "heard_ack", heard_ack)


@defect
def hears_nothing_between_two_lives(patch: Patch) -> None:
    """What comes into the inbox of an agent that was killed is refused by nobody."""
    patch.setattr(simulated_workers, "refused_of", lambda *_: [])


@defect
def does_not_outlive_what_neighbours_remember(patch: Patch) -> None:
    """A life on a slower clock is taken for a former one, and nobody listens to it."""
    patch.setattr(Conversation, "_outlive", lambda self, former, now: None)


@defect
def keeps_what_it_sent_to_a_former_life(patch: Patch) -> None:
    """A neighbour that lost its snapshot is not sent what its former life was sent."""

    def hear(self: Neighbour, incarnation: int, *message: Any) -> bool:
        sent = list(self._sent)
        heard: bool = original(self, incarnation, *message)
        self._sent = [max(old, new) for old, new in zip(sent, self._sent, strict=True)]
        return heard

    original = Neighbour.hear
    patch.setattr(Neighbour, "hear", hear)
    patch.setattr(Neighbour, "review", lambda self, version, now: self._offered.clear())


@defect
def names_a_life_by_its_second_alone(patch: Patch) -> None:
    """Two lives that begin within a second, or on a slower clock, have one name, and are believed to be one."""
    patch.setattr(agent, "first_name", lambda started, life: started - started % 1_000_000)
    patch.setattr(conversation, "later_name", lambda former, name: former)
