"""Which orders are about an agent's present life."""

import pytest

from schemas.records import ControlOrder, OrderKind
from streams.processors.lifecycle import is_about

FIRST, CURRENT = 100, 130


@pytest.mark.parametrize(
    ("kind", "incarnation", "counts"),
    [
        (OrderKind.RESTART, FIRST - 1, False),
        (OrderKind.RESTART, FIRST, True),
        (OrderKind.RESTART, CURRENT, True),
        (OrderKind.RESTART, CURRENT + 1, True),
        (OrderKind.KILL, FIRST - 1, False),
        (OrderKind.KILL, FIRST, True),
        (OrderKind.KILL, CURRENT, True),
        (OrderKind.KILL, CURRENT + 1, False),
    ],
)
def test_an_end_must_name_the_life_a_restart_may_name_a_later_one(
    kind: OrderKind, incarnation: int, counts: bool
) -> None:
    """An old order would end every life on a slower clock for ever; found by seed 910624 of the simulator."""
    order = ControlOrder(order=kind, agent=0, incarnation=incarnation, at=0, by="somebody", why="to see")
    assert is_about(order, FIRST, CURRENT) == counts
