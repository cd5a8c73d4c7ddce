"""Two sides folded and compared, in this process or, if they are long, in one of its own: run as `python -m`.

Belongs here: where the work is done. Not here: what differs (compare_graphs.py). A million records take many seconds of
plain Python, and gigabytes: a process of its own leaves the console free to answer others, and gives the memory back.
"""

import os
import pickle
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from analytics.compare_answers import GraphComparison
from analytics.compare_graphs import compared_graphs, fold_sides
from analytics.compare_sides import Side
from analytics.current_store import CurrentStore, StoreUnreadable
from analytics.side_columns import read_sides
from egraph.reading import ReplicaView
from egraph.store import FactStore
from egraph.view import IncrementalView

DEADLINE_S = 300.0
_NICER = 5


class TookTooLong(Exception):
    """The comparison was given up; the message says after how long."""


@dataclass(frozen=True, slots=True)
class Question:
    """Two sides that hold `records` together, and how long lists may be. `is_compiled` folds by compiled loops."""

    data_dir: Path
    agents: int
    left: Side
    right: Side
    records: int
    limit: int
    is_compiled: bool


def compared_here(question: Question) -> GraphComparison:
    """Give what differs. Raises StoreUnreadable."""
    ask = CurrentStore(question.data_dir, agents=question.agents).ask_table
    facts = read_sides(ask, question.left, question.right, whole=not question.is_compiled)
    sides = fold_sides(facts, _compiled_view if question.is_compiled else IncrementalView)
    published = question.left.told.published, question.right.told.published
    return compared_graphs(sides, published, question.records, question.limit)


def compared_apart(question: Question, deadline_s: float = DEADLINE_S) -> GraphComparison:
    """Give the same from a process of its own. Raises StoreUnreadable, TookTooLong."""
    try:
        done = subprocess.run(
            (sys.executable, "-m", "analytics.compare_apart"),
            input=pickle.dumps(question),
            capture_output=True,
            timeout=deadline_s,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise TookTooLong(f"comparing {question.records:,} records was given up after {deadline_s:.0f} s") from error
    if done.returncode:
        said = done.stderr.decode(errors="replace").strip().splitlines()
        raise StoreUnreadable(said[-1] if said else f"the comparison ended with {done.returncode}")
    found = pickle.loads(done.stdout)
    assert isinstance(found, GraphComparison)
    return found


def _compiled_view(store: FactStore) -> ReplicaView:
    from egraph.kernel.view import KernelView  # loads or compiles its loops, which few comparisons need

    return KernelView(store)


def main() -> None:
    """Answer the question on the standard input."""
    os.nice(_NICER)
    sys.stdout.buffer.write(pickle.dumps(compared_here(pickle.load(sys.stdin.buffer))))


if __name__ == "__main__":
    main()
