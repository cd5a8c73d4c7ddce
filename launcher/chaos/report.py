"""What a drill came to: as JSON, as text, and as a section of a document between markers.

Belongs here: figures and their form. Not here: measuring, judging.
"""

import os
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path
from statistics import median
from typing import Any

from launcher.chaos.delays import bucket_percentiles, percentiles
from launcher.chaos.drill import DrillPlan, Outcome
from launcher.jar_kafka import KAFKA_VERSION
from launcher.machine import described

PACKAGES = ("faust-streaming", "aiokafka", "fastavro", "duckdb", "pyarrow")
BEGIN, END = "<!-- written by egraph chaos: begin -->", "<!-- written by egraph chaos: end -->"
_SPAN_S = 5
RECOVERY_S = 10.0
"""A fact that was due while a fault was on, or so long after, is not counted as undisturbed.

What a longer fault holds up takes longer to make good: after it, as long again as it lasted is not counted either.
"""


def figures(what: DrillPlan, outcome: Outcome) -> dict[str, Any]:
    """Give the figures of a drill as one JSON document. Times in milliseconds unless the name says seconds."""
    seconds = (outcome.ended - outcome.began) / 1e6
    spans = [
        (outcome.began + int(since * 1e6), outcome.began + int((until + max(RECOVERY_S, until - since)) * 1e6))
        for _, since, until in outcome.done
    ]
    undisturbed = [ms for due, ms in outcome.delays if not any(first <= due <= last for first, last in spans)]
    return {
        "seed": what.plan.seed,
        "seconds": round(seconds, 1),
        "agents": what.agents,
        "workers": what.workers,
        "offered_per_s": what.rate,
        "held_per_s": round(outcome.in_time / seconds, 1) if seconds else 0.0,
        "offered": outcome.offered,
        "acknowledged": outcome.acknowledged,
        "sent_again_after_unknown": outcome.retried,
        "to_all_agents_ms": percentiles([ms for _, ms in outcome.delays]),
        "to_all_agents_undisturbed_ms": percentiles(undisturbed) | {"facts": len(undisturbed)},
        "append_to_fold_ms": bucket_percentiles(outcome.folds),
        "to_all_agents_ms_by_second": by_span(outcome),
        "faults": dict(sorted(Counter(fault.kind.value for fault, _, _ in outcome.done).items())),
        "kills": outcome.kills,
        "restarts": dict(outcome.restarts),
        "exit_codes": {name: {str(code): n for code, n in codes.items()} for name, codes in outcome.exit_codes.items()},
        "poison_and_dead_letters": outcome.poisons,
        "connections_reset": outcome.resets,
        "full_disk": outcome.disk,
        "recovered_after_s": outcome.recovered_s,
        "breaches": [breach._asdict() for breach in outcome.breaches],
        "machine": machine(),
    }


def by_span(outcome: Outcome) -> list[tuple[int, float, float]]:
    """Give (second, median, greatest) of the delays of facts that were due within five seconds from then on."""
    spans: dict[int, list[float]] = {}
    for due, ms in outcome.delays:
        spans.setdefault((due - outcome.began) // (_SPAN_S * 1_000_000) * _SPAN_S, []).append(ms)
    return [(second, round(median(found), 1), round(max(found), 1)) for second, found in sorted(spans.items())]


def machine() -> dict[str, Any]:
    """Tell where and with what it was measured."""
    return {**described(PACKAGES), "kafka": KAFKA_VERSION, "busy": round(os.getloadavg()[1], 1)}


def text(found: Mapping[str, Any]) -> Iterator[str]:
    """Give the figures as lines for a person."""
    yield f"seed                {found['seed']}"
    yield f"load                {found['offered_per_s']:g}/s offered, {found['held_per_s']:g}/s acknowledged in time"
    yield f"facts               {found['acknowledged']:,} of {found['offered']:,} acknowledged"
    yield f"to all agents       {_spread(found['to_all_agents_ms'])}"
    yield f"  undisturbed       {_spread(found['to_all_agents_undisturbed_ms'])}"
    yield f"append to fold      {_spread(found['append_to_fold_ms'])}, each fact at each agent"
    yield f"faults              {_counts(found['faults'])}"
    yield f"restarts            {_counts(found['restarts'])}"
    yield f"dead letters        {found['poison_and_dead_letters']:,}, each for a poisonous record"
    yield f"recovered           {found['recovered_after_s']:g} s after the end of the load"
    for breach in found["breaches"]:
        yield f"BREACH              {breach['promise']}: {breach['detail']}; look at {breach['look_at']}"
    if not found["breaches"]:
        yield "every promise held"


def section(found: Mapping[str, Any]) -> str:
    """Give the figures as Markdown."""
    where = found["machine"]
    packages = ", ".join(f"{name} {number}" for name, number in where["packages"].items())
    faults = "\n".join(f"| {kind} | {count} |" for kind, count in found["faults"].items()) or "| none | 0 |"
    breaches = "\n".join(f"- **{b['promise']}**: {b['detail']}" for b in found["breaches"]) or "Every promise held."
    return f"""\
Measured {where["date"]} on {where["cores"]} cores of {where["processor"]}, {where["memory_gib"]} GiB, \
{where["system"]}, Python {where["python"]}, Kafka {where["kafka"]}; {packages}.
All of it, broker and load included, shared these cores with whatever else ran: {where["busy"]:g} processes wanted one \
on average of the last five minutes.

| figure | measured |
|---|---|
| seed, length | {found["seed"]}, {found["seconds"]:.0f} s |
| facts offered, acknowledged | {found["offered"]:,}, {found["acknowledged"]:,} |
| facts a second offered, acknowledged before the end | {found["offered_per_s"]:g}, {found["held_per_s"]:g} |
| producer to all nine, everything | {_spread(found["to_all_agents_ms"])} |
| the same, no fault on nor over for less than {RECOVERY_S:.0f} s, or than it lasted if that is longer | \
{_spread(found["to_all_agents_undisturbed_ms"])} |
| facts of this kind | {found["to_all_agents_undisturbed_ms"]["facts"]:,} |
| broker to fold, each fact at each agent | {_spread(found["append_to_fold_ms"])} |
| restarts | {_counts(found["restarts"])} |
| dead letters, all of poisonous records | {found["poison_and_dead_letters"]:,} |
| connections reset by the proxies | {found["connections_reset"]:,} |
| the judge has seen agreement, the last row and the last letter after the load's end, reading the log included | \
{found["recovered_after_s"]:g} s |

| fault | times |
|---|---|
{faults}

{breaches}
"""


def put_into(document: Path, found: Mapping[str, Any]) -> None:
    """Replace what stands between the markers of a document. Raises ValueError if it has none."""
    before, begin, rest = document.read_text().partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise ValueError(f"{document} has no lines {BEGIN!r} and {END!r}; put them where the figures shall stand")
    document.write_text(f"{before}{BEGIN}\n\n{section(found)}\n{END}{after}")


def _spread(found: Mapping[str, float]) -> str:
    if "p50" not in found:
        return "not one fact"
    return ", ".join(f"{name} {found[name]:,.0f} ms" for name in ("p50", "p95", "p99", "max") if name in found)


def _counts(found: Mapping[str, int]) -> str:
    return ", ".join(f"{name} {count}" for name, count in found.items() if count) or "none"
