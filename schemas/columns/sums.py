"""Sums of event ids from columns: what egraph/digest.py adds up one by one, added up in bulk.

Belongs here: summing batches, and handing the sums to a digest. Not here: what a digest is.
"""

from typing import Any

import numpy as np

from egraph.digest import BUCKETS, FACT_KINDS, SetDigest
from schemas.columns.compiling import Loops, compiled
from schemas.columns.facts import FactColumns

Array = np.ndarray[Any, np.dtype[Any]]


class EventSums:
    """Sums over batches, modulo 2^128, per kind and per bucket. Raises CompilerMissing without numba."""

    def __init__(self, loops: Loops | None = None) -> None:
        self._loops = compiled() if loops is None else loops
        self._by_kind = np.zeros((len(FACT_KINDS), 2), np.uint64)
        self._buckets = np.zeros((BUCKETS, 2), np.uint64)

    def add(self, columns: FactColumns, wanted: Array | None = None) -> None:
        """Count in the rows where `wanted` is true; without it all that were not refused.

        The caller makes sure that no fact is counted twice, as with SetDigest.add.
        """
        chosen = np.ones(len(columns), np.bool_) if wanted is None else np.asarray(wanted, np.bool_)
        if chosen.shape != (len(columns),):
            raise ValueError(
                f"`wanted` has shape {chosen.shape}; one truth value for each of {len(columns)} rows is due"
            )
        self._loops.sum_ids(columns.ids, columns.fields, chosen, self._by_kind, self._buckets)

    def move_to(self, digest: SetDigest) -> None:
        """Add what was counted to a digest, and begin again at nothing."""
        for sums, totals in ((self._by_kind, digest.by_kind), (self._buckets, digest.buckets)):
            for group, words in enumerate(sums):
                totals[group] += int.from_bytes(words.tobytes(), "little")
            sums[:] = 0
