"""What is kept of a long log between two looks. That it is told as a short one: tests/properties/test_long_cuts.py."""

from pathlib import Path
from threading import Semaphore

from analytics.current_store import CurrentStore
from analytics.cut_replay import CutReplay
from analytics.long_replay import LongReplay
from tests.unit.analytics.stored import AGENTS, fact_at, store_records


class Watched(LongReplay):
    """Tells when memory was given back."""

    forgotten = Semaphore(0)

    def forget(self) -> None:
        """Give it back."""
        super().forget()
        self.forgotten.release()


def test_memory_of_a_long_log_is_given_back_when_nobody_looks(tmp_path: Path) -> None:
    """A console that showed a million records once would keep more than a gigabyte for ever."""
    store_records(tmp_path, "facts", [fact_at(0, n, n) for n in range(5)])
    store = CurrentStore(tmp_path, agents=AGENTS)
    long = Watched(store.ask, store.ask_table)
    replay = CutReplay(store.ask, long, plain=3, kept_s=0.01)
    first = replay.graph("0:4", (4000, 0, 4), 10)
    for _ in ("before it is read", "when nobody looks"):
        assert long.forgotten.acquire(timeout=30)
    assert replay.graph("0:4", (4000, 0, 4), 10) == first
