"""The figures as Prometheus reads them: text exposition format 0.0.4, base units (seconds, bytes).

Belongs here: names, help and the form. Not here: the figures (read_model.py), the judgement (standing.py).
"""

from collections.abc import Iterator

from analytics.answers import Flow, Overview
from analytics.standing import health_of_all

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"

Sample = tuple[dict[str, object], float | None]


def exposition(overview: Overview, age_s: float | None) -> str:
    """Give all metrics. A figure that there is none of has no sample."""
    return "".join(_family(name, text, samples) for name, text, samples in _families(overview, age_s))


def _families(overview: Overview, age_s: float | None) -> Iterator[tuple[str, str, list[Sample]]]:
    kpis = overview.kpis
    yield "facts", "Facts held by the agent that holds most.", [({}, kpis.facts)]
    yield "nodes", "E-nodes.", [({}, kpis.nodes)]
    yield "classes", "E-classes.", [({}, kpis.classes)]
    equalities = {"accepted": kpis.accepted, "quarantined": kpis.quarantined, "suspended": kpis.suspended}
    yield "equalities", "Equalities by standing.", [({"standing": key}, value) for key, value in equalities.items()]
    yield "violations", "Visible classes that break the class rule; more than 0 is a defect.", [({}, kpis.violations)]
    yield "dead_letters", "Refused records.", [({}, kpis.dead_letters)]
    yield "distinct_digests", "Different views among living agents; 1 is agreement.", [({}, kpis.distinct_digests)]
    yield "append_facts_per_second", "Facts appended to the log.", [({}, kpis.facts_per_s)]
    yield "payload_bits_per_second", "Gossip payload over all flows.", [({}, kpis.throughput_mbps * 1e6)]
    yield "sync_efficiency_ratio", "New facts among received facts.", [({}, kpis.sync_efficiency)]
    fold = (("0.5", kpis.end_to_end_p50_ms), ("0.95", kpis.end_to_end_p95_ms), ("0.99", kpis.end_to_end_p99_ms))
    yield (
        "append_to_fold_seconds",
        "From the broker's append to an agent's fold, over the window.",
        [({"quantile": quantile}, _seconds(value)) for quantile, value in fold],
    )
    yield from _of_agents(overview)
    yield from _of_flows(overview)
    yield "data_age_seconds", "Age of these figures.", [({}, age_s)]


def _of_agents(overview: Overview) -> Iterator[tuple[str, str, list[Sample]]]:
    health = {item.agent: item for item in health_of_all(overview, None).agents}
    for name, text, value in (
        ("agent_up", "1 while the agent is heard.", lambda its: float(health[its.agent].alive)),
        ("agent_stuck", "1 while the agent is heard and reads nothing.", lambda its: float(health[its.agent].stuck)),
        ("agent_health_ratio", "max(0, 1 - age of the heartbeat / timeout).", lambda its: its.health),
        ("agent_facts", "Facts that the agent holds.", lambda its: its.facts),
        ("agent_lag_facts", "Log positions that others have passed and the agent has not.", lambda its: its.lag),
        ("agent_resident_memory_bytes", "Memory of the agent's process.", lambda its: its.rss_bytes),
    ):
        yield name, text, [({"agent": its.agent, "role": its.role}, value(its)) for its in overview.agents]


def _of_flows(overview: Overview) -> Iterator[tuple[str, str, list[Sample]]]:
    ends: list[tuple[dict[str, object], Flow]] = [
        ({"sender": flow.sender, "receiver": flow.receiver}, flow) for flow in overview.flows
    ]
    yield "flow_bits_per_second", "Payload of a flow.", [(end, flow.mbps * 1e6) for end, flow in ends]
    latencies: list[Sample] = []
    for end, flow in ends:
        for quantile, value in (("0.5", flow.p50_ms), ("0.95", flow.p95_ms), ("0.99", flow.p99_ms)):
            latencies.append(({**end, "quantile": quantile}, _seconds(value)))
    yield "flow_latency_seconds", "From sending to receipt, over the window.", latencies


def _seconds(milliseconds: float | None) -> float | None:
    return None if milliseconds is None else milliseconds / 1000


def _family(name: str, text: str, samples: list[Sample]) -> str:
    lines = [f"# HELP egraph_{name} {text}\n# TYPE egraph_{name} gauge\n"]
    for labels, value in samples:
        if value is not None:
            inner = ",".join(f'{key}="{_escaped(str(said))}"' for key, said in labels.items())
            lines.append(f"egraph_{name}{'{' + inner + '}' if inner else ''} {value:.12g}\n")
    return "".join(lines)


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
