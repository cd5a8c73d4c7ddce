"""The seeded-defect score: how many of the catalogued defects the simulator finds, in how many seeds, by which check.

Belongs here: running the catalogue and telling the result. Not here: the defects (tests/simulation/defects).
`python -m tests.simulation.score` runs all of it and writes docs/simulation-score.json and the table in
docs/simulation.md; names as arguments run those defects alone and leave the recorded score of the others.
"""

import json
import sys
import time
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import pytest

from simulator.campaign import run_seed
from simulator.options import draw_options
from streams.runtimes.simulated_trace import SimulationFailed
from streams.runtimes.simulated_workers import Worker
from tests.simulation.defects.catalogue import Defect, catalogue

SEEDS = 500
ROOT = Path(__file__).parents[2]
JSON_PATH = ROOT / "docs" / "simulation-score.json"
PAGE_PATH = ROOT / "docs" / "simulation.md"
BEGIN, END = "<!-- score: begin -->", "<!-- score: end -->"
_MISFITS = (TypeError, AttributeError, NameError)


@dataclass(frozen=True)
class Scored:
    """What came of one defect: `seeds` are those needed, `check` what fired, both None where it was not found.

    `tried` is how many seeds were run in that case.
    """

    name: str
    area: str
    says: str
    seeds: int | None
    check: str | None
    tried: int = 0


def first_failure(seeds: Iterable[int], worker_class: type[Worker]) -> tuple[int, SimulationFailed] | None:
    """Run seeds until one fails; give how many that took, and the failure."""
    for tried, seed in enumerate(seeds, 1):
        _, outcome = run_seed(draw_options(seed), worker_class=worker_class)
        if isinstance(outcome, SimulationFailed):
            return tried, outcome
    return None


def score(defect: Defect, seeds: Sequence[int] = range(SEEDS)) -> Scored:
    """Put one defect in, look for it, and take it out again. Raises TypeError if it no longer fits the code."""
    with pytest.MonkeyPatch.context() as patch:
        worker_class = defect.install(patch) or Worker
        found = first_failure(seeds, worker_class)
    if found is None:
        return Scored(defect.name, defect.area, defect.says, None, None, len(seeds))
    needed, failure = found
    if isinstance(failure.__cause__, _MISFITS):
        raise TypeError(f"{defect.name} no longer fits the code it is put into: {failure.__cause__!r}")
    return Scored(defect.name, defect.area, defect.says, needed, failure.check)


def table(scores: Sequence[Scored]) -> str:
    """Give the score as Markdown, the defects that were not found first."""
    found = [item for item in scores if item.seeds is not None]
    rows = [
        f"| `{item.name}` | {item.says} | {item.seeds or f'not found in {item.tried}'} | {_check(item)} |"
        for item in sorted(scores, key=lambda item: item.seeds is not None)
    ]
    return "\n".join(
        [
            f"**{len(found)} of {len(scores)} defects found**, each in at most {SEEDS} seeds; "
            f"{sum(item.seeds == 1 for item in found)} by the first seed, "
            f"{sum((item.seeds or SEEDS) <= 10 for item in found)} within ten.",
            "",
            "| defect | what would go wrong | seeds needed | check that fired |",
            "|---|---|---|---|",
            *rows,
        ]
    )


def _check(item: Scored) -> str:
    return f"`{item.check}`" if item.check else "none"


def write(scores: Sequence[Scored]) -> None:
    """Write the JSON file and the table of the page."""
    found = sum(item.seeds is not None for item in scores)
    told = {"defects": len(scores), "found": found, "seeds_max": SEEDS, "scores": [asdict(item) for item in scores]}
    JSON_PATH.write_text(json.dumps(told, indent=2) + "\n")
    page = PAGE_PATH.read_text()
    before, rest = page.split(BEGIN)
    PAGE_PATH.write_text(f"{before}{BEGIN}\n{table(scores)}\n{END}{rest.split(END)[1]}")


def _with_recorded(scores: Sequence[Scored]) -> list[Scored]:
    """Give a score for each defect of the catalogue for which there is one, new or recorded."""
    recorded = json.loads(JSON_PATH.read_text())["scores"] if JSON_PATH.exists() else []
    known = {item["name"]: Scored(**item) for item in recorded} | {item.name: item for item in scores}
    return [known[item.name] for item in catalogue() if item.name in known]


def main(names: Sequence[str]) -> int:
    """Run the catalogue, or the named defects. Gives 1 if one was not found."""
    scores = []
    for defect in catalogue():
        if names and defect.name not in names:
            continue
        began = time.process_time()
        scored = score(defect)
        scores.append(scored)
        took = time.process_time() - began
        print(
            f"{scored.area:<11}{scored.name:<50}{scored.seeds or '-':>5}  {scored.check or 'NOT FOUND'}  {took:.1f} s"
        )
        sys.stdout.flush()
    write(_with_recorded(scores))
    missed = [item.name for item in scores if item.seeds is None]
    print(
        f"{len(scores) - len(missed)} of {len(scores)} found" + (f"; not found: {', '.join(missed)}" if missed else "")
    )
    return int(bool(missed))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
