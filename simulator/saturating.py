"""Saturations in the simulator: the production orchestrator of phases and agents' part in them, with planned work.

Belongs here: who orders phases, and work whose findings follow from the facts. Not here: the phases
(streams/processors), real rules (egraph).
"""

from collections.abc import Iterator

from egraph.facts import Derived, EqualityAsserted, Fact
from egraph.reading import ReplicaView
from schemas.records import Phase, PhaseOrder, PhaseReport
from schemas.rule_work import RuleWork
from simulator.overseeing import ControlReader
from streams.ports import Compute
from streams.processors.orchestrator import Orchestrator, SaturationPlan
from streams.processors.phases import Equality, Findings, Refusal, Share
from streams.runtimes.simulated import Part, Simulation
from streams.runtimes.simulated_workers import EPOCH, MILLISECOND, SECOND

_STEP = 150 * MILLISECOND
_RULE = "planned"
_FINDINGS_MAX = 4


class PlannedWork:
    """Derives one equality from each of a few stated ones, and refuses every second of those: a function of the view.

    It stands for saturation and the checker, which are not what is simulated.
    """

    def prepare(self, order: PhaseOrder, view: ReplicaView, share: Share) -> Compute:
        """Give the work of a phase. Work is shared out by its key, as that of the roles is."""
        accepted = [fact for fact in map(_fact_of(view), sorted(view.accepted())) if isinstance(fact, EqualityAsserted)]
        if order.phase is Phase.VERIFY:
            refusals = tuple(_refusals(accepted))[share.k :: share.n]
            return Compute(lambda: Findings(refusals=refusals, checked=len(accepted)))
        equalities = tuple(_equalities(accepted)) if order.cycle == 0 else ()
        found = len(equalities)
        told = RuleWork(rule=_RULE, candidates=len(accepted), matches=found, unions=found)  # nobody measures time here
        return Compute(
            lambda: Findings(equalities=equalities, matches=found, rules=(told,)), (view.set_digest(), order.phase)
        )


def _fact_of(view: ReplicaView) -> "_Facts":
    return _Facts(view)


class _Facts:
    def __init__(self, view: ReplicaView) -> None:
        self._store = view.store

    def __call__(self, event_id: bytes) -> Fact:
        number = self._store.index_of(event_id)  # type: ignore[arg-type]
        assert number is not None
        return self._store.fact(number)


def _refusals(accepted: list[EqualityAsserted]) -> Iterator[Refusal]:
    for fact in accepted:
        if isinstance(fact.why, Derived) and fact.why.rule == _RULE and fact.event_id[0] & 1:
            yield Refusal(fact.event_id, "planned to fail", after=fact.hlc)


def _equalities(accepted: list[EqualityAsserted]) -> Iterator[Equality]:
    stated = [fact for fact in accepted if not isinstance(fact.why, Derived)]
    for fact in stated[:_FINDINGS_MAX]:
        why = Derived(rule=_RULE, substitution=(), rule_set=b"", round=0, premises=(fact.event_id,))
        yield Equality(fact.right, fact.left, why, after=fact.hlc)


class Saturator(Part):
    """Orders one saturation of so many cycles at most, from the start whenever it ends on the way."""

    def __init__(self, cycles: int = 2) -> None:
        self._cycles = cycles

    def begin(self, world: Simulation) -> None:
        """Begin some time into the run."""
        self._world = world
        self._runs = 0
        self.orchestrator: Orchestrator | None = None
        world.later(world.random.randint(SECOND, 4 * SECOND), self._start)

    def is_settled(self) -> bool:
        """Tell whether the saturation has come to its end."""
        return self.orchestrator is not None and self.orchestrator.outcome is not None

    def _start(self) -> None:
        self._begin_anew()
        self._world.later(_STEP, self._step)

    def _begin_anew(self) -> None:
        self._runs += 1
        plan = SaturationPlan(
            run=f"run-{self._runs}",
            agents=self._world.plan.topology.size,
            cycles=self._cycles,
            repeat_after_us=SECOND,
        )
        self.orchestrator = Orchestrator(plan)
        self._reader = ControlReader(self._world)

    def _step(self) -> None:
        world = self._world
        if self.is_settled():
            return
        world.later(_STEP, self._step)
        if world.mischief.broker_is_away():
            return
        if world.happens("orchestrator_crash"):
            world.trace("the orchestrator of phases begins anew")
            self._begin_anew()
        assert self.orchestrator is not None
        for _, said in self._reader.read():
            if isinstance(said, PhaseReport):
                self.orchestrator.heard(said)
        for effect in self.orchestrator.step(world.ends(), EPOCH + world.now):
            world.trace("order", effect)
            world.land(effect)
