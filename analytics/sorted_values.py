"""Whole numbers kept in order, so that exact percentiles of a sliding window cost a look and not a sort.

Belongs here: the multiset and percentiles of a sorted run. Not here: what the numbers are.
"""

import numpy as np
import numpy.typing as npt

Longs = npt.NDArray[np.int64]
SHARES = (0.50, 0.95, 0.99)


class SortedValues:
    """A multiset of whole numbers in one sorted array. A change costs one pass over it."""

    def __init__(self) -> None:
        self.values: Longs = np.empty(0, np.int64)

    def add(self, values: Longs) -> None:
        """Put values in."""
        if len(values):
            # Timsort merges two sorted runs in one pass.
            self.values = np.concatenate((self.values, np.sort(values)))
            self.values.sort(kind="stable")

    def remove(self, values: Longs) -> None:
        """Take values out, each as often as it is given. They must be there."""
        if len(values):
            gone = np.sort(values)
            nth = np.arange(len(gone)) - np.searchsorted(gone, gone)
            self.values = np.delete(self.values, np.searchsorted(self.values, gone) + nth)


def percentiles(ordered: Longs, scale: float, base: int = 0) -> list[float] | None:
    """Give the percentiles `SHARES` of sorted numbers less `base`, divided by `scale`; None of no numbers.

    By linear interpolation between the two nearest ranks, as DuckDB's `quantile_cont` (Hyndman and Fan, type 7).
    """
    if not len(ordered):
        return None
    found = []
    for share in SHARES:
        place = (len(ordered) - 1) * share
        below = int(place)
        low, high = (float(ordered[at] - base) / scale for at in (below, min(below + 1, len(ordered) - 1)))
        found.append(low + (high - low) * (place - below))
    return found
