"""Which columns there are, and where: the numbers that the loops, the decoder and its users share.

Belongs here: names for positions. Not here: how a column is filled (reading.py, gathering.py), which schema fills which
(programs.py).

`fields` is a table of int64, one row of it per column, so that each column is contiguous. 0 stands for "none" in all
of them: no span starts at offset 0 of the buffer, no colour is 0, and text number 0 is the empty text.
`ids` is a table of ids, each as two uint64: bytes 0 to 7 and bytes 8 to 15, little endian.
"""

# Columns of `fields`. A span is two columns: offset into the buffer, then a length in bytes or a number of ids.
KIND, COLOUR, SEQUENCE, HLC = 0, 1, 2, 3
GRAPH, PRODUCER, OPERATOR = 4, 5, 6  # numbers of texts
GRAPH_AT, GRAPH_BYTES, PRODUCER_AT, PRODUCER_BYTES, OPERATOR_AT, OPERATOR_BYTES = 7, 8, 9, 10, 11, 12
CAUSES_AT, CAUSES, CHILDREN_AT, CHILDREN, TEXT_AT, TEXT_BYTES = 13, 14, 15, 16, 17, 18
TRACE_AT, LEFT_AT, RIGHT_AT, TARGET_AT, FIELDS = 19, 20, 21, 22, 23

COLOURS = 4
"""An operator with a colour is one number: operator * COLOURS + colour."""

# Tables of `ids`.
EVENT, NODE, LEFT, RIGHT, TARGET, IDS = 0, 1, 2, 3, 4, 5

# Kinds are positions in egraph.digest.FACT_KINDS and schemas.registry.FACT_SCHEMAS. Below them:
NODE_ADDED, EQUALITY_ASSERTED = 0, 1
REFUSED = -1  # by the scalar codec, which says why
UNDECIDED = -2  # the loops did not accept it: the scalar codec decides. Stands in no result.
