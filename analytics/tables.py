"""The tables of the read side: their names, the topics they come from, and their columns.

Belongs here: the shape of rows, once. Not here: how rows are made (projection.py), how they are stored (segments.py).
"""

from dataclasses import dataclass

import pyarrow as pa

from schemas.topics import CONTROL, DEAD_LETTERS, FACTS, TIMELINE, Topic

_TIME = pa.timestamp("us")

_FACT_COLUMNS: tuple[tuple[str, pa.DataType], ...] = (
    ("partition", pa.int32()),
    ("offset", pa.int64()),
    ("appended_at", _TIME),
    ("event_id", pa.string()),
    ("kind", pa.string()),
    ("graph", pa.string()),
    ("producer", pa.string()),
    ("sequence", pa.int64()),
    ("hlc", pa.int64()),
    ("node_id", pa.string()),
    ("operator", pa.string()),
    ("colour", pa.string()),
    ("children", pa.list_(pa.string())),
    ("left_id", pa.string()),
    ("right_id", pa.string()),
    ("target", pa.string()),
    ("why", pa.string()),
    ("rule", pa.string()),
    ("round", pa.int32()),
    ("new_nodes", pa.list_(pa.string())),
    ("premises", pa.list_(pa.string())),
)
_EVENT_COLUMNS: tuple[tuple[str, pa.DataType], ...] = (
    ("partition", pa.int32()),
    ("offset", pa.int64()),
    ("ts", _TIME),
    ("kind", pa.string()),
    ("agent", pa.int32()),
    ("peer", pa.int32()),
    ("incarnation", pa.int64()),
    ("sequence", pa.int64()),
    ("message_id", pa.int64()),
    ("sender_incarnation", pa.int64()),
    ("sent_at", _TIME),
    ("latency_us", pa.int64()),
    ("bytes", pa.int32()),
    ("facts", pa.int32()),
    ("useful", pa.int32()),
    ("held", pa.int64()),
    ("colour", pa.string()),
    ("digest", pa.string()),
    ("latencies", pa.list_(pa.struct([("bucket", pa.int32()), ("count", pa.int64())]))),
)
_HEARTBEAT_COLUMNS: tuple[tuple[str, pa.DataType], ...] = (
    ("partition", pa.int32()),
    ("offset", pa.int64()),
    ("appended_at", _TIME),
    ("agent", pa.int32()),
    ("incarnation", pa.int64()),
    ("worker", pa.string()),
    ("pid", pa.int32()),
    ("ts", _TIME),
    ("role", pa.string()),
    ("neighbours", pa.list_(pa.int32())),
    ("version", pa.list_(pa.int64())),
    ("set_digest", pa.string()),
    ("view_digest", pa.string()),
    *(
        (name, pa.int64())
        for name in (
            "facts",
            "nodes",
            "classes",
            "accepted",
            "quarantined",
            "suspended",
            "retracted",
            "tombstones_held",
            "violations",
            "dead_letters",
            "rss_bytes",
        )
    ),
)
_LIFECYCLE_COLUMNS: tuple[tuple[str, pa.DataType], ...] = (
    ("partition", pa.int32()),
    ("offset", pa.int64()),
    ("appended_at", _TIME),
    ("ts", _TIME),
    ("kind", pa.string()),
    ("agent", pa.int32()),
    ("incarnation", pa.int64()),
    ("attempt", pa.int32()),
    ("round", pa.string()),
    ("workers", pa.int32()),
    ("told_by", pa.string()),
    ("detail", pa.string()),
)
_RULE_COUNTS = ("candidates", "matches", "nodes", "unions", "time_us")
_PHASE_COLUMNS: tuple[tuple[str, pa.DataType], ...] = (
    ("partition", pa.int32()),
    ("offset", pa.int64()),
    ("appended_at", _TIME),
    ("ts", _TIME),
    ("kind", pa.string()),
    ("run", pa.string()),
    ("cycle", pa.int32()),
    ("phase", pa.string()),
    ("agent", pa.int32()),
    ("incarnation", pa.int64()),
    ("started_at", _TIME),
    ("held", pa.list_(pa.int64())),
    ("set_digest", pa.string()),
    *((name, pa.int64()) for name in ("derived", "checked", "retracted", "unproven", "rounds", "nodes", "matches")),
    ("reason", pa.string()),
    ("rules", pa.list_(pa.struct([("rule", pa.string()), *((name, pa.int64()) for name in _RULE_COUNTS)]))),
    *((name, pa.int64()) for name in ("rules_left_out", "candidates", "new_nodes", "new_unions", "time_us")),
)
_DEAD_LETTER_COLUMNS: tuple[tuple[str, pa.DataType], ...] = (
    ("partition", pa.int32()),
    ("offset", pa.int64()),
    ("ts", _TIME),
    ("reason", pa.string()),
    ("detail", pa.string()),
    ("source_topic", pa.string()),
    ("source_partition", pa.int32()),
    ("source_offset", pa.int64()),
    ("raw", pa.binary()),
)


_ROLLUP_COLUMNS: tuple[tuple[str, pa.DataType], ...] = (
    ("start", _TIME),
    ("sender", pa.int32()),
    ("receiver", pa.int32()),
    ("is_ack", pa.bool_()),
    ("bucket", pa.int32()),
    ("messages", pa.int64()),
    ("bytes", pa.int64()),
    ("facts", pa.int64()),
    ("useful", pa.int64()),
)
_SECOND_US = 1_000_000


@dataclass(frozen=True, slots=True)
class Table:
    """One table: its name is that of its folder and of its view. Several may come from one topic.

    Where there is a grain, rows are sums over spans so long, of what one flush has seen: they add up (rollup.py).
    """

    name: str
    topic: Topic
    schema: pa.Schema
    grain_us: int = 0

    @property
    def time_column(self) -> str:
        """Give the column by which rows are old or new."""
        return next(name for name in ("ts", "start", "appended_at") if name in self.schema.names)


EVENT_SCHEMA = pa.schema(_EVENT_COLUMNS)
"""Of events without their clocks."""


def tables(agents: int) -> tuple[Table, ...]:
    """Give the tables of a system with that many agents: events have one clock column per agent, vc0, vc1, ..."""
    clocks = tuple((f"vc{agent}", pa.int64()) for agent in range(agents))
    return (
        Table("facts", FACTS, pa.schema(_FACT_COLUMNS)),
        Table("events", TIMELINE, pa.schema(_EVENT_COLUMNS + clocks)),
        Table("heartbeats", CONTROL, pa.schema(_HEARTBEAT_COLUMNS)),
        Table("lifecycle", CONTROL, pa.schema(_LIFECYCLE_COLUMNS)),
        Table("phases", CONTROL, pa.schema(_PHASE_COLUMNS)),
        Table("dead_letters", DEAD_LETTERS, pa.schema(_DEAD_LETTER_COLUMNS)),
        Table("flow_seconds", TIMELINE, pa.schema(_ROLLUP_COLUMNS), _SECOND_US),
        Table("flow_minutes", TIMELINE, pa.schema(_ROLLUP_COLUMNS), 60 * _SECOND_US),
        Table("flow_hours", TIMELINE, pa.schema(_ROLLUP_COLUMNS), 3600 * _SECOND_US),
    )
