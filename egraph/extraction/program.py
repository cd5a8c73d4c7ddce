"""The integer program of exact extraction, as plain columns that any solver can take.

Belongs here: variables and rows. Not here: solving (ilp.py). The formulation is described there.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence

from egraph.extraction.columns import Columns


class Program:
    """Minimise the sum of `price` times variables from 0 to `upper`, so that each row is at least `least`.

    The entries of the rows are `factor[i]` at (`row[i]`, `column[i]`). `integral` is 1 for a variable that is 0 or 1.
    """

    def __init__(self, columns: Columns, roots: Iterable[int], nodes: Sequence[int], price: Sequence[int]) -> None:
        self._columns = columns
        self.nodes = [node for node in nodes if columns.labels[node] not in columns.children_of(node)]
        known = dict(zip(nodes, price, strict=True))
        self.price = [known[node] for node in self.nodes]
        self.integral = [1] * len(self.nodes)
        self.upper = [1] * len(self.nodes)
        self.factor: list[int] = []
        self.row: list[int] = []
        self.column: list[int] = []
        self.least: list[int] = []
        self._members: dict[int, list[int]] = {}
        for variable, node in enumerate(self.nodes):
            self._members.setdefault(columns.labels[node], []).append(variable)
        for root in roots:
            self._at_least(1, [(variable, 1) for variable in self._members.get(root, ())])
        self._children_chosen()
        self._levels_fall()

    def chosen(self, values: Sequence[float]) -> dict[int, int]:
        """Give the node that a solution chooses for each class: of several the one that is first in content order."""
        order = self._columns.order
        found: dict[int, int] = {}
        for label, variables in self._members.items():
            nodes = [self.nodes[variable] for variable in variables if values[variable] > 0.5]
            if nodes:
                found[label] = min(nodes, key=order.__getitem__)
        return found

    def _children_chosen(self) -> None:
        for variable, node in enumerate(self.nodes):
            for child in sorted(set(self._columns.children_of(node))):
                self._at_least(0, [(variable, -1), *((member, 1) for member in self._members.get(child, ()))])

    def _levels_fall(self) -> None:
        below = {
            label: {
                child
                for variable in variables
                for child in self._columns.children_of(self.nodes[variable])
                if child in self._members
            }
            for label, variables in self._members.items()
        }
        for group in cycles(below):
            size = len(group)
            level = {}
            for label in sorted(group):
                level[label] = len(self.price)
                self.price.append(0)
                self.integral.append(0)
                self.upper.append(size - 1)
            for label in sorted(group):
                for variable in self._members[label]:
                    for child in sorted(set(self._columns.children_of(self.nodes[variable])) & group):
                        self._at_least(1 - size, [(level[label], 1), (level[child], -1), (variable, -size)])

    def _at_least(self, least: int, entries: Iterable[tuple[int, int]]) -> None:
        for variable, factor in entries:
            self.row.append(len(self.least))
            self.column.append(variable)
            self.factor.append(factor)
        self.least.append(least)


def cycles(below: Mapping[int, Iterable[int]]) -> Iterator[set[int]]:
    """Give the strongly connected components of two or more classes (Tarjan 1972, without recursion)."""
    index: dict[int, int] = {}
    lowest: dict[int, int] = {}
    stack: list[int] = []
    on_stack: set[int] = set()
    for start in below:
        if start in index:
            continue
        path = [(start, iter(sorted(below[start])))]
        index[start] = lowest[start] = len(index)
        stack.append(start)
        on_stack.add(start)
        while path:
            label, rest = path[-1]
            child = next(rest, None)
            if child is None:
                path.pop()
                if path:
                    lowest[path[-1][0]] = min(lowest[path[-1][0]], lowest[label])
                if lowest[label] == index[label]:
                    at = stack.index(label)
                    group = set(stack[at:])
                    del stack[at:]
                    on_stack -= group
                    if len(group) > 1:
                        yield group
            elif child not in index:
                index[child] = lowest[child] = len(index)
                stack.append(child)
                on_stack.add(child)
                path.append((child, iter(sorted(below[child]))))
            elif child in on_stack:
                lowest[label] = min(lowest[label], index[child])
