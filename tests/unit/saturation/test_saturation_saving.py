"""A saved saturation is that of its rules and graph, whole, or refused."""

import pytest

from egraph.saturation.errors import InvalidState
from egraph.saturation.limits import Limits
from egraph.saturation.outcome import Outcome
from egraph.saturation.saturation import Saturation
from egraph.saturation.saving import resume, save
from egraph.saturation.schedulers import BackOff
from tests.unit.saturation.graphs import CROSS, SUMS, Graph


def test_a_damaged_or_foreign_state_is_refused() -> None:
    """A worker would go on from half a file, or from the state of other rules, and derive nonsense."""
    graph = Graph()
    graph.sum_of(4)
    saturation = Saturation(SUMS, graph.nodes)
    saturation.round()
    state = save(saturation)

    assert resume(state, SUMS, graph.nodes).run() == saturation.run()
    for damaged in (b"", state[:-1], state + b"\0", state[:40] + bytes([state[40] ^ 1]) + state[41:]):
        with pytest.raises(InvalidState, match="lost"):
            resume(damaged, SUMS, graph.nodes)
    with pytest.raises(InvalidState, match="other rules"):
        resume(state, CROSS, graph.nodes)
    graph.add("another")
    with pytest.raises(InvalidState, match="another graph"):
        resume(state, SUMS, graph.nodes)


def test_a_state_remembers_its_scheduler() -> None:
    """Rests would be forgotten, and two replicas diverge, because one of them was restarted."""
    graph = Graph()
    graph.sum_of(5)

    def run(restart: bool) -> Outcome:
        saturation = Saturation(SUMS, graph.nodes, scheduler=BackOff(matches=7, rounds=2), limits=Limits(rounds=60))
        while saturation.round() is None:
            if restart:
                saturation = resume(
                    save(saturation), SUMS, graph.nodes, scheduler=BackOff(matches=7, rounds=2),
                    limits=Limits(rounds=60),
                )  # fmt: skip
        return saturation.run()

    assert run(restart=True) == run(restart=False)
    assert run(restart=True).trace == run(restart=False).trace
    backed_off = Saturation(SUMS, graph.nodes, scheduler=BackOff(matches=7, rounds=2))
    backed_off.round()
    with pytest.raises(InvalidState, match="scheduler"):
        resume(save(backed_off), SUMS, graph.nodes)
