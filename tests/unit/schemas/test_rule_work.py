"""What a phase report says of each rule: bounds, sums, and reports of a release that did not tell it."""

from dataclasses import replace
from io import BytesIO
from typing import Any

import pytest
from fastavro import schemaless_writer

from schemas.poison import Poison, Reason
from schemas.records import Phase, PhaseReport, decode_record, encode_record
from schemas.registry import released
from schemas.rule_work import NAMES_BYTES_MAX, RULES_MAX, RuleWork, heaviest
from schemas.topics import GOSSIP_BYTES_MAX


def report_of(*rules: RuleWork, **changes: Any) -> PhaseReport:
    """Give a report of these rules, whose totals are their sums."""
    found = heaviest(rules)
    total = found.total
    report = PhaseReport(
        run="r", cycle=0, phase=Phase.LIVE, agent=1, incarnation=2, started_at=3, at=4, version=(5,), set_digest=b"",
        reason="saturated", rules=found.rules, rules_left_out=found.left_out, candidates=total.candidates,
        matches=total.matches, new_nodes=total.nodes, new_unions=total.unions, time_us=total.time_us,
    )  # fmt: skip
    return replace(report, **changes)


SLOW = RuleWork(rule="slow", candidates=3, matches=2, nodes=1, unions=1, time_us=90)
BUSY = RuleWork(rule="busy", candidates=300, matches=200, nodes=7, unions=5, time_us=10)


def test_the_heaviest_rules_come_first_and_the_sums_are_of_all() -> None:
    """The rule that costs most would be the one that is left out, or take its cost out of the totals."""
    many = [RuleWork(rule=f"r{n:03}", candidates=n, matches=1, time_us=n // 2) for n in range(RULES_MAX + 44)]

    found = heaviest(many)

    assert (len(found.rules), found.left_out) == (RULES_MAX, 44)
    assert [item.rule for item in found.rules[:3]] == ["r299", "r298", "r297"]
    assert (found.total.candidates, found.total.matches) == (sum(range(300)), 300)
    assert decode_record(encode_record(report_of(*many))) == report_of(*many)
    assert heaviest(many) == heaviest(reversed(many)), "agents would send other bytes for the same work"


def test_long_names_do_not_burst_a_report() -> None:
    """Rules with names of 60 KiB each would make a report that no reader takes, so the phase would never end."""
    many = [RuleWork(rule=f"{n:03}" + "é" * 30_000, candidates=n) for n in range(RULES_MAX)]

    report = report_of(*many)

    assert (len(report.rules), report.rules_left_out) == (2, RULES_MAX - 2)
    assert len(encode_record(report)) < NAMES_BYTES_MAX + 4096 < GOSSIP_BYTES_MAX
    assert decode_record(encode_record(report)) == report


@pytest.mark.parametrize(
    "wrong",
    [
        {"rules": (BUSY, SLOW)},
        {"rules": tuple(RuleWork(rule=str(n)) for n in range(RULES_MAX + 1)), "candidates": 0, "matches": 0,
         "new_nodes": 0, "new_unions": 0, "time_us": 0},
        {"rules": (replace(SLOW, rule="n" * (NAMES_BYTES_MAX + 1)), BUSY)},
        {"rules": (SLOW, replace(BUSY, nodes=-1)), "new_nodes": 0},
        {"rules_left_out": -1},
        {"candidates": 302}, {"candidates": 304}, {"matches": 201}, {"new_nodes": 9}, {"new_unions": 5},
        {"time_us": 99}, {"rules_left_out": 1, "time_us": 99},
    ],
    ids=lambda wrong: "+".join(wrong),
)  # fmt: skip
def test_what_breaks_a_bound_or_does_not_add_up_is_refused(wrong: dict[str, Any]) -> None:
    """A page would show shares above one hundred percent, or a reader hold what no agent of ours sends."""
    found = decode_record(encode_record(report_of(SLOW, BUSY, **wrong)))

    assert isinstance(found, Poison)
    assert found.reason is Reason.UNDECODABLE


def test_rules_that_were_left_out_may_hold_the_rest() -> None:
    """A report of more rules than it has room for would be refused."""
    report = report_of(SLOW, BUSY, rules_left_out=1, candidates=999)
    assert decode_record(encode_record(report)) == report


def test_a_report_of_the_first_release_is_read() -> None:
    """After an update the phases of former runs would be gone from the control topic's readers."""
    first = released("phase_report")[0]
    today = report_of(matches=7)
    names = [field["name"] for field in first.source["fields"]]
    assert "rules" not in names
    fields = {name: getattr(today, name) for name in names} | {"phase": today.phase.value}
    body = BytesIO()
    schemaless_writer(body, first.parsed, fields)

    assert decode_record(first.header + body.getvalue()) == today
    assert isinstance(decode_record(first.header + body.getvalue() + b"\x00"), Poison), "read as strictly as today's"
