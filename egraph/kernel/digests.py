"""Sums of ids modulo 2^128, over arrays: what digests of facts and of classes are made of.

Belongs here: the sums. Not here: how they become a digest (egraph/digest.py defines it).
A 128-bit number is four 32-bit limbs, the lowest first. Limbs are summed in 64 bits and carried at the end only, so a
sum can be taken back limb by limb; 2^31 ids may be added before one could overflow.
"""

from typing import Any

import numpy as np

from egraph.kernel.arrays import KernelArrays
from egraph.kernel.inputs import Column
from egraph.kernel.loops import DIRTIES, IS_LISTED, LABEL, LIMBS, LISTED, MORE, SYMBOL

MANY_BYTES = 64 * 16
"""Fewer ids are summed one by one: arrays cost more than they save."""

Sums = np.ndarray[Any, np.dtype[np.uint32]]


def carried(limbs: Any) -> Sums:
    """Give sums of limbs, one row each, as numbers modulo 2^128 in four limbs."""
    found = np.array(limbs, dtype=np.int64)
    for limb in range(LIMBS - 1):
        found[:, limb + 1] += found[:, limb] >> 32
    return np.asarray(found & 0xFFFFFFFF, dtype=np.uint32)


def id_sum_of(ids: bytes) -> int:
    """Give the sum of joined ids; modulo 2^128 where they are many."""
    if len(ids) < MANY_BYTES:
        return sum([int.from_bytes(ids[at : at + 16], "little") for at in range(0, len(ids), 16)])
    return as_integers([np.frombuffer(ids, np.uint32).reshape(-1, LIMBS).sum(axis=0, dtype=np.int64)])[0]


def as_integers(limbs: Any) -> list[int]:
    """Give sums of limbs, one row each, as little-endian numbers modulo 2^128."""
    data = carried(limbs).tobytes()
    return [int.from_bytes(data[at : at + 16], "little") for at in range(0, len(data), 16)]


def changed_classes(kernel: KernelArrays) -> tuple[Column, Column, Sums]:
    """Give the classes that changed since the last call: labels, numbers of members, and sums of their ids.

    The number is 0 for a label that names no class any more. Needs a kernel that keeps digests.
    """
    count = int(kernel.counts[DIRTIES])
    labels = kernel.dirty[:count, LISTED].copy()
    kernel.dirty[labels, IS_LISTED] = 0
    kernel.counts[DIRTIES] = 0
    sizes = kernel.links[labels, MORE] + (kernel.nodes[labels, SYMBOL] != 0)
    sizes[kernel.nodes[labels, LABEL] != labels] = 0
    return labels, sizes, carried(kernel.rest[labels] + kernel.ids[labels])
