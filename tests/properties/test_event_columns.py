"""Columns and rollups of timeline events say what event_row says of each, whatever bytes stand in the topic.

Belongs here: the quick way beside the definition. Not here: what is right (tests/unit/analytics/test_projection.py).
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any
from unittest.mock import patch

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analytics import event_columns as columns
from analytics import rollup
from analytics.event_columns import ColumnIntake, EventReader, event_columns
from analytics.ledger import Intake, RowIntake
from analytics.projection import Record, event_row
from analytics.rollup import KEY, SUMS, RollupIntake
from analytics.tables import Table, tables
from schemas.columns.flat_records import ITEMS_MAX, FlatReader
from schemas.latency import latency_bucket
from schemas.records import TimelineKind, encode_record
from schemas.registry import load
from tests.properties.event_records import EVENT, VALUES, as_agents_write, one_byte_off, placed, written

AGENTS = 3
EVENTS, *ROLLUPS = (table for table in tables(AGENTS) if table.name in ("events", "flow_seconds", "flow_hours"))
GRAINS = (1, 60_000_000)


@pytest.fixture(autouse=True, scope="module")
def _however_few() -> Iterator[None]:
    """Batches here are small; small ones would go round the columns."""
    with patch.object(columns, "FEW", 0), patch.object(rollup, "_ADD_UP_ROWS", 3):
        yield


def agree(records: Sequence[Record]) -> None:
    """Compare with the definition."""
    rows = [row for record in records if (row := event_row(record)) is not None]
    expected = pa.Table.from_pylist(rows, schema=EVENTS.schema)
    found = event_columns(records, EVENTS.schema)
    found.validate(full=True)
    assert found.equals(expected), (found.to_pylist(), rows)


@settings(max_examples=300, deadline=None)
@given(st.lists(VALUES, max_size=12))
def test_columns_say_what_rows_say(values: list[bytes | None]) -> None:
    """An event would be shown as another one, poison as an event, or an event not at all, because of its neighbours."""
    agree(placed(values))


def test_a_record_that_is_one_step_from_an_event() -> None:
    """The quick way would take what the strict one refuses: it checks less, or reads behind the end of a record."""
    agree(
        placed(
            [
                mutant
                for raw in map(encode_record, (EVENT, replace(EVENT, latencies=())))
                for mutant in one_byte_off(raw)
            ]
        )
    )


def test_lists_in_other_blocks_are_refused() -> None:
    """Avro allows several blocks and blocks with a size; one event would then have many spellings."""
    raw = encode_record(replace(EVENT, clock=(1, 2, 3)))
    place = raw.index(bytes([6, 2, 4, 6, 0]))
    spellings = ([2, 2, 4, 4, 6, 0], [5, 6, 2, 4, 6, 0], [6, 2, 4, 6, 2], [2, 2, 2, 4, 2, 6, 0])
    others = [raw[:place] + bytes(spelling) + raw[place + 5 :] for spelling in spellings]

    agree(placed([raw, *others, raw]))
    assert event_columns(placed(others), EVENTS.schema).num_rows == 0


def test_a_list_longer_than_the_quick_way_takes() -> None:
    """The longest histograms would be cut, or cost their event."""
    for count in (ITEMS_MAX, ITEMS_MAX + 1):
        long = encode_record(replace(EVENT, latencies=tuple((bucket, 1) for bucket in range(count))))
        found = event_columns(placed([long, encode_record(EVENT)]), EVENTS.schema)
        assert [len(row) for row in found["latencies"].to_pylist()] == [count, 2]


@settings(max_examples=100, deadline=None)
@given(st.lists(as_agents_write, min_size=1, max_size=8))
def test_what_agents_write_takes_the_quick_way(events: list[Any]) -> None:
    """Every event would be decoded one by one: right, and at twenty times the cost."""
    with patch.object(columns, "event_row", side_effect=AssertionError("decoded alone")):
        assert event_columns(placed(list(map(encode_record, events))), EVENTS.schema).num_rows == len(events)


def test_a_schema_with_a_field_of_another_type_is_left_to_the_codec() -> None:
    """A later release's field would be read as something else."""
    current = load("timeline_event")
    for kind in ("double", ["null", "long"], {"type": "map", "values": "long"}):
        source = {**current.source, "fields": [*current.source["fields"], {"name": "later", "type": kind}]}
        later = replace(current, source=source)
        with patch("schemas.columns.flat_records.load", return_value=later):
            assert len(FlatReader("timeline_event", {"colour": ("GREEN",)}).read([encode_record(EVENT)]).rows) == 0


def test_an_int_beyond_32_bits_costs_its_event_and_not_the_table() -> None:
    """One record of a stranger would end the sink at every start: no column holds the number."""
    fields = {name: getattr(EVENT, name) for name in EVENT.__dataclass_fields__} | {"latencies": []}
    raws = [
        written(load("timeline_event"), fields | {name: sign << 31})
        for name in ("agent", "peer", "bytes", "facts", "useful")
        for sign in (1, -2)
    ]
    raws += [written(load("timeline_event"), fields | {"latencies": [{"bucket": 1 << 31, "count": 1}]})]
    for way in (raws, [raws[0]]):
        assert event_columns(placed([*way, encode_record(EVENT)]), EVENTS.schema).num_rows == 1


def rolled_up_by_hand(records: Sequence[Record], grain_us: int) -> dict[tuple[Any, ...], list[int]]:
    """Add up row by row."""
    sums: dict[tuple[Any, ...], list[int]] = {}
    for row in filter(None, map(event_row, records)):
        if row["kind"] in (TimelineKind.MESSAGE_RECEIVED, TimelineKind.ACK_RECEIVED):
            bucket = None if row["latency_us"] is None else latency_bucket(row["latency_us"])
            is_ack = row["kind"] == TimelineKind.ACK_RECEIVED
            key = (row["ts"] - row["ts"] % grain_us, row["peer"], row["agent"], is_ack, bucket)
            before = sums.get(key, [0, 0, 0, 0])
            sums[key] = [a + b for a, b in zip(before, (1, row["bytes"], row["facts"], row["useful"]), strict=True)]
    return sums


def told(rows: pa.Table) -> dict[tuple[Any, ...], list[int]]:
    """Give a rollup's rows by key, each key once."""
    whole = rows.set_column(rows.schema.get_field_index("start"), "start", rows["start"].cast(pa.int64())).to_pylist()
    found = {tuple(row[name] for name in KEY): [row[name] for name in SUMS] for row in whole}
    assert len(found) == len(whole)
    return found


few = st.integers(0, 2)
arrivals = st.builds(
    replace, as_agents_write, agent=few, peer=few, at=st.integers(-5, 200_000_000),
    bytes=st.integers(-5, (1 << 31) - 1),
    latency_us=st.one_of(
        st.sampled_from([-1, 0, 1, 2, 3]),
        st.integers(2, 55).flatmap(lambda bits: st.integers((1 << bits) - 2, (1 << bits) + 2)),
        st.integers(0, 1 << 55),
    ),
    kind=st.sampled_from(
        [TimelineKind.MESSAGE_RECEIVED, TimelineKind.MESSAGE_RECEIVED, TimelineKind.ACK_RECEIVED, TimelineKind.ACK_SENT]
    ),
)  # fmt: skip


@settings(max_examples=200, deadline=None)
@given(st.lists(st.lists(arrivals.map(encode_record), max_size=8), max_size=4), st.sampled_from(GRAINS))
def test_rollups_say_what_rows_add_up_to(batches: list[list[bytes]], grain_us: int) -> None:
    """A second would count a message twice, under another flow, or in the bucket beside its own."""
    intake = RollupIntake(grain_us, EventReader(EVENTS.schema), ROLLUPS[0].schema, {})
    records: list[Record] = []
    for batch in batches:
        records += placed(list(batch), len(records))
        intake.take(records[-len(batch) - 2 :])  # what was read before comes again

    assert told(intake.rows) == rolled_up_by_hand(records, grain_us)


def intake_for(table: Table, shared: EventReader, at: dict[int, int]) -> Intake:
    """Give the intake that a sink has for a table whose segments go so far."""
    if table.grain_us:
        return RollupIntake(table.grain_us, shared, table.schema, at)
    return ColumnIntake(shared, table.schema, at)


@settings(max_examples=200, deadline=None)
@given(
    st.lists(st.lists(VALUES, max_size=8), min_size=2, max_size=2),
    st.lists(st.tuples(st.integers(0, 8), st.integers(0, 8)), min_size=3, max_size=3),
    st.lists(st.tuples(st.integers(0, 8), st.integers(0, 9)), max_size=6),
)
def test_each_table_goes_on_where_it_stood(
    values: list[list[bytes | None]], stood: list[tuple[int, int]], reads: list[tuple[int, int]]
) -> None:
    """After a restart one table would take from another what it shows already, or lack what that one had."""
    log = [placed(held, partition=partition) for partition, held in enumerate(values)]
    shared = EventReader(EVENTS.schema)
    kept = (EVENTS, *ROLLUPS)
    ats = [{0: min(a, len(log[0])), 1: min(b, len(log[1]))} for a, b in stood]
    quick = [intake_for(table, shared, at) for table, at in zip(kept, ats, strict=True)]
    rowwise = [RowIntake(event_row, at) for at in ats]
    for begin, size in [*reads, (0, 9)]:
        batch = [record for records in log for record in records[begin : begin + size]]
        for intake in (*quick, *rowwise):
            intake.take(batch)

    for table, intake, rows, at in zip(kept, quick, rowwise, ats, strict=True):
        assert (intake.next_offsets, intake.moved) == (rows.next_offsets, rows.moved)
        new = [record for records in log for record in records if record.offset >= at[record.partition]]
        if table.grain_us:
            assert told(intake.rows) == rolled_up_by_hand(_read(new, rows), table.grain_us)
        else:
            assert intake.rows.equals(pa.Table.from_pylist(rows.rows, schema=table.schema))


def _read(new: Sequence[Record], rows: RowIntake) -> list[Record]:
    """Give those of the records whose rows were taken in: reads that begin late leave some out."""
    taken = {(row["partition"], row["offset"]) for row in rows.rows}
    return [record for record in new if (record.partition, record.offset) in taken]
