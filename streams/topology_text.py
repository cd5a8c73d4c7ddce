"""Topologies that people write themselves: a list of edges, or JSON.

Belongs here: reading the text, with a typed problem for each mistake. Not here: named topologies (topology.py), files.
"""

import json
from collections.abc import Iterator

from streams.topology import Topology


class TopologyProblem(ValueError):
    """The text is no topology of so many agents. The message has the line, the fact, and what to do."""


def read_topology(text: str, name: str, size: int) -> Topology:
    """Give the topology that a text describes: lines of two agents each, `#` begins a comment; or {"edges": [[0, 1]]}.

    Raises TopologyProblem.
    """
    edges: dict[tuple[int, int], str] = {}
    for place, one, other in _json_edges(text) if text.lstrip().startswith("{") else _line_edges(text):
        for agent in (one, other):
            if not 0 <= agent < size:
                raise TopologyProblem(f"{place}: there is no agent {agent} of {size}; agents are 0 to {size - 1}")
        if one == other:
            raise TopologyProblem(f"{place}: agent {one} cannot gossip with itself; take the edge out")
        edge = min(one, other), max(one, other)
        if edge in edges:
            raise TopologyProblem(
                f"{place}: the edge {edge[0]} {edge[1]} is there already ({edges[edge]}); take one out"
            )
        edges[edge] = place
    topology = Topology(name, size, tuple(sorted(edges)))
    _check_connected(topology)
    return topology


def _line_edges(text: str) -> Iterator[tuple[str, int, int]]:
    for number, line in enumerate(text.splitlines(), start=1):
        words = line.partition("#")[0].split()
        if not words:
            continue
        if len(words) != 2 or not all(word.isdecimal() for word in words):
            raise TopologyProblem(
                f"line {number}: {line.strip()!r} is no edge; write two numbers of agents, as in: 0 1"
            )
        yield f"line {number}", int(words[0]), int(words[1])


def _json_edges(text: str) -> Iterator[tuple[str, int, int]]:
    try:
        document = json.loads(text)
    except json.JSONDecodeError as error:
        raise TopologyProblem(
            f"line {error.lineno}, column {error.colno}: no JSON: {error.msg}; mend it there"
        ) from None
    edges = document.get("edges")
    if not isinstance(edges, list):
        raise TopologyProblem('there is no list "edges"; write {"edges": [[0, 1], [1, 2]]}')
    for number, edge in enumerate(edges, start=1):
        if not isinstance(edge, list) or len(edge) != 2 or not all(type(agent) is int for agent in edge):
            raise TopologyProblem(
                f"edge {number}: {json.dumps(edge)} is no edge; write two numbers of agents, as in [0, 1]"
            )
        yield f"edge {number}", edge[0], edge[1]


def _check_connected(topology: Topology) -> None:
    try:
        topology.distances(0)
    except ValueError:
        reached, waiting = {0}, [0]
        while waiting:
            for agent in topology.neighbours(waiting.pop()):
                if agent not in reached:
                    reached.add(agent)
                    waiting.append(agent)
        apart = sorted(set(range(topology.size)) - reached)
        raise TopologyProblem(
            f"agents {', '.join(map(str, apart))} cannot be reached from agent 0; add an edge that joins them"
        ) from None
