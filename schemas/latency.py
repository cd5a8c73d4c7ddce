"""Buckets of latency, as histograms in records and tables have them.

Belongs here: what the number of a bucket means. Not here: counting (streams/processors/clock.py, analytics/rollup.py).
"""

from math import log2


def latency_bucket(microseconds: int) -> int:
    """Give floor(16 * log2(us)): sixteen buckets an octave, so a bucket is 4.4 % wide."""
    return int(16 * log2(max(microseconds, 1)))


def bucket_us(bucket: int) -> float:
    """Give the microseconds in the middle of a bucket."""
    return float(2 ** ((bucket + 0.5) / 16))
