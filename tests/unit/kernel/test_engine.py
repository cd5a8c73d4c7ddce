"""The kernel makes room, keeps marks, and refuses what does not fit."""

import numpy as np
import pytest

from egraph.colours import HAS_BLUE_MEMBER, HAS_BLUE_PARENT, HAS_RED_MEMBER, HAS_RED_PARENT, mask_is_legal
from egraph.kernel import loops
from egraph.kernel.engine import Kernel
from egraph.kernel.errors import CapacityExceeded, InvalidBatch, UnknownMark

GREEN = 3


def leaves_under_f(kernel: Kernel, count: int) -> tuple[np.ndarray, np.ndarray]:
    """Add `count` leaves and f(leaf) for each."""
    leaves = kernel.add_nodes(np.arange(count) + 10, [GREEN] * count, [0] * (count + 1), [])
    return leaves, kernel.add_nodes([1] * count, [GREEN] * count, np.arange(count + 1), leaves)


def test_masks_mean_what_the_core_says() -> None:
    """The kernel imports nothing of ours, so its bits could drift from those of egraph.colours."""
    for mask in range(16):
        assert loops.mask_is_legal(mask) == mask_is_legal(mask)
    kernel = Kernel(jit=False)
    red, blue, green = (int(n) for n in kernel.add_nodes([1, 2, 3], [1, 2, 3], [0] * 4, []))
    kernel.add_nodes([4, 4], [1, 2], [0, 1, 2], [red, blue])
    assert kernel.masks([red, blue, green]).tolist() == [
        HAS_RED_MEMBER | HAS_RED_PARENT,
        HAS_BLUE_MEMBER | HAS_BLUE_PARENT,
        0,
    ]


@pytest.mark.parametrize("jit", [True, False])
@pytest.mark.parametrize("capacity", [1, 2, 3, 7, 64, 500])
def test_growth_inside_one_transaction(jit: bool, capacity: int) -> None:
    """An equality that moves more than the arrays have room for would be lost, half done, or tried for ever."""
    kernel = Kernel(jit=jit, capacity=capacity)
    leaves, over = leaves_under_f(kernel, 200)
    assert not kernel.assert_equal(leaves[:-1], leaves[1:]).any()
    assert len(set(kernel.class_of(leaves).tolist())) == len(set(kernel.class_of(over).tolist())) == 1
    one = kernel.add_nodes([5] * 200, [GREEN] * 200, np.arange(0, 401, 2), np.repeat(leaves, 2))
    assert len(set(kernel.class_of(one).tolist())) == 1


@pytest.mark.parametrize("jit", [True, False])
def test_rollback_across_a_rebuilt_table(jit: bool) -> None:
    """Keys of classes that were rolled back would be found again, and merge what nobody said is equal."""
    kernel = Kernel(jit=jit, capacity=1)
    leaves, _ = leaves_under_f(kernel, 30)
    kernel.add_nodes([2] * 30, [GREEN] * 30, np.arange(31), leaves)
    slots = len(kernel.table)
    mark = kernel.mark()
    kernel.assert_equal(leaves[:-1], leaves[1:])
    kernel.add_nodes(np.arange(400) + 1000, [GREEN] * 400, [0] * 401, [])
    assert len(kernel.table) > slots
    kernel.add_nodes([3] * 30, [GREEN] * 30, np.arange(31), leaves)
    kernel.rollback(mark)

    over = kernel.add_nodes([3] * 30, [GREEN] * 30, np.arange(31), leaves)
    wide = kernel.add_nodes([4] * 30, [GREEN] * 30, np.arange(0, 91, 3), np.repeat(leaves, 3))

    for numbers in (leaves, over, wide):
        assert len(set(numbers.tolist())) == len(set(kernel.class_of(numbers).tolist())) == 30


def test_long_chains_follow_in_bulk_and_one_by_one() -> None:
    """Congruence would stop part of the way up, or bulk closure would hand a wrong rest to the worklist."""
    partitions = []
    for bulk in (True, False):
        kernel = Kernel(capacity=1)
        ends = kernel.add_nodes([1, 2], [GREEN, GREEN], [0, 0, 0], [])
        below = ends
        for _ in range(300):
            below = kernel.add_nodes([3, 3], [GREEN, GREEN], [0, 1, 2], below)
        extra = kernel.add_nodes(np.arange(100) + 9, [GREEN] * 100, [0] * 101, [])
        left, right = [*extra[:-1], ends[0]], [*extra[1:], ends[1]]
        assert kernel.close_bulk(left, right) if bulk else not kernel.assert_equal(left, right).any()
        assert len(set(kernel.class_of(below).tolist())) == 1
        partitions.append(len(set(kernel.class_of(np.arange(len(kernel))).tolist())))
    assert partitions == [302, 302]


def test_known_content_keeps_its_number() -> None:
    """A fact that arrives twice would grow the graph, after its children were merged too."""
    kernel = Kernel(capacity=1)
    a, b, c = kernel.add_nodes([1, 2, 3], [GREEN] * 3, [0] * 4, [])
    batch = ([4, 4, 5], [GREEN] * 3, [0, 1, 2, 5], [a, b, a, b, c])
    first = kernel.add_nodes(*batch)
    kernel.assert_equal([a], [b])
    size = len(kernel)

    assert kernel.add_nodes(*batch).tolist() == first.tolist()
    assert len(kernel) == size


def test_capacity_is_an_error_and_changes_nothing() -> None:
    """A graph beyond its limit would overwrite memory, or lose nodes in silence."""
    kernel = Kernel(capacity=2, nodes_max=4)
    kernel.add_nodes([1, 2, 3], [GREEN] * 3, [0] * 4, [])
    with pytest.raises(CapacityExceeded, match="4 at most"):
        kernel.add_nodes([4], [GREEN], [0, 3], [0, 1, 2])  # one hidden pair, one node
    assert len(kernel) == 3
    kernel.add_nodes([4], [GREEN], [0, 2], [0, 1])
    assert len(kernel) == 4


def test_marks_are_used_once() -> None:
    """A rollback to a state that is gone would tear the arrays apart."""
    kernel = Kernel(jit=False)
    outer, inner = kernel.mark(), kernel.mark()
    kernel.rollback(outer)
    for mark in (outer, inner, Kernel(jit=False).mark()):
        with pytest.raises(UnknownMark):
            kernel.rollback(mark)


@pytest.mark.parametrize(
    "batch",
    [
        ([1], [0], [0, 0], []),
        ([1], [4], [0, 0], []),
        ([1 << 28], [GREEN], [0, 0], []),
        ([-1], [GREEN], [0, 0], []),
        ([1 << 64], [GREEN], [0, 0], []),
        ([1.5], [GREEN], [0, 0], []),
        ([1, 2], [GREEN], [0, 0, 0], []),
        ([1], [GREEN], [0, 2], [0]),
        ([1], [GREEN], [0], []),
        ([1], [GREEN], [0, 1], [-1]),  # itself
        ([1], [GREEN], [0, 1], [5]),  # nobody
        ([1], [GREEN], [0, 1], [3]),  # the hidden pair of the wide node
    ],
)
def test_arrays_that_do_not_fit_are_refused(batch: tuple[list[int], ...]) -> None:
    """Compiled code would read and write outside its arrays without a word."""
    kernel = Kernel(jit=False)
    kernel.add_nodes([1, 2, 3, 4], [GREEN] * 4, [0, 0, 0, 0, 3], [-1, -2, -3])
    before = kernel.nodes.tobytes(), kernel.counts.tobytes()
    with pytest.raises(InvalidBatch):
        kernel.add_nodes(*batch)
    with pytest.raises(InvalidBatch):
        kernel.assert_equal([0], [3])
    with pytest.raises(InvalidBatch):
        kernel.add_nodes([9], [GREEN], [0, 0], [], into=[0])
    assert (kernel.nodes.tobytes(), kernel.counts.tobytes()) == before
