"""What is still missing until all agents agree, said in the order in which it matters."""

from dataclasses import replace

from launcher.watch import Agreement
from tests.unit.analytics.observed import heartbeat

ENDS = (4, 5, 6)


def standing(**neighbours: tuple[int, ...]) -> Agreement:
    """Three agents in a ring that hold everything, but for the neighbours given."""
    ring = {0: (1, 2), 1: (0, 2), 2: (0, 1)} | {int(name[1:]): peers for name, peers in neighbours.items()}
    beats = {agent: heartbeat(agent, neighbours=peers, version=ENDS) for agent, peers in ring.items()}
    return Agreement(agents=3, beats=beats, ends=ENDS)


def test_agents_that_hold_everything_and_agree_miss_nothing() -> None:
    """A system in order would be told to be ill."""
    assert standing().missing() is None


def test_different_topologies_are_told() -> None:
    """Workers that were started with different topologies would lose gossip, and nobody would know why."""
    told = standing(a1=(2,)).missing()
    assert told is not None
    assert "agent 0 gossips with agent 1, but not the other way round" in told
    assert "--topology" in told
    told = standing(a2=(0, 1, 3)).missing()
    assert told is not None
    assert "agent 2 gossips with agent 3" in told


def test_silence_and_lag_come_before_digests() -> None:
    """The reason that is told would be the one that follows from another."""
    whole = standing()
    silent = replace(whole, beats={0: whole.beats[0]})
    assert silent.missing() == "agents [1, 2] have not been heard"
    behind = replace(whole, beats=whole.beats | {2: replace(whole.beats[2], version=(4, 5, 5))})
    assert behind.missing() == "agents [2] do not hold all 15 records yet"
    torn = replace(whole, beats=whole.beats | {2: replace(whole.beats[2], view_digest=b"w" * 16)})
    assert torn.missing() == "2 different digests among 3 agents that hold everything"
