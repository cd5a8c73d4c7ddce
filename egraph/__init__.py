"""The pure core: facts, the views computed from them, and their digests. No I/O, no clock, no randomness."""
