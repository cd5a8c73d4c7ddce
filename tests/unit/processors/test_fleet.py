"""The orchestrator's judgement: who is restarted when, who is parked, and rounds. Times are the receiver's."""

from collections.abc import Iterable
from itertools import pairwise

import pytest

from schemas.health import band_of, health_after
from schemas.records import (
    AgentHeartbeat,
    AgentLifecycle,
    AnyRecord,
    ControlOrder,
    OrderKind,
    Phase,
    PhaseOrder,
    PhaseReport,
    Turn,
    decode_record,
)
from schemas.topics import CONTROL, GOSSIP
from streams.ports import Publish
from streams.processors.fleet import NAME, Care, Fleet, State

SECOND = 1_000_000
NOW = 1_700_000_000 * SECOND
CARE = Care(agents=3)
ENDS = (5, 6, 7)
ORDER_BEFORE = ControlOrder(order=OrderKind.RESTART, agent=2, incarnation=7, at=0, by=NAME, why="lost; restart 1")
"""What an orchestrator before this one has left in the topic."""


def beat(agent: int, incarnation: int = 1) -> AgentHeartbeat:
    """A heartbeat; of its content only who and which life counts."""
    counts = ("facts", "nodes", "classes", "accepted", "quarantined", "suspended", "retracted", "tombstones_held",
              "violations", "dead_letters", "rss_bytes")  # fmt: skip
    return AgentHeartbeat(
        agent=agent, incarnation=incarnation, worker="w", pid=1, at=0, role="RED", neighbours=(), version=ENDS,
        set_digest=b"", view_digest=b"", **dict.fromkeys(counts, 0),
    )  # fmt: skip


def said(effects: Iterable[Publish], topic: str = CONTROL.name) -> list[AnyRecord]:
    """The records sent to a topic."""
    return [record for item in effects if item.topic == topic and (record := decode_record(item.value))]


def turns(effects: Iterable[Publish]) -> list[tuple[Turn, int]]:
    """The turns told of agents."""
    return [(item.turn, item.agent) for item in said(effects) if isinstance(item, AgentLifecycle) and item.agent >= 0]


class Script:
    """A fleet, its clock, and all that it sent."""

    def __init__(self, care: Care = CARE) -> None:
        self.now = NOW
        self.fleet = Fleet(care, self.now)
        self.sent: list[Publish] = []

    def after(self, seconds: float, *alive: int, incarnation: int = 1) -> list[Publish]:
        """Let time go by, second by second, with heartbeats of some agents; give what was sent meanwhile."""
        sent: list[Publish] = []
        end = self.now + int(seconds * SECOND)
        while self.now < end:
            self.now = min(self.now + SECOND, end)
            for agent in alive:
                self.fleet.heard(beat(agent, incarnation), self.now)
            sent += self.fleet.step(ENDS, self.now)
        self.sent += sent
        return sent

    def orders(self, effects: Iterable[Publish]) -> list[tuple[OrderKind, int, int]]:
        """The orders to inboxes: kind, agent, life."""
        return [
            (item.order, item.agent, item.incarnation)
            for item in said(effects, GOSSIP.name)
            if isinstance(item, ControlOrder)
        ]


@pytest.mark.parametrize(("elapsed", "health", "band"), [
    (-1, 1.0, "healthy"), (0, 1.0, "healthy"), (2, 0.8, "healthy"), (2.1, 0.79, "degraded"), (5, 0.5, "degraded"),
    (8, 0.2, "suspect"), (8.1, 0.19, "down"), (10, 0.0, "down"), (99, 0.0, "down"),
])  # fmt: skip
def test_health_falls_with_silence(elapsed: float, health: float, band: str) -> None:
    """An agent would be shown well while it is lost, or lost while it is well."""
    assert health_after(elapsed, 10) == pytest.approx(health)
    assert band_of(health_after(elapsed, 10)) == band


def test_a_silent_agent_is_restarted_at_its_timeout_and_not_before() -> None:
    """A killed agent would stay away, or one that is merely late would lose its work."""
    script = Script()
    assert script.after(9, 0, 1, 2) == []
    assert script.after(9, 0, 1) == []

    sent = script.after(1, 0, 1)

    assert turns(sent) == [(Turn.LOST, 2)]
    assert script.orders(sent) == [(OrderKind.RESTART, 2, 1)]
    assert [item.order for item in said(sent) if isinstance(item, ControlOrder)] == [OrderKind.RESTART], "for watchers"


def test_an_orchestrator_goes_on_with_the_restarts_of_the_one_before() -> None:
    """An agent that hung, and whose order was lost, would stay away for ever: only that order tells of its life now."""
    script = Script()
    script.fleet.heard(ORDER_BEFORE, script.now)

    sent = script.after(10, 0, 1)

    assert turns(sent) == [(Turn.LOST, 2)]
    assert script.orders(sent) == [(OrderKind.RESTART, 2, 7)]


def test_an_order_says_nothing_of_an_agent_that_was_heard() -> None:
    """A life on a slower clock would count as a former one as soon as the order that was on its way comes back."""
    script = Script()
    script.after(1, 0, 1, 2, incarnation=3)
    script.fleet.heard(ORDER_BEFORE, script.now)

    assert script.after(12, 0, 1, 2, incarnation=3) == []


def test_the_new_life_is_noticed_and_brings_a_round() -> None:
    """Nobody would know that it is back, and its neighbours would not be asked what they hold."""
    script = Script()
    script.after(2, 0, 1, 2)
    script.after(11, 0, 1)

    script.fleet.heard(AgentLifecycle(turn=Turn.REGISTERED, agent=2, incarnation=2, at=0), script.now)
    sent = script.after(1, 0, 1)
    assert turns(sent) == [(Turn.RECOVERED, 2)]
    script.fleet.heard(beat(2, 2), script.now)

    later = script.after(CARE.settle // SECOND, 0, 1)
    assert {item.agent for item in said(later, CONTROL.name) if isinstance(item, AgentLifecycle)} == {-1}
    asked = [item for item in later if item.topic == GOSSIP.name]
    assert [item.partition for item in asked] == [0, 1, 2]
    assert all(isinstance(item, PhaseOrder) and item.phase is Phase.RECONCILE for item in said(asked, GOSSIP.name))


def test_restarts_back_off_and_end_with_a_reason() -> None:
    """A broken agent would be restarted for ever, as fast as can be, and nobody would be told."""
    script = Script()
    script.after(1, 0, 1, 2)
    sent = script.after(10 + sum(CARE.back_off) // SECOND + 5, 0, 1)

    times = [item.at for item in said(sent, GOSSIP.name) if isinstance(item, ControlOrder)]
    gaps = [later - earlier for earlier, later in pairwise(times)]
    assert len(times) == len(CARE.back_off)
    assert gaps == list(CARE.back_off[:-1])
    parked = [item for item in said(sent) if isinstance(item, AgentLifecycle) and item.turn is Turn.PARKED]
    assert [(item.agent, item.attempt) for item in parked] == [(2, len(CARE.back_off))]
    assert "egraph agent restart 2" in parked[0].detail
    assert script.orders(script.after(100, 0, 1)) == []


def test_a_flapping_agent_is_parked_and_ended() -> None:
    """It would come and go all day, and drag its neighbours along."""
    script = Script()
    for life in range(1, CARE.flaps_max + 2):
        script.fleet.heard(beat(2, incarnation=life), script.now)
        script.after(8, 0, 1)
    script.fleet.heard(beat(2, incarnation=life), script.now)
    script.after(8, 0, 1)

    assert turns(script.sent) == [(Turn.PARKED, 2)]
    assert (OrderKind.KILL, 2, CARE.flaps_max + 1) in script.orders(script.sent)
    assert script.fleet.seats[2].state is State.PARKED


@pytest.mark.parametrize("apart", [0, 3])
def test_agents_that_end_together_do_not_flap(apart: int) -> None:
    """A process that is killed again and again, or a network that is cut, would end in all of its agents parked."""
    script = Script()
    for life in range(1, CARE.flaps_max + 5):
        for agent in range(3):  # a process restores its agents one after the other
            script.fleet.heard(beat(agent, incarnation=life), script.now)
            script.after(apart)
        script.after(9)

    assert Turn.PARKED not in {turn for turn, _ in turns(script.sent)}


def test_an_agent_flaps_beside_those_that_end_together_now_and_then() -> None:
    """One that ends by itself again and again would be restarted for ever, once a process was killed meanwhile."""
    script = Script()
    for life in range(1, CARE.flaps_max + 2):
        script.fleet.heard(beat(2, incarnation=life), script.now)
        script.after(25, 0, 1)
    script.after(1, 0, 1, 2, incarnation=CARE.flaps_max + 2)
    script.after(12, 0, 1, incarnation=CARE.flaps_max + 2)

    assert (Turn.PARKED, 2) in turns(script.sent)


def test_agents_that_move_do_not_flap() -> None:
    """Scaling a few times would park everybody: a life that says goodbye has not ended badly."""
    script = Script()
    for life in range(1, CARE.flaps_max + 5):
        script.after(3, 0, 1, 2, incarnation=life)
        for agent in range(3):
            goodbye = AgentLifecycle(turn=Turn.DEREGISTERED, agent=agent, incarnation=life, at=0)
            script.fleet.heard(goodbye, script.now)

    assert turns(script.sent) == []


def test_who_left_in_order_is_not_restarted() -> None:
    """A system that is being stopped would be given orders until it is gone."""
    script = Script()
    script.after(2, 0, 1, 2)
    script.fleet.heard(AgentLifecycle(turn=Turn.DEREGISTERED, agent=2, incarnation=1, at=0), script.now)
    script.fleet.heard(beat(2), script.now)  # was on its way

    assert script.orders(script.after(60, 0, 1)) == []


def test_somebodys_wish_ends_parking() -> None:
    """`egraph agent restart` would be advised and have no effect."""
    script = Script()
    script.after(1, 0, 1, 2)
    script.after(120, 0, 1)
    assert script.fleet.seats[2].state is State.PARKED
    script.after(1, 0, 1, 2)
    assert script.fleet.seats[2].state is State.PARKED, "a sign of life alone is no wish"

    wish = ControlOrder(order=OrderKind.RESTART, agent=2, incarnation=1, at=0, by="egraph agent", why="mended")
    script.fleet.heard(wish, script.now)
    sent = script.after(1, 0, 1, 2, incarnation=2)

    assert turns(sent)[0] == (Turn.RELEASED, 2)
    assert script.fleet.seats[2].state is State.WELL


@pytest.mark.parametrize("begun_anew", [False, True])
def test_a_new_life_ends_parking_for_silence(begun_anew: bool) -> None:
    """A machine that was away for two minutes would come back with agents that nobody counts on any more."""
    script = Script()
    script.after(1, 0, 1, 2)
    script.after(120, 0, 1)
    assert script.fleet.seats[2].state is State.PARKED
    second = Script() if begun_anew else script
    if begun_anew:  # an orchestrator that has read what the first one told
        for record in said(script.sent):
            second.fleet.heard(record, second.now)

    sent = second.after(1, 2, incarnation=2)

    assert (Turn.RELEASED, 2) in turns(sent)
    assert second.fleet.seats[2].state is State.WELL


def test_a_new_life_does_not_end_parking_for_flapping() -> None:
    """Its worker hosts it again at its next start, and it would flap on."""
    script = Script()
    for life in range(1, CARE.flaps_max + 4):
        script.fleet.heard(beat(2, incarnation=life), script.now)
        script.after(8, 0, 1)

    assert [turn for turn, _ in turns(script.sent)].count(Turn.PARKED) == 1
    assert script.fleet.seats[2].state is State.PARKED


def test_a_former_life_that_still_speaks_is_no_sign_of_life() -> None:
    """A zombie's heartbeats would hide that its successor is dead."""
    script = Script()
    script.after(2, 0, 1, 2, incarnation=7)
    sent: list[Publish] = []
    for _ in range(11):
        script.fleet.heard(beat(2, 6), script.now)
        sent += script.after(1, 0, 1, incarnation=7)

    assert (Turn.LOST, 2) in turns(sent)


def test_nobody_is_lost_while_the_topic_cannot_be_read() -> None:
    """After every outage of the broker all agents would be restarted at once, although they were well."""
    script = Script()
    script.after(2, 0, 1, 2)
    script.now += 300 * SECOND
    script.fleet.was_deaf(script.now)

    assert turns(script.after(9)) == []
    assert {agent for turn, agent in turns(script.after(1)) if turn is Turn.LOST} == {0, 1, 2}


def test_an_agent_that_was_never_heard_gets_no_orders() -> None:
    """Orders about a life that nobody knows would be void, and would fill the inbox until somebody starts a worker."""
    script = Script()

    sent = script.after(60, 0, 1)

    assert turns(sent) == [(Turn.LOST, 2)]
    assert script.orders(sent) == []


def test_a_round_ends_when_all_have_told_what_they_hold() -> None:
    """A round would never end, ask nobody again, or call a difference agreement."""
    script = Script()
    sent = script.after(60, 0, 1, 2)
    (order,) = {item.run: item for item in said(sent, GOSSIP.name) if isinstance(item, PhaseOrder)}.values()

    def report(agent: int, digest: bytes) -> PhaseReport:
        return PhaseReport(
            run=order.run, cycle=0, phase=Phase.RECONCILE, agent=agent, incarnation=1, started_at=0, at=0,
            version=ENDS, set_digest=digest, reason="holds the cut",
        )  # fmt: skip

    assert order.cut == ENDS
    for agent, digest in ((0, b"one"), (1, b"two")):
        script.fleet.heard(report(agent, digest), script.now)
    again = script.after(CARE.repeat_after // SECOND + 1, 0, 1, 2)
    assert [item.partition for item in again if item.topic == GOSSIP.name] == [2], "only who has not answered"
    script.fleet.heard(report(2, b"one"), script.now)
    (done,) = [item for item in said(script.after(1, 0, 1, 2)) if isinstance(item, AgentLifecycle)]

    assert (done.turn, done.round) == (Turn.ROUND_COMPLETED, order.run)
    assert "DIFFER" in done.detail


def test_rounds_keep_out_of_a_saturation() -> None:
    """An agent heeds its newest order: a round in the middle would have the saturation's order forgotten."""
    script = Script()
    for _ in range(20):
        script.fleet.heard(
            PhaseOrder(run="r", cycle=0, phase=Phase.LIVE, at=0, cut=ENDS, rounds=1, nodes=1, matches=1), script.now
        )
        assert script.after(5, 0, 1, 2) == []


def test_a_second_orchestrator_goes_on_where_the_first_stopped() -> None:
    """Who was parked would be restarted by every new orchestrator."""
    first = Script()
    first.after(1, 0, 1, 2)
    first.after(120, 0, 1)
    second = Script()
    for record in said(first.sent):
        second.fleet.heard(record, second.now)

    assert second.fleet.seats[2].state is State.PARKED
    assert second.orders(second.after(60, 0, 1)) == []


def test_a_life_that_begins_on_a_slower_clock_is_listened_to() -> None:
    """An agent whose machine's clock was set back would be restarted again and again, and then parked, though well."""
    script = Script()
    script.after(5, 0, 1, 2, incarnation=1000)
    script.fleet.heard(AgentLifecycle(turn=Turn.REGISTERED, agent=2, incarnation=400, at=0), script.now)

    sent = script.after(5, 0, 1, incarnation=1000)
    for _ in range(20):
        sent += script.after(1, 2, incarnation=400)
        sent += script.after(1, 0, 1, incarnation=1000)

    assert script.orders(sent) == []
    assert [turn for turn, agent in turns(sent) if agent == 2] == []
    assert script.fleet.seats[2].state is State.WELL


def test_what_was_on_its_way_when_an_agent_left_begins_no_life() -> None:
    """A registration that is read again would bring an agent back that has gone."""
    script = Script()
    script.fleet.heard(AgentLifecycle(turn=Turn.DEREGISTERED, agent=2, incarnation=3, at=0), script.now)
    script.fleet.heard(AgentLifecycle(turn=Turn.REGISTERED, agent=2, incarnation=3, at=0), script.now)
    assert script.fleet.seats[2].state is State.GONE
