"""An agent's part in the four phases of a saturation: takes an order, does its role's work, publishes what came out.

Belongs here: when an agent begins, which facts it publishes under which envelope, what it reports. Not here: the work
itself (phase_work.py), who orders phases and waits for them (orchestrator.py), saturation and proofs (egraph).

    1 BACKFILL  BLUE agents   rules that undo or take apart (phase_rules.py)
    2 VERIFY    GREEN agents  proofs checked by the independent checker; what fails is retracted
    3 LIVE      RED agents    all rules
    4 RECONCILE all agents    gossip until everybody holds the cut

An order may come twice, because who orders does not know whether the first one was lost: work that is done is not
done again, its report is sent again. A process that ends in between knows nothing of the order and gets it anew;
what it had published by then is in the log, so it is not derived a second time.
"""

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple, Protocol

from egraph.derive.drafts import Leaf
from egraph.facts import Derived, EqualityAsserted, Fact, FactRetracted, NodeAdded
from egraph.identifiers import EventId, NodeId
from egraph.reading import ReplicaView
from schemas.codec import seal
from schemas.records import Phase, PhaseOrder, PhaseReport, encode_record
from schemas.rule_work import RuleWork, heaviest
from schemas.topics import CONTROL, FACTS
from streams.hybrid_clock import HybridClock
from streams.ports import Compute, Effect, Publish

if TYPE_CHECKING:
    from streams.processors.agent import AgentProcessor

ROUND_PREFIX = "sync-"
"""How the run of a round of questions begins: all agents are asked what they hold, nothing is worked on."""
ROLES = ("RED", "BLUE", "GREEN")
"""Role of agent i is ROLES[i % 3]: forward rewriting, backward rewriting, verification."""

ROLE_OF_PHASE = {Phase.BACKFILL: "BLUE", Phase.VERIFY: "GREEN", Phase.LIVE: "RED"}
"""RECONCILE is everybody's."""


def role_of(agent: int) -> str:
    """Give the role of an agent."""
    return ROLES[agent % len(ROLES)]


def workers_of(phase: Phase, agents: int) -> tuple[int, ...]:
    """Give the agents that work in a phase, ascending. Where no agent has the role, agent 0 steps in."""
    role = ROLE_OF_PHASE.get(phase)
    return tuple(agent for agent in range(agents) if role in (None, role_of(agent))) or (0,)


class Equality(NamedTuple):
    """A derived equality to be published. `after` is the newest clock among its premises: its own must be later."""

    left: NodeId
    right: NodeId
    why: Derived
    after: int


class Refusal(NamedTuple):
    """A derived equality whose proof fails: it is to be retracted. `why` says which step and how."""

    event_id: EventId
    why: str
    after: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Findings:
    """What the work of a phase came to. The counts are those of PhaseReport."""

    leaves: tuple[Leaf, ...] = ()
    equalities: tuple[Equality, ...] = ()
    refusals: tuple[Refusal, ...] = ()
    checked: int = 0
    unproven: int = 0
    rounds: int = 0
    nodes: int = 0
    matches: int = 0
    rules: tuple[RuleWork, ...] = ()
    reason: str = "done"


class Share(NamedTuple):
    """Which part of the findings an agent publishes, where several do the same work: the k-th of n."""

    k: int
    n: int


_ALL = Share(0, 1)


class PhaseWork(Protocol):
    """The work of the roles."""

    def prepare(self, order: PhaseOrder, view: ReplicaView, share: Share) -> Compute:
        """Copy what the work needs of the state, and give the work: it takes long and may run in a thread.

        Work with a key finds everything, and each agent publishes its share; other work finds its share only.
        """


class _Idle:
    """Does no work and says so, for systems without saturation."""

    def prepare(self, order: PhaseOrder, view: ReplicaView, share: Share) -> Compute:
        return Compute(lambda: Findings(reason="this process does no work of phases"))


IDLE: PhaseWork = _Idle()


@dataclass(slots=True)
class _Running:
    order: PhaseOrder
    started_at: int
    version: tuple[int, ...]
    set_digest: bytes
    share: Share = _ALL


@dataclass(slots=True)
class Phases:
    """Speaks for one agent. Every method gives the effects it asks for."""

    replica: "AgentProcessor"
    work: PhaseWork
    graph: str
    agents: int
    _waiting: PhaseOrder | None = None
    _running: _Running | None = None
    _reports: dict[tuple[str, int, Phase], PhaseReport] = field(default_factory=dict)
    _sequence: int = 0
    _clock: HybridClock = field(default_factory=HybridClock)

    def ordered(self, order: PhaseOrder) -> list[Effect]:
        """Take an order. The newest counts; one whose work is done has its report sent again."""
        report = self._reports.get((order.run, order.cycle, order.phase))
        if report is not None:
            return [self._told(report)]
        if self.replica.agent in workers_of(order.phase, self.agents) and (
            self._running is None or _name(self._running.order) != _name(order)
        ):
            self._waiting = order
        return []

    def due(self, now: int) -> list[Effect]:
        """Begin the work that was ordered, once the agent holds the cut and nothing else is being worked on."""
        order = self._waiting
        if order is None or self._running is not None:
            return []
        if any(have < need for have, need in zip(self.replica.version, order.cut, strict=True)):
            return []
        view = self.replica.view
        self._waiting = None
        self._running = _Running(order, now, self.replica.version, view.set_digest())
        if order.phase is Phase.RECONCILE:
            return self.done(Findings(reason="holds the cut"), now)
        workers = workers_of(order.phase, self.agents)
        share = Share(workers.index(self.replica.agent), len(workers))
        work = self.work.prepare(order, view, share)
        if work.key is not None:
            self._running.share = share
        return [work]

    def done(self, result: Findings | PhaseReport, now: int) -> list[Effect]:
        """Publish what came out; when that is in the log, report it.

        The report comes back as the result of a `Compute` behind the facts. Until then an order that comes again finds
        the work unfinished: who hears a report may rely on its facts.
        """
        if isinstance(result, PhaseReport):
            return self._finished(result)
        findings, running = result, self._running
        assert running is not None, "a result without an order"
        k, n = running.share
        equalities, refusals = findings.equalities[k::n], findings.refusals[k::n]
        found: list[Leaf | Equality | Refusal] = [*findings.leaves[k::n], *equalities, *refusals]
        effects: list[Effect] = [self._fact(item, now) for item in found]
        order = running.order
        told = heaviest(findings.rules)
        report = PhaseReport(
            run=order.run,
            cycle=order.cycle,
            phase=order.phase,
            agent=self.replica.agent,
            incarnation=self.replica.incarnation,
            started_at=running.started_at,
            at=now,
            version=running.version,
            set_digest=running.set_digest,
            derived=len(equalities),
            checked=findings.checked,
            retracted=len(refusals),
            unproven=findings.unproven if k == 0 else 0,
            rounds=findings.rounds,
            nodes=findings.nodes,
            matches=findings.matches,
            reason=findings.reason,
            rules=told.rules,
            rules_left_out=told.left_out,
            candidates=told.total.candidates,
            new_nodes=told.total.nodes,
            new_unions=told.total.unions,
            time_us=told.total.time_us,
        )
        return [*effects, Compute(lambda: report)] if effects else self._finished(report)

    def _finished(self, report: PhaseReport) -> list[Effect]:
        self._running = None
        # A round of questions does not end a run: its orders may still come again.
        self._reports = {
            name: item
            for name, item in self._reports.items()
            if item.run == report.run or item.run.startswith(ROUND_PREFIX) != report.run.startswith(ROUND_PREFIX)
        }
        self._reports[_name(report)] = report
        return [self._told(report)]

    def _fact(self, item: Leaf | Equality | Refusal, now: int) -> Publish:
        hlc = self._clock.tick(now, 0 if isinstance(item, Leaf) else item.after)
        # A name of this life alone: the next one does not know which sequences reached the log.
        producer = f"agent-{self.replica.agent}@{self.replica.incarnation:x}"
        draft: Fact
        if isinstance(item, Leaf):
            draft = NodeAdded(
                graph=self.graph, producer=producer, sequence=self._sequence, hlc=hlc,
                operator=item.operator, colour=item.colour,
            )  # fmt: skip
        elif isinstance(item, Equality):
            draft = EqualityAsserted(
                graph=self.graph, producer=producer, sequence=self._sequence, hlc=hlc,
                left=item.left, right=item.right, why=item.why,
            )  # fmt: skip
        else:
            draft = FactRetracted(
                graph=self.graph, producer=producer, sequence=self._sequence, hlc=hlc,
                target=item.event_id, why=item.why, causes=(item.event_id,),
            )  # fmt: skip
        self._sequence += 1
        return Publish(FACTS.name, self.replica.agent, self.graph.encode(), seal(draft)[1])

    def _told(self, report: PhaseReport) -> Publish:
        return Publish(CONTROL.name, 0, str(self.replica.agent).encode(), encode_record(report))


def _name(order: PhaseOrder | PhaseReport) -> tuple[str, int, Phase]:
    return order.run, order.cycle, order.phase
