"""One agent: folds its home partition, gossips with its neighbours until all hold everything, says how it is.

Belongs here: the order of things, as a machine without I/O: records and a time in, effects out. Not here: bytes of a
delta (gossip.py), beliefs about neighbours (neighbours.py), admission (admission.py), what a view means (egraph).
Times are microseconds since the epoch and come from the runtime; they steer sending, never state.
"""

from array import array
from bisect import bisect_left
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from egraph.reading import MakeView
from egraph.view import IncrementalView
from schemas.descent import GossipDescent
from schemas.records import ControlOrder, GossipAck, GossipDelta, PhaseOrder, PhaseReport, Range
from schemas.topics import FACTS, GOSSIP
from streams.ports import DeadLetter, Effect, LogRecord, Outcome, ReadAgain
from streams.processors.admission import Admission
from streams.processors.catching_up import CatchingUp
from streams.processors.clock import LatencyCounts, VectorClock, first_name
from streams.processors.conversation import Conversation
from streams.processors.descent import Descent
from streams.processors.fact_log import FactLog
from streams.processors.gossip import unpack
from streams.processors.inbox import heard
from streams.processors.phases import IDLE, Findings, Phases, PhaseWork
from streams.processors.snapshot import Snapshot, SnapshotDraft, draft_snapshot, read_snapshot
from streams.record_spans import is_run, offsets_of, timestamps_ms_of
from streams.settings import StreamSettings
from streams.topology import Topology


@dataclass(frozen=True, slots=True)
class AgentDigest:
    """What an agent's state boils down to: equal for agents that hold the same facts."""

    version: tuple[int, ...]
    set_digest: bytes
    view_digest: bytes
    facts: int


@dataclass(slots=True)
class Host:
    """What the runtime tells an agent about the process it lives in; the runtime keeps `rss_bytes` fresh."""

    worker: str = "worker-0"
    pid: int = 0
    rss_bytes: int = 0
    agents: Collection[int] = ()
    """Those that live in this process and take at once what one of them brings."""
    processes: Mapping[int, str] = field(default_factory=dict)
    """In which process each of the others was last known to live. It steers who is told first, never what is held."""


@dataclass(slots=True)
class _Step:
    """Effects of one step, collected on the way."""

    effects: list[Effect] = field(default_factory=list)
    counts: Counter[str] = field(default_factory=Counter)
    moved: set[int] = field(default_factory=set)
    """Partitions of which more is held than before."""

    def outcome(self) -> Outcome:
        return Outcome(tuple(self.effects), dict(self.counts))


class AgentProcessor:
    """The replica of one agent, and its part in the conversation."""

    def __init__(
        self,
        *,
        agent: int,
        topology: Topology,
        log: FactLog,
        settings: StreamSettings,
        started: int,
        life: int,
        host: Host | None = None,
        work: PhaseWork = IDLE,
        make_view: MakeView | None = None,
    ) -> None:
        self.agent = agent
        self.log = log
        self._make_view = make_view or IncrementalView
        self.view = self._make_view(log.store)
        self.incarnation = first_name(started, life)
        self.gossip_next = 0
        self.dead_letters = 0
        self._version = [0] * topology.size
        self._admission = Admission(log, agent, settings.graph)
        self.catching_up = CatchingUp(agent, log, self.view, self._version, settings.graph)
        self._untold: dict[int, int] = {}
        """Of each partition from which something was taken from the process: from where on no delta has told it."""
        self._latencies = LatencyCounts()
        self._clock = VectorClock(agent, topology.size, started)
        self._host = host or Host()
        self._descent = Descent(self, self._admission, settings.graph)
        self._conversation = Conversation(
            self, topology, settings, self._clock, self._latencies, self._host, self._descent
        )
        self._phases = Phases(self, work, settings.graph, topology.size)

    @property
    def version(self) -> tuple[int, ...]:
        """The next offset needed of each facts partition."""
        return tuple(self._version)

    @property
    def clock(self) -> tuple[int, ...]:
        """The agent's vector clock as it stands."""
        return self._clock.value()

    def beliefs(self) -> Iterator[tuple[int, int, Sequence[int]]]:
        """Give, for each neighbour, its incarnation and the version that it is believed to hold."""
        return self._conversation.beliefs()

    @property
    def converged_on(self) -> bytes:
        """The view digest on which the agent has last found all agents to agree, or nothing."""
        return self._conversation.converged_on

    @property
    def owes_answers(self) -> bool:
        """Tell whether a step towards a difference from a neighbour was heard and not answered yet."""
        return self._conversation.owes_answers

    def next_offset(self, topic: str) -> int:
        """Give the next offset needed of the home partition, or of the inbox."""
        if topic == FACTS.name:
            return self._version[self.agent]
        if topic == GOSSIP.name:
            return self.gossip_next
        raise ValueError(f"agents read {FACTS.name} and {GOSSIP.name}, not {topic}")

    def process(self, records: Sequence[LogRecord], now: int) -> Outcome:
        """Take in a batch of one topic-partition, in offset order. What was seen before is skipped."""
        step = _Step()
        if records:
            if records[0].topic == FACTS.name:
                self._fold_home(records, now, step)
            else:
                self._fold_inbox(records, now, step)
            step.effects += self._conversation.speak(now, step.moved)
            step.effects += self._phases.due(now)
        return step.outcome()

    def wake(self, now: int) -> Outcome:
        """Do what is due at this time: deltas, acknowledgements, the heartbeat."""
        return Outcome((*self._conversation.wake(now), *self._phases.due(now)))

    def take_shared(self, now: int) -> Outcome:
        """Take what other agents of this process have brought into their common log, ahead of the deltas with it."""
        step = _Step()
        taken = self.catching_up.take_shared()
        for partition, (first, until) in taken.items():
            content = self.log.partitions[partition]
            appended_at = content.appended_at[content.position(first) : content.position(until)]
            self._untold.setdefault(partition, first)
            self._latencies.count_since(appended_at, now)
            step.counts["shared"] += len(appended_at)
        if taken:
            step.effects += self._conversation.speak(now, taken)
            step.effects += self._phases.due(now)
        return step.outcome()

    def done(self, result: Findings | PhaseReport, now: int) -> Outcome:
        """Take what a `Compute` effect came to."""
        return Outcome(tuple(self._phases.done(result, now)))

    def next_wake(self) -> int:
        """Give the time at which `wake` should be called at the latest."""
        return self._conversation.next_wake()

    def digest(self) -> AgentDigest:
        """Give what the state boils down to."""
        counts = self.view.counts()
        return AgentDigest(self.version, self.view.set_digest(), self.view.view_digest(), counts.facts)

    # --- folding

    def _fold_home(self, records: Sequence[LogRecord], now: int, step: _Step) -> None:
        home = self.agent
        fresh, gap = self._next_of(records, step)
        kept, numbers, refused, repetitions = self._admission.admit_batch(fresh)
        step.effects += refused
        self.dead_letters += len(refused)
        if repetitions:
            step.counts["repetitions"] += repetitions
        if gap is not None:
            step.effects.append(gap)
            step.counts["gaps"] += 1
        until = self._version[home] + len(fresh)
        appended_at = timestamps_ms_of(kept)
        self.log.partitions[home].extend(until, offsets_of(kept), numbers, appended_at)
        step.counts["folded"] += self.view.fold_many(numbers)
        self._version[home] = until
        if fresh:
            step.moved.add(home)
        self._latencies.count_since(appended_at, now)

    def _next_of(self, records: Sequence[LogRecord], step: _Step) -> tuple[Sequence[LogRecord], ReadAgain | None]:
        """Give the records that follow what was folded, and what must be read again before the rest can be."""
        expected = self._version[self.agent]
        if is_run(records, expected):
            return records, None
        fresh: list[LogRecord] = []
        for record in records:
            if record.offset < expected:
                step.counts["skipped"] += 1
                continue
            if record.offset > expected:  # offsets are dense: a jump means records were lost on the way
                return fresh, ReadAgain(FACTS.name, self.agent, expected, record.offset)
            expected += 1
            fresh.append(record)
        return fresh, None

    def _fold_inbox(self, records: Sequence[LogRecord], now: int, step: _Step) -> None:
        for record in records:
            if record.offset < self.gossip_next:
                step.counts["skipped"] += 1
                continue
            step.counts["inbox_gaps"] += record.offset > self.gossip_next
            self.gossip_next = record.offset + 1
            match heard(record, len(self._version)):
                case GossipDelta() as delta:
                    self._fold_delta(delta, len(record.value or b""), now, step)
                case GossipAck() as ack:
                    step.effects += self._conversation.heard_ack(ack, len(record.value or b""), now)
                case GossipDescent() as descent:
                    self._fold_descent(descent, record, now, step)
                case PhaseOrder() as order:
                    step.effects += self._phases.ordered(order)
                case ControlOrder():
                    pass  # about this agent's life: its host carries it out (runtimes/agent_host.py)
                case DeadLetter() as letter:
                    step.effects.append(letter)

    def _fold_delta(self, delta: GossipDelta, size: int, now: int, step: _Step) -> None:
        carried = useful = told = 0
        for item in delta.ranges:
            carried += len(item.facts)
            if item.partition == self.agent or not 0 <= item.partition < len(self._version):
                continue  # the home partition is read from the log itself, where refusals are recorded
            told += self._told_first(item)
            if item.next <= self._version[item.partition]:
                continue
            unpacked = unpack(self.log, item, self._version[item.partition])
            if unpacked.gap or unpacked.damaged:
                step.counts["gaps_in_deltas"] += unpacked.gap
                step.counts["damaged"] += bool(unpacked.damaged)
                continue  # the version in the acknowledgement tells the sender where to go on
            self.view.fold_many(unpacked.facts)
            self._version[item.partition] = item.next
            step.moved.add(item.partition)
            self._latencies.count_since(unpacked.appended_at, now)
            useful += len(unpacked.facts)
        step.counts["folded"] += useful
        step.counts["told"] += told
        step.effects += self._conversation.heard_delta(delta, size, carried, useful + told, now)

    def _told_first(self, item: Range) -> int:
        """Count what a range tells first although it was taken from the process before: messages are measured as if
        each agent were alone."""
        first, until = self._untold.get(item.partition), self._version[item.partition]
        if first is None or item.next <= first:
            return 0
        if item.next >= until:
            del self._untold[item.partition]
        else:
            self._untold[item.partition] = item.next
        return bisect_left(item.offsets, until) - bisect_left(item.offsets, first)

    def _fold_descent(self, descent: GossipDescent, record: LogRecord, now: int, step: _Step) -> None:
        taken = self._descent.take(descent)
        step.counts["folded"] += taken.new
        step.effects += [DeadLetter(record, poison.reason, poison.detail) for poison in taken.refused[:1]]
        step.effects += self._conversation.heard_descent(descent, len(record.value or b""), taken.new, now)

    def fold_anew(self) -> None:
        """Leave a view that is found wrong, and fold into a new one what the log holds below the version."""
        self.hold(
            number
            for at, log in zip(self._version, self.log.partitions, strict=True)
            for number in log.facts_between(0, at)
        )

    def hold(self, numbers: Iterable[int]) -> None:
        """Hold these facts and no others, in a view of their own."""
        self.view = self.catching_up.view = self._make_view(self.log.store)
        self.view.fold_many(array("i", numbers))

    # --- snapshots

    def snapshot(self) -> bytes:
        """Give the whole state: facts by position, offsets, clock. `restore` of it gives an equal agent."""
        return self.draft_snapshot().encode()

    def draft_snapshot(self) -> SnapshotDraft:
        """Give the whole state as of now, its bytes to be made where they hold nobody up."""
        return draft_snapshot(
            self.log,
            Snapshot(
                agent=self.agent,
                incarnation=self.incarnation,
                version=self.version,
                gossip_next=self.gossip_next,
                dead_letters=self.dead_letters,
                clock=self._clock.value(),
                set_digest=self.view.set_digest(),
                doubtful=(*self.view.quarantined(), *self.view.suspended()),
            ),
        )

    def restore(self, data: bytes) -> None:
        """Become what a snapshot says. Call it once, before anything else. Raises SnapshotDamaged.

        Beliefs about neighbours are not restored: they are asked anew.
        """
        snapshot = read_snapshot(data, self.log)
        facts = array("i")
        for partition, until in enumerate(snapshot.version):
            facts.extend(self.log.partitions[partition].facts_between(0, until))
        self.view.load(facts, snapshot.doubtful)
        snapshot.verify(self.agent, self.view.set_digest())
        self._version[:] = snapshot.version
        self.gossip_next = snapshot.gossip_next
        self.dead_letters = snapshot.dead_letters
        self._admission.resume(self._version[self.agent])
        self._clock.resume(snapshot.clock)
