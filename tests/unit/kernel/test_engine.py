"""The kernel makes room, keeps marks, and refuses what does not fit."""

import numpy as np
import pytest

from egraph.colours import HAS_BLUE_MEMBER, HAS_BLUE_PARENT, HAS_RED_MEMBER, HAS_RED_PARENT, mask_is_legal
from egraph.kernel import arrays, loops
from egraph.kernel.audit import check
from egraph.kernel.engine import Kernel
from egraph.kernel.errors import (
    CapacityExceeded,
    InvalidBatch,
    LawBroken,
    MarkIsOpen,
    NotEqual,
    UnknownMark,
    UnknownNumber,
)
from tests.unit.kernel.kernels import (
    BLUE,
    GREEN,
    RED,
    Added,
    classes,
    kernel_of,
    leaves_under_f,
    named,
    take_and_give,
    ways,
)


def test_masks_mean_what_the_core_says() -> None:
    """The kernel imports nothing of ours, so its bits could drift from those of egraph.colours."""
    for mask in range(16):
        assert loops.mask_is_legal(mask) == mask_is_legal(mask)
    kernel = kernel_of(False)
    add = Added(kernel)
    red, blue, green = (int(add([colour], [0, 0], [], colour)[0]) for colour in (RED, BLUE, GREEN))
    add([4], [0, 1], [red], RED)
    add([4], [0, 1], [blue], BLUE)
    assert kernel.masks([red, blue, green]).tolist() == [
        HAS_RED_MEMBER | HAS_RED_PARENT,
        HAS_BLUE_MEMBER | HAS_BLUE_PARENT,
        0,
    ]


@ways()
@pytest.mark.parametrize("capacity", [1, 2, 3, 7, 64, 500])
def test_growth_inside_one_transaction(compiled: bool, capacity: int) -> None:
    """An equality that moves more than the arrays have room for would be lost, half done, or tried for ever."""
    kernel = kernel_of(compiled, capacity=capacity)
    add, leaves, over = leaves_under_f(kernel, 200)
    assert not kernel.assert_equal(leaves[:-1], leaves[1:]).any()
    assert classes(kernel, leaves) == classes(kernel, over) == 1
    one = add([5] * 200, np.arange(0, 401, 2), np.repeat(leaves, 2))
    assert classes(kernel, one) == 1


@ways()
def test_rollback_across_a_rebuilt_table(compiled: bool) -> None:
    """Keys of classes that were rolled back would be found again, and merge what nobody said is equal."""
    kernel = kernel_of(compiled, capacity=1)
    add, leaves, _ = leaves_under_f(kernel, 30)
    add([2] * 30, np.arange(31), leaves)
    slots = len(kernel.table)
    mark = kernel.mark()
    assert not kernel.assert_equal(leaves[::2], leaves[1::2]).any()
    assert len(kernel.table) > slots
    kernel.rollback(mark)

    over = add([3] * 30, np.arange(31), leaves)
    wide = add([4] * 30, np.arange(0, 91, 3), np.repeat(leaves, 3))

    for numbers in (leaves, over, wide):
        assert len(set(numbers.tolist())) == classes(kernel, numbers) == 30


def test_long_chains_follow_in_bulk_and_one_by_one() -> None:
    """Congruence would stop part of the way up, or bulk closure would hand a wrong rest to the worklist."""
    for bulk in (True, False):
        kernel = Kernel(capacity=1)
        add = Added(kernel)
        ends = add([1, 2], [0, 0, 0], [])
        below = ends
        for _ in range(300):
            below = add([3, 3], [0, 1, 2], below)
        extra = add(np.arange(100) + 9, [0] * 101, [])
        left, right = [*extra[:-1], ends[0]], [*extra[1:], ends[1]]
        handles = kernel.register(left, right)
        assert kernel.close_bulk(handles) if bulk else not kernel.assert_each(handles).any()
        assert classes(kernel, below) == 1
        assert classes(kernel, np.arange(len(kernel))) == 302


def test_a_bulk_that_needs_a_new_table_keeps_the_keys_of_before() -> None:
    """What is congruent to a node merged long ago would no longer be found after a large import."""
    kernel = Kernel(capacity=1)
    _, leaves, over = leaves_under_f(kernel, 300)
    assert kernel.try_union(int(leaves[0]), int(leaves[1]))
    slots = len(kernel.table)
    assert kernel.close_bulk(kernel.register(leaves[10::2], leaves[11::2]))
    assert len(kernel.table) > slots
    assert kernel.try_union(int(leaves[0]), int(leaves[2]))
    assert classes(kernel, over[:3]) == 1


def test_names_keep_their_numbers() -> None:
    """A fact that arrives twice would grow the graph, or change what a node is."""
    kernel = Kernel(capacity=1)
    ids = np.concatenate([named(0, 3), named(0, 3), named(7, 400), named(5, 1, RED)])
    numbers = kernel.intern(ids)
    assert len(set(numbers.tolist())) == len(kernel) == 404
    assert numbers[:3].tolist() == numbers[3:6].tolist()
    assert kernel.find(ids).tolist() == numbers.tolist()
    assert kernel.find(named(3, 3)).tolist() == [-1, -1, -1]
    assert kernel.intern(ids.tobytes()).tolist() == numbers.tolist()

    a, b, c = (int(item) for item in numbers[:3])
    batch = ([numbers[6], numbers[7]], [4, 5], [0, 2, 5], [a, b, a, b, c])
    for _ in range(2):
        assert not kernel.add_nodes(*batch).any()
        assert len(kernel) == 405  # with the pair that stands for the first two of three children
    for other in ([a, c], [a], [a, b, c]):
        with pytest.raises(InvalidBatch, match="other content"):
            kernel.add_nodes([numbers[6]], [4], [0, len(other)], other)
    with pytest.raises(InvalidBatch, match="other content"):
        kernel.add_nodes([numbers[7]], [5], [0, 3], [b, a, c])


def test_capacity_is_an_error_and_changes_nothing() -> None:
    """A graph beyond its limit would overwrite memory, or lose nodes in silence."""
    kernel = Kernel(capacity=2, nodes_max=4)
    numbers = kernel.intern(named(0, 4))
    with pytest.raises(CapacityExceeded, match="4 at most"):
        kernel.add_nodes(numbers[3:], [4], [0, 3], numbers[:3])  # needs a hidden pair
    with pytest.raises(CapacityExceeded, match="4 at most"):
        kernel.intern(named(0, 5))
    assert len(kernel) == 4
    assert not kernel.add_nodes(numbers[3:], [4], [0, 2], numbers[:2]).any()


@ways()
def test_counters_begin_anew_or_refuse(compiled: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    """After a billion explanations or merges a counter would wrap, and reasons would be wrong without a word."""
    monkeypatch.setattr(arrays, "COUNTS_MAX", 60)
    kernel = kernel_of(compiled)
    _, leaves, over = leaves_under_f(kernel, 20)
    handles = kernel.register(leaves[:-1], leaves[1:])
    assert not kernel.assert_each(handles).any()
    for _ in range(70):
        assert len(kernel.path(int(leaves[0]), int(leaves[-1]))) == 19
    kernel.retract(handles[9:10])
    assert classes(kernel, leaves) == classes(kernel, over) == 2
    with pytest.raises(CapacityExceeded, match="60 were made"):
        take_and_give(kernel, handles[9:10], 60)


def test_marks_are_used_once() -> None:
    """A rollback to a state that is gone would tear the arrays apart."""
    kernel = kernel_of(False)
    outer, inner = kernel.mark(), kernel.mark()
    kernel.rollback(outer)
    for mark in (outer, inner, kernel_of(False).mark()):
        with pytest.raises(UnknownMark):
            kernel.rollback(mark)


def test_what_cannot_be_rolled_back_is_refused_under_a_mark() -> None:
    """A rollback would leave nodes or retractions behind, half of them."""
    kernel = kernel_of(False)
    leaves_under_f(kernel, 3)
    kernel.mark()
    attempts = (
        lambda: kernel.intern(named(50, 1)),
        lambda: kernel.add_nodes([], [], [0], []),
        lambda: kernel.retract([]),
        lambda: kernel.assert_until_conflict([]),
    )
    for attempt in attempts:
        with pytest.raises(MarkIsOpen):
            attempt()


@ways()
def test_what_if_leaves_no_trace(compiled: bool) -> None:
    """A question would change the graph."""
    kernel = kernel_of(compiled, digests=True)
    _, leaves, over = leaves_under_f(kernel, 9)
    before = kernel.labels()
    with kernel.what_if(leaves[:4], leaves[1:5]) as statuses:
        assert not statuses.any()
        assert classes(kernel, over) == 5
        assert before.tolist() == list(range(18))  # a snapshot stays what it was
    assert kernel.labels().tolist() == before.tolist()
    assert not kernel.rest.any()
    with pytest.raises(ValueError, match="read-only"):
        before[0] = 7


@ways()
def test_retraction_splits_a_large_class(compiled: bool) -> None:
    """Withdrawing one equality of many would leave its consequences, or take away those of others."""
    kernel = kernel_of(compiled, digests=True)
    count = 300
    _, leaves, over = leaves_under_f(kernel, count)
    handles = kernel.register([*leaves[:-1], leaves[0]], [*leaves[1:], leaves[-1]])  # a ring
    assert not kernel.assert_each(handles).any()
    kernel.retract(handles[10:11])
    assert classes(kernel, leaves) == classes(kernel, over) == 1
    kernel.retract(handles[[20, 40, 10]])

    assert classes(kernel, leaves) == classes(kernel, over) == 3
    assert classes(kernel, over[11:21]) == 1
    kernel.retract(handles)
    assert classes(kernel, np.arange(len(kernel))) == 2 * count
    assert not kernel.rest.any()
    assert not kernel.assert_each(handles).any()
    assert classes(kernel, over) == 1


@ways()
@pytest.mark.parametrize("bulk", [True, False])
def test_what_was_said_and_follows_too_stays_when_it_is_no_longer_said(compiled: bool, bulk: bool) -> None:
    """Two nodes over equal children would be torn apart because somebody had also said that they are equal."""
    kernel = kernel_of(compiled)
    _, leaves, over = leaves_under_f(kernel, 2)
    said, below = (kernel.register([pair[0]], [pair[1]]) for pair in (over, leaves))
    if bulk:
        assert kernel.close_bulk(np.concatenate([said, below]))
    else:
        assert not kernel.assert_each(np.concatenate([said, below])).any()
    kernel.retract(said)
    assert classes(kernel, over) == 1
    kernel.retract(below)
    assert classes(kernel, over) == 2


def test_a_broken_law_is_named() -> None:
    """`egraph replay` would call a damaged graph sound."""
    damages = (
        (loops.MASK, 0x10, "mask"),
        (loops.WEIGHT, 9, "weight"),
        (loops.LABEL, 1, "congruent"),
        (loops.NEXT_MEMBER, 1, "list"),
    )
    for column, damage, law in damages:
        kernel = kernel_of(False)
        leaves_under_f(kernel, 3)
        check(kernel)
        kernel.nodes[0, column] = damage
        with pytest.raises(LawBroken, match=law):
            check(kernel)


def test_a_path_needs_one_class() -> None:
    """A reason would be given for what is not so."""
    kernel = kernel_of(False)
    _, leaves, _ = leaves_under_f(kernel, 2)
    with pytest.raises(NotEqual):
        kernel.path(int(leaves[0]), int(leaves[1]))


@pytest.mark.parametrize(
    "batch",
    [
        ([4], [1 << 28], [0, 0], []),
        ([4], [-1], [0, 0], []),
        ([4], [1 << 64], [0, 0], []),
        ([4], [1.5], [0, 0], []),
        ([4], [1, 2], [0, 0], []),
        ([4], [1], [0, 2], [0]),
        ([4], [1], [0], []),
        ([4], [1], [0, 1], [-1]),
        ([4], [1], [0, 1], [9]),  # nobody
        ([4], [1], [0, 1], [5]),  # the hidden pair of the wide node
        ([5], [1], [0, 0], []),
        ([9], [1], [0, 0], []),
    ],
)
def test_arrays_that_do_not_fit_are_refused(batch: tuple[list[int], ...]) -> None:
    """Compiled code would read and write outside its arrays without a word."""
    kernel = kernel_of(False)
    numbers = kernel.intern(named(0, 5))
    assert not kernel.add_nodes(numbers[:4], [1, 2, 3, 4], [0, 0, 0, 0, 3], numbers[:3]).any()
    before = kernel.nodes.tobytes(), kernel.counts.tobytes()
    with pytest.raises((InvalidBatch, UnknownNumber)):
        kernel.add_nodes(*batch)
    for left, right in (([0], [5]), ([0], [9]), ([0, 1], [0])):
        with pytest.raises((InvalidBatch, UnknownNumber)):
            kernel.assert_equal(left, right)
    for handles in ([0], [-1]):
        with pytest.raises(UnknownNumber):
            kernel.retract(handles)
    for ids in (named(0, 1, 0), np.zeros((1, 3), np.uint64), np.zeros((1, 2), np.int64), b"x" * 24):
        with pytest.raises(InvalidBatch):
            kernel.intern(ids)
    assert (kernel.nodes.tobytes(), kernel.counts.tobytes()) == before
