"""What may go wrong in a simulated run, and how a run of it is drawn from a seed.

Belongs here: the vocabulary of faults. Not here: how each is done to the agents (simulated.py).
"""

from dataclasses import dataclass, fields, replace
from random import Random


@dataclass(frozen=True, slots=True, kw_only=True)
class Faults:
    """Probabilities, 0 where a fault is switched off. The comment says per what.

    Not here: a clock that goes back within one life. Runtimes promise processors that it does not.
    """

    redelivery: float = 0.0  # poll: the consumer goes back to its committed offset
    lost_commit: float = 0.0  # commit of offsets: it does not arrive
    gap: float = 0.0  # poll of facts: the first records are skipped on the way
    late_poll: float = 0.0  # poll: the next one comes up to two seconds later
    late_send: float = 0.0  # record sent: it arrives up to two seconds later, and what stands behind it, too
    late_letter: float = 0.0  # dead letter sent: likewise
    slow_agent: float = 0.0  # agent: it polls and ticks ten times more rarely all along
    lost_gossip: float = 0.0  # gossip message: produce failed, or retention took it before it was read
    duplicated_gossip: float = 0.0  # gossip message: appended twice
    outage: float = 0.0  # tenth of a second: for up to four seconds nothing is read or appended; gossip is lost
    partition: float = 0.0  # tenth of a second: for up to four seconds no gossip passes between two sides
    garbage: float = 0.0  # tenth of a second: bytes that are no gossip go to an inbox
    crash: float = 0.0  # worker and tenth of a second: the process ends, with all that was not saved
    crash_before_effects: float = 0.0  # batch: folded, then the process ends before anything is sent
    crash_after_effects: float = 0.0  # batch: folded and sent, then it ends before the ack and the snapshot
    crash_in_restore: float = 0.0  # restart: it ends again on the way
    snapshot_missing: float = 0.0  # restart
    snapshot_corrupt: float = 0.0  # restart: one byte is wrong
    snapshot_torn: float = 0.0  # restart: the newest one ends early, or in zeros, or in what stood there before
    snapshot_stale: float = 0.0  # restart: the one before the newest is found
    hang: float = 0.0  # agent and tick: it does nothing any more until it is ordered to restart
    orchestrator_crash: float = 0.0  # step of an orchestrator: it begins anew and knows what the control topic holds
    zombie: float = 0.0  # crash: the process does not end but goes on for a while beside its successor
    move: float = 0.0  # restart: the agents go to other live processes, which know parts of the log already
    lost_request: float = 0.0  # fact sent: it does not arrive, the producer sends it again
    lost_ack: float = 0.0  # fact sent: it arrives, the producer does not learn so and sends it again
    producer_crash: float = 0.0  # fact sent: the producer ends and sends again what it has not marked as acknowledged
    disk_full: float = 0.0  # flush or compaction of the sink: refused
    sink_crash: float = 0.0  # poll, write, link, sweep of the sink: its process ends before or behind it
    sink_reads_again: float = 0.0  # poll of the sink: it goes back by some records
    clock_skew: float = 0.0  # agent: its clock is up to an hour off, for all its lives
    clock_behind: float = 0.0  # restart: the new life's clock is up to a minute behind the old one's
    rot: float = 0.0  # agent and tenth of a second: its state loses a fact, or has another one in place of it

    def rates(self) -> list[tuple[str, float]]:
        """Give every kind of fault with its probability."""
        return [(item.name, getattr(self, item.name)) for item in fields(self)]

    def __str__(self) -> str:
        return f"Faults({', '.join(f'{name}={rate}' for name, rate in self.rates() if rate)})"


CALM = Faults()

_WORST = Faults(
    redelivery=0.25,
    lost_commit=0.7,
    gap=0.2,
    late_poll=0.2,
    late_send=0.08,
    late_letter=0.7,
    slow_agent=0.4,
    lost_gossip=0.4,
    duplicated_gossip=0.4,
    outage=0.04,
    partition=0.06,
    garbage=0.3,
    crash=0.04,
    crash_before_effects=0.03,
    crash_after_effects=0.03,
    crash_in_restore=0.3,
    snapshot_missing=0.3,
    snapshot_corrupt=0.3,
    snapshot_torn=0.3,
    snapshot_stale=0.3,
    hang=0.004,
    orchestrator_crash=0.02,
    zombie=0.9,
    move=0.5,
    lost_request=0.3,
    lost_ack=0.3,
    producer_crash=0.1,
    disk_full=0.3,
    sink_crash=0.05,
    sink_reads_again=0.1,
    clock_skew=0.7,
    clock_behind=0.5,
)


def draw_faults(random: Random) -> Faults:
    """Draw a mixture: each fault is off in four of ten runs, because faults also hide one another."""
    drawn = {}
    for item in (item for item in fields(Faults) if item.name != "rot"):  # which comes in few seeds (simulator)
        strength = random.random() * getattr(_WORST, item.name) if random.random() < 0.6 else 0.0
        drawn[item.name] = round(strength, 4)
    return replace(CALM, **drawn)
