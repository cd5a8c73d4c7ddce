"""Offsets are never ahead of state: in an agent, in a snapshot, in what its consumer has committed.

Belongs here: versions against what the log holds. Not here: what agents believe of each other (beliefs.py).
"""

from collections.abc import Sequence

from schemas.topics import FACTS
from simulator.checks.expected import Expected
from streams.ports import LogRecord, Outcome
from streams.processors.snapshot import SnapshotDamaged, read_header
from streams.runtimes.simulated import Inspector
from streams.runtimes.simulated_workers import Seat


class VersionsNeverFall(Inspector):
    """An agent never loses ground in one life, never runs ahead of the log, and moves on at home by its log alone."""

    name = "version-never-falls"

    def __init__(self) -> None:
        self._before: dict[Seat, tuple[int, ...]] = {}

    def stepped(self, seat: Seat, records: Sequence[LogRecord], outcome: Outcome) -> None:
        """Compare with the step before and with the log."""
        version = seat.processor.version
        before = self._before.get(seat)
        if version == before:
            return
        self._before[seat] = version
        if before is not None:
            assert all(map(int.__ge__, version, before)), f"agent {seat.agent} went from {before} to {version}"
            by_gossip = bool(records) and records[0].topic != FACTS.name and version[seat.agent] > before[seat.agent]
            assert not by_gossip, f"agent {seat.agent} was told by others what its own log says: {before} to {version}"
        ends = seat.worker.world.ends()
        assert all(map(int.__le__, version, ends)), f"agent {seat.agent} at {version} is past the log's {ends}"


class StateIsItsOffsets(Inspector):
    """An agent holds exactly the facts below its version, after every step and when it starts."""

    name = "offset-not-ahead-of-state"

    def __init__(self, expected: Expected) -> None:
        self._expected = expected
        self._before: dict[Seat, tuple[int, ...]] = {}

    def started(self, seat: Seat) -> None:
        """Look at what a restore gave."""
        self._compare(seat)

    def stepped(self, seat: Seat, records: Sequence[LogRecord], outcome: Outcome) -> None:
        """Look at what a step gave."""
        if records:
            self._compare(seat)

    def _compare(self, seat: Seat) -> None:
        version = seat.processor.version
        if self._before.get(seat) != version or seat in seat.worker.world.mischief.rot:
            self._before[seat] = version
            assert self._expected.is_held(seat), (
                f"agent {seat.agent} does not hold the facts that its version {version} says"
            )


class SnapshotsAreTheirOffsets(Inspector):
    """A snapshot says exactly what its offsets say: neither torn nor ahead of what was folded."""

    name = "snapshot-is-its-offsets"

    def __init__(self, expected: Expected) -> None:
        self._expected = expected

    def saving(self, seat: Seat, snapshot: bytes) -> None:
        """Compare its digest with the log below its version, and its inbox offset with the agent's."""
        header = read_header(snapshot)
        version = tuple(header["version"])
        whole = header["set_digest"] == self._expected.set_digest(version).hex()
        assert whole or seat in seat.worker.world.mischief.rot, (
            f"the snapshot of agent {seat.agent} at {version} is not its offsets' facts"
        )
        assert header["gossip_next"] <= seat.processor.gossip_next, "the snapshot is ahead of the inbox"


class SnapshotsNeverGoBack(Inspector):
    """Saving never replaces a snapshot by one that covers less: a zombie does not undo its successor's work."""

    name = "snapshot-never-goes-back"

    def saved(self, seat: Seat, before: bytes | None, after: bytes | None) -> None:
        """Compare what is kept with what was kept."""
        if before is None or after is None or before is after:
            return
        try:
            old = read_header(before)["version"]
        except SnapshotDamaged:
            return
        new = read_header(after)["version"]
        assert all(map(int.__ge__, new, old)), f"the snapshot of agent {seat.agent} at {old} was replaced by {new}"


class CommitsAreBehind(Inspector):
    """A consumer group's offset is never ahead of what some life of the agent has folded."""

    name = "commit-not-ahead"

    def stepped(self, seat: Seat, records: Sequence[LogRecord], outcome: Outcome) -> None:
        """Compare the acknowledged offset with the agent's."""
        acked, folded = seat.acked[FACTS.name], seat.processor.version[seat.agent]
        taken_over = seat.taken_over
        assert acked <= max(folded, taken_over), f"agent {seat.agent} acknowledged {acked} and folded {folded}"
