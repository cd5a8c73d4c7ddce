"""Facts go round agents that have failed: the trees are fixed, the other edges make up for what a dead branch held."""

import pytest

from tests.unit.processors.small_system import SETTINGS, Post, agent, homes

SIZE = 9
DIAMETER = 3


def seconds_to_go_round(hops: int) -> int:
    """Give how many rounds of a second suffice: each hop may wait for one repair and the heartbeat before it."""
    return hops * (int(SETTINGS.retransmit_after) + 2)


@pytest.mark.parametrize("failed", [(at,) for at in range(SIZE)] + [(1, 4), (0, 6), (5, 8), (4, 5)], ids=str)
def test_all_the_living_hear_of_every_living_home(failed: tuple[int, ...]) -> None:
    """A failed agent would cut those behind it in a tree off, though a path of living agents leads to them."""
    post = Post(*(agent(number, size=SIZE, topology="sierpinski") for number in range(SIZE)))
    now = post.rounds(2)
    for number in failed:
        del post.agents[number]
    for number, item in post.agents.items():
        post.carry_out(item.process(homes(2, partition=number), now))

    post.rounds(seconds_to_go_round(DIAMETER + len(failed)), now)

    expected = tuple(0 if number in failed else 2 for number in range(SIZE))
    assert {number: tuple(item.version) for number, item in post.agents.items()} == dict.fromkeys(post.agents, expected)
    assert len({item.view.view_digest() for item in post.agents.values()}) == 1
