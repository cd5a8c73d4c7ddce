"""What a refusal says."""

from egraph.colours import Colour
from egraph.facts import NodeAdded
from schemas.codec import decode_fact, seal
from schemas.poison import Poison


def test_equal_bytes_are_refused_in_equal_words() -> None:
    """Two agents would write different dead letters for one record: an address in memory tells nobody anything."""
    raw = seal(
        NodeAdded(graph="main", producer="p", sequence=0, hlc=1, operator="x", colour=Colour.RED, children=())
    ).raw
    cuts = [decode_fact(raw[:end]) for end in range(10, len(raw))]
    again = [decode_fact(raw[:end]) for end in range(10, len(raw))]

    assert all(isinstance(item, Poison) for item in cuts)
    assert cuts == again
    assert not [item for item in cuts if isinstance(item, Poison) and "0x" in item.detail]
