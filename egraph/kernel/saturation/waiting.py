"""Rows of which nothing can be told yet, because nothing is known of the class of some child.

Belongs here: which rows wait, and until when. Not here: what is told of a class (egraph/saturation).
Most rows of a graph wait for ever: they are sifted as columns, and become objects only when their children are known.
"""

from collections.abc import Collection, Sequence
from typing import Any

import numpy as np

from egraph.kernel.saturation import layout
from egraph.kernel.saturation.columns import ReadRow, read_rows, terms_since
from egraph.kernel.saturation.scratch import Scratch


class WaitingRows:
    """Rows of a table, by their terms."""

    def __init__(self, scratch: Scratch) -> None:
        self._scratch = scratch
        self._terms = np.zeros(0, np.int32)

    def take_in(self, since: int, concerned: Sequence[bool]) -> None:
        """Add the rows from term `since` on whose operator is concerned."""
        self._terms = np.concatenate((self._terms, terms_since(self._scratch, since, concerned)))

    def let_go(self, known: Collection[int], label: Any) -> list[ReadRow]:
        """Give the rows of whose children all is known, or that have more than two. They wait no longer.

        `known` are classes, `label` is the class of each term.
        """
        is_known = np.zeros(len(label) + 1, bool)
        is_known[list(known)] = True
        is_known[-1] = True  # the class of a child that is not there
        of_child = np.append(label, len(label))
        content = self._scratch.content
        left, right = content[self._terms, layout.LEFT], content[self._terms, layout.RIGHT]
        ready = is_known[of_child[left]] & is_known[of_child[right]]
        ready |= (left >= 0) & (content[left, layout.SYMBOL] >> 2 == layout.PAIR)
        return self._give(ready)

    def let_all_go(self) -> list[ReadRow]:
        """Give all rows."""
        return self._give(np.ones(len(self._terms), bool))

    def _give(self, chosen: Any) -> list[ReadRow]:
        found = self._terms[chosen]
        self._terms = self._terms[~chosen]
        return read_rows(self._scratch, found)
