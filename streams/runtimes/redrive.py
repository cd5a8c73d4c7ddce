"""Read the dead-letter topic, and send dead letters again once their cause is mended.

Belongs here: what is in the topic, what was sent again already, sending. Not here: the record's form
(streams/dead_letters.py), the command line.
A redriven record carries REDRIVEN_FROM with the position it was refused at. Which letters were redriven is read from
the facts topic itself, so that no second book has to agree with it.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from schemas.dead_letter_headers import REDRIVEN_FROM
from schemas.topics import DEAD_LETTERS
from streams.adapters.broker_errors import TopicMissing
from streams.adapters.kafka_log import FactProducer, KafkaLog
from streams.dead_letters import DeadLetterNotRead, from_record, position_text
from streams.ports import DeadLetter


@dataclass(frozen=True, slots=True)
class DeadLetters:
    """The dead-letter topic: each refused source position once, by topic, partition and offset.

    An agent that crashed between writing and acknowledging writes again: `repetitions` counts that.
    """

    letters: tuple[DeadLetter, ...]
    repetitions: int
    not_read: tuple[DeadLetterNotRead, ...]

    def find(self, position: str) -> DeadLetter | None:
        """Give the letter of a source position `topic/partition/offset`."""
        return next((letter for letter in self.letters if position_text(letter.source) == position), None)


async def read_dead_letters(bootstrap: str) -> DeadLetters:
    """Read the whole dead-letter topic. Raises BrokerError."""
    first_of: dict[tuple[str, int, int], DeadLetter] = {}
    not_read: list[DeadLetterNotRead] = []
    repetitions = 0
    async with KafkaLog(bootstrap) as log:
        begin, end = await log.begin_offsets(DEAD_LETTERS.name), await log.end_offsets(DEAD_LETTERS.name)
        async for records in log.read_spans(DEAD_LETTERS.name, {p: (begin[p], end[p]) for p in end}):
            for record in records:
                letter = from_record(record)
                if isinstance(letter, DeadLetterNotRead):
                    not_read.append(letter)
                    continue
                key = (letter.source.topic, letter.source.partition, letter.source.offset)
                repetitions += key in first_of
                first_of.setdefault(key, letter)
    return DeadLetters(tuple(first_of[key] for key in sorted(first_of)), repetitions, tuple(not_read))


async def redriven_positions(bootstrap: str, letters: Iterable[DeadLetter]) -> frozenset[str]:
    """Give the source positions among `letters` that were sent again. Raises BrokerError.

    A letter can only have been sent again behind itself, so each partition is read from its first letter on.
    """
    first_of: dict[tuple[str, int], int] = {}
    for letter in letters:
        where = (letter.source.topic, letter.source.partition)
        first_of[where] = min(first_of.get(where, letter.source.offset), letter.source.offset)
    found: set[str] = set()
    async with KafkaLog(bootstrap) as log:
        for topic in sorted({topic for topic, _ in first_of}):
            try:
                begin, end = await log.begin_offsets(topic), await log.end_offsets(topic)
            except TopicMissing:
                continue
            spans = {
                partition: (max(first, begin[partition]), end[partition])
                for (of_topic, partition), first in first_of.items()
                if of_topic == topic and partition in end
            }
            async for records in log.read_spans(topic, spans):
                for record in records:
                    found.update(value.decode() for name, value in record.headers if name == REDRIVEN_FROM)
    return frozenset(found)


async def redrive(bootstrap: str, letters: Sequence[DeadLetter]) -> int:
    """Append the raw bytes of each letter to the partition it came from; give how many. Raises BrokerError."""
    by_topic: dict[str, list[DeadLetter]] = {}
    for letter in letters:
        by_topic.setdefault(letter.source.topic, []).append(letter)
    for topic, of_topic in by_topic.items():
        async with FactProducer(bootstrap, topic=topic) as producer:
            for letter in of_topic:
                source = letter.source
                mark = (REDRIVEN_FROM, position_text(source).encode())
                await producer.copy(source.value, source.partition, key=source.key, headers=(mark,))
    return len(letters)
