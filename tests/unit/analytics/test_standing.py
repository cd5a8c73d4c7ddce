"""How the system stands: alive, stuck, down, and what to do."""

from dataclasses import replace

import pytest

from analytics.answers import AgentState, Overview
from analytics.standing import STALE_AFTER_S, STUCK_AFTER_S, health_of_all, status_of_all, sync_of
from tests.unit.dash_app.console_fakes import EMPTY, OTHER_DIGEST, agent_state, full_overview


def with_agent(number: int, **changes: object) -> Overview:
    """Give the full overview with one agent changed."""
    overview = full_overview()
    agents = list(overview.agents)
    agents[number] = replace(agents[number], **changes)  # type: ignore[arg-type]
    return replace(overview, agents=tuple(agents))


def stillness(seconds: float) -> int:
    """Give the time since which an agent has stood still for so long at its last heartbeat."""
    return agent_state(0).last_seen_us - int(seconds * 1e6)


def test_a_system_in_which_everybody_is_heard_is_ok() -> None:
    """A probe would restart what is well."""
    found = health_of_all(full_overview(), 0.5)
    assert (found.status, found.problems, found.data_age_s) == ("ok", (), 0.5)
    assert all(item.alive and not item.stuck for item in found.agents)


@pytest.mark.parametrize(
    ("seconds", "lag", "stuck"),
    [(STUCK_AFTER_S + 1, 5, True), (STUCK_AFTER_S, 5, False), (STUCK_AFTER_S + 1, 0, False), (0, 5, False)],
)
def test_stuck_is_who_is_heard_and_reads_nothing_while_others_hold_more(seconds: float, lag: int, stuck: bool) -> None:
    """An agent that hangs would look alive for ever, or an idle one be restarted again and again."""
    found = health_of_all(with_agent(4, lag=lag, still_since_us=stillness(seconds)), 0.5)
    assert [item.agent for item in found.agents if item.stuck] == ([4] if stuck else [])
    assert found.status == ("stuck" if stuck else "ok")
    if stuck:
        (problem,) = found.problems
        assert "agent 4" in problem.fact
        assert f"{lag} facts" in problem.detail
        assert "egraph agent restart 4" in problem.remedy


def test_who_is_not_heard_is_down_and_not_stuck() -> None:
    """A dead agent would be told as one that hangs: another remedy."""
    found = health_of_all(with_agent(2, band="down", lag=9, still_since_us=stillness(100)), 0.5)
    assert found.status == "degraded"
    assert [item.agent for item in found.agents if not item.alive] == [2]
    assert not any(item.stuck for item in found.agents)
    assert found.problems[0].detail == "no heartbeat of 2"


def test_nobody_heard_stale_figures_and_no_data_are_down() -> None:
    """A probe would call a system well that nobody has heard of."""
    overview = full_overview()
    dead = replace(overview, agents=tuple(replace(item, band="down") for item in overview.agents))
    assert health_of_all(dead, 0.5).status == "down"
    assert "egraph status" in health_of_all(dead, 0.5).problems[0].remedy
    stale = health_of_all(overview, STALE_AFTER_S + 1, "OSError: gone")
    assert (stale.status, stale.problems[0].fact) == ("down", "the store cannot be read")
    assert health_of_all(EMPTY, 0.1).status == "down"
    nothing = health_of_all(None, None, "IOError: no such folder")
    assert (nothing.status, nothing.problems[0].detail) == ("down", "IOError: no such folder")


def test_agreement_is_of_those_who_live() -> None:
    """A dead agent's last view would stand as a disagreement for ever, or a real one be hidden."""
    assert status_of_all(full_overview(), 0.1).agree
    assert not status_of_all(with_agent(3, view_digest=OTHER_DIGEST), 0.1).agree
    assert status_of_all(with_agent(3, view_digest=OTHER_DIGEST, band="down"), 0.1).agree


def test_an_agent_stands_to_the_others_by_its_own_flows() -> None:
    """Somebody else's messages would be shown as its own."""
    found = sync_of(full_overview(), 2)
    assert found is not None
    assert {flow.receiver for flow in found.sends} == {flow.sender for flow in found.receives} == {0, 1, 5, 6, 7}
    assert {flow.sender for flow in found.sends} == {flow.receiver for flow in found.receives} == {2}
    assert (found.lag, found.agrees) == (2, True)
    assert not sync_of(with_agent(2, view_digest=OTHER_DIGEST), 2).agrees  # type: ignore[union-attr]
    assert sync_of(full_overview(), 9) is None


def test_still_counts_back_to_the_last_heartbeat_not_to_now() -> None:
    """An agent whose heartbeats are late would count as stuck."""
    state: AgentState = agent_state(1)
    overview = replace(full_overview(), agents=(replace(state, lag=1, still_since_us=state.last_seen_us),))
    later = replace(overview, generated_at_us=overview.generated_at_us + 200_000_000)
    assert health_of_all(later, 0.1).agents[0].still_s == 0
