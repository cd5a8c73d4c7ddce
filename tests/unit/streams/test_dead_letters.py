"""A refused record and its place in the dead-letter topic."""

import pytest

from schemas.topics import DEAD_LETTERS
from streams.dead_letters import REDRIVEN_FROM, DeadLetterNotRead, from_record, position_text, to_publish
from streams.ports import DeadLetter, LogRecord, Publish


def as_record(published: Publish) -> LogRecord:
    """The record as it would be read back."""
    return LogRecord(published.topic, published.partition, 3, 99, published.key, published.value, published.headers)


@pytest.mark.parametrize("value", [b"\xc3\x01 poison", b"", None])
@pytest.mark.parametrize("key", [b"main", b"", None])
def test_a_refused_record_can_be_sent_again_as_it_was(value: bytes | None, key: bytes | None) -> None:
    """Redriving another value or key than the refused one would hide the fault."""
    source = LogRecord("egraph.facts", 4, 17, 1234, key, value, ((REDRIVEN_FROM, b"egraph.facts/4/2"),))
    letter = DeadLetter(source, "undecodable", "no such field: é")

    assert from_record(as_record(to_publish(letter))) == letter


def test_key_and_topic_are_those_of_the_table() -> None:
    """The topic is keyed by reason (DESIGN 5); partition 0 is its only one."""
    published = to_publish(DeadLetter(LogRecord("t", 1, 2, 3, None, b"x"), "empty", ""))

    assert (published.topic, published.partition, published.key) == (DEAD_LETTERS.name, 0, b"empty")


@pytest.mark.parametrize(
    "headers",
    [(), (("reason", b"x"),), (("reason", b"x"), ("source-topic", b"t"), ("source-partition", b"a"))],
)
def test_a_foreign_record_is_told_apart(headers: tuple[tuple[str, bytes], ...]) -> None:
    """Anybody can write into a topic; listing must go on and say what it could not read."""
    assert isinstance(from_record(LogRecord("egraph.dead-letters", 0, 5, 0, None, b"x", headers)), DeadLetterNotRead)


def test_a_position_has_one_text() -> None:
    """`list` prints it and `show` and `redrive` take it."""
    assert position_text(LogRecord("egraph.facts", 4, 17, 0, None, None)) == "egraph.facts/4/17"
