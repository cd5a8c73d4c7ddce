"""Hostile bytes: whatever is done to valid messages, decoding gives a reason or the very fact that the bytes say.

Belongs here: mutants by the hundred thousand, and the fast path against the general one on the same mutants. Not here:
single edges, one by one (test_codec_boundaries.py). Everything follows from one seed: EGRAPH_SEED sets it.
"""

import os
from collections import Counter
from random import Random, SystemRandom
from unittest.mock import patch

import pytest

from egraph.colours import Colour, may_name
from egraph.derive.proof import ByCongruence, ByPremise, ByRule, DerivationProof, InlineTerm, ProofLemma
from egraph.facts import Derived, EqualityAsserted, Fact, FactRetracted, NodeAdded, RuleAdded, Stated
from egraph.identifiers import EventId, NodeId, event_id
from schemas import codec
from schemas.codec import decode_fact, encode, seal
from schemas.node_codec import decode_common
from schemas.poison import Poison, Reason
from schemas.registry import HEADER_BYTES, load
from tests.fuzz.mutations import mutants

MUTANTS = 120_000
RESEALED = 40_000
BODY = HEADER_BYTES + 16


@pytest.fixture
def random() -> Random:
    """Give the source of every choice, and say its seed: pytest shows it when the test fails."""
    seed = int(os.environ.get("EGRAPH_SEED", SystemRandom().randrange(1 << 32)))
    print(f"EGRAPH_SEED={seed}")
    return Random(seed)


def some_node_id(random: Random, colour: Colour) -> NodeId:
    """Give a node id of a colour."""
    return NodeId(bytes((random.randrange(64) | colour << 6,)) + random.randbytes(15))


def some_fact(random: Random) -> Fact:
    """Give a draft of any kind, most of them nodes, as in a log."""
    envelope = {
        "graph": "main",
        "producer": random.choice(("p", "python@660f821c72e58", "")),
        "sequence": random.choice((0, 1, 63, 64, random.getrandbits(20), random.getrandbits(63))),
        "hlc": random.choice((random.randrange(2**40 << 16, 2**41 << 16), random.getrandbits(62), 0)),
        "causes": tuple(EventId(random.randbytes(16)) for _ in range(random.choice((0, 0, 0, 1, 2)))),
        "trace": random.choice((b"", b"", random.randbytes(16))),
    }
    colour = random.choice(list(Colour))
    left, right = some_node_id(random, colour), some_node_id(random, Colour.GREEN)
    match random.randrange(7):
        case 0:
            return EqualityAsserted(**envelope, left=left, right=right, why=Stated("so"))
        case 1:
            premises = tuple(EventId(random.randbytes(16)) for _ in range(random.randrange(3)))
            steps = (ByPremise(1, True), ByCongruence(1, (None, 0)), ByRule(0, False, (0, 1), 1, (1,), (0,)))
            chain = tuple(random.choice(steps) for _ in range(random.randrange(4)))
            proof = DerivationProof((left, InlineTerm("f", Colour.RED, (0,))), (ProofLemma(0, chain),))
            why = Derived(
                rule="r", substitution=(("?x", left),), rule_set=b"12345678", round=3, premises=premises, proof=proof
            )
            return EqualityAsserted(**envelope, left=left, right=right, why=why)
        case 2:
            return FactRetracted(**envelope, target=EventId(random.randbytes(16)), why="wrong")
        case 3:
            return RuleAdded(**envelope, name="n", pattern="(f ?x)", replacement="?x", conditions=("c",), priority=-1)
    legal = [child for child in Colour if may_name(colour, child)]
    children = tuple(some_node_id(random, random.choice(legal)) for _ in range(random.choice((0, 1, 2, 5))))
    return NodeAdded(**envelope, operator=random.choice(("f", "BinOp:Add", "é")), colour=colour, children=children)


def some_messages(random: Random) -> list[bytes]:
    """Give the messages that are mutated."""
    return [seal(some_fact(random)).raw for _ in range(500)]


def verdict(raw: bytes) -> str:
    """Decode, hold the promise of the codec, and give the reason, `accepted` for a fact."""
    outcome = decode_fact(raw)
    if isinstance(outcome, Poison):
        assert isinstance(outcome.reason, Reason)
        assert outcome.detail
        return outcome.reason.value
    assert encode(outcome) == raw, f"accepted, but it is not what the fact is written as: {raw.hex()}"
    assert event_id(raw[:HEADER_BYTES], raw[BODY:]) == outcome.event_id == raw[HEADER_BYTES:BODY]
    return "accepted"


def reseal(raw: bytes) -> bytes:
    """Give the message the event id that belongs to it, as somebody with bad intentions would."""
    return raw[:HEADER_BYTES] + event_id(raw[:HEADER_BYTES], raw[BODY:]) + raw[BODY:]


def test_mutants_are_refused(random: Random) -> None:
    """Damaged or hostile bytes would stop an agent, or be folded as a fact that nobody stated."""
    messages = some_messages(random)
    known = frozenset(messages)
    verdicts: Counter[str] = Counter()
    for mutant in mutants(random, messages, MUTANTS, 0):
        said = verdict(mutant)
        verdicts[said] += 1
        # Two flips can undo each other, and a splice can give back the whole of the other message.
        assert said != "accepted" or mutant in known, mutant.hex()
    print(dict(verdicts))

    assert verdicts.total() == MUTANTS >= 100_000
    assert {"undecodable", "not-canonical", "wrong-event-id", "unknown-schema", "empty"} <= set(verdicts)


def test_mutants_with_the_right_event_id(random: Random) -> None:
    """The event id would be the only line of defence, and whoever can hash would pass it with any bytes."""
    made = mutants(random, some_messages(random), RESEALED, BODY)
    verdicts = Counter(verdict(reseal(mutant)) for mutant in made)
    print(dict(verdicts))

    assert set(verdicts) >= {"accepted", "undecodable", "not-canonical", "out-of-domain", "colour-local"}


def test_fast_path_agrees_on_mutants(random: Random) -> None:
    """A node would be accepted or refused, or refused for another reason, by the path it takes, not by its bytes."""
    header = load("node_added").header
    common = [raw for raw in some_messages(random) if raw[:HEADER_BYTES] == header and decode_common(raw)]
    raws = [reseal(mutant) for mutant in mutants(random, common, RESEALED, BODY)]
    raws += [mutant for mutant in mutants(random, common, RESEALED // 4, HEADER_BYTES)]
    taken = sum(decode_common(raw) is not None for raw in raws)
    with patch.object(codec, "decode_common", lambda raw: None):
        general = [decode_fact(raw) for raw in raws]

    assert taken > RESEALED / 20, "hardly any mutant took the fast path, so nothing was compared"
    for raw, expected in zip(raws, general, strict=True):
        assert decode_fact(raw) == expected, raw.hex()
