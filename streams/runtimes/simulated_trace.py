"""What a simulated run remembers of itself, and the failure that tells it.

Belongs here: the last events in words. Not here: what happens (simulated.py), what is checked (simulator/checks).
"""

from collections import deque

from schemas.descent import GossipDescent
from schemas.records import ControlOrder, GossipAck, GossipDelta, PhaseOrder, PhaseReport, decode_record
from streams.ports import Publish

_SECOND = 1_000_000
_LAST_EVENTS = 60


class SimulationFailed(AssertionError):
    """A run broke a promise. `check` names the check that fired; the message says what, how to repeat it, the trace."""

    def __init__(self, message: str, check: str) -> None:
        super().__init__(message)
        self.check = check


class Broken(AssertionError):
    """A promise was found broken outside the hooks of an inspector; `check` names it."""

    def __init__(self, what: str, check: str) -> None:
        super().__init__(what)
        self.check = check


class Trace:
    """The last events of a run."""

    def __init__(self, length: int = _LAST_EVENTS) -> None:
        self._events: deque[tuple[object, ...]] = deque(maxlen=length)

    def note(self, at: int, *what: object) -> None:
        """Remember an event at a virtual time in microseconds."""
        self._events.append((at, *what))

    def lines(self) -> list[str]:
        """Give the events in words, oldest first."""
        return [_line(event) for event in self._events]


def _line(event: tuple[object, ...]) -> str:
    at, what, *details = event
    assert isinstance(at, int)
    return f"  {at / _SECOND:9.6f} {what} " + " ".join(_told(item) for item in details)


def _told(detail: object) -> str:
    """Give a detail in a few words; messages are decoded here, because only a failure is ever read."""
    if not isinstance(detail, Publish):
        return str(detail)
    match decode_record(detail.value):
        case GossipDelta() as delta:
            ranges = ", ".join(f"{item.partition}:[{item.first},{item.next})" for item in delta.ranges)
            return f"delta {delta.sender}->{delta.receiver} #{delta.message_id & 0xFFFF} {ranges}"
        case GossipAck() as ack:
            return f"ack {ack.sender}->{ack.receiver} of #{ack.acknowledged & 0xFFFF} holding {ack.version}"
        case GossipDescent() as step:
            what = f"{len(step.sums)} sums, {len(step.listed)} buckets, {len(step.wanted) // 16} wanted"
            return f"descent {step.sender}->{step.receiver} {what}, {len(step.facts)} facts"
        case ControlOrder() as order:
            return f"{order.order.value} agent {order.agent} #{order.incarnation}: {order.why}"
        case PhaseOrder() as order:
            return f"{order.run} {order.cycle} {order.phase.value} to {detail.partition}"
        case PhaseReport() as report:
            return f"report of agent {report.agent}: {report.run} {report.cycle} {report.phase.value}"
        case _:
            return f"{detail.topic}/{detail.partition}"
