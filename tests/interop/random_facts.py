"""Random facts of every kind, inside their domain: what a producer may emit.

Belongs here: Hypothesis strategies. They are drafts, without an event id. Histories that make sense: tests/properties.
"""

from typing import Any

from hypothesis import strategies as st

from egraph.colours import Colour, may_name
from egraph.derive.proof import NO_PROOF, ByCongruence, ByPremise, ByRule, DerivationProof, InlineTerm, ProofLemma
from egraph.facts import Derived, EqualityAsserted, Fact, FactRetracted, NodeAdded, RuleAdded, Stated
from egraph.identifiers import EventId, NodeId

LONG_MAX = 2**63 - 1
TEXT = st.text(max_size=12) | st.sampled_from(["main", "", "x" * 63, "x" * 64, "é" * 40, "\0", "𝔘"])
EVENT_IDS = st.binary(min_size=16, max_size=16).map(EventId)
COLOURS = st.sampled_from(Colour)
# Around the lengths of a varint, and the usual size of a clock: nine bytes.
NUMBERS = st.one_of(
    st.integers(0, LONG_MAX),
    st.integers(0, 200),
    st.integers(1, 9).flatmap(lambda length: st.integers(2 ** (7 * length - 1) - 2, 2 ** (7 * length - 1) + 2)),
    st.integers(2**40 << 16, 2**41 << 16),
    st.just(LONG_MAX),
)
INTS = st.integers(-(2**31), 2**31 - 1)


def node_ids(colours: st.SearchStrategy[Colour] = COLOURS) -> st.SearchStrategy[NodeId]:
    """Give node ids of these colours."""
    return st.builds(
        lambda colour, data: NodeId(bytes((data[0] & 0x3F | colour << 6,)) + data[1:]),
        colours,
        st.binary(min_size=16, max_size=16),
    )


ENVELOPES: dict[str, st.SearchStrategy[Any]] = {
    "graph": TEXT,
    "producer": TEXT,
    "sequence": NUMBERS,
    "hlc": NUMBERS,
    "causes": st.just(()) | st.lists(EVENT_IDS, max_size=3).map(tuple),
    "trace": st.just(b"") | st.binary(min_size=16, max_size=16),
}


def _nodes(colour: Colour) -> st.SearchStrategy[NodeAdded]:
    legal = node_ids(st.sampled_from([child for child in Colour if may_name(colour, child)]))
    few = st.lists(legal, max_size=3)
    many = st.builds(lambda child, count: [child] * count, legal, st.integers(62, 66))
    return st.builds(NodeAdded, **ENVELOPES, operator=TEXT, colour=st.just(colour), children=(few | many).map(tuple))


NODES: st.SearchStrategy[NodeAdded] = COLOURS.flatmap(_nodes)
PLACES = st.integers(0, 3) | st.integers(0, 2**31 - 1)
MANY_PLACES = st.lists(PLACES, max_size=3).map(tuple)
LEMMAS = st.lists(st.none() | PLACES, max_size=3).map(tuple)
STEPS = st.one_of(
    st.builds(ByPremise, PLACES, st.booleans()),
    st.builds(ByCongruence, PLACES, LEMMAS),
    st.builds(ByRule, PLACES, st.booleans(), MANY_PLACES, PLACES, MANY_PLACES, LEMMAS),
)
PROOFS = st.just(NO_PROOF) | st.builds(
    DerivationProof,
    terms=st.lists(node_ids() | st.builds(InlineTerm, TEXT, COLOURS, MANY_PLACES), max_size=3).map(tuple),
    lemmas=st.lists(st.builds(ProofLemma, PLACES, st.lists(STEPS, max_size=3).map(tuple)), max_size=3).map(tuple),
)
DERIVED = st.builds(
    Derived,
    rule=TEXT,
    substitution=st.lists(st.tuples(TEXT, node_ids()), max_size=3).map(tuple),
    rule_set=st.binary(max_size=20),
    round=INTS,
    premises=st.lists(EVENT_IDS, max_size=3).map(tuple),
    proof=PROOFS,
)
EQUALITIES = st.builds(
    EqualityAsserted, **ENVELOPES, left=node_ids(), right=node_ids(), why=st.builds(Stated, TEXT) | DERIVED
)
RETRACTIONS = st.builds(FactRetracted, **ENVELOPES, target=EVENT_IDS, why=TEXT)
RULES = st.builds(
    RuleAdded,
    **ENVELOPES,
    name=TEXT,
    pattern=TEXT,
    replacement=TEXT,
    conditions=st.lists(TEXT, max_size=3).map(tuple),
    colour_policy=TEXT,
    priority=INTS,
)
BY_KIND: dict[type[Fact], st.SearchStrategy[Fact]] = {
    NodeAdded: NODES,
    EqualityAsserted: EQUALITIES,
    FactRetracted: RETRACTIONS,
    RuleAdded: RULES,
}
FACTS: st.SearchStrategy[Fact] = st.one_of(*BY_KIND.values())
