"""What a producer got an acknowledgement for is in the log, and has its effect once."""

from collections import Counter

from schemas.topics import FACTS
from simulator.checks.expected import Expected
from simulator.producing import Producers
from simulator.workload import GOOD
from streams.runtimes.simulated import Inspector, Report, Simulation


class AckedOnce(Inspector):
    """Each acknowledged fact was admitted by every process at one offset, the first one at which it stands."""

    name = "acked-once"

    def __init__(self, expected: Expected, producers: Producers) -> None:
        self._expected = expected
        self._producers = producers

    def ended(self, world: Simulation, report: Report) -> None:
        """Look at what each process has admitted."""
        for partition, good in enumerate(self._expected.good):
            wanted = {offset: fact.event_id for offset, fact in good}
            kept = world.log.read(FACTS.name, partition, 0, world.log.end(FACTS.name, partition))
            values = {record.value for record in kept}
            for item in self._producers.acknowledged[partition]:
                assert item.value in values, f"an acknowledged record of partition {partition} is not in the log"
                if item.fate == GOOD and item.fact is not None:
                    assert item.fact.event_id in wanted.values(), "an acknowledged fact was admitted nowhere"
            for seat in world.current():
                log = seat.processor.log
                admitted = log.partitions[partition]
                ids = [log.store.event_id(number) for number in admitted.facts]
                twice = [event_id.hex() for event_id, count in Counter(ids).items() if count > 1]
                assert not twice, f"admitted twice in partition {partition}: {twice}"
                found = dict(zip(admitted.offsets, ids, strict=True))
                assert found == wanted, f"partition {partition} was admitted as {sorted(found)}, not {sorted(wanted)}"
