"""Defects of decoding: what of the bytes on the facts topic is taken for a fact."""

from collections.abc import Callable
from dataclasses import replace

from egraph.colours import Colour
from egraph.facts import Fact
from egraph.identifiers import ID_BYTES, EventId, event_id
from schemas import codec, node_codec
from schemas.poison import Poison, Reason
from schemas.registry import HEADER_BYTES
from streams.processors import fact_log
from tests.simulation.defects.catalogue import Patch, defect

_BODY = HEADER_BYTES + ID_BYTES


def _lenient(patch: Patch, reason: Reason, mend: Callable[[bytes | None], Fact | Poison]) -> None:
    original = fact_log.decode_fact

    def decode(raw: bytes | None) -> Fact | Poison:
        decoded = original(raw)
        return mend(raw) if isinstance(decoded, Poison) and decoded.reason == reason else decoded

    patch.setattr(fact_log, "decode_fact", decode)


@defect
def believes_the_event_id_it_is_told(patch: Patch) -> None:
    """A forged body passes under an honest fact's name, and replicas hold different facts under one id."""

    def mend(raw: bytes | None) -> Fact | Poison:
        assert raw is not None
        header, rest = raw[:HEADER_BYTES], raw[_BODY:]
        fact = codec.decode_fact(header + event_id(header, rest) + rest)
        claimed = EventId(raw[HEADER_BYTES:_BODY])
        return fact if isinstance(fact, Poison) else replace(fact, event_id=claimed)

    _lenient(patch, Reason.WRONG_EVENT_ID, mend)


@defect
def ignores_bytes_behind_the_body(patch: Patch) -> None:
    """One fact has many encodings, and its bytes no longer name it."""

    def mend(raw: bytes | None) -> Fact | Poison:
        assert raw is not None
        return codec.decode_fact(raw[:-1])

    _lenient(patch, Reason.NOT_CANONICAL, mend)


@defect
def lets_red_name_blue(patch: Patch) -> None:
    """A node that breaks the local rule enters, and no view can repair that."""
    patch.setattr(codec, "_RED_PLUS_BLUE", 99)
    patch.setattr(node_codec, "_LEGAL_CHILD", {colour: frozenset(Colour) for colour in Colour})


@defect
def takes_facts_of_any_size(patch: Patch) -> None:
    """One record of a hostile producer fills the memory of every agent."""
    patch.setattr(codec, "FACT_BYTES_MAX", 1 << 40)


@defect
def takes_a_child_without_colour(patch: Patch) -> None:
    """An id that is no node id becomes a child, and its colour is read from nothing."""
    original = codec._outside_domain

    def outside(fields: dict[str, object]) -> Poison | None:
        found = original(fields)
        return None if found is not None and found.reason == Reason.OUT_OF_DOMAIN else found

    patch.setattr(codec, "_outside_domain", outside)


@defect
def raises_on_truncated_bytes(patch: Patch) -> None:
    """One cut record ends the process that reads it, and the next one, for ever."""

    def mend(raw: bytes | None) -> Fact | Poison:
        raise EOFError("the record ends early")

    _lenient(patch, Reason.UNDECODABLE, mend)
