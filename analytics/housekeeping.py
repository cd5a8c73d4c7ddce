"""What is merged and what is let go: decisions over the segments of tables, without files and clocks.

Belongs here: which run is due for compaction, which one retention drops. Not here: doing it (ledger.py, sink.py).

Segments are merged with neighbours of their own size: sixty single flushes first, then ten of what came of them, and
so on; what holds `FULL_ROWS` stays as it is. So a row is rewritten a few times, and readers open about a hundred files.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from analytics.ledger import Segment

FLUSH_RUN = 60
MERGED_RUN = 10
FULL_ROWS = 1_000_000


@dataclass(frozen=True, slots=True)
class Content:
    """What a segment holds: rows, bytes on the disk, and the time of its newest row in microseconds; None: no row."""

    rows: int
    bytes: int
    newest_us: int | None


RAW = ("events", "heartbeats", "dead_letters", "flow_seconds")
"""The tables that retention is about. Minutes and hours of flows stay, and so does the history of runs and agents."""


@dataclass(frozen=True, slots=True)
class Retention:
    """What may go: rows older than `age_s`, and the oldest while all are larger than `bytes`. None: nothing goes.

    It goes by whole segments: a row stays until the newest of its segment may go.
    """

    age_s: float | None = None
    bytes: int | None = None
    with_facts: bool = False

    def is_about(self, table: str) -> bool:
        """Tell whether rows of a table may go."""
        return (self.age_s is not None or self.bytes is not None) and (
            table in RAW or (self.with_facts and table == "facts")
        )


def due_run(shown: Sequence[Segment], rows_of: Callable[[Segment], int], flush_run: int = FLUSH_RUN) -> list[Segment]:
    """Give the oldest neighbours of one size that are so many that they should be one, or nothing."""
    run: list[Segment] = []
    tier = -1
    held = 0
    for segment in shown:
        its_tier, its_rows = tier_of(segment, flush_run), rows_of(segment)
        if len(run) > 1 and its_tier == tier and held + its_rows > FULL_ROWS:
            return run
        if its_tier != tier or its_rows >= FULL_ROWS // 2:
            run, held, tier = [], 0, its_tier
        if its_rows < FULL_ROWS // 2:
            run.append(segment)
            held += its_rows
        if len(run) == (flush_run if tier == 0 else MERGED_RUN):
            return run
    return []


def tier_of(segment: Segment, flush_run: int = FLUSH_RUN) -> int:
    """Give how often flushes were merged to make a segment, by how many it holds."""
    span = segment.last - segment.first + 1
    tier, bound = 0, 2
    while span >= bound:
        tier += 1
        bound = max(flush_run, 2) * MERGED_RUN**tier
    return tier


def expired(
    tables: Mapping[str, Sequence[tuple[Segment, Content]]], retention: Retention, now_us: int
) -> dict[str, list[Segment]]:
    """Give of each table the oldest run that may go. The newest segment stays: it tells how far the sink has read.

    A run has at least two segments, since an empty one that stands for both must have a name of its own.
    """
    gone = {name: _too_old(content, retention.age_s, now_us) for name, content in tables.items()}
    if retention.bytes is not None:
        over = sum(item.bytes for name, content in tables.items() for _, item in content[gone[name] :])
        over -= retention.bytes
        while over > 0:
            oldest = [
                (content[gone[name]][1].newest_us or 0, name)
                for name, content in tables.items()
                if gone[name] < len(content) - 1
            ]
            if not oldest:
                break
            _, name = min(oldest)
            over -= tables[name][gone[name]][1].bytes
            gone[name] += 1
    return {
        name: [segment for segment, _ in tables[name][:count]]
        for name, count in gone.items()
        if count > 1 and any(item.rows for _, item in tables[name][:count])
    }


def _too_old(content: Sequence[tuple[Segment, Content]], age_s: float | None, now_us: int) -> int:
    """Give how many segments at the beginning hold only what is too old."""
    if age_s is None:
        return 0
    since = now_us - int(age_s * 1_000_000)
    for count, (_, item) in enumerate(content[:-1]):
        if item.newest_us is not None and item.newest_us >= since:
            return count
    return max(0, len(content) - 1)
