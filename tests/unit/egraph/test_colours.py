"""The 4-bit mask of a class against the rule in words."""

from itertools import combinations_with_replacement, product

from egraph.colours import MEMBER_BIT, PARENT_BIT, Colour, mask_is_legal, may_name


def test_a_mask_is_legal_as_its_members_and_parents_are() -> None:
    """A class would be let through that holds an edge between RED and BLUE, or refused without one."""
    seen = set()
    for members in (c for n in (1, 2, 3) for c in combinations_with_replacement(Colour, n)):
        for parents in (c for n in (0, 1, 2, 3) for c in combinations_with_replacement(Colour, n)):
            mask = 0
            for colour in members:
                mask |= MEMBER_BIT[colour]
            for colour in parents:
                mask |= PARENT_BIT[colour]
            seen.add(mask)

            assert mask_is_legal(mask) == all(may_name(*edge) for edge in product(parents, members))
    assert seen == set(range(16))
