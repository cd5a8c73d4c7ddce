"""The story of the system: runs of saturation phase by phase, rules and what they made, what befell agents.

Belongs here: questions about runs, rules, turns and sync rounds. Not here: single records (log_reader.py).
"""

from pathlib import Path
from typing import Any

from analytics.current_store import CurrentStore
from analytics.rule_costs import costs_of
from analytics.run_answers import (
    AgentWork,
    Phases,
    RoundProfile,
    RuleProduction,
    RuleProfile,
    RuleRow,
    SyncRound,
    Turns,
)
from analytics.turn_rows import TURN_COLUMNS, turns_of

RULES_MAX = 1000
PRODUCTION_MAX = 200
PROFILE_MAX = 100
ROUNDS_MAX = 200
_WORK = """
WITH reports AS (
  SELECT *, epoch_us(started_at) AS started_us, epoch_us(ts) AS ended_us FROM v_phase_reports
), newest AS (
  SELECT run FROM reports GROUP BY run ORDER BY max(ended_us) DESC, run LIMIT ?
)
SELECT run, cycle, phase, agent, started_us, ended_us, derived, checked, retracted, unproven, rounds, nodes, matches,
       reason
FROM reports WHERE run IN (FROM newest) ORDER BY started_us, run, cycle, phase, agent
"""
_RULES = """
WITH gone AS (SELECT DISTINCT target FROM facts WHERE kind = 'FactRetracted'),
made AS (
  SELECT why, count(*) AS made, count(*) FILTER (WHERE event_id NOT IN (FROM gone)) AS standing
  FROM facts WHERE kind = 'EqualityAsserted' AND starts_with(why, 'rule ') GROUP BY why
)
SELECT operator, facts.why, producer, partition, "offset", epoch_us(appended_at), coalesce(made, 0),
       coalesce(standing, 0), event_id IN (FROM gone), count(*) OVER ()
FROM facts LEFT JOIN made ON made.why = 'rule ' || facts.operator
WHERE kind = 'RuleAdded' ORDER BY coalesce(made, 0) DESC, operator, appended_at LIMIT ?
"""
_PRODUCTION = """
SELECT rule, round, agent, nodes, equalities, standing, count(*) OVER () FROM v_rule_production
WHERE ?::VARCHAR IS NULL OR rule = ?
ORDER BY nodes DESC, equalities DESC, rule, round, agent LIMIT ?
"""
_MADE = """
SELECT rule, round, len(list_distinct(flatten(list(new_nodes)))) AS nodes, count(*) AS equalities,
       count(*) FILTER (WHERE event_id NOT IN (SELECT target FROM facts WHERE kind = 'FactRetracted')) AS standing,
       count(DISTINCT round) AS rounds, min(round) AS first, max(round) AS last, count(DISTINCT producer) AS agents
FROM facts WHERE rule IS NOT NULL AND (?::VARCHAR IS NULL OR rule = ?) GROUP BY GROUPING SETS ((rule), (round))
"""
_PROFILE = f"""
SELECT rule, rounds, first, last, agents, nodes, equalities, standing, count(*) OVER () FROM ({_MADE})
WHERE rule IS NOT NULL ORDER BY nodes DESC, equalities DESC, rule LIMIT ?
"""
_ROUNDS = f"""
SELECT round, nodes, equalities, count(*) OVER () FROM ({_MADE}) WHERE round IS NOT NULL ORDER BY round LIMIT ?
"""


class RunReader:
    """Answers about the store below a data directory as it stands. Safe to use from several threads."""

    def __init__(self, data_dir: Path, *, agents: int = 9) -> None:
        self._ask = CurrentStore(data_dir, agents=agents).ask

    def phases(self, runs: int = 5, rule: str | None = None) -> Phases:
        """Give the newest runs and the rules, those that made most first; rounds and agents of one, if it is given.

        Raises StoreUnreadable.
        """
        work = self._work(runs)
        ((known,),) = self._ask("SELECT count(DISTINCT run) FROM v_phase_reports")
        found = self._ask(_RULES, RULES_MAX)
        made = self._ask(_PRODUCTION, rule, rule, PRODUCTION_MAX)
        profile = self._ask(_PROFILE, None, None, PROFILE_MAX)
        rounds = self._ask(_ROUNDS, rule, rule, ROUNDS_MAX)
        return Phases(
            runs=known,
            runs_shown=len({item.run for item in work}),
            work=work,
            costs=costs_of(self._ask, runs),
            rules=tuple(map(_rule, found)),
            rules_count=found[0][9] if found else 0,
            rule=rule,
            profile=tuple(
                RuleProfile(
                    rule=row[0],
                    rounds=row[1],
                    first_round=row[2],
                    last_round=row[3],
                    agents=row[4],
                    nodes=row[5],
                    equalities=row[6],
                    standing=row[7],
                )
                for row in profile
            ),
            profile_count=profile[0][8] if profile else 0,
            rounds=tuple(RoundProfile(round=row[0], nodes=row[1], equalities=row[2]) for row in rounds),
            rounds_count=rounds[0][3] if rounds else 0,
            production=tuple(
                RuleProduction(
                    rule=row[0], round=row[1], agent=row[2], nodes=row[3], equalities=row[4], standing=row[5]
                )
                for row in made
            ),
            production_count=made[0][6] if made else 0,
        )

    def turns(self, limit: int = 100) -> Turns:
        """Give the newest turns and sync rounds, at most `limit` of each. Raises StoreUnreadable."""
        turns, turns_count = turns_of(self._ask(f"SELECT {TURN_COLUMNS} FROM v_turns LIMIT ?", limit))
        rounds = self._ask(
            "SELECT round, epoch_us(started_at), epoch_us(completed_at), took_ms, outcome, count(*) OVER () "
            "FROM v_sync_rounds ORDER BY started_at DESC LIMIT ?",
            limit,
        )
        return Turns(
            turns=turns,
            turns_count=turns_count,
            rounds=tuple(
                SyncRound(round=row[0], started_at_us=row[1], completed_at_us=row[2], took_ms=row[3], outcome=row[4])
                for row in rounds
            ),
            rounds_count=rounds[0][5] if rounds else 0,
        )

    def _work(self, runs: int) -> tuple[AgentWork, ...]:
        return tuple(
            AgentWork(
                run=row[0],
                cycle=row[1],
                phase=row[2],
                agent=row[3],
                started_at_us=row[4],
                ended_at_us=row[5],
                derived=row[6],
                checked=row[7],
                retracted=row[8],
                unproven=row[9],
                rounds=row[10],
                nodes=row[11],
                matches=row[12],
                reason=row[13],
            )
            for row in self._ask(_WORK, runs)
        )


def _rule(row: tuple[Any, ...]) -> RuleRow:
    return RuleRow(
        name=row[0],
        text=row[1],
        producer=row[2],
        partition=row[3],
        offset=row[4],
        appended_at_us=row[5],
        equalities=row[6],
        standing=row[7],
        retracted=row[8],
    )
