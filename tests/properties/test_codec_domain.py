"""Well-formed records whose values no fact may have: numbers, traces, node ids, colours.

Belongs here: values inside and outside the domain. Not here: other spellings of a fact (test_codec_boundaries.py).
"""

from typing import Any

import pytest

from egraph.identifiers import EventId, NodeId
from schemas.node_codec import decode_common
from schemas.poison import Reason
from schemas.registry import FACT_SCHEMAS
from tests.properties.sealed_records import BLUE, BODY, CAUSE, FIELDS, GREEN, NO_NODE, RED, reason, reseal, write

WHY = {
    "rule": "r",
    "substitution": [],
    "rule_set": b"",
    "round": 0,
    "premises": [],
    "proof": {"terms": [], "lemmas": []},
}


def derived(**change: Any) -> dict[str, Any]:
    """Give the fields of a derived equality."""
    return {**FIELDS["equality_asserted"], "why": ("egraph.Derived", WHY | change)}


def proving(terms: list[Any], start: int = 0, *steps: tuple[str, dict[str, Any]]) -> dict[str, Any]:
    """Give the fields of a derived equality with a proof of one lemma."""
    return derived(proof={"terms": terms, "lemmas": [{"start": start, "steps": list(steps)}]})


def by_rule(**change: Any) -> dict[str, Any]:
    """Give the fields of a derived equality whose proof has one rule step."""
    step = {"premise": 0, "forward": True, "substitution": [0], "target": 0, "witnesses": [0], "lemmas": [-1]}
    return proving([], 0, ("egraph.ByRule", step | change))


def inline(place: int) -> tuple[str, dict[str, Any]]:
    """Give a term of a proof with one child."""
    return "egraph.InlineTerm", {"operator": "f", "colour": "RED", "children": [place]}


def by_premise(place: int) -> tuple[str, dict[str, Any]]:
    """Give a step by a premise."""
    return "egraph.ByPremise", {"premise": place, "forward": False}


def by_congruence(target: int, lemma: int) -> tuple[str, dict[str, Any]]:
    """Give a step by congruence of one child."""
    return "egraph.ByCongruence", {"target": target, "children": [lemma]}


NO_PLACE = (-1, 2**31, -(2**40), 2**62)
OUTSIDE_A_PROOF = [
    proving([("egraph.NodeId", RED), ("egraph.NodeId", NO_NODE)]),
    *(proving([inline(0), inline(place)]) for place in NO_PLACE),
    *(proving([], place) for place in NO_PLACE),
    *(proving([], 0, by_premise(place)) for place in NO_PLACE),
    *(proving([], 0, by_premise(0), by_congruence(place, 0)) for place in NO_PLACE),
    *(proving([], 0, by_congruence(0, place)) for place in (-2, *NO_PLACE[1:])),
    *(by_rule(**{name: place}) for name in ("premise", "target") for place in NO_PLACE),
    *(by_rule(**{name: [0, place]}) for name in ("substitution", "witnesses") for place in NO_PLACE),
    *(by_rule(lemmas=[0, place]) for place in (-2, *NO_PLACE[1:])),
]
INSIDE_A_PROOF = [
    proving([("egraph.NodeId", RED), inline(2**31 - 1)], 2**31 - 1),
    proving([], 0, by_premise(2**31 - 1), by_congruence(2**31 - 1, 2**31 - 1), by_congruence(0, -1)),
    by_rule(premise=2**31 - 1, target=2**31 - 1, lemmas=[-1, 0, 2**31 - 1]),
]
WITH_INT = {
    "priority": ("rule_added", FIELDS["rule_added"] | {"priority": 135}),
    "round": ("equality_asserted", derived(round=135)),
}
OUTSIDE = [
    *((name, {"sequence": -1}) for name in FACT_SCHEMAS),
    *((name, {"hlc": -1}) for name in FACT_SCHEMAS),
    *((name, {"hlc": -(2**63)}) for name in FACT_SCHEMAS),
    *((name, {"trace": b"123"}) for name in FACT_SCHEMAS),
    *((name, {"trace": bytes(17)}) for name in FACT_SCHEMAS),
    ("node_added", {"trace": bytes(17), "children": [RED]}),
    ("node_added", {"children": [RED, NO_NODE]}),
    ("node_added", {"children": [NO_NODE], "colour": "GREEN"}),
    ("equality_asserted", {"left": NO_NODE}),
    ("equality_asserted", {"right": NO_NODE}),
]


@pytest.mark.parametrize(("name", "change"), OUTSIDE)
def test_values_outside_their_domain(name: str, change: dict[str, Any]) -> None:
    """A well-formed record with a senseless value would become part of the state."""
    assert reason(write(name, FIELDS[name] | change)) is Reason.OUT_OF_DOMAIN


@pytest.mark.parametrize("fields", OUTSIDE_A_PROOF)
def test_places_in_a_proof_outside_their_domain(fields: dict[str, Any]) -> None:
    """A proof with a place that no other Avro library can read, or that counts from the end, would be in the log."""
    assert reason(write("equality_asserted", fields)) is Reason.OUT_OF_DOMAIN


@pytest.mark.parametrize("fields", INSIDE_A_PROOF)
def test_places_at_the_ends_of_their_domain(fields: dict[str, Any]) -> None:
    """A check of the domain would refuse what the schema allows."""
    assert reason(write("equality_asserted", fields)) is None


def wide(name: str, narrow: dict[str, Any], number: int) -> bytes:
    """Give a fact whose last int is replaced by a number of more than 32 bits, as a hostile writer would."""
    raw = write(name, narrow)
    zigzag = number << 1 if number >= 0 else (-number << 1) - 1
    varint = bytearray()
    while zigzag >= 0x80:
        varint.append(zigzag & 0x7F | 0x80)
        zigzag >>= 7
    varint.append(zigzag)
    marker = b"\x8e\x02"  # 135: stands in the narrow fields below, and nowhere else
    assert raw.count(marker, BODY) == 1
    return reseal(raw[:BODY] + raw[BODY:].replace(marker, bytes(varint)))


@pytest.mark.parametrize("fact", WITH_INT)
@pytest.mark.parametrize("number", [2**31, -(2**31) - 1, 2**40, 2**62])
def test_an_int_has_32_bits(fact: str, number: int) -> None:
    """A fact that we fold would be refused or misread by every Avro library whose int has 32 bits."""
    assert reason(wide(*WITH_INT[fact], number)) in (Reason.OUT_OF_DOMAIN, Reason.NOT_CANONICAL, Reason.UNDECODABLE)


@pytest.mark.parametrize("fact", WITH_INT)
@pytest.mark.parametrize("number", [2**31 - 1, -(2**31), 135])
def test_the_largest_int_is_accepted(fact: str, number: int) -> None:
    """A check of the range would refuse what the schema allows."""
    assert reason(wide(*WITH_INT[fact], number)) is None


@pytest.mark.parametrize(
    ("colour", "child", "expected"),
    [
        ("RED", RED, None),
        ("RED", GREEN, None),
        ("RED", BLUE, Reason.COLOUR_LOCAL),
        ("BLUE", BLUE, None),
        ("BLUE", GREEN, None),
        ("BLUE", RED, Reason.COLOUR_LOCAL),
        ("GREEN", RED, None),
        ("GREEN", BLUE, None),
        ("GREEN", GREEN, None),
    ],
)
@pytest.mark.parametrize("causes", [[], [CAUSE]], ids=["fast path", "general path"])
def test_local_colour_rule(colour: str, child: NodeId, expected: Reason | None, causes: list[EventId]) -> None:
    """A RED node over a BLUE child, or the reverse, would be in the graph that may not contain one."""
    raw = write("node_added", {"operator": "f", "colour": colour, "children": [GREEN, child], "causes": causes})

    assert reason(raw) is expected
    assert (decode_common(raw) is not None) == (expected is None and not causes)
