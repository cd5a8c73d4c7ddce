"""Gathers what is left after a drill: the log, the letters, what agents said, what the sink shows.

Belongs here: reading, from the broker's direct door. Not here: what it means (judge.py, delays.py).
"""

from collections import Counter
from pathlib import Path

import duckdb

from analytics.catalog import CATALOG_NAME, store_dir
from egraph.identifiers import EventId
from launcher.chaos.delays import Arrivals
from launcher.chaos.judge import Place, Source
from schemas.codec import decode_fact
from schemas.dead_letter_headers import SOURCE_OFFSET, SOURCE_PARTITION, SOURCE_TOPIC
from schemas.descent import GossipDescent
from schemas.poison import Poison
from schemas.records import AgentHeartbeat, GossipAck, GossipDelta, TimelineEvent, decode_record
from schemas.topics import CONTROL, DEAD_LETTERS, FACTS, GOSSIP, TIMELINE
from streams.adapters.kafka_log import KafkaLog
from streams.ports import LogRecord
from streams.runtimes.replay import fold_topic


async def everything(log: KafkaLog, topic: str) -> list[LogRecord]:
    """Give every record of a small topic."""
    begin, end = await log.begin_offsets(topic), await log.end_offsets(topic)
    return [item async for part in log.read_spans(topic, {p: (begin[p], end[p]) for p in end}) for item in part]


async def facts_in(log: KafkaLog) -> dict[Place, EventId | None]:
    """Give the event id at each position of the facts topic, None where there is no fact."""
    found: dict[Place, EventId | None] = {}
    for record in await everything(log, FACTS.name):
        fact = decode_fact(record.value)
        found[record.partition, record.offset] = None if isinstance(fact, Poison) else fact.event_id
    return found


async def letters_in(log: KafkaLog) -> frozenset[Source]:
    """Give the source positions of the dead letters."""
    headers = [dict(record.headers) for record in await everything(log, DEAD_LETTERS.name)]
    return frozenset(
        (item[SOURCE_TOPIC].decode(), int(item[SOURCE_PARTITION]), int(item[SOURCE_OFFSET])) for item in headers
    )


async def said_in(log: KafkaLog, agents: int) -> tuple[Arrivals, frozenset[Source]]:
    """Give when agents were seen to hold what, and where their inboxes have what is no gossip."""
    said: list[tuple[int, int, tuple[int, ...]]] = []
    poison = set()
    end = await log.end_offsets(GOSSIP.name)
    begin = await log.begin_offsets(GOSSIP.name)
    async for part in log.read_spans(GOSSIP.name, {p: (begin[p], end[p]) for p in end}):
        for item in part:
            record = decode_record(item.value)
            if isinstance(record, GossipDelta | GossipAck | GossipDescent):
                said.append((record.sent_at, record.sender, record.version))
            elif isinstance(record, Poison):
                poison.add((item.topic, item.partition, item.offset))
    for item in await everything(log, CONTROL.name):
        record = decode_record(item.value)
        if isinstance(record, AgentHeartbeat):
            said.append((record.at, record.agent, record.version))
    arrivals = Arrivals(agents)
    for at, agent, version in sorted(said):
        arrivals.saw(agent, version, at)
    return arrivals, frozenset(poison)


async def folds_in(log: KafkaLog) -> Counter[int]:
    """Give how many facts agents folded by bucket of the time from the broker's append to the fold."""
    counts: Counter[int] = Counter()
    begin, end = await log.begin_offsets(TIMELINE.name), await log.end_offsets(TIMELINE.name)
    async for part in log.read_spans(TIMELINE.name, {p: (begin[p], end[p]) for p in end}):
        for item in part:
            record = decode_record(item.value)
            if isinstance(record, TimelineEvent):
                counts.update(dict(record.latencies))
    return counts


async def replayed(bootstrap: str) -> tuple[str, str]:
    """Give the digests of one reader of the whole log."""
    view = (await fold_topic(bootstrap)).folder.view
    return view.set_digest().hex(), view.view_digest().hex()


def rows_of(data_dir: Path) -> tuple[Place, ...]:
    """Give the positions that the sink's table of facts shows, as any reader of the catalog sees them."""
    catalog = store_dir(data_dir) / CATALOG_NAME
    if not catalog.exists():
        return ()
    with duckdb.connect(str(catalog), read_only=True) as connection:
        rows = connection.execute('SELECT partition, "offset" FROM facts').fetchall()
    return tuple((int(partition), int(offset)) for partition, offset in rows)


def row_count(data_dir: Path) -> int:
    """Give how many facts the sink shows, 0 before there is a catalog."""
    catalog = store_dir(data_dir) / CATALOG_NAME
    if not catalog.exists():
        return 0
    try:
        with duckdb.connect(str(catalog), read_only=True) as connection:
            found = connection.execute("SELECT count(*) FROM facts").fetchone()
    except duckdb.IOException:  # it was replaced, or a run of segments swept, in between
        return 0
    return int(found[0]) if found else 0
