"""A producer that dies at any step: what it accepted is in the log, once after admission, in order, with the same ids.

Belongs here: the outbox with a spool that outlives it, against a model of the log in which requests of broken
connections may still arrive late. Not here: real disks (tests/contracts) and brokers (tests/integration).
"""

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from egraph.facts import Fact
from egraph.identifiers import EventId
from schemas.codec import decode_fact, event_id_of
from schemas.poison import Poison
from streams.adapters.memory_spool import MemorySpool
from streams.outbox.intents import AddNode, AssertEquality, Intent
from streams.outbox.outbox import Batch, Outbox, SpoolLimits
from streams.outbox.spool import Identity
from streams.ports import LogRecord
from streams.processors.admission import Admission
from streams.processors.fact_log import FactLog

PARTITIONS = 2
LIMITS = SpoolLimits(rows=12, bytes=600)
SOME_NODES = [AddNode(name).node for name in "abcdef"]

intents = st.lists(
    st.one_of(
        st.builds(AddNode, st.sampled_from("abcdef")),
        st.builds(AssertEquality, st.sampled_from(SOME_NODES), st.sampled_from(SOME_NODES), st.just("so")),
    ),
    min_size=1,
    max_size=4,
)


class Crashes(RuleBasedStateMachine):
    """One producer name through any number of lives."""

    @initialize()
    def begin(self) -> None:
        """A new spool, an empty log."""
        self.identity = Identity("p@1", "main", PARTITIONS)
        self.spool = MemorySpool(self.identity)
        self.outbox = Outbox(self.identity, self.spool.position(), (), LIMITS)
        self.log: list[list[bytes]] = [[] for _ in range(PARTITIONS)]
        self.requests: list[tuple[Batch, list[bytes], bool]] = []  # of this connection, and whether the log has it
        self.late: list[tuple[int, list[bytes]]] = []
        self.kept: dict[EventId, Fact] = {}
        self.told: set[EventId] = set()
        self.last_hlc = 0

    @rule(said=intents, now=st.integers(0, 10**15), dies=st.sampled_from(("", "before", "after")))
    def hand_in(self, said: list[Intent], now: int, dies: str) -> None:
        """Spool some facts, at any time of day, or die shortly before or after the disk has them."""
        write = self.outbox.begin(now)
        facts = write.add(said)
        if facts is None:
            assert self.outbox.rows + len(said) > LIMITS.rows or self.outbox.bytes + 100 * len(said) > LIMITS.bytes
            self.forget(dies=False)
            return
        if dies == "before":
            self.die()
            return
        self.spool.keep(write.facts, write.position)
        for fact in facts:
            assert fact.hlc > self.last_hlc, "the clock went back, or stood"
            self.last_hlc = fact.hlc
            self.kept[fact.event_id] = fact
        if dies == "after":
            self.die()
            return
        self.outbox.spooled(write)

    @rule()
    def send(self) -> None:
        """Hand batches to the connection."""
        for batch in self.outbox.take():
            self.requests.append((batch, list(self.spool.read(batch.numbers)), False))

    @rule(which=st.integers(0, 9))
    def arrive(self, which: int) -> None:
        """The log appends a request; its acknowledgement is on the way."""
        if self.requests:
            batch, raws, _ = self.requests[which % len(self.requests)]
            self.log[batch.partition] += raws
            self.requests[which % len(self.requests)] = (batch, raws, True)

    @rule(which=st.integers(0, 9), dies=st.booleans())
    def hear(self, which: int, dies: bool) -> None:
        """An acknowledgement comes; the caller is told, and then the producer may die."""
        heard = [request for request in self.requests if request[2]]
        if not heard:
            return
        batch, raws, _ = heard[which % len(heard)]
        self.requests.remove(heard[which % len(heard)])
        self.outbox.acknowledged(batch)
        self.told.update(event_id_of(raw) for raw in raws)
        if dies:
            self.die()

    @rule(dies=st.booleans())
    def forget(self, dies: bool) -> None:
        """The spool drops what the log has; the producer may die before it takes note."""
        numbers = self.outbox.done()
        self.spool.forget(numbers)
        if dies:
            self.die()
        else:
            self.outbox.forgotten(numbers)

    @rule()
    def lose_the_connection(self) -> None:
        """What was on the way may arrive yet, long after."""
        self._scatter()
        self.outbox.broken()

    @rule(which=st.integers(0, 9))
    def arrive_late(self, which: int) -> None:
        """A request of a connection that broke arrives after all."""
        if self.late:
            partition, raws = self.late.pop(which % len(self.late))
            self.log[partition] += raws

    @rule()
    def die(self) -> None:
        """All is gone but the spool and the log."""
        self._scatter()
        self.outbox = Outbox(self.identity, self.spool.position(), self.spool.waiting(), LIMITS)

    def _scatter(self) -> None:
        self.late += [(batch.partition, raws) for batch, raws, _ in self.requests]
        self.requests.clear()

    @invariant()
    def the_limits_hold(self) -> None:
        """The disk would fill up."""
        assert len(self.spool.waiting()) <= LIMITS.rows
        assert sum(item.size for item in self.spool.waiting()) <= LIMITS.bytes

    def teardown(self) -> None:
        """Send what is left without faults; then judge the whole log as its home agents do."""
        if not hasattr(self, "outbox"):
            return
        self.die()
        while self.outbox.rows:
            self.send()
            for batch, raws, _ in self.requests:
                self.log[batch.partition] += raws
                self.outbox.acknowledged(batch)
            self.forget(dies=False)
            self.requests.clear()
        admitted = self._admitted()

        assert self.told <= set(admitted), "the caller was told of facts that the log has not"
        assert set(self.kept) == set(admitted), "facts were lost, or come from nowhere"
        assert len(admitted) == len(set(admitted)), "a fact counts twice"
        assert self.spool.waiting() == []

    def _admitted(self) -> list[EventId]:
        found: list[EventId] = []
        log = FactLog(PARTITIONS)
        for partition, raws in enumerate(self.log):
            admission = Admission(log, partition, "main")
            sequences = []
            for offset, raw in enumerate(raws):
                number = admission.admit(LogRecord("egraph.facts", partition, offset, 0, b"main", raw))
                assert not isinstance(number, Poison), number
                if number is not None:
                    fact = decode_fact(raw)
                    assert not isinstance(fact, Poison)
                    sequences.append(fact.sequence)
                    found.append(fact.event_id)
            assert sequences == list(range(len(sequences))), "sequences have gaps, or come out of order"
        return found


TestCrashes = Crashes.TestCase
TestCrashes.settings = settings(max_examples=150, stateful_step_count=40, deadline=None)
