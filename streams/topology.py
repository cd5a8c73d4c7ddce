"""Who gossips with whom: an undirected graph over agents, and the tree along which each agent's facts travel.

Belongs here: the named topologies and what is computed from a graph alone. Not here: messages, time.
"""

from collections import deque
from dataclasses import dataclass

SIERPINSKI_EDGES = (
    (0, 1), (0, 2), (1, 2), (1, 3), (1, 4), (1, 5), (2, 5), (2, 6), (2, 7),
    (3, 4), (3, 8), (4, 5), (4, 8), (5, 6), (5, 8), (6, 7),
)  # fmt: skip
"""The three-level Sierpinski lattice on nine agents: diameter 3, mean distance 122/81 over all ordered pairs."""


@dataclass(frozen=True, slots=True)
class Topology:
    """An undirected, connected graph over agents 0..size-1."""

    name: str
    size: int
    edges: tuple[tuple[int, int], ...]

    def neighbours(self, agent: int) -> tuple[int, ...]:
        """Give the agents that share an edge with `agent`, ascending."""
        return tuple(sorted({b if a == agent else a for a, b in self.edges if agent in (a, b)}))

    def distances(self, source: int) -> tuple[int, ...]:
        """Give the number of hops from `source` to every agent. Raises ValueError if one cannot be reached."""
        hops = {source: 0}
        queue = deque([source])
        while queue:
            at = queue.popleft()
            for neighbour in self.neighbours(at):
                if neighbour not in hops:
                    hops[neighbour] = hops[at] + 1
                    queue.append(neighbour)
        if len(hops) != self.size:
            raise ValueError(f"topology {self.name} is not connected: {sorted(set(range(self.size)) - set(hops))}")
        return tuple(hops[agent] for agent in range(self.size))

    def tree_children(self, root: int, agent: int) -> tuple[int, ...]:
        """Give the neighbours to which `agent` forwards the facts whose home is `root`.

        The tree is the breadth-first one from `root`; a node's parent is its neighbour nearest to the root, the
        smallest number among equals. Every agent computes the same tree, so each fact crosses size-1 edges.
        """
        hops = self.distances(root)
        return tuple(
            peer
            for peer in self.neighbours(agent)
            if hops[peer] == hops[agent] + 1
            and agent == min(p for p in self.neighbours(peer) if hops[p] == hops[agent])
        )


def named_topology(name: str, size: int) -> Topology:
    """Build the topology called `name` (sierpinski, ring, clique, direct) over `size` agents.

    Raises ValueError for an unknown name, or for sierpinski with a size other than nine.
    """
    if name == "sierpinski":
        if size != 9:
            raise ValueError(f"the sierpinski lattice has 9 agents, not {size}; choose ring, clique or direct")
        return Topology(name, 9, SIERPINSKI_EDGES)
    if name == "ring":
        around = ((i, (i + 1) % size) for i in range(size) if size > 1)
        return Topology(name, size, tuple(dict.fromkeys((min(edge), max(edge)) for edge in around)))
    if name == "clique":
        return Topology(name, size, tuple((i, j) for i in range(size) for j in range(i + 1, size)))
    if name == "direct":
        return Topology(name, size, tuple((0, i) for i in range(1, size)))
    raise ValueError(f"unknown topology {name!r}; choose sierpinski, ring, clique or direct")
