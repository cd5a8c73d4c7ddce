"""The start of each hash: parameters of BLAKE2b (RFC 7693, section 2.5) for the two kinds of ids.

Belongs here: constants and parameters as arrays. Not here: hashing.
"""

import struct
from typing import Any

import numpy as np

from egraph.identifiers import ID_BYTES
from schemas.columns.blake2b import CONSTANTS, LANE_ROWS, LANES

Words = np.ndarray[Any, np.dtype[np.uint64]]

# As in egraph/identifiers.py, which defines them.
NODE_PERSON = b"egraph.node"
EVENT_PERSON = b"egraph.event"

_INITIAL = (
    0x6A09E667F3BCC908, 0xBB67AE8584CAA73B, 0x3C6EF372FE94F82B, 0xA54FF53A5F1D36F1,
    0x510E527FADE682D1, 0x9B05688C2B3E6C1F, 0x1F83D9ABFB41BD6B, 0x5BE0CD19137E2179,
)  # fmt: skip


def seed(person: bytes) -> Words:
    """Give the eight words that a 16-byte digest with this personalisation, without key, starts from."""
    parameters = struct.pack("<BBBB44x16s", ID_BYTES, 0, 1, 1, person)  # length, no key, fan-out, depth
    return np.array(_INITIAL, np.uint64) ^ np.frombuffer(parameters, np.uint64)


def fresh_lanes() -> Words:
    """Give the array of lanes, with the constants in place."""
    lanes = np.zeros((LANE_ROWS, LANES), np.uint64)
    lanes[CONSTANTS:] = np.array(_INITIAL, np.uint64)[:, None]
    return lanes.reshape(-1)
