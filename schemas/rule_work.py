"""What a phase report says of each rule, and the bounds that keep it small.

Belongs here: the record, which rules a report has room for, the judgement of what was decoded. Not here: its bytes
(records.py), measuring (egraph/saturation/outcome.py).
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, NamedTuple

RULES_MAX = 256
NAMES_BYTES_MAX = 128 * 1024
"""Names come from the log and may be long: with these a report stays far below the bound of its topic."""

_COUNTS = ("candidates", "matches", "nodes", "unions", "time_us")


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleWork:
    """What one rule did in a phase: nodes tried, matches fired, nodes made, classes merged, and the time it took."""

    rule: str
    candidates: int = 0
    matches: int = 0
    nodes: int = 0
    unions: int = 0
    time_us: int = 0

    @property
    def weight(self) -> tuple[int, int, int]:
        """Give by what rules are ordered: time, and without a clock what they tried and matched."""
        return self.time_us, self.candidates, self.matches


class Heaviest(NamedTuple):
    """The rules that a report tells of, how many it leaves out, and the sums over all of them."""

    rules: tuple[RuleWork, ...]
    left_out: int
    total: RuleWork


def heaviest(rules: Iterable[RuleWork]) -> Heaviest:
    """Choose the rules that a report has room for, the heaviest first."""
    ordered = sorted(rules, key=lambda item: (*(-part for part in item.weight), item.rule))
    kept: list[RuleWork] = []
    room = NAMES_BYTES_MAX
    for item in ordered[:RULES_MAX]:
        room -= len(item.rule.encode())
        if room < 0:
            break
        kept.append(item)
    return Heaviest(tuple(kept), len(ordered) - len(kept), _sum(ordered))


def judged(fields: Mapping[str, Any]) -> tuple[RuleWork, ...]:
    """Give the rules of a decoded report. Raises ValueError where they break a bound or do not add up.

    A report of a release before rules were told has none of the fields; its `matches` stand for themselves.
    """
    rules = tuple(RuleWork(**item) for item in fields.get("rules", ()))
    left_out = fields.get("rules_left_out", 0)
    total = RuleWork(
        rule="",
        candidates=fields.get("candidates", 0),
        matches=fields["matches"],
        nodes=fields.get("new_nodes", 0),
        unions=fields.get("new_unions", 0),
        time_us=fields.get("time_us", 0),
    )
    names = sum(len(item.rule.encode()) for item in rules)
    if len(rules) > RULES_MAX or names > NAMES_BYTES_MAX:
        raise ValueError(f"{len(rules)} rules, {names} bytes of names; {RULES_MAX} and {NAMES_BYTES_MAX} are the most")
    if left_out < 0 or any(getattr(item, name) < 0 for item in rules for name in _COUNTS):
        raise ValueError("a rule with a count below zero")
    if any(a.weight < b.weight for a, b in pairwise(rules)):
        raise ValueError("rules that are not ordered by what they took, the heaviest first")
    if rules or left_out:
        _judge_sums(_sum(rules), total, whole=not left_out)
    return rules


def _judge_sums(told: RuleWork, total: RuleWork, *, whole: bool) -> None:
    for name in _COUNTS:
        part, all_ = getattr(told, name), getattr(total, name)
        if part > all_ or (whole and part != all_):
            raise ValueError(f"{name}: rules add up to {part}, the report says {all_}")


def _sum(rules: Iterable[RuleWork]) -> RuleWork:
    rows = tuple(rules)
    return RuleWork(rule="", **{name: sum(getattr(item, name) for item in rows) for name in _COUNTS})
