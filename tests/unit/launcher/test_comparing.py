"""What a real comparison draws from its seed, and how it judges who holds what."""

from dataclasses import replace

from launcher.comparing import draw_killed, draw_load, reach_of_graph, reached
from launcher.watch import Agreement
from schemas.codec import decode_fact
from schemas.poison import Poison
from schemas.records import AgentHeartbeat
from streams.topology import named_topology

BEAT = AgentHeartbeat(
    agent=0, incarnation=1, worker="w", pid=1, at=1, role="RED", neighbours=(), version=(0, 0, 0), set_digest=b"",
    view_digest=b"", facts=0, nodes=0, classes=0, accepted=0, quarantined=0, suspended=0, retracted=0,
    tombstones_held=0, violations=0, dead_letters=0, rss_bytes=0,
)  # fmt: skip


def test_the_seed_decides_who_is_killed_for_every_topology() -> None:
    """Topologies would be compared under different failures."""
    assert draw_killed(3, 9, 2) == draw_killed(3, 9, 2)
    assert len({draw_killed(seed, 9, 2) for seed in range(30)}) > 5
    assert draw_killed(1, 9, 0) == ()


def test_a_load_is_new_facts_in_the_partitions_that_were_asked_for() -> None:
    """The second part would repeat facts of the first, which agents refuse, or feed the home of a dead agent."""
    calm, killed = draw_load("1-calm", (0, 1, 2), 50), draw_load("1-killed", (0, 2), 50)
    assert not {raw for _, raw in calm} & {raw for _, raw in killed}
    assert {partition for partition, _ in killed} == {0, 2}
    assert calm == draw_load("1-calm", (0, 1, 2), 50)
    assert not any(isinstance(decode_fact(raw), Poison) for _, raw in calm)


def test_reach_counts_facts_of_living_homes_at_other_living_agents() -> None:
    """A run would end too early, or never, and its reach could not be held against that of the graph."""
    beats = {agent: replace(BEAT, agent=agent, version=version) for agent, version in
             enumerate([(14, 10, 10), (12, 10, 9), (10, 10, 10)])}  # fmt: skip
    standing = Agreement(3, beats, (14, 10, 12))
    # Living: 0 and 2. Two facts of home 2 at agent 0: none held. Four of home 0 at agent 2: none. Agent 1 is dead.
    assert reached(standing, {0: 10, 1: 10, 2: 10}, (1,)) == 0.0
    # Nobody dead: agent 1 holds two of the four facts of home 0; one before the cut takes nothing away.
    assert reached(standing, {0: 10, 1: 10, 2: 10}, ()) == 2 / 12
    assert reached(standing, {0: 14, 1: 10, 2: 12}, ()) == 1.0, "nothing was sent"


def test_the_graph_promises_by_fact_as_agents_are_judged() -> None:
    """Homes have unequal numbers of facts: a run would wait for a share that a parted graph never reaches."""
    ring = named_topology("ring", 5)
    # 0 and 2 are dead: 1 is alone, 3 and 4 hear each other. Six facts of 1, two of 3, none of 4.
    assert reach_of_graph(ring, {1: 6, 3: 2, 4: 0}) == 2 / 16
    beats = {agent: replace(BEAT, agent=agent, version=version) for agent, version in
             {1: (0, 6, 0, 0, 0), 3: (0, 0, 0, 2, 0), 4: (0, 0, 0, 2, 0)}.items()}  # fmt: skip
    standing = Agreement(5, beats, (0, 6, 0, 2, 0))
    assert reached(standing, dict.fromkeys(range(5), 0), (0, 2)) == reach_of_graph(ring, {1: 6, 3: 2, 4: 0})
    assert reach_of_graph(ring, {1: 3}) == 1.0
