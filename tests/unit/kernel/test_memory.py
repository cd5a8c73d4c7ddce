"""Memory of the kernel's arrays."""

import numpy as np
import pytest

from egraph.kernel.errors import CapacityExceeded
from egraph.kernel.memory import COPIED_SELDOM, LARGE, LARGE_PAGE, LINE, ROWS_MAX, longer, zeros


@pytest.mark.parametrize(("rows", "begins"), [(100, LINE), (LARGE // 16, LARGE_PAGE), (LARGE, LARGE_PAGE)])
def test_a_row_never_lies_across_two_lines_and_a_large_array_begins_on_a_large_page(rows: int, begins: int) -> None:
    """A random read would touch two lines, or five hundred small pages stand before the first large one."""
    array = zeros(rows, 4, np.int32)
    assert (array.shape, array.dtype, array.flags.c_contiguous) == ((rows, 4), np.dtype(np.int32), True)
    assert array.ctypes.data % begins == 0
    assert not array[:: max(1, rows // 50)].any()


@pytest.mark.parametrize("rows", [5, COPIED_SELDOM // 8])
def test_a_longer_array_begins_with_what_was_there(rows: int) -> None:
    """Nodes would be lost when a graph outgrows its arrays, or marks be set that nobody set."""
    array = np.arange(2 * rows, dtype=np.int32).reshape(rows, 2)
    for grown in (longer(array), longer(array, 100 * rows), longer(array, 0, 3 * rows)):
        assert (grown[:rows] == array).all()
        assert not grown[rows : rows + 1000].any()
        assert grown.shape[1] == 2
    assert len(longer(array, 100 * rows)) == 100 * rows
    assert len(longer(array, 0, 3 * rows)) == 3 * rows
    assert len(longer(array)) >= 2 * rows


def test_an_array_that_cannot_grow_says_so() -> None:
    """A number of more than 31 bits would be cut off, and name another node."""
    with pytest.raises(CapacityExceeded, match="limit"):
        longer(zeros(8, 0, np.int32), ROWS_MAX + 1)
