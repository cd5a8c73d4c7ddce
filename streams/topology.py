"""Who gossips with whom: an undirected graph over agents, and the tree along which each agent's facts travel.

Belongs here: the named topologies and what is computed from a graph alone. Not here: messages, time.
"""

from collections import deque
from dataclasses import dataclass, replace

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

    def without(self, edge: tuple[int, int] | None) -> "Topology":
        """Give the same agents without one edge, which may part them."""
        return replace(self, edges=tuple(other for other in self.edges if other != edge))

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


NAMES = ("sierpinski", "ring", "clique", "direct")
SIERPINSKI_SIZES = (3, 6, 9, 15, 42)
"""9 is the lattice above; the others are the gaskets of 1, 2, 3 and 4 levels."""


def named_topology(name: str, size: int) -> Topology:
    """Build the topology called `name` (sierpinski, ring, clique, direct) over `size` agents.

    Raises ValueError for an unknown name, or for a size of which there is no Sierpinski lattice.
    """
    if name == "sierpinski":
        if size not in SIERPINSKI_SIZES:
            sizes = ", ".join(map(str, SIERPINSKI_SIZES))
            raise ValueError(f"a sierpinski lattice has {sizes} agents, not {size}; choose ring, clique or direct")
        return Topology(name, size, SIERPINSKI_EDGES if size == 9 else _gasket(size))
    if name == "ring":
        around = ((i, (i + 1) % size) for i in range(size) if size > 1)
        return Topology(name, size, tuple(dict.fromkeys((min(edge), max(edge)) for edge in around)))
    if name == "clique":
        return Topology(name, size, tuple((i, j) for i in range(size) for j in range(i + 1, size)))
    if name == "direct":
        return Topology(name, size, tuple((0, i) for i in range(1, size)))
    raise ValueError(f"unknown topology {name!r}; choose {', '.join(NAMES[:-1])} or {NAMES[-1]}")


def default_topology(size: int) -> Topology:
    """Give what is used where nobody chose: the Sierpinski lattice where there is one of that size, else a ring."""
    return named_topology("sierpinski" if size in SIERPINSKI_SIZES else "ring", size)


def _gasket(size: int) -> tuple[tuple[int, int], ...]:
    """Give the Sierpinski gasket of so many corners: three of the level before, joined at their corners.

    Agents are numbered by row from the top, then from the left.
    """
    side, triangles = 1, [(0, 0)]  # upward triangles by row and column of their top corner
    while len(_corners(triangles)) < size:
        triangles = [(y + dy, x + dx) for dy, dx in ((0, 0), (side, 0), (side, side)) for y, x in triangles]
        side *= 2
    number = {corner: place for place, corner in enumerate(_corners(triangles))}
    edges = set()
    for y, x in triangles:
        top, left, right = (number[corner] for corner in ((y, x), (y + 1, x), (y + 1, x + 1)))
        edges |= {(top, left), (top, right), (left, right)}
    return tuple(sorted(edges))


def _corners(triangles: list[tuple[int, int]]) -> list[tuple[int, int]]:
    return sorted({corner for y, x in triangles for corner in ((y, x), (y + 1, x), (y + 1, x + 1))})
