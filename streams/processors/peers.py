"""What an agent knows of all agents, spread with acknowledgements: who holds how much, with which digest.

Newest wins: (incarnation, beat) orders what is known of one agent. Not here: neighbours' versions (neighbours.py).
"""

from collections.abc import Iterable

from schemas.records import PeerState

Beat = tuple[int, int]
"""Incarnation and beat: which of two states of one agent is newer."""
_NEVER: Beat = (-1, -1)


class PeerTable:
    """The latest known state of each agent."""

    def __init__(self, agents: int) -> None:
        self._agents = agents
        self._states: dict[int, PeerState] = {}

    def update(self, state: PeerState) -> None:
        """Take in a state unless a newer one is known. States of agents that do not exist are ignored."""
        if not 0 <= state.agent < self._agents:
            return
        known = self._states.get(state.agent)
        if known is None or (known.incarnation, known.beat) < (state.incarnation, state.beat):
            self._states[state.agent] = state

    def update_all(self, states: Iterable[PeerState]) -> None:
        """Take in several states."""
        for state in states:
            self.update(state)

    def states(self) -> tuple[PeerState, ...]:
        """Give what is known, by agent."""
        return tuple(self._states[agent] for agent in sorted(self._states))

    def news(self, told: dict[int, Beat], always: int) -> tuple[PeerState, ...]:
        """Give what is newer than what was told, by agent, and one agent in any case; note it as told."""
        news = []
        for state in self.states():
            beat = state.incarnation, state.beat
            if state.agent == always or beat > told.get(state.agent, _NEVER):
                told[state.agent] = beat
                news.append(state)
        return tuple(news)

    def agree_on(self) -> bytes | None:
        """Give the view digest on which all agents agree, with as many facts each, or None."""
        if len(self._states) < self._agents:
            return None
        seen = {(state.facts, state.digest) for state in self._states.values()}
        if len(seen) != 1:
            return None
        facts, digest = seen.pop()
        return digest if facts else None
