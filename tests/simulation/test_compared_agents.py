"""Nine simulated agents that derive and forget, as the sink stores them: each one's digests are those of its facts.

Reproduce a failure with EGRAPH_SEED=<the seed it prints>.
"""

from itertools import pairwise
from pathlib import Path

from analytics.compare_reader import CompareReader
from analytics.compare_sides import NoSuchAgent, Wanted
from schemas.topics import CONTROL, DEAD_LETTERS, FACTS
from streams.runtimes.simulated import Simulation
from tests.simulation.runs import base_seed
from tests.simulation.test_computed_rules import AGENTS, computing
from tests.unit.analytics.stored import Fetched, store_records

CUTS = 3


def store(world: Simulation, data_dir: Path) -> None:
    """Write what a sink would have written of the topics of a run."""
    topics = {"facts": FACTS, "heartbeats": CONTROL, "dead_letters": DEAD_LETTERS}
    for table, topic in topics.items():
        read = world.log.read_all(topic.name)
        records = [Fetched(item.partition, item.offset, item.timestamp_ms, item.value, item.headers) for item in read]
        store_records(data_dir, table, records, agents=AGENTS)


def test_the_console_folds_for_each_agent_what_the_agent_showed(tmp_path: Path) -> None:
    """The Compare page would accuse a healthy agent, or could not tell, wherever rules are at work or taken back."""
    seed = base_seed()
    print(f"seed {seed}")
    cluster = computing(seed, faults=False)
    cluster.world.run()
    store(cluster.world, tmp_path)
    reader = CompareReader(tmp_path, agents=AGENTS)
    total = reader.sides().total
    checked = []
    for at in [*(f"n{max(1, total * cut // CUTS)}" for cut in range(1, CUTS)), "end"]:
        for agent, other in pairwise(range(AGENTS)):
            try:
                found = reader.graphs(Wanted(at, agent), Wanted(at, other))
            except NoSuchAgent:
                continue  # had not spoken yet
            for side in (found.left, found.right):
                assert side.confirmed is not False, f"seed {seed}, {at}, agents {agent} and {other}"
                assert side.derived == 0
                checked.append((at, side.confirmed, side.counts.suspended))
    at_the_end = [item for item in checked if item[0] == "end"]
    assert len(at_the_end) == 2 * (AGENTS - 1)
    assert all(confirmed and suspended for _, confirmed, suspended in at_the_end), f"seed {seed}"
