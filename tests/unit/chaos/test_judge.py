"""The judge of a drill: whatever is broken in the evidence becomes the breach that names it, and nothing else does."""

from dataclasses import replace
from typing import Any

import pytest

from egraph.identifiers import EventId
from launcher.chaos.judge import SHORT_LIVES_IN_A_ROW, Evidence, judge
from launcher.chaos.load import Entry

AGENTS = 2
A, B, C = (EventId(bytes([number]) * 16) for number in (1, 2, 3))
GOOD = Evidence(
    acknowledged={A: Entry(0, 1, 2, 0), B: Entry(1, 1, 2, 1)},
    log={(0, 0): A, (1, 0): None, (1, 1): B},
    poisons=frozenset({("egraph.facts", 1, 0)}),
    digests={0: ("s", "v"), 1: ("s", "v")},
    missing=None,
    replayed=("s", "v"),
    rows=((0, 0), (1, 1)),
    letters=frozenset({("egraph.facts", 1, 0)}),
    dead=(),
)


def test_a_drill_without_loss_has_no_breach() -> None:
    """Every drill would fail, and nobody would look any more."""
    assert judge(GOOD, AGENTS) == ()


@pytest.mark.parametrize(
    ("change", "promise"),
    [
        ({"log": {(0, 0): A, (1, 0): None}, "rows": ((0, 0),)}, "every acknowledged fact is in the log"),
        ({"acknowledged": GOOD.acknowledged | {C: Entry(0, 1)}}, "every fact offered is acknowledged in the end"),
        ({"acknowledged": GOOD.acknowledged | {B: Entry(1, 1, 2, 0)}}, "stands where the acknowledgement says"),
        ({"log": {**GOOD.log, (0, 1): A}, "rows": (*GOOD.rows, (0, 1))}, "a fact is in the log once"),
        ({"log": {**GOOD.log, (0, 1): C}, "rows": (*GOOD.rows, (0, 1))}, "and nobody else's is"),
        ({"missing": "agents [1] have not been heard"}, "all agents hold everything and agree"),
        ({"digests": {0: ("s", "v"), 1: ("s", "w")}}, "the digests of a replay of the log"),
        ({"digests": {0: ("s", "v")}}, "the digests of a replay of the log"),
        ({"replayed": ("s", "w")}, "the digests of a replay of the log"),
        ({"rows": ((0, 0), (1, 1), (1, 1))}, "the sink shows each fact once"),
        ({"rows": ((0, 0),)}, "the sink shows every fact"),
        ({"rows": (*GOOD.rows, (1, 0))}, "the sink shows facts only"),
        ({"letters": frozenset()}, "each poisonous record is a dead letter"),
        ({"letters": GOOD.letters | {("egraph.facts", 0, 0)}}, "nothing but poison is a dead letter"),
        ({"dead": ("worker-1",)}, "every process runs in the end"),
        ({"short_lives": {"sink": SHORT_LIVES_IN_A_ROW}}, "no process would be given up"),
    ],
)
def test_what_is_broken_is_named(change: dict[str, Any], promise: str) -> None:
    """A loss would pass, or be told as something else, and the search would begin in the wrong place."""
    (breach,) = judge(replace(GOOD, **change), AGENTS)
    assert promise in breach.promise
    assert breach.detail
    assert breach.look_at


def test_only_what_was_sent_again_may_stand_twice() -> None:
    """Kafka's client repeats by itself without a trace; our own repetition after an unknown outcome may leave one."""
    twice = {**GOOD.log, (0, 1): A}
    again = GOOD.acknowledged | {A: Entry(0, 1, 2, 0, tries=2)}
    assert judge(replace(GOOD, log=twice, rows=(*GOOD.rows, (0, 1)), acknowledged=again), AGENTS) == ()


def test_an_acknowledgement_without_an_offset_is_judged_by_the_log_alone() -> None:
    """A broker that recognises a repetition gives no offset; that is no lie."""
    unplaced = GOOD.acknowledged | {A: Entry(0, 1, 2, -1)}
    assert judge(replace(GOOD, acknowledged=unplaced), AGENTS) == ()
