"""When all is quiet, agents, a replay of the log and the reference show one state."""

from egraph.reference import ReferenceView
from schemas.topics import FACTS
from simulator.checks.expected import Expected
from streams.processors.folder import LogFolder
from streams.runtimes.simulated import Inspector, Report, Simulation

REFERENCE_FACTS_MAX = 32
"""The reference takes cubic time; longer histories are compared with replay alone."""


class DigestsAgree(Inspector):
    """The agents' state is that of a replay, of the reference, and of the facts that were sent.

    That the agents are equal among themselves is seen by the simulator before this is asked.
    """

    name = "digest"

    def __init__(self, expected: Expected) -> None:
        self._expected = expected

    def ended(self, world: Simulation, report: Report) -> None:
        """Compare the three."""
        ends = world.ends()
        facts = list({fact.event_id: fact for fact in self._expected.held(ends)}.values())
        assert report.state.set_digest == self._expected.set_digest(ends), "agents hold other facts than were sent"
        folder = LogFolder(len(ends), world.plan.settings.graph)
        for partition, end in enumerate(ends):
            folder.fold(world.log.read(FACTS.name, partition, 0, end))
        assert folder.view.set_digest() == report.state.set_digest, "replay holds other facts than the agents"
        assert folder.view.view_digest() == report.state.view_digest, "replay shows another view than the agents"
        if len(facts) <= REFERENCE_FACTS_MAX:
            reference = ReferenceView(facts)
            assert report.state.view_digest == reference.view_digest(), "agents show another view than the reference"
        for seat in world.current():
            counts = seat.processor.view.counts()
            assert counts.violations == 0, f"agent {seat.agent} counts {counts.violations} violations in what it shows"
            assert counts.facts == len(facts), f"agent {seat.agent} counts {counts.facts} facts of {len(facts)}"
