"""Typed answers about the timeline: events, messages, what happened before what. Plain data, JSON-ready, no DuckDB.

Not here: figures, facts, runs (answers.py). Units stand in the names, as there.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class TimelineEvent:
    """One event of the timeline, with the vector clock of its agent: entry k is that of agent k. peer -1 is none."""

    at_us: int
    partition: int
    offset: int
    kind: str
    agent: int
    peer: int
    incarnation: int
    sequence: int
    message_id: int
    sent_at_us: int | None
    latency_us: int | None
    bytes: int
    facts: int
    useful: int
    held: int
    colour: str | None
    digest: str | None
    clock: tuple[int, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Timeline:
    """Events of a window, oldest first, of `matching` in all; `next` is the key of the page after this one."""

    events: tuple[TimelineEvent, ...]
    matching: int
    next: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """One end of a message: that it was sent or that it arrived, with facts in it and how many of them were new."""

    kind: str
    at_us: int
    sender: int
    receiver: int
    message_id: int
    latency_us: int | None
    bytes: int
    facts: int
    useful: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Messages:
    """Newest messages of one agent, of `matching` in all."""

    agent: int
    messages: tuple[Message, ...]
    matching: int


@dataclass(frozen=True, slots=True, kw_only=True)
class TimedEvent:
    """An event of an agent with its vector clock. `relation` is how it stands to the event that was asked about."""

    partition: int
    offset: int
    at_us: int
    kind: str
    agent: int
    peer: int | None
    sequence: int
    message_id: int | None
    sent_at_us: int | None
    latency_us: int | None
    bytes: int
    facts: int
    useful: int
    clock: tuple[int, ...]
    relation: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class TimedFact:
    """A fact on the line of the agent whose partition it is in, at the broker's time of append. It has no clock."""

    partition: int
    offset: int
    appended_at_us: int
    kind: str
    summary: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Cone:
    """What happened before an event and after it, counted over the whole store.

    `reached` holds of each other agent the first event that knows of the event, first come first; `known_of` the
    newest event of each agent that the event knows of, where the store has it. `sent` and `arrived` are the two ends
    of the message of a send or a receipt.
    """

    event: TimedEvent
    before: int
    after: int
    concurrent: int
    reached: tuple[TimedEvent, ...]
    known_of: tuple[TimedEvent, ...]
    sent: TimedEvent | None
    arrived: TimedEvent | None


@dataclass(frozen=True, slots=True, kw_only=True)
class SpaceTime:
    """Events and facts of a window of time, at most `limit` of each: the newest, or those nearest to the chosen event.

    `from_us` to `to_us` is the window; all of it that `shown_from_us` to `shown_to_us` covers is in `events`.
    """

    agents: int
    events: tuple[TimedEvent, ...]
    matching: int
    total: int
    facts: tuple[TimedFact, ...]
    facts_matching: int
    from_us: int | None
    to_us: int | None
    shown_from_us: int | None
    shown_to_us: int | None
    oldest_us: int | None
    newest_us: int | None
    cone: Cone | None
