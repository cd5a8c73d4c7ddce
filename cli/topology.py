"""`egraph topology show|compare`: what a topology is, and what each costs and gives.

Belongs here: options and printing. Not here: graphs and their measures (streams), runs (simulator;
topology_real.py).
"""

from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from cli.folding import watched
from cli.options import EXIT_USAGE, Agents, AsJson
from cli.run import Bar, fail, print_json
from cli.topologies import topology_of
from cli.topology_real import RealOptions, compare_real, print_table

if TYPE_CHECKING:
    from streams.topology import Topology

_FAILED_MAX = 4


def register(app: typer.Typer) -> None:
    """Add `egraph topology`."""
    group = typer.Typer(no_args_is_help=True, help="Who gossips with whom: look at a topology, or compare several.")
    group.command()(show)
    group.command()(compare)
    app.add_typer(group, name="topology")


def show(
    which: Annotated[
        str, typer.Argument(metavar="TOPOLOGY", help="sierpinski, ring, clique, direct, or a file of edges.")
    ] = "",
    agents: Agents = 9,
    dot: Annotated[bool, typer.Option("--dot", help="Print the graph for Graphviz.")] = False,
    as_json: AsJson = False,
) -> None:
    """Show a topology: its edges, distances, and who still hears of everything when agents fail."""
    chosen = topology_of(which, agents)
    if dot:
        lines = [f"  {one} -- {other};" for one, other in chosen.edges]
        typer.echo("\n".join(["graph topology {", *(f"  {agent};" for agent in range(chosen.size)), *lines, "}"]))
        return
    document = _graph(chosen)
    if as_json:
        print_json(document)
        return
    for name, value in document.items():
        typer.echo(f"{name.replace('_', ' '):22} {_shown(value)}")


def compare(
    topologies: Annotated[
        list[str] | None, typer.Argument(help="Which ones; all named ones of this size if none is given.")
    ] = None,
    agents: Agents = 9,
    facts: Annotated[int, typer.Option("--facts", min=1, help="How many facts each run folds.")] = 500,
    seed: Annotated[int, typer.Option("--seed", min=0, help="Seed of the runs.")] = 1,
    real: Annotated[
        bool, typer.Option("--real", help="Run each on a broker of its own, then again with some agents killed.")
    ] = False,
    seconds: Annotated[float, typer.Option("--seconds", min=0.5, help="With --real: how long facts are sent.")] = 6.0,
    killed: Annotated[int, typer.Option("--killed", min=0, help="With --real: how many agents are killed.")] = 2,
    processes: Annotated[int, typer.Option("--processes", min=1, help="With --real: agent processes.")] = 2,
    timeout: Annotated[
        float, typer.Option("--timeout", min=5.0, help="With --real: seconds until a run is given up.")
    ] = 120.0,
    rungs: Annotated[
        str, typer.Option("--rungs", help="With --real: ways to get a broker, in order, of: mock, jars, docker.")
    ] = "mock,jars,docker",
    data_dir: Annotated[
        Path, typer.Option("--data-dir", help="With --real: folder of the runs, emptied at each start.")
    ] = Path(".egraph/compare"),
    as_json: AsJson = False,
) -> None:
    """Compare topologies by their graphs and a run of each: calm and simulated, or real with some agents killed."""
    from streams.topology import NAMES, SIERPINSKI_SIZES

    names = topologies or [name for name in NAMES if name != "sierpinski" or agents in SIERPINSKI_SIZES]
    chosen = [topology_of(name, agents) for name in names]
    if len({item.name for item in chosen}) < len(chosen):
        fail("a topology is named twice; name each once", EXIT_USAGE)
    if real:
        if killed > agents - 2:
            fail(f"--killed {killed} of {agents} agents leaves nobody to gossip; kill {agents - 2} at most", EXIT_USAGE)
        compare_real(
            [(name, item, _graph(item)) for name, item in zip(names, chosen, strict=True)],
            RealOptions(facts, seed, seconds, killed, min(processes, agents), timeout,
                        tuple(word.strip() for word in rungs.split(",") if word.strip()), data_dir),
            as_json=as_json,
        )  # fmt: skip
        return
    from simulator.comparing import measure

    rows: list[dict[str, Any]] = []
    with Bar("simulating", "topologies", visible=watched(as_json)) as bar:
        for done, item in enumerate(chosen, start=1):
            rows.append(_graph(item) | {"run": asdict(measure(item, facts=facts, seed=seed))})
            bar.update(done, len(chosen), item.name)
    if as_json:
        print_json(rows)
        return
    _print(rows)


def _graph(topology: "Topology") -> dict[str, Any]:
    from streams import topology_measures as measures

    return {
        "name": topology.name,
        "agents": topology.size,
        "edges": [list(edge) for edge in topology.edges],
        "most_neighbours": max(len(topology.neighbours(agent)) for agent in range(topology.size)),
        "diameter": measures.diameter(topology),
        "mean_distance": round(float(measures.mean_distance(topology)), 3),
        "messages_per_fact": round(float(measures.messages_per_fact(topology)), 3),
        "articulation_points": list(measures.articulation_points(topology)),
        "reach": {str(failed): share for failed, share in _reach(topology)},
    }


def _reach(topology: "Topology") -> Iterator[tuple[int, float]]:
    from streams.topology_measures import reach

    for failed in range(1, min(_FAILED_MAX, topology.size - 1) + 1):
        try:
            yield failed, round(float(reach(topology, failed)), 3)
        except ValueError:
            return  # too many sets of agents to look at each


def _shown(value: Any) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{share:.1%} with {failed} failed" for failed, share in value.items()) or "-"
    if isinstance(value, list):
        return " ".join("-".join(map(str, item)) if isinstance(item, list) else str(item) for item in value) or "none"
    return str(value)


_TITLES = ("topology", "edges", "diameter", "mean hops", "deltas/fact", "redundancy", "bytes/fact", "p50 ms", "p99 ms",
           "reach, 1 failed", "2", "3")  # fmt: skip


def _print(rows: list[dict[str, Any]]) -> None:
    print_table(None, _TITLES, map(_row, rows))


def _row(row: dict[str, Any]) -> tuple[str, ...]:
    run, reach = row["run"], row["reach"]
    return (
        row["name"], str(len(row["edges"])), str(row["diameter"]), f"{row['mean_distance']:.2f}",
        f"{run['deltas_per_fact']:.2f}", f"{run['redundancy']:.2f}", f"{run['bytes_per_fact']:,.0f}",
        _ms(run["latency_p50_ms"]), _ms(run["latency_p99_ms"]),
        *(f"{reach[failed]:.0%}" if failed in reach else "-" for failed in ("1", "2", "3")),
    )  # fmt: skip


def _ms(value: float | None) -> str:
    return "-" if value is None else f"{value:,.0f}"
