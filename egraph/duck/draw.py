"""The colour that a seed gives to an operator, and the seeds of branches.

Belongs here: draws. Not here: which operators are drawn for (palette.py).
The draw must stay as it is: it colours input (streams/ingest/colouring.py), and colours are in node ids.
"""

from hashlib import blake2b

from egraph.colours import Colour
from egraph.duck.problems import InvalidSeed

SEED_MIN, SEED_MAX = -(1 << 63), (1 << 63) - 1
_COLOUR_PERSON = b"egraph.colour"
_FORK_PERSON = b"egraph.fork"
_DRAW = (Colour.RED, Colour.BLUE, Colour.GREEN, Colour.GREEN)
_ROUNDS = 4
_HALF = (1 << 32) - 1


def drawn_colour(operator: str, seed: int) -> Colour:
    """Give the colour of an operator under a seed: a quarter RED, a quarter BLUE, the rest GREEN, by a hash of both.

    Equal on every machine and version. Raises InvalidSeed outside 64 bits.
    """
    digest = blake2b(operator.encode(), digest_size=1, key=_salt(seed), person=_COLOUR_PERSON).digest()
    return _DRAW[digest[0] & 3]


def branch_seed(seed: int, branch: int) -> int:
    """Give the seed of branch number `branch`, from 0 to 2^64 - 1, of a palette with this seed.

    Branches of one seed never share a seed: it is a permutation of all 64-bit numbers, a Feistel network of four rounds
    (Luby and Rackoff 1988) whose round functions are hashes keyed by the parent's seed. Seeds further apart in the
    tree of branches are alike once in 2^64 pairs.
    """
    if not 0 <= branch <= (1 << 64) - 1:
        raise InvalidSeed(f"branch {branch} is outside 0 to {(1 << 64) - 1}; number branches from 0")
    left, right = branch >> 32, branch & _HALF
    for number in range(_ROUNDS):
        text = bytes((number,)) + right.to_bytes(4, "little")
        mixed = blake2b(text, digest_size=4, key=_salt(seed), person=_FORK_PERSON).digest()
        left, right = right, left ^ int.from_bytes(mixed, "little")
    return (left << 32 | right) + SEED_MIN


def check_seed(seed: int) -> None:
    """Raise InvalidSeed for a seed outside 64 bits."""
    if not SEED_MIN <= seed <= SEED_MAX:
        raise InvalidSeed(f"seed {seed} is outside {SEED_MIN} to {SEED_MAX}; choose one of 64 bits")


def _salt(seed: int) -> bytes:
    check_seed(seed)
    return seed.to_bytes(8, "little", signed=True)
