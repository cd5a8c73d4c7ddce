"""Sizes and violations that one pass counts are those of the definition, on graphs whose classes were spoiled as well.

Reproduce a failure with EGRAPH_SEED=<seed in the message>; EGRAPH_HISTORIES changes how many are run.
"""

import os
from random import Random, SystemRandom
from typing import Any

import numpy as np
import pytest

from egraph.kernel import compiling
from egraph.kernel.audit import tally_of, violations
from egraph.kernel.loops import FIRST_USE, LABEL, PAIR_SYMBOL, SYMBOL
from egraph.kernel.view import KernelView
from egraph.store import FactStore
from tests.properties.histories import history

HISTORIES = int(os.environ.get("EGRAPH_HISTORIES", "1500")) // 5 or 1


def classes_of(view: KernelView) -> int:
    """Count classes with a member that is mentioned somewhere, from labels."""
    kernel = view.kernel()
    ends = set(kernel.asserted_ends().tolist())
    rows = kernel.nodes[: len(kernel)].tolist()
    visible = [(number, row) for number, row in enumerate(rows) if row[SYMBOL] != PAIR_SYMBOL]
    mentioned = sum(row[SYMBOL] > 0 or row[FIRST_USE] > 0 or number in ends for number, row in visible)
    return mentioned - sum(row[LABEL] != number for number, row in visible)


def spoil(view: KernelView, random: Random) -> None:
    """Put visible nodes under labels of others, as no closure would."""
    kernel = view.kernel()
    visible = np.flatnonzero(kernel.nodes[: len(kernel), SYMBOL] != PAIR_SYMBOL).tolist()
    for number in random.sample(visible, len(visible) // 3):
        kernel.nodes[number, LABEL] = kernel.nodes[random.choice(visible), LABEL]


@pytest.mark.parametrize("loops", [None, compiling.plain()], ids=["compiled", "plain"])
def test_one_pass_counts_what_the_definition_counts(loops: Any) -> None:
    """The console would say that no class breaks the rule while one does: nobody would look for the defect."""
    named = os.environ.get("EGRAPH_SEED")
    base = int(named) if named else SystemRandom().randrange(1 << 48)
    broken = 0
    for seed in range(base, base + (HISTORIES if loops is None else HISTORIES // 5 or 1)):
        view = KernelView(FactStore(), loops=loops)
        view.fold_many(view.store.intern_all(history(seed)))
        assert tally_of(view.kernel()) == (classes_of(view), 0), f"seed {seed}"

        spoil(view, Random(seed))
        found = tally_of(view.kernel())
        assert found == (classes_of(view), violations(view.kernel())), f"seed {seed}"
        broken += found.violations
    assert broken
