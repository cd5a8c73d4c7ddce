"""Metrics as Prometheus reads them."""

import re
from dataclasses import replace

from analytics.exposition import exposition
from tests.unit.dash_app.console_fakes import EMPTY, full_overview

_SAMPLE = re.compile(r'^([a-z_]+)(?:\{((?:[a-z]+="(?:[^"\\\n]|\\[\\"n])*",?)*)\})? (-?[0-9.e+-]+)$')
_LABEL = re.compile(r'([a-z]+)="((?:[^"\\]|\\.)*)"')


def parsed(text: str) -> dict[tuple[str, tuple[tuple[str, str], ...]], float]:
    """Read the exposition format as its specification has it; raises where a line is none."""
    found: dict[tuple[str, tuple[tuple[str, str], ...]], float] = {}
    declared: list[str] = []
    assert text.endswith("\n")
    for line in text.splitlines():
        if line.startswith("# TYPE "):
            declared.append(line.split()[2])
            continue
        if line.startswith("# HELP "):
            continue
        match = _SAMPLE.match(line)
        assert match, line
        name, labels, value = match.groups()
        assert name == declared[-1], "a sample stands under another metric"
        key = (name, tuple(_LABEL.findall(labels or "")))
        assert key not in found, "a sample stands twice"
        found[key] = float(value)
    assert len(declared) == len(set(declared))
    return found


def test_every_figure_can_be_read_back() -> None:
    """Prometheus would refuse the whole page, or show milliseconds as seconds."""
    found = parsed(exposition(full_overview(), 0.25))
    assert found["egraph_facts", ()] == 4321
    assert found["egraph_equalities", (("standing", "quarantined"),)] == 7
    assert found["egraph_append_to_fold_seconds", (("quantile", "0.95"),)] == 0.0362
    assert found["egraph_payload_bits_per_second", ()] == 1.69e6
    assert found["egraph_agent_up", (("agent", "4"), ("role", "BLUE"))] == 1
    assert found["egraph_agent_lag_facts", (("agent", "4"), ("role", "BLUE"))] == 4
    ends = (("sender", "0"), ("receiver", "1"))
    assert found["egraph_flow_latency_seconds", (*ends, ("quantile", "0.5"))] == 0.004
    assert found["egraph_data_age_seconds", ()] == 0.25


def test_what_there_is_not_has_no_sample() -> None:
    """A percentile of nothing would be drawn as zero: very fast."""
    found = parsed(exposition(EMPTY, None))
    assert not [name for name, _ in found if "latency" in name or "append_to_fold" in name or "age" in name]
    assert found["egraph_facts", ()] == 0


def test_labels_are_escaped() -> None:
    """A role with a quotation mark would break the page for all metrics."""
    overview = full_overview()
    strange = 'R"E\\D\nx'
    text = exposition(replace(overview, agents=(replace(overview.agents[0], role=strange),)), None)
    ((_, labels),) = [key for key in parsed(text) if key[0] == "egraph_agent_up"]
    assert dict(labels)["role"] == 'R\\"E\\\\D\\nx'
