"""BLAKE2b (RFC 7693), eight messages side by side: 128-bit digests of many short texts.

Belongs here: the compression and feeding it. Not here: what is hashed (hashing.py).
A lane is one message at work. Everything about lanes stands in one flat array, the same word of all lanes side by side,
so that the compiler turns the loop over lanes into vector instructions; a lane whose message ends takes the next one.
Constants of 64 bits come in that array too: a literal below 2^63 would be signed, and mixing makes floats.
"""

from typing import Any

from schemas.columns.words import MASK, first_bytes

LANES = 8

# Rows of `lanes`: the hash, the block of the message, bytes so far, the mark of the last block, the RFC's constants.
HASH, BLOCK, COUNTER, LAST, CONSTANTS, LANE_ROWS = 0, 8, 24, 25, 26, 34
BLOCK_BYTES = 128
# Columns of a job, and of a lane's progress.
HEAD, REST, LENGTH, JOB_COLUMNS = 0, 1, 2, 3
HEAD_BYTES = 10

Array = Any
Words = tuple[int, ...]


def hash_spans(words: Array, jobs: Array, count: int, seed: Array, lanes: Array, progress: Array, out: Array) -> None:
    """Hash `count` texts. Job i: 10 bytes at HEAD and LENGTH - 10 at REST, in `words`; its digest goes to out[i].

    `seed` is the start of the hash (8 words). progress: (LANES, 2), scratch: job and bytes done.
    `words` must have 8 bytes behind the last text.
    """
    taken = 0
    busy = 0
    for lane in range(LANES):
        progress[lane, 0] = -1
        if taken < count:
            take(lanes, progress, lane, taken, seed)
            taken += 1
            busy += 1
    while busy > 0:
        for lane in range(LANES):
            if progress[lane, 0] >= 0:
                load_block(words, jobs, lanes, lane, progress[lane, 0], progress[lane, 1])
        compress(lanes)
        for lane in range(LANES):
            job = progress[lane, 0]
            if job < 0:
                continue
            progress[lane, 1] += BLOCK_BYTES
            if progress[lane, 1] >= jobs[job, LENGTH]:
                out[job, 0] = lanes[HASH * LANES + lane]
                out[job, 1] = lanes[(HASH + 1) * LANES + lane]
                if taken < count:
                    take(lanes, progress, lane, taken, seed)
                    taken += 1
                else:
                    progress[lane, 0] = -1
                    busy -= 1


def take(lanes: Array, progress: Array, lane: int, job: int, seed: Array) -> None:
    """Start a job in a lane."""
    progress[lane, 0] = job
    progress[lane, 1] = 0
    for word in range(8):
        lanes[(HASH + word) * LANES + lane] = seed[word]


def load_block(words: Array, jobs: Array, lanes: Array, lane: int, job: int, done: int) -> None:
    """Put the next block of a job into its lane, zeros behind the end."""
    head, rest, length = jobs[job, HEAD], jobs[job, REST], jobs[job, LENGTH]
    first = 0
    if done == 0:
        lanes[BLOCK * LANES + lane] = first_bytes(words[head], length)
        lanes[(BLOCK + 1) * LANES + lane] = 0
        if length > 8:
            second = words[head + 8] & (MASK >> 48) | (words[rest] << 16) & MASK
            lanes[(BLOCK + 1) * LANES + lane] = first_bytes(second, length - 8)
        first = 2
    source = rest + done - HEAD_BYTES
    left = length - done
    full = min(max(left >> 3, first), 16)
    for word in range(first, full):
        lanes[(BLOCK + word) * LANES + lane] = words[source + 8 * word]
    for word in range(full, 16):
        lanes[(BLOCK + word) * LANES + lane] = 0
    if full < 16 and left > 8 * full:
        lanes[(BLOCK + full) * LANES + lane] = first_bytes(words[source + 8 * full], left - 8 * full)
    lanes[COUNTER * LANES + lane] = min(done + BLOCK_BYTES, length)
    lanes[LAST * LANES + lane] = 0
    if done + BLOCK_BYTES >= length:
        lanes[LAST * LANES + lane] = MASK


def compress(lanes: Array) -> None:
    """Work the block of every lane into its hash."""
    for z in range(LANES):
        h0, h1, h2, h3 = lanes[z], lanes[LANES + z], lanes[2 * LANES + z], lanes[3 * LANES + z]
        h4, h5, h6, h7 = lanes[4 * LANES + z], lanes[5 * LANES + z], lanes[6 * LANES + z], lanes[7 * LANES + z]
        a, b, c, d = lanes[8 * LANES + z], lanes[9 * LANES + z], lanes[10 * LANES + z], lanes[11 * LANES + z]
        e, f, g, h = lanes[12 * LANES + z], lanes[13 * LANES + z], lanes[14 * LANES + z], lanes[15 * LANES + z]
        i, j, k, m = lanes[16 * LANES + z], lanes[17 * LANES + z], lanes[18 * LANES + z], lanes[19 * LANES + z]
        n, o, p, q = lanes[20 * LANES + z], lanes[21 * LANES + z], lanes[22 * LANES + z], lanes[23 * LANES + z]
        v: Words = (
            h0, h1, h2, h3, h4, h5, h6, h7,
            lanes[26 * LANES + z], lanes[27 * LANES + z], lanes[28 * LANES + z], lanes[29 * LANES + z],
            lanes[30 * LANES + z] ^ lanes[24 * LANES + z], lanes[31 * LANES + z],
            lanes[32 * LANES + z] ^ lanes[25 * LANES + z], lanes[33 * LANES + z],
        )  # fmt: skip
        v = mix_all(v, (a, b, c, d, e, f, g, h, i, j, k, m, n, o, p, q))
        v = mix_all(v, (p, k, e, i, j, q, o, g, b, n, a, c, m, h, f, d))
        v = mix_all(v, (m, i, n, a, f, c, q, o, k, p, d, g, h, b, j, e))
        v = mix_all(v, (h, j, d, b, o, n, m, p, c, g, f, k, e, a, q, i))
        v = mix_all(v, (j, a, f, h, c, e, k, q, p, b, m, n, g, i, d, o))
        v = mix_all(v, (c, n, g, k, a, m, i, d, e, o, h, f, q, p, b, j))
        v = mix_all(v, (n, f, b, q, p, o, e, k, a, h, g, d, j, c, i, m))
        v = mix_all(v, (o, m, h, p, n, b, d, j, f, a, q, e, i, g, c, k))
        v = mix_all(v, (g, q, p, j, m, d, a, i, n, c, o, h, b, e, k, f))
        v = mix_all(v, (k, c, i, e, h, g, b, f, q, m, j, p, d, n, o, a))
        v = mix_all(v, (a, b, c, d, e, f, g, h, i, j, k, m, n, o, p, q))
        v = mix_all(v, (p, k, e, i, j, q, o, g, b, n, a, c, m, h, f, d))
        lanes[z] = h0 ^ v[0] ^ v[8]
        lanes[LANES + z] = h1 ^ v[1] ^ v[9]
        lanes[2 * LANES + z] = h2 ^ v[2] ^ v[10]
        lanes[3 * LANES + z] = h3 ^ v[3] ^ v[11]
        lanes[4 * LANES + z] = h4 ^ v[4] ^ v[12]
        lanes[5 * LANES + z] = h5 ^ v[5] ^ v[13]
        lanes[6 * LANES + z] = h6 ^ v[6] ^ v[14]
        lanes[7 * LANES + z] = h7 ^ v[7] ^ v[15]


def mix_all(v: Words, m: Words) -> Words:
    """One round: columns, then diagonals. `m` comes in the order of the round (SIGMA of the RFC)."""
    v0, v1, v2, v3, v4, v5, v6, v7, v8, v9, v10, v11, v12, v13, v14, v15 = v
    v0, v4, v8, v12 = mix(v0, v4, v8, v12, m[0], m[1])
    v1, v5, v9, v13 = mix(v1, v5, v9, v13, m[2], m[3])
    v2, v6, v10, v14 = mix(v2, v6, v10, v14, m[4], m[5])
    v3, v7, v11, v15 = mix(v3, v7, v11, v15, m[6], m[7])
    v0, v5, v10, v15 = mix(v0, v5, v10, v15, m[8], m[9])
    v1, v6, v11, v12 = mix(v1, v6, v11, v12, m[10], m[11])
    v2, v7, v8, v13 = mix(v2, v7, v8, v13, m[12], m[13])
    v3, v4, v9, v14 = mix(v3, v4, v9, v14, m[14], m[15])
    return v0, v1, v2, v3, v4, v5, v6, v7, v8, v9, v10, v11, v12, v13, v14, v15


def mix(a: int, b: int, c: int, d: int, x: int, y: int) -> tuple[int, int, int, int]:
    """Mix two words of the message into four of the state: G of the RFC."""
    a = (a + b + x) & MASK
    d ^= a
    d = (d >> 32) | ((d << 32) & MASK)
    c = (c + d) & MASK
    b ^= c
    b = (b >> 24) | ((b << 40) & MASK)
    a = (a + b + y) & MASK
    d ^= a
    d = (d >> 16) | ((d << 48) & MASK)
    c = (c + d) & MASK
    b ^= c
    b = (b >> 63) | ((b << 1) & MASK)
    return a, b, c, d
