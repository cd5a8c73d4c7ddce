"""Exactly what is bad is recorded in the dead-letter topic, with its reason and its bytes."""

from collections import Counter

from schemas.topics import DEAD_LETTERS, GOSSIP
from simulator.checks.expected import Expected
from streams.dead_letters import from_record
from streams.ports import DeadLetter, LogRecord
from streams.runtimes.simulated import Inspector, Report, Simulation


class DeadLetters(Inspector):
    """Each refused position is recorded at least once, and nothing else is. What is wrong is told when it lands."""

    name = "dead-letters"

    def __init__(self, expected: Expected) -> None:
        self._expected = expected
        self._found: Counter[tuple[str, int, int]] = Counter()

    def appended(self, record: LogRecord) -> None:
        """Look at a letter: it must be about something bad, and say so rightly."""
        if record.topic != DEAD_LETTERS.name:
            return
        letter = from_record(record)
        assert isinstance(letter, DeadLetter), f"the letter cannot be read: {letter}"
        source = letter.source
        place = source.topic, source.partition, source.offset
        self._found[place] += 1
        if source.topic == GOSSIP.name:
            return  # judged at the end, when all garbage is known
        assert place in self._expected.refused, f"{place} is a good record and was refused as {letter.reason}"
        reason, value = self._expected.refused[place]
        assert letter.reason == reason, f"{place} was refused as {letter.reason}, not as {reason}"
        assert source.value == value, f"the letter about {place} holds other bytes than the record"

    def ended(self, world: Simulation, report: Report) -> None:
        """Look for what was refused and never recorded."""
        garbage = {(GOSSIP.name, *place) for place in world.garbage}
        expected = {*self._expected.refused, *garbage}
        found = set(self._found)
        assert found <= expected, f"good gossip was refused: {sorted(found - expected)}"
        missing = sorted(expected - found)
        assert not missing, f"refused and never recorded: {missing}"
