"""Nodes numbered without a table of names, sums of names, copies, and arrays that keep one length."""

import numpy as np

from egraph.kernel import loops
from egraph.kernel.audit import check
from tests.unit.kernel.kernels import BLUE, GREEN, RED, Added, classes, kernel_of, leaves_under_f, named, ways


@ways()
def test_nodes_that_the_caller_tells_apart_get_numbers_in_their_order(compiled: bool) -> None:
    """A view would hold another node under a number, or one twice, once room runs out or wide nodes take numbers."""
    kernel = kernel_of(compiled, capacity=4)
    ids = np.vstack([named(0, 40), named(40, 5, RED), named(45, 5, BLUE)])
    names, known = ids.view(np.uint32), np.full(len(ids), -1, np.int32)
    leaves = kernel.append(names, known, np.array([7, 3, 7, 0], np.int32))
    assert leaves.tolist() == [0, 1, 0, 2]
    wide = kernel.append(names, known, np.array([9], np.int32))
    assert not kernel.add_nodes(
        np.concatenate((leaves[[0, 1, 3]], wide)), [5, 6, 7, 8], [0, 0, 0, 0, 3], leaves[1:]
    ).any()
    wanted = np.arange(len(ids), dtype=np.int32)
    numbers = kernel.append(names, known, wanted)
    assert (numbers == known).all()
    assert len(set(numbers.tolist())) == len(ids)
    assert (kernel.ids[numbers] == names).all()
    assert (numbers[[7, 3, 0, 9]] == [0, 1, 2, 3]).all()
    assert kernel.try_union(int(numbers[40]), int(numbers[41]))
    assert [int(kernel.nodes[numbers[at], loops.SYMBOL]) for at in (39, 44, 49)] == [-GREEN, -RED, -BLUE]
    check(kernel)


@ways()
def test_sums_of_names_are_those_of_python(compiled: bool) -> None:
    """The digest of a set would differ between a view that folds many at once and one that folds singly."""
    random = np.random.default_rng(4)
    names = random.integers(0, 1 << 32, (300, 4), np.uint32)
    groups = random.integers(0, 3, 300).astype(np.int8)
    wanted = np.array([0, 5, 5, 299, *range(100, 200)], np.int32)
    rest = np.zeros((3 + 256, 4), np.int64)
    kernel_of(compiled).loops.sum_names(names, groups, wanted, rest)
    expected = [0] * len(rest)
    for row in wanted.tolist():
        data = names[row].tobytes()
        expected[groups[row]] += int.from_bytes(data, "little")
        expected[3 + data[0]] += int.from_bytes(data, "little")
    assert [sum(int(limb) << 32 * place for place, limb in enumerate(row)) for row in rest] == expected


@ways()
def test_a_copy_is_whole_and_goes_its_own_way(compiled: bool) -> None:
    """A witness is looked for in a copy: what is missing there, or shared, would change the view or the answer."""
    kernel = kernel_of(compiled, digests=True)
    add, leaves, above = leaves_under_f(kernel, 60)
    kernel.assert_equal(leaves[:20], leaves[1:21])
    handles = kernel.register(leaves[30:32], leaves[40:42])
    twin = kernel.copy()
    assert (twin.labels() == kernel.labels()).all()
    check(twin)
    kernel.assert_each(handles)
    assert classes(twin, leaves[[30, 40]]) == 2
    assert classes(twin, above[:21]) == 1
    twin.retract(np.arange(20))
    assert classes(twin, above) == 60
    assert classes(kernel, above[:21]) == 1
    assert twin.try_union(int(leaves[50]), int(leaves[51]))
    add([9], [0, 2], leaves[:2])
    for one in (kernel, twin):
        check(one)


def test_arrays_of_nodes_keep_one_length_as_they_grow() -> None:
    """Loops check no index: a row behind the end of the shortest would be another array's memory."""
    kernel = kernel_of(True, capacity=70_000, digests=True)
    add = Added(kernel)
    add(np.arange(70_001), np.zeros(70_002, np.int64), [])
    of_nodes = (kernel.nodes, kernel.links, kernel.ids, kernel.firsts, kernel.rest, kernel.dirty)
    assert len({len(item) for item in of_nodes}) == 1
    assert len(kernel.nodes) > 70_000
