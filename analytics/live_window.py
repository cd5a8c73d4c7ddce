"""What the live page shows, kept up to date: each look reads what the sink has added since the last one, and no more.

Belongs here: which tables are followed, how far back, and what is asked anew because it has changed. Not here: what
rows amount to (message_window.py, fact_window.py, heartbeat_window.py), the form of the answer (read_model.py).

Nothing is saved: after a restart the segments of the window are read once. What reaches further back than the window,
the newest heartbeat of an agent or the newest facts of a quiet log, is asked for in SQL when it begins, and again when
retention has let rows go. Dead letters and turns are few: they are asked for in SQL whenever there are new ones.
"""

from collections.abc import Sequence
from typing import Any

from analytics import fact_window, heartbeat_window, message_window
from analytics.answers import TurnRow
from analytics.current_store import CurrentStore
from analytics.fact_window import FactWindow
from analytics.heartbeat_window import STILL_WINDOW_S, Beat, HeartbeatWindow
from analytics.message_window import MessageWindow
from analytics.tail import Tail
from analytics.turn_rows import TURN_COLUMNS, turns_of

RATE_WINDOW_S = 10
RECENT_TURNS_MAX = 60
SECOND_US = 1_000_000
_NEVER = 1 << 62
"""Later than any row: whoever asks for rows since then asks only whether there are new ones."""
_IN_SQL = {"appended_at": "epoch_us(appended_at)", "offset": '"offset"'}


class LiveWindow:
    """The last `window_s` seconds of a store. For one thread. After an exception it is of no use any more."""

    def __init__(self, store: CurrentStore, window_s: int) -> None:
        self._store = store
        self.window_s = window_s
        self.messages = MessageWindow()
        self.facts = FactWindow()
        self.heartbeats = HeartbeatWindow()
        self.dead_letters = 0
        self.turns: tuple[TurnRow, ...] = ()
        self.turns_count = 0
        self._oldest_turn_us: int | None = None
        self._events_tail = store.tail("events", message_window.COLUMNS)
        self._facts_tail = store.tail("facts", fact_window.COLUMNS)
        self._heartbeats_tail = store.tail("heartbeats", heartbeat_window.COLUMNS, "appended_at")
        self._letters_tail = store.tail("dead_letters")
        self._lifecycle_tail = store.tail("lifecycle")
        self._since_us = -1

    @property
    def newest_event_us(self) -> int | None:
        """The time of the newest event that the store shows."""
        return self._events_tail.newest_us

    @property
    def rate_window_s(self) -> int:
        """How many seconds rates are about."""
        return min(self.window_s, RATE_WINDOW_S)

    def can_show(self, window_s: int, now_us: int) -> bool:
        """Tell whether to go on to a moment: what has left the window does not come back, and all of it may have."""
        span = window_s * SECOND_US
        return window_s == self.window_s and self._since_us <= now_us - span <= self._since_us + span

    def advance(self, now_us: int) -> None:
        """Take in what is new, drop what is too old. Raises tail.Beginning, OSError, DuckDB's and Arrow's errors."""
        begins = self._since_us < 0
        since = now_us - self.window_s * SECOND_US
        whole_seconds = since - since % SECOND_US
        self._advance_events(since, whole_seconds)
        self._advance_facts(now_us, whole_seconds, begins)
        self._advance_heartbeats(now_us - STILL_WINDOW_S * SECOND_US, begins)
        if begins or _changed(self._letters_tail):
            ((self.dead_letters,),) = self._ask("SELECT count(*) FROM v_dead_letters")
        if begins or _changed(self._lifecycle_tail) or self._is_turn_older(since):
            self._ask_turns(since)
        self._since_us = since

    def _advance_events(self, since: int, whole_seconds: int) -> None:
        for rows in self._events_tail.news(whole_seconds, whole_seconds).rows:
            self.messages.take(rows)
        self.messages.drop_until(since)

    def _advance_facts(self, now: int, whole_seconds: int, begins: bool) -> None:
        if begins:
            self._ask_newest_facts()
        news = self._facts_tail.news(min(whole_seconds, self.facts.reach_us), whole_seconds)
        if news.gone:
            self._ask_newest_facts()
        for rows in news.rows:
            self.facts.take(rows)
        self.facts.drop_until(whole_seconds, now - self.rate_window_s * SECOND_US)

    def _advance_heartbeats(self, since: int, begins: bool) -> None:
        # A sink that catches up brings heartbeats that are old, and yet the newest of their agents.
        news = self._heartbeats_tail.news(since if begins else 0, since)
        if begins or news.gone:
            self.heartbeats.forget_newest()
            self.heartbeats.know(Beat(*row) for row in self._ask(_newest("v_agents", heartbeat_window.COLUMNS)))
        for rows in news.rows:
            self.heartbeats.take(rows)
        self.heartbeats.drop_until(since)

    def _ask_newest_facts(self) -> None:
        self.facts.forget_newest()
        self.facts.know(self._ask(_newest("v_recent_facts", fact_window.COLUMNS)))

    def _is_turn_older(self, since: int) -> bool:
        return self._oldest_turn_us is not None and self._oldest_turn_us < since

    def _ask_turns(self, since: int) -> None:
        self.turns, self.turns_count = turns_of(
            self._ask(
                f"SELECT {TURN_COLUMNS} FROM v_turns WHERE ts >= make_timestamp(?) LIMIT ?", since, RECENT_TURNS_MAX
            )
        )
        ((self._oldest_turn_us,),) = self._ask(
            "SELECT epoch_us(min(ts)) FROM v_turns WHERE ts >= make_timestamp(?)", since
        )

    def _ask(self, sql: str, *values: Any) -> list[tuple[Any, ...]]:
        return self._store.connection().execute(sql, list(values)).fetchall()


def _newest(view: str, columns: Sequence[str]) -> str:
    """Give the question for the rows of a view, times in microseconds."""
    return f"SELECT {', '.join(_IN_SQL.get(name, name) for name in columns)} FROM {view}"


def _changed(tail: Tail) -> bool:
    news = tail.news(_NEVER, _NEVER)
    return news.any or news.gone
