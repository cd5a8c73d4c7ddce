"""The engine of saturation does exactly what its definition does, compiled and as it stands, round by round."""

from collections import Counter
from collections.abc import Sequence

import pytest

from egraph.saturation.errors import InvalidGraph
from egraph.saturation.limits import Limits, StopReason
from egraph.saturation.reference import ReferenceSaturation
from egraph.saturation.saturation import Saturation
from egraph.saturation.saving import resume, save
from tests.properties.saturations import Case, CaseMaker, compare_round_by_round

THROUGH_CONGRUENCE = (367, 621, 1221, 1227)
"""Cases in which a firing breaks the class rule only by what follows from it, so that a round is tried again."""


def case_of(seed: int) -> Case:
    """Give a case: every second one coloured, every third one limited."""
    return CaseMaker(seed, coloured=seed % 2 == 1, limited=seed % 3 == 2).case()


@pytest.mark.parametrize(("jit", "seeds"), [(False, [*range(220), *THROUGH_CONGRUENCE]), (True, range(1000, 1400))])
def test_the_engine_equals_the_definition(jit: bool, seeds: Sequence[int]) -> None:
    """Terms, classes, rows, trace or counts would differ from what the rules mean, after some round."""
    seen: Counter[str] = Counter()
    for seed in seeds:
        reference = compare_round_by_round(case_of(seed), jit=jit)
        seen.update(_telling(reference))

    for name in (
        "invalid", "saturated", "round limit", "node limit", "match limit", "second round", "refused", "forbidden",
        "merged", "more than two children",
    ):  # fmt: skip
        assert seen[name] >= 2, f"{name}: hardly any case shows it: {seen}"


def _telling(reference: ReferenceSaturation | None) -> list[str]:
    if reference is None:
        return ["invalid"]
    assert reference.stop is not None
    found = [reference.stop.value]
    found += ["second round"] * any(firing.round > 1 for firing in reference.firings)
    found += ["refused"] * any(counts.refused for counts in reference.counts)
    found += ["forbidden"] * any(counts.forbidden for counts in reference.counts)
    found += ["merged"] * (len(reference.rows()) < sum(content is not None for content in reference.contents))
    created = reference.contents[reference.given :]
    return found + ["more than two children"] * any(content is not None and len(content[1]) > 2 for content in created)


def test_the_order_of_what_is_handed_in_does_not_matter() -> None:
    """Two replicas with the same facts would derive other equalities, above all where a limit cuts."""
    stopped = 0
    for seed in range(2, 400, 3):
        case = case_of(seed)
        turned = Case(
            case.rules, dict(reversed(case.nodes.items())), case.unions[::-1], case.limits, case.back_off, 5
        )  # fmt: skip
        try:
            outcome = case.engine(jit=True).run()
        except InvalidGraph:
            continue

        again = turned.engine(jit=True).run()

        assert (again.trace, again.classes) == (outcome.trace, outcome.classes)
        stopped += outcome.stop_reason in (StopReason.NODE_LIMIT, StopReason.MATCH_LIMIT)
    assert stopped > 15, "hardly any limit cut"


def test_saving_and_resuming_after_every_round_changes_nothing() -> None:
    """A worker that is restarted would derive something else than one that is not."""
    resumed = 0
    for seed in range(400, 520):
        case = case_of(seed)
        try:
            whole = case.engine(jit=True).run()
        except InvalidGraph:
            continue
        parts = case.engine(jit=True)
        while parts.round() is None:
            parts = resume(
                save(parts), case.rules, case.nodes, case.unions, limits=case.limits, scheduler=case.scheduler(),
                buffer=case.buffer,
            )  # fmt: skip
            resumed += 1

        outcome = parts.run()
        assert outcome == whole, f"seed {seed}"
        assert outcome.trace == whole.trace, f"seed {seed}"
    assert resumed > 60


def test_what_a_limit_left_out_is_met_under_a_higher_one() -> None:
    """A saturation that stopped at a limit and goes on would miss equalities for ever."""
    completed = 0
    for seed in range(300):
        case = CaseMaker(seed, coloured=False, limited=True).case()
        wide = Limits(rounds=12, nodes=400, matches=4000)
        try:
            whole = Saturation(case.rules, case.nodes, case.unions, limits=wide).run()
        except InvalidGraph:
            continue
        first = case.engine(jit=True)
        stopped = first.run().stop_reason
        if whole.stop_reason is not StopReason.SATURATED or stopped is StopReason.SATURATED:
            continue

        rest = resume(save(first), case.rules, case.nodes, case.unions, limits=wide, scheduler=case.scheduler()).run()

        if rest.stop_reason is StopReason.SATURATED:
            completed += 1
            assert (
                list(rest.classes.label)[: len(whole.classes.number)]
                == (list(whole.classes.label)[: len(whole.classes.number)])
            ), f"seed {seed}"
    assert completed > 20


def test_the_trace_decides_nothing() -> None:
    """Switching the trace off would change what is derived."""
    for seed in range(700, 800):
        case = case_of(seed)
        try:
            with_trace = case.engine(jit=True).run()
        except InvalidGraph:
            continue

        without = Saturation(
            case.rules, case.nodes, case.unions, limits=case.limits, scheduler=case.scheduler(), trace=False,
            buffer=case.buffer,
        ).run()  # fmt: skip

        assert without.trace is None
        assert (without.classes, without.by_round) == (with_trace.classes, with_trace.by_round)
