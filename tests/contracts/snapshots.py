"""Small snapshots for tests of stores and of the format. Not here: tests."""

from egraph.colours import Colour
from egraph.facts import NodeAdded
from egraph.view import IncrementalView
from schemas.codec import seal
from streams.processors.fact_log import FactLog
from streams.processors.snapshot import Snapshot, draft_snapshot

PARTITIONS = 2


def filled_log(version: tuple[int, ...]) -> FactLog:
    """Give a log with one node at every other offset: refused records leave holes."""
    log = FactLog(PARTITIONS)
    for partition, until in enumerate(version):
        offsets = list(range(0, until, 2))
        facts = [
            NodeAdded(
                graph="main", producer=f"p{partition}", sequence=offset, hlc=1 << 57, operator="x", colour=Colour.RED
            )
            for offset in offsets
        ]
        numbers = [log.intern(seal(fact).raw) for fact in facts]
        log.partitions[partition].extend(until, offsets, numbers, [1000 + offset for offset in offsets])
    return log


def snapshot_of(version: tuple[int, ...], gossip_next: int = 0, agent: int = 0) -> bytes:
    """Give the bytes of a snapshot that covers this much."""
    log = filled_log(version)
    view = IncrementalView(log.store)
    for partition, until in enumerate(version):
        view.fold_many(log.partitions[partition].facts_between(0, until))
    return draft_snapshot(
        log,
        Snapshot(
            agent=agent,
            incarnation=7,
            version=version,
            gossip_next=gossip_next,
            dead_letters=1,
            clock=(4, 5),
            set_digest=view.set_digest(),
        ),
    ).encode()
