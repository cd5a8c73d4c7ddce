"""The table that records of Kafka are read into: one column a record, and what stands in which row.

Belongs here: names for positions, for the loop (records.py) and for readers without numpy. Not here: anything else.
A span is two rows: offset into the buffer, then bytes, -1 for a null. Of headers it is their offset and their number.
"""

OFFSET, TIMESTAMP, KEY_AT, KEY_BYTES, VALUE_AT, VALUE_BYTES, HEADERS_AT, HEADERS, RECORD_ROWS = (
    0,
    1,
    2,
    3,
    4,
    5,
    6,
    7,
    8,
)
