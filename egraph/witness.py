"""Why an equality is quarantined: the smallest set of accepted equalities that conflicts with it."""

from collections.abc import Callable, Iterable, Sequence


def minimal_conflict(before: Sequence[int], suspect: int, is_legal: Callable[[Iterable[int]], bool]) -> tuple[int, ...]:
    """Give what remains of `before` when equalities are dropped from the last to the first while it still conflicts.

    Legality is monotone, so the drop sequence need not be walked: the last one kept is the end of the shortest
    prefix that conflicts, found by bisection, and so on below it. Costs O(kept * log(before)) closures instead of
    one per equality (Junker, QuickXplain, AAAI 2004, uses the same monotony).
    """
    kept: list[int] = []
    end = len(before)
    while is_legal([*kept, suspect]):
        low, high = 0, end  # prefix `low` is legal, prefix `high` is not
        while high - low > 1:
            middle = (low + high) // 2
            if is_legal([*before[:middle], *kept, suspect]):
                low = middle
            else:
                high = middle
        kept.insert(0, before[high - 1])
        end = high - 1
    return tuple(kept)
