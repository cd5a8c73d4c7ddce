"""Header names of the dead-letter topic: persistent literals, shared by who writes and who reads it."""

REASON = "reason"
DETAIL = "detail"
SOURCE_TOPIC = "source-topic"
SOURCE_PARTITION = "source-partition"
SOURCE_OFFSET = "source-offset"
SOURCE_TIMESTAMP = "source-timestamp-ms"
SOURCE_KEY = "source-key"
SOURCE_EMPTY = "source-empty"
"""Present if the source record had no value at all; the dead letter's value is then empty bytes."""

REDRIVEN_FROM = "redriven-from"
"""Header of a record that was sent again: the position it was refused at, `topic/partition/offset`."""
