"""Records as a consumer gives them, and segments made of them with the sink's own buffer.

Belongs here: input of the read side. Not here: expectations.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from analytics.catalog import store_dir
from analytics.segments import SegmentWriter
from analytics.sink import TableBuffer
from analytics.tables import Table, tables
from egraph.colours import Colour
from egraph.facts import Fact, NodeAdded
from schemas.codec import seal

AGENTS = 3


class Fetched(NamedTuple):
    """The part of a consumer record that the sink reads."""

    partition: int
    offset: int
    timestamp: int
    value: bytes | None
    headers: Sequence[tuple[str, bytes]] = ()


def table_named(name: str, agents: int = AGENTS) -> Table:
    """Give one table of a system."""
    return next(table for table in tables(agents) if table.name == name)


def node(sequence: int, operator: str = "x", colour: Colour = Colour.GREEN) -> NodeAdded:
    """Give a draft of a node."""
    return NodeAdded(
        graph="main", producer="p", sequence=sequence, hlc=1_700_000_000_000 << 16, operator=operator, colour=colour
    )


def fact_at(partition: int, offset: int, timestamp_ms: int, fact: Fact | None = None) -> Fetched:
    """Give the record of a fact; without one, of a node that stands only there."""
    draft = fact or node(offset, f"p{partition}o{offset}")
    return Fetched(partition, offset, timestamp_ms, seal(draft).raw)


def store_records(data_dir: Path, table_name: str, records: Sequence[Fetched], agents: int = AGENTS) -> None:
    """Flush records as one segment."""
    table = table_named(table_name, agents)
    writer = SegmentWriter(store_dir(data_dir) / table.name)
    try:
        buffer = TableBuffer(table, writer)
        buffer.take(records)
        buffer.flush()
    finally:
        writer.close()
