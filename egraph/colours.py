"""Colours of e-nodes and the local rule between a node and its children.

Belongs here: the three colours, the parent/child rule, the 4-bit class mask. Not here: which colour an operator
gets (streams/ingest), what a colour looks like (dash_app).
"""

from enum import IntEnum


class Colour(IntEnum):
    """Trust level of an e-node. The value is the pair of top bits of its node id; 00 is never used."""

    RED = 0b01
    BLUE = 0b10
    GREEN = 0b11


# A class is described by four facts about it; the class rule forbids two combinations (DESIGN 2).
HAS_RED_MEMBER = 1
HAS_BLUE_MEMBER = 2
HAS_RED_PARENT = 4
HAS_BLUE_PARENT = 8

_BLUE_UNDER_RED = HAS_BLUE_MEMBER | HAS_RED_PARENT
_RED_UNDER_BLUE = HAS_RED_MEMBER | HAS_BLUE_PARENT

MEMBER_BIT = {Colour.RED: HAS_RED_MEMBER, Colour.BLUE: HAS_BLUE_MEMBER, Colour.GREEN: 0}
PARENT_BIT = {Colour.RED: HAS_RED_PARENT, Colour.BLUE: HAS_BLUE_PARENT, Colour.GREEN: 0}


def may_name(parent: Colour, child: Colour) -> bool:
    """Tell whether a node of colour `parent` may name a child of colour `child`. GREEN stands anywhere."""
    return {parent, child} != {Colour.RED, Colour.BLUE}


def mask_is_legal(mask: int) -> bool:
    """Tell whether a class with this 4-bit mask keeps the class rule."""
    return mask & _BLUE_UNDER_RED != _BLUE_UNDER_RED and mask & _RED_UNDER_BLUE != _RED_UNDER_BLUE
