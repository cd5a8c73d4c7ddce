"""`egraph topology`: what is shown of a graph, what a calm run of each measures, and mistakes."""

import json
from pathlib import Path

import pytest
from click.testing import Result
from typer.testing import CliRunner

from cli.main import build_app


def run(*words: str) -> Result:
    """Run the command."""
    return CliRunner().invoke(build_app(), ["topology", *words], env={"COLUMNS": "160"})


def test_the_lattice_is_shown_with_its_measures() -> None:
    """Whoever chooses a topology would choose by figures of another graph."""
    shown = json.loads(run("show", "--json").stdout)
    assert (shown["name"], shown["diameter"], shown["mean_distance"]) == ("sierpinski", 3, 1.506)
    assert shown["articulation_points"] == []
    assert shown["reach"]["1"] == 1.0
    assert "95.5% with 2 failed" in run("show").stdout
    dot = run("show", "ring", "--agents", "3", "--dot").stdout
    assert dot.splitlines() == [
        "graph topology {", "  0;", "  1;", "  2;", "  0 -- 1;", "  1 -- 2;", "  0 -- 2;", "}",
    ]  # fmt: skip


def test_a_run_of_each_is_compared() -> None:
    """The figures would not be those of the agents: every fact reaches each agent once, and a clique is nearest."""
    rows = {row["name"]: row for row in json.loads(run("compare", "--facts", "60", "--agents", "6", "--json").stdout)}
    assert set(rows) == {"sierpinski", "ring", "clique", "direct"}
    for row in rows.values():
        assert row["run"]["facts"] == 60
        assert row["run"]["copies_per_fact"] == 5.0
        assert row["run"]["redundancy"] == 1.0
        assert 0 < row["run"]["deltas_per_fact"] <= 5
        assert row["run"]["latency_p50_ms"] <= row["run"]["latency_p99_ms"]
    assert rows["clique"]["run"]["latency_p50_ms"] < rows["ring"]["run"]["latency_p50_ms"]
    assert rows["direct"]["reach"]["1"] < rows["ring"]["reach"]["1"] == 1.0
    table = run("compare", "ring", "--facts", "20", "--agents", "3").stdout
    assert "redundancy" in table
    assert "ring" in table


def test_a_file_is_a_topology(tmp_path: Path) -> None:
    """People's own graphs could be neither looked at nor compared."""
    path = tmp_path / "path.txt"
    path.write_text("0 1\n1 2\n")
    assert json.loads(run("show", str(path), "--agents", "3", "--json").stdout)["articulation_points"] == [1]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("show", "star"), "unknown topology 'star'"),
        (("show", "sierpinski", "--agents", "7"), "3, 6, 9, 15, 42 agents, not 7"),
        (("show", "no/such/file"), "No such file"),
        (("compare", "ring", "ring"), "named twice"),
    ],
)
def test_a_mistake_is_one_line_and_code_two(words: tuple[str, ...], said: str) -> None:
    """A misspelt name would be a stack trace, or silently another graph."""
    result = run(*words)
    assert result.exit_code == 2
    assert said in result.stderr
