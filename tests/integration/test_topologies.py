"""`egraph topology compare --real` on a broker from jars: two small topologies, one agent killed."""

import json
import subprocess
from pathlib import Path

import pytest

from tests.integration.system import EGRAPH

pytestmark = pytest.mark.kafka


def test_a_real_run_of_each_keeps_what_its_graph_promises(tmp_path: Path) -> None:
    """Whoever chooses a topology would choose by figures that real agents do not keep."""
    words = ("topology", "compare", "ring", "clique", "--agents", "4", "--real", "--facts", "80", "--seconds", "2",
             "--killed", "1", "--rungs", "jars", "--timeout", "150")  # fmt: skip
    done = subprocess.run(
        (*EGRAPH, *words, "--data-dir", str(tmp_path / "runs"), "--json"),
        capture_output=True,
        text=True,
        timeout=400,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    rows = {row["name"]: row for row in json.loads(done.stdout)}
    assert set(rows) == {"ring", "clique"}
    for row in rows.values():
        assert row["real"]["broker"] == "Kafka from jars"
        calm, killed = row["real"]["calm"], row["real"]["killed"]
        assert (calm["facts"], calm["useful"]) == (80, 240), "each fact came to each of the three others"
        assert (killed["facts"], killed["useful"]) == (80, 160), "to the two others that live"
        assert killed["reach"] == killed["reach_of_the_graph"] == 1.0
        for part in (calm, killed):
            assert 0 < part["deltas"] <= part["carried"]
            assert part["useful"] <= part["carried"]
    assert rows["clique"]["real"]["calm"]["hops_max"] == 1 < rows["ring"]["real"]["calm"]["hops_max"]
    assert len(rows["ring"]["real"]["killed"]["agents"]) == 1
