"""How the system stands, judged from one answer of the read model: who is alive, who is stuck, what to do.

Belongs here: the judgement, a function of plain data. Not here: queries (read_model.py), routes (dash_app).
Alive is who sends heartbeats; stuck is who sends them and has read nothing for STUCK_AFTER_S while others hold more.
"""

from dataclasses import dataclass

from analytics.answers import AgentState, Flow, Kpis, Overview
from schemas.health import DOWN, HEALTHY

STUCK_AFTER_S = 45.0
STALE_AFTER_S = 10.0
OK, DEGRADED, STUCK, OUT = "ok", "degraded", "stuck", "down"


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """What is not well: the fact, a detail of it, and what to do."""

    fact: str
    detail: str
    remedy: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AgentHealth:
    """One agent. `still_s` is for how long it has read nothing, as far as its heartbeats tell."""

    agent: int
    band: str
    health: float
    alive: bool
    stuck: bool
    lag: int
    still_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Health:
    """`status`: ok; degraded, if an agent is not heard well; stuck, if one reads nothing; down, if nobody is heard."""

    status: str
    problems: tuple[Problem, ...]
    agents: tuple[AgentHealth, ...]
    data_age_s: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Status:
    """Everything at a glance. `agree` tells whether all living agents show one view."""

    status: str
    agree: bool
    generated_at_us: int
    kpis: Kpis
    agents: tuple[AgentState, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class AgentSync:
    """How one agent stands to the others: flows to it and from it over the window of the figures."""

    agent: int
    generated_at_us: int
    lag: int
    agrees: bool
    neighbours: tuple[int, ...]
    sends: tuple[Flow, ...]
    receives: tuple[Flow, ...]


def health_of_all(overview: Overview | None, age_s: float | None, trouble: str | None = None) -> Health:
    """Judge. `age_s` is how old the answer is; `trouble` says why the newest question failed."""
    if overview is None:
        remedy = "wait some seconds after a start; else look at the log of the console and whether `egraph sink` runs"
        return Health(
            status=OUT,
            problems=(Problem(fact="there are no data", detail=trouble or "nothing was stored yet", remedy=remedy),),
            agents=(),
            data_age_s=age_s,
        )
    agents = tuple(_health(item) for item in overview.agents)
    problems = [
        *_trouble(age_s, trouble),
        *_silent(agents),
        *(_stuck(item) for item in agents if item.stuck),
    ]
    if not any(item.alive for item in agents) or (age_s or 0.0) > STALE_AFTER_S:
        status = OUT
    elif any(item.stuck for item in agents):
        status = STUCK
    else:
        status = OK if all(item.band == HEALTHY for item in agents) else DEGRADED
    return Health(status=status, problems=tuple(problems), agents=agents, data_age_s=age_s)


def status_of_all(overview: Overview, age_s: float | None) -> Status:
    """Give the judgement with the figures."""
    return Status(
        status=health_of_all(overview, age_s).status,
        agree=len(_living_views(overview)) == 1,
        generated_at_us=overview.generated_at_us,
        kpis=overview.kpis,
        agents=overview.agents,
    )


def state_of(overview: Overview, agent: int) -> AgentState | None:
    """Give what an agent told last, or None if it was never heard."""
    return next((item for item in overview.agents if item.agent == agent), None)


def sync_of(overview: Overview, agent: int) -> AgentSync | None:
    """Give how an agent stands to the others, or None if it was never heard."""
    its = state_of(overview, agent)
    if its is None:
        return None
    return AgentSync(
        agent=agent,
        generated_at_us=overview.generated_at_us,
        lag=its.lag,
        agrees=_living_views(overview) <= {its.view_digest},
        neighbours=its.neighbours,
        sends=tuple(flow for flow in overview.flows if flow.sender == agent),
        receives=tuple(flow for flow in overview.flows if flow.receiver == agent),
    )


def _living_views(overview: Overview) -> set[str]:
    return {item.view_digest for item in overview.agents if item.band != DOWN}


def _health(state: AgentState) -> AgentHealth:
    still_s = max(0, state.last_seen_us - state.still_since_us) / 1e6
    alive = state.band != DOWN
    return AgentHealth(
        agent=state.agent,
        band=state.band,
        health=state.health,
        alive=alive,
        stuck=alive and state.lag > 0 and still_s > STUCK_AFTER_S,
        lag=state.lag,
        still_s=round(still_s, 3),
    )


def _trouble(age_s: float | None, trouble: str | None) -> list[Problem]:
    if trouble is None:
        return []
    detail = f"{trouble}; the figures are {age_s or 0.0:.0f} s old"
    return [Problem(fact="the store cannot be read", detail=detail, remedy="look at the folder of the sink")]


def _silent(agents: tuple[AgentHealth, ...]) -> list[Problem]:
    silent = [str(item.agent) for item in agents if not item.alive]
    if not silent:
        return []
    if len(silent) == len(agents):
        remedy = "run `egraph status`, which asks Kafka: if they are heard there, the sink stands still; start it again"
        return [Problem(fact="no agent is heard", detail="no heartbeat was stored lately", remedy=remedy)]
    remedy = "the orchestrator starts them again; if it does not, `egraph agent restart N`"
    return [Problem(fact="agents are down", detail=f"no heartbeat of {', '.join(silent)}", remedy=remedy)]


def _stuck(item: AgentHealth) -> Problem:
    return Problem(
        fact=f"agent {item.agent} is stuck",
        detail=f"it has read nothing for {item.still_s:.0f} s and lacks {item.lag} facts that others hold",
        remedy=f"`egraph agent restart {item.agent}`; its worker's log says why",
    )
