"""Typed answers about what the system did: saturations and their phases, rules, sync rounds, turns of agents.

Units stand in the names, as in answers.py.
"""

from dataclasses import dataclass

from analytics.answers import TurnRow


@dataclass(frozen=True, slots=True, kw_only=True)
class AgentWork:
    """What one agent reports of one phase of a cycle of a run."""

    run: str
    cycle: int
    phase: str
    agent: int
    started_at_us: int
    ended_at_us: int
    derived: int
    checked: int
    retracted: int
    unproven: int
    rounds: int
    nodes: int
    matches: int
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleRow:
    """A rule of the log. `equalities` counts those it made, `standing` those of them that nobody took back."""

    name: str
    text: str
    producer: str
    partition: int
    offset: int
    appended_at_us: int
    equalities: int
    standing: int
    retracted: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleProduction:
    """What a rule made in a round on an agent: nodes that its proofs needed anew, equalities, those still standing."""

    rule: str
    round: int
    agent: int | None
    nodes: int
    equalities: int
    standing: int


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleProfile:
    """What a rule made in all: in how many rounds, from which to which, on how many agents; each new node once."""

    rule: str
    rounds: int
    first_round: int
    last_round: int
    agents: int
    nodes: int
    equalities: int
    standing: int


@dataclass(frozen=True, slots=True, kw_only=True)
class RoundProfile:
    """What rules made in a round, or one rule where one was asked for."""

    round: int
    nodes: int
    equalities: int


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleCost:
    """What a rule did in a run: nodes tried, matches fired, nodes and unions made, and the time that the engine took.

    `nodes` are those of the engine's table, which may be said already: what is new in the log is told by `RuleProfile`.
    """

    rule: str
    candidates: int
    matches: int
    nodes: int
    unions: int
    time_us: int


@dataclass(frozen=True, slots=True, kw_only=True)
class RunCost:
    """The heaviest rules of a run, of `rules_count`, and the sums over all of them. Time is 0 where nobody measured it.

    Agents of one role do the same work, so each phase is counted on one agent, the one that matched most.
    """

    run: str
    rules: tuple[RuleCost, ...]
    rules_count: int
    candidates: int
    matches: int
    nodes: int
    unions: int
    time_us: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Phases:
    """The newest of `runs` runs of saturation, oldest report first, rules, and what they made, most nodes first.

    `profile` tells it per rule and `rounds` per round; `production` and `rounds` are of `rule`, if one was asked for.
    `costs` tells what the rules of each run cost, where its reports say so.
    `rules_count`, `profile_count`, `rounds_count` and `production_count` say of how many.
    """

    runs: int
    runs_shown: int
    work: tuple[AgentWork, ...]
    costs: tuple[RunCost, ...]
    rules: tuple[RuleRow, ...]
    rules_count: int
    rule: str | None
    profile: tuple[RuleProfile, ...]
    profile_count: int
    rounds: tuple[RoundProfile, ...]
    rounds_count: int
    production: tuple[RuleProduction, ...]
    production_count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class SyncRound:
    """A round in which all agents were asked what they hold; no end and no outcome while it lasts."""

    round: str
    started_at_us: int
    completed_at_us: int | None
    took_ms: int | None
    outcome: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Turns:
    """The newest turns of `turns_count`, and the newest sync rounds of `rounds_count`."""

    turns: tuple[TurnRow, ...]
    turns_count: int
    rounds: tuple[SyncRound, ...]
    rounds_count: int
