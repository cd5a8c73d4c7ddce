"""Checks the derived equalities of a folded log, and says where those stand that nobody should believe.

Belongs here: from a folded log to a report. Not here: judging a proof (egraph/derive/check.py), printing (cli).
Facts are decoded anew from the bytes of the log: what was folded is not asked about its own proofs.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from egraph.derive.check import Checker, HasContent
from egraph.derive.verdict import Incomplete, Refused, Sound, Verdict
from egraph.explain.known import KnownToView
from egraph.facts import Derived, EqualityAsserted, Fact
from egraph.identifiers import EventId, NodeId, Position
from schemas.codec import decode_fact
from schemas.poison import Poison
from streams.processors.folder import LogFolder
from streams.runtimes.fact_sources import places_of

OnChecked = Callable[[int, int], None]
"""Called with the number of equalities checked so far and the number there are."""


@dataclass(frozen=True, slots=True)
class Doubt:
    """A derived equality that is refused, or that counts although its proof cannot be followed to the end."""

    event_id: EventId
    position: Position
    left: NodeId
    right: NodeId
    rule: str
    state: str
    """accepted, quarantined or suspended: what the view makes of it."""
    verdict: Refused | Incomplete

    def document(self) -> dict[str, Any]:
        """Give it as a JSON-ready mapping."""
        refused = isinstance(self.verdict, Refused)
        return {
            "event": self.event_id.hex(),
            "partition": self.position.partition,
            "offset": self.position.offset,
            "left": self.left.hex(),
            "right": self.right.hex(),
            "rule": self.rule,
            "state": self.state,
            "verdict": "refused" if refused else "incomplete",
            "fault": self.verdict.fault.value if isinstance(self.verdict, Refused) else None,
            "reason": str(self.verdict),
        }


@dataclass(frozen=True, slots=True)
class VerifyReport:
    """`derived` equalities are not retracted: `sound` ones, those that lack premises (`waiting`), and the doubts."""

    records: int
    derived: int
    sound: int
    waiting: int
    doubts: tuple[Doubt, ...]

    def document(self) -> dict[str, Any]:
        """Give the report as a JSON-ready mapping."""
        return {
            "records": self.records,
            "derived": self.derived,
            "sound": self.sound,
            "waiting": self.waiting,
            "refused": sum(isinstance(doubt.verdict, Refused) for doubt in self.doubts),
            "incomplete": sum(isinstance(doubt.verdict, Incomplete) for doubt in self.doubts),
            "doubts": [doubt.document() for doubt in self.doubts],
        }


def _silent(done: int, total: int) -> None:
    return


def verify_log(folder: LogFolder, records: int, on_checked: OnChecked = _silent) -> VerifyReport:
    """Check every derived equality of a folded log that is not retracted, in the total order."""
    held = _HeldByLog(folder)
    checker = Checker(held)
    states = _states(folder)
    doubts: list[tuple[EqualityAsserted, str, Refused | Incomplete]] = []
    derived = sound = waiting = 0
    for place, event_id in enumerate(states, start=1):
        fact = held.fact(event_id)
        if isinstance(fact, EqualityAsserted) and isinstance(fact.why, Derived):
            verdict: Verdict = checker.check(fact)
            derived += 1
            sound += isinstance(verdict, Sound)
            lacking = isinstance(verdict, Incomplete) and states[event_id] == "suspended"
            waiting += lacking
            if not lacking and not isinstance(verdict, Sound):
                doubts.append((fact, states[event_id], verdict))
        on_checked(place, len(states))
    positions = places_of(folder, {fact.event_id for fact, _, _ in doubts})
    found = tuple(
        Doubt(
            fact.event_id, positions[fact.event_id], fact.left, fact.right,
            fact.why.rule if isinstance(fact.why, Derived) else "", state, verdict,
        )
        for fact, state, verdict in doubts
    )  # fmt: skip
    return VerifyReport(records, derived, sound, waiting, found)


def _states(folder: LogFolder) -> Mapping[EventId, str]:
    """Give what the view makes of each equality that is not retracted, in the total order."""
    view = folder.view
    states = dict.fromkeys(view.accepted(), "accepted")
    states |= dict.fromkeys(view.quarantined(), "quarantined")
    states |= dict.fromkeys(view.suspended(), "suspended")

    def order(event_id: EventId) -> tuple[int, EventId]:
        number = view.store.index_of(event_id)
        assert number is not None
        return view.store.order(number)

    return {event_id: states[event_id] for event_id in sorted(states, key=order)}


class _HeldByLog:
    """What a folded log holds, for the checker."""

    def __init__(self, folder: LogFolder) -> None:
        self._folder = folder
        self._known = KnownToView(folder.view)

    def fact(self, event_id: EventId) -> Fact | None:
        """Give a fact that was folded, decoded anew."""
        number = self._folder.view.store.index_of(event_id)
        if number is None or not self._folder.view.holds(event_id):
            return None
        fact = decode_fact(self._folder.log.raws[number])
        return None if isinstance(fact, Poison) else fact

    def node(self, node: NodeId) -> HasContent | None:
        """Give the content of an added node; the checker hashes it."""
        return self._known.node(node)
