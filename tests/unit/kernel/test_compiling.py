"""Compiled loops come one by one, when somebody asks for them."""

import pytest

from egraph.kernel.compiling import _MODULES, _CompiledLoops, _functions, compiled, load_all


def loaded(loops: _CompiledLoops) -> set[str]:
    """Give the functions that were compiled or loaded."""
    return set(_functions()) & set(loops._namespace)


def test_a_cached_loop_is_loaded_without_those_that_it_calls() -> None:
    """A process that folds two facts would load sixty functions, 20 ms each, and use four."""
    assert _CompiledLoops(False).assert_each.nopython_signatures  # now it is in the cache

    loops = _CompiledLoops(False)
    assert loaded(loops) == set()
    assert loops.assert_each.nopython_signatures
    assert loaded(loops) == {"assert_each"}


def test_what_does_not_exist_is_an_attribute_error() -> None:
    """A misspelled loop would surface as a KeyError of the compiler's globals."""
    with pytest.raises(AttributeError, match="close_everything"):
        _ = compiled().close_everything


def test_all_loops_can_be_loaded_at_once() -> None:
    """An agent would load, or compile, a loop in the middle of its work."""
    load_all()
    assert loaded(compiled()) == set(_functions())


def test_no_two_modules_of_loops_mean_different_things_by_one_constant() -> None:
    """Compiled loops share their constants: one would read another column, and the plain ones would not."""
    meanings: dict[str, set[int]] = {}
    for module in _MODULES:
        for name, value in vars(module).items():
            if type(value) is int:
                meanings.setdefault(name, set()).add(value)
    assert {name: values for name, values in meanings.items() if len(values) > 1} == {}
