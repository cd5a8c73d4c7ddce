"""What compiling does to the loops beyond translating them: no reference counts, no negative indexes, calls inlined."""

from egraph.kernel.saturation import table
from egraph.kernel.saturation.compiling import _INLINED, compiled
from egraph.kernel.saturation.unsigned import UNSIGNED, with_unsigned_indexes


def test_compiled_loops_count_no_references() -> None:
    """An atomic instruction for each array at each inner call would cost a third of the time, and nobody would see."""
    loops = vars(compiled())
    assert {"run_rules", "close", "settle", "build_indexes", "refill"} <= set(loops)
    assert {name for name, loop in loops.items() if loop.targetoptions.get("_nrt") is not False} == set()


def test_compiled_loops_are_the_rewritten_ones() -> None:
    """Each access would pay for indexes that count from the end, which no loop may use."""
    loops = vars(compiled())
    for name in ("root_of", "close", "settle", "look_up", "expand"):
        assert UNSIGNED in loops[name].py_func.__code__.co_names, name


def test_what_is_called_for_each_match_is_inlined() -> None:
    """A quarter of the time would go into handing arrays over, and a misspelt name would not tell."""
    inlined = {name for name, loop in vars(compiled()).items() if loop.targetoptions.get("forceinline")}
    assert inlined == _INLINED
    assert {"make_missing", "slot_from", "root_of"} <= inlined


def test_each_index_read_or_written_becomes_unsigned() -> None:
    """An access that was overlooked would stay slow; one that was changed otherwise would reach another element."""
    seen: list[int] = []

    def record(index: int) -> int:
        seen.append(index)
        return index

    functions = {item.__name__: item for item in with_unsigned_indexes(table, {**vars(table), UNSIGNED: record})}
    parents = [0, 0, 1, 2]

    assert functions["root_of"](parents, 3) == 0
    assert parents == [0, 0, 1, 1]
    assert seen == [3, 2, 3, 1, 0, 1, 0]
    assert functions["root_of"].__module__ == table.__name__
