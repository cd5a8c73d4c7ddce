"""What each rule did and took in the newest runs of saturation, the heaviest first.

Belongs here: costs as the engine measured them. Not here: what rules left in the log (run_reader.py).
"""

from collections.abc import Callable, Sequence
from itertools import groupby
from typing import Any

from analytics.run_answers import RuleCost, RunCost

COSTS_MAX = 50
"""So many rules of each run."""

_COSTS = """
WITH newest AS (
  SELECT run FROM v_phase_reports GROUP BY run ORDER BY max(epoch_us(ts)) DESC, run LIMIT ?
), per_rule AS (
  SELECT run, rule, max(rules) AS rules, sum(candidates)::BIGINT AS candidates, sum(matches)::BIGINT AS matches,
         sum(new_nodes)::BIGINT AS new_nodes, sum(new_unions)::BIGINT AS new_unions, sum(time_us)::BIGINT AS time_us
  FROM v_rule_profile WHERE run IN (FROM newest) GROUP BY run, rule
)
SELECT run, rule, candidates, matches, new_nodes, new_unions, time_us,
       (sum(rules) OVER all_of)::BIGINT, (sum(candidates) OVER all_of)::BIGINT, (sum(matches) OVER all_of)::BIGINT,
       (sum(new_nodes) OVER all_of)::BIGINT, (sum(new_unions) OVER all_of)::BIGINT, (sum(time_us) OVER all_of)::BIGINT
FROM per_rule
WINDOW all_of AS (PARTITION BY run)
QUALIFY row_number() OVER (
  PARTITION BY run ORDER BY rule IS NULL, time_us DESC, candidates DESC, matches DESC, rule
) <= ?
ORDER BY run, rule IS NULL, time_us DESC, candidates DESC, matches DESC, rule
"""


def costs_of(ask: Callable[..., Sequence[tuple[Any, ...]]], runs: int) -> tuple[RunCost, ...]:
    """Give the costs of the newest runs, as many, of those whose reports tell them."""
    rows = ask(_COSTS, runs, COSTS_MAX)
    return tuple(_run(run, list(found)) for run, found in groupby(rows, key=lambda row: row[0]))


def _run(run: str, rows: list[tuple[Any, ...]]) -> RunCost:
    known, candidates, matches, nodes, unions, time_us = rows[0][7:]
    return RunCost(
        run=run,
        rules=tuple(
            RuleCost(rule=row[1], candidates=row[2], matches=row[3], nodes=row[4], unions=row[5], time_us=row[6])
            for row in rows
            if row[1] is not None
        ),
        rules_count=known,
        candidates=candidates,
        matches=matches,
        nodes=nodes,
        unions=unions,
        time_us=time_us,
    )
