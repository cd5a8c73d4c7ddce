"""Random runs of agents that send, receive and act, with their vector clocks and what truly happened before what.

Belongs here: making runs from a seed, and the order by its definition (Lamport 1978): the transitive closure of the
order on each agent and of send before receipt. Not here: comparing (test_causal_cone.py).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from random import Random

from schemas.records import TimelineEvent, TimelineKind
from streams.processors.clock import VectorClock
from tests.unit.analytics.observed import NOW, event


@dataclass(frozen=True)
class History:
    """Events in the order in which they were told, and for each the places of all events that happened before it."""

    events: tuple[TimelineEvent, ...]
    past: tuple[frozenset[int], ...]


def random_history(seed: int, agents: int, count: int) -> History:
    """Give a run in which messages overtake each other, are lost, and cross."""
    random = Random(f"causal {seed}")
    clocks = [VectorClock(agent, agents, started=random.randrange(1, 50)) for agent in range(agents)]
    newest: list[frozenset[int]] = [frozenset()] * agents
    underway: list[tuple[int, int]] = []  # receiver, place of the send
    events: list[TimelineEvent] = []
    past: list[frozenset[int]] = []
    for place in range(count):
        agent = random.randrange(agents)
        inbox = [item for item in underway if item[0] == agent]
        before, changes = newest[agent], dict[str, object]()
        act = random.random()
        if inbox and act < 0.6:
            message = random.choice(inbox)
            underway.remove(message)
            sent = events[message[1]]
            clocks[agent].join(sent.clock)
            before |= past[message[1]] | {message[1]}
            changes = {"kind": TimelineKind.MESSAGE_RECEIVED, "peer": sent.agent, "message_id": sent.sequence}
            changes |= {"sent_at": sent.at, "latency_us": NOW + place - sent.at}
        elif act < 0.85:
            peer = (agent + random.randrange(1, agents)) % agents
            changes = {"kind": TimelineKind.MESSAGE_SENT, "peer": peer}
            if random.random() < 0.9:
                underway.append((peer, place))
        else:
            changes = {"kind": TimelineKind.HEARTBEAT_SENT, "peer": -1}
        number = clocks[agent].tick()
        if changes["kind"] is TimelineKind.MESSAGE_SENT:
            changes["message_id"] = number
        events.append(event(NOW + place, agent=agent, sequence=number, clock=clocks[agent].value(), **changes))
        past.append(before)
        newest[agent] = before | {place}
    return History(tuple(events), tuple(past))


def precedes(one: Sequence[int], other: Sequence[int]) -> bool:
    """Compare two clocks entry by entry (Fidge 1988, Mattern 1989)."""
    return all(mine <= theirs for mine, theirs in zip(one, other, strict=True)) and tuple(one) != tuple(other)
