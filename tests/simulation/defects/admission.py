"""Defects of admission: which records of a partition become facts."""

from schemas.codec import event_id_of
from schemas.poison import Poison, Reason
from streams.ports import LogRecord
from streams.processors.admission import Admission
from streams.processors.fact_log import FactLog
from tests.simulation.defects.catalogue import Patch, defect


@defect
def calls_a_repetition_a_reuse(patch: Patch) -> None:
    """A record that a producer sent twice is refused the second time."""

    def admit(self: Admission, record: LogRecord) -> int | Poison | None:
        admitted = original(self, record)
        return Poison(Reason.SEQUENCE_REUSE, "seen before") if admitted is None else admitted

    original = Admission.admit
    patch.setattr(Admission, "admit", admit)


@defect
def admits_a_second_body_under_one_sequence(patch: Patch) -> None:
    """A producer can say two things at once, and nobody refuses the second."""

    def admit(self: Admission, record: LogRecord) -> int | Poison | None:
        admitted = original(self, record)
        if isinstance(admitted, Poison) and admitted.reason == Reason.SEQUENCE_REUSE:
            return self._log.intern(record.value)
        return admitted

    original = Admission.admit
    patch.setattr(Admission, "admit", admit)


@defect
def admits_a_repetition_as_a_new_fact(patch: Patch) -> None:
    """A fact sent twice stands twice in the log of the agents."""

    def admit(self: Admission, record: LogRecord) -> int | Poison | None:
        admitted = original(self, record)
        return self._log.intern(record.value) if admitted is None else admitted

    original = Admission.admit
    patch.setattr(Admission, "admit", admit)


@defect
def shares_sequences_between_producers(patch: Patch) -> None:
    """What one producer says first can never be said by another."""

    def number(self: FactLog, graph: str, producer: str) -> int:
        return original(self, graph, "anybody")

    original = FactLog._number_sender
    patch.setattr(FactLog, "_number_sender", number)


@defect
def folds_facts_of_other_graphs(patch: Patch) -> None:
    """Another system's facts become ours, because the graph is not looked at."""

    def number(self: FactLog, graph: str, producer: str) -> int:
        return original(self, "main", producer)

    original = FactLog._number_sender
    patch.setattr(FactLog, "_number_sender", number)


@defect
def forgets_used_sequences_at_a_restart(patch: Patch) -> None:
    """A restarted agent admits what its former life would have refused."""
    patch.setattr(Admission, "resume", lambda self, until: None)


@defect
def recalls_one_sequence_too_few(patch: Patch) -> None:
    """The newest fact of a restored snapshot can be said again in other words."""
    original = Admission.resume
    patch.setattr(Admission, "resume", lambda self, until: original(self, until - 1))


@defect
def takes_a_known_event_id_for_the_fact(patch: Patch) -> None:
    """Other bytes under the event id of a known fact pass as that fact: a forger's record is not refused."""

    def intern(self: FactLog, raw: bytes | None) -> int | Poison:
        number = self.store.index_of(event_id_of(raw)) if raw else None
        return original(self, raw) if number is None else number

    original = FactLog.intern
    patch.setattr(FactLog, "intern", intern)
