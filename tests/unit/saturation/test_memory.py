"""Memory of arrays that grow."""

import numpy as np
import pytest

from egraph.kernel.saturation.memory import LARGE_PAGE, Workspace, longer, memory_of


@pytest.mark.parametrize("clear", [False, True])
@pytest.mark.parametrize("rows", [LARGE_PAGE // 12 + 1, LARGE_PAGE])
def test_a_long_array_begins_where_a_large_page_does(rows: int, clear: bool) -> None:
    """Else the first 2 MiB of every long array are touched page by small page: five hundred faults instead of one."""
    array = memory_of((rows, 3), np.int32, clear=clear)
    assert (array.shape, array.dtype, array.flags.c_contiguous) == ((rows, 3), np.dtype(np.int32), True)
    assert array.ctypes.data % LARGE_PAGE == 0
    assert array.flags.writeable
    assert not clear or not array.any()


@pytest.mark.parametrize("rows", [5, LARGE_PAGE // 8])
@pytest.mark.parametrize("clear", [False, True])
def test_a_longer_array_begins_with_what_was_there(rows: int, clear: bool) -> None:
    """Else terms or firings would be lost, or marks be set that nobody set, when a saturation outgrows its room."""
    array = np.arange(2 * rows, dtype=np.int32).reshape(rows, 2)
    twice, more = longer(array, 1, clear=clear), longer(array, 3 * rows, clear=clear)
    assert (twice.shape, more.shape) == ((2 * rows, 2), (3 * rows, 2))
    assert (twice[:rows] == array).all()
    assert (more[:rows] == array).all()
    assert not clear or not (twice[rows:].any() or more[rows:].any())


def test_arrays_of_a_workspace_lie_apart_until_they_are_given_up() -> None:
    """Else one array of a round's snapshot would overwrite another, and rules match what is not there."""
    room = Workspace()
    for size in (3, 700, 40_000):
        room.clear()
        arrays = [room.array(size), room.array(0), room.array(size, 6), room.array(2 * size)]
        for number, array in enumerate(arrays):
            array[...] = number

        assert [array.shape for array in arrays] == [(size,), (0,), (size, 6), (2 * size,)]
        assert all((array == number).all() for number, array in enumerate(arrays))
        assert all(array.dtype == np.int32 and array.flags.c_contiguous for array in arrays)


def test_a_workspace_is_used_again() -> None:
    """Else every round of a saturation would touch new pages."""
    room = Workspace()
    room.array(1000)
    room.clear()
    first = room.array(400)
    room.clear()

    assert np.shares_memory(room.array(300), first)
