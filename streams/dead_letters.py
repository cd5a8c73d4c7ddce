"""How a refused record stands in the dead-letter topic: the bytes as they came, the rest in headers.

Belongs here: the one translation between DeadLetter and a record. Not here: why a record is refused (schemas/poison,
streams/processors), who writes and reads the topic (header names: schemas/dead_letter_headers).
"""

from typing import NamedTuple

from schemas.dead_letter_headers import (
    DETAIL,
    REASON,
    REDRIVEN_FROM,
    SOURCE_EMPTY,
    SOURCE_KEY,
    SOURCE_OFFSET,
    SOURCE_PARTITION,
    SOURCE_TIMESTAMP,
    SOURCE_TOPIC,
)
from schemas.topics import DEAD_LETTERS
from streams.ports import DeadLetter, LogRecord, Publish


class DeadLetterNotRead(NamedTuple):
    """A record of the dead-letter topic that is no dead letter of ours."""

    offset: int
    detail: str


def to_publish(letter: DeadLetter) -> Publish:
    """Give the record to append for a refused one. The same refusal gives the same record."""
    source = letter.source
    headers = [
        (REASON, letter.reason.encode()),
        (DETAIL, letter.detail.encode()),
        (SOURCE_TOPIC, source.topic.encode()),
        (SOURCE_PARTITION, str(source.partition).encode()),
        (SOURCE_OFFSET, str(source.offset).encode()),
        (SOURCE_TIMESTAMP, str(source.timestamp_ms).encode()),
    ]
    if source.key is not None:
        headers.append((SOURCE_KEY, source.key))
    if source.value is None:
        headers.append((SOURCE_EMPTY, b""))
    headers += [header for header in source.headers if header[0] == REDRIVEN_FROM]
    return Publish(DEAD_LETTERS.name, 0, letter.reason.encode(), source.value or b"", tuple(headers))


def from_record(record: LogRecord) -> DeadLetter | DeadLetterNotRead:
    """Read a record of the dead-letter topic. Never raises."""
    found = dict(record.headers)
    try:
        source = LogRecord(
            topic=found[SOURCE_TOPIC].decode(),
            partition=int(found[SOURCE_PARTITION]),
            offset=int(found[SOURCE_OFFSET]),
            timestamp_ms=int(found.get(SOURCE_TIMESTAMP, b"-1")),
            key=found.get(SOURCE_KEY),
            value=None if SOURCE_EMPTY in found else record.value,
            headers=tuple(header for header in record.headers if header[0] == REDRIVEN_FROM),
        )
        return DeadLetter(source, found[REASON].decode(), found.get(DETAIL, b"").decode(errors="replace"))
    except KeyError as error:
        return DeadLetterNotRead(record.offset, f"header {error} is missing")
    except ValueError as error:
        return DeadLetterNotRead(record.offset, f"{type(error).__name__}: {error}")


def position_text(source: LogRecord) -> str:
    """Give `topic/partition/offset`, the name of a dead letter in the command line and in REDRIVEN_FROM."""
    return f"{source.topic}/{source.partition}/{source.offset}"
