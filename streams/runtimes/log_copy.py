"""Copy a topic into a file and a file into a topic.

Belongs here: moving records with their order and offsets. Not here: the file (streams/log_file.py), the client.
"""

from pathlib import Path

from schemas.topics import TOPICS
from streams.adapters.broker_errors import TopicMissing
from streams.adapters.kafka_log import FactProducer, KafkaLog
from streams.log_file import LogFileWriter, LogSpans, read_records, verify
from streams.runtimes.replay import OnReplayed


class NotImportable(Exception):
    """The file and the topic do not fit: the message says why and what to do."""


async def export_log(bootstrap: str, topic: str, path: Path, *, on_copied: OnReplayed) -> LogSpans:
    """Write what the topic holds now to a file, atomically. Raises BrokerError, OSError."""
    async with KafkaLog(bootstrap) as log:
        begin, end = await log.begin_offsets(topic), await log.end_offsets(topic)
        spans = LogSpans(topic, {partition: (begin[partition], end[partition]) for partition in end})
        done = 0
        with LogFileWriter(path, spans) as file:
            for partition, (first, until) in spans.partitions.items():
                async for records in log.read(topic, partition, first, until):
                    file.write(records)
                    done += len(records)
                    on_copied(done, spans.records)
    return spans


async def import_log(bootstrap: str, path: Path, *, append: bool, on_copied: OnReplayed) -> LogSpans:
    """Append a file's records to its topic, partition by partition in order; make the topic if it is missing.

    The whole file is verified first. A topic that holds records is refused unless `append`: offsets would differ,
    though facts already there are recognised. Raises NotImportable, DamagedLogFile, FileNotFoundError, BrokerError.
    """
    spans = verify(path)
    if spans.topic not in TOPICS:
        raise NotImportable(f"{path} holds {spans.topic}, which is no topic of this system; see schemas/topics.py")
    async with KafkaLog(bootstrap) as log:
        await _prepare(log, spans, append=append)
    done = 0
    async with FactProducer(bootstrap, topic=spans.topic) as producer:
        for record in read_records(path):
            await producer.copy(record.value, record.partition, key=record.key, headers=record.headers)
            done += 1
            if done % 1000 == 0 or done == spans.records:
                on_copied(done, spans.records)
    return spans


async def _prepare(log: KafkaLog, spans: LogSpans, *, append: bool) -> None:
    try:
        end = await log.end_offsets(spans.topic)
    except TopicMissing:
        await log.create_topics([TOPICS[spans.topic]], len(spans.partitions))
        return
    if len(end) != len(spans.partitions):
        raise NotImportable(
            f"{spans.topic} has {len(end)} partitions, the file {len(spans.partitions)}; "
            "use a broker made for as many agents"
        )
    if any(end.values()) and not append:
        raise NotImportable(
            f"{spans.topic} holds {sum(end.values()):,} records already; use another broker, or --append to add "
            "the file behind them"
        )
