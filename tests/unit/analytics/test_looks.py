"""What the read model remembers from one look at the store to the next."""

from pathlib import Path
from types import SimpleNamespace

import pytest

from analytics.read_model import ReadModel
from tests.unit.analytics.observed import NOW, SECOND, as_records, event
from tests.unit.analytics.stored import AGENTS, fact_at, store_records


@pytest.fixture(autouse=True)
def fixed_clock(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the read model be asked at one moment."""
    monkeypatch.setattr("analytics.read_model.time", SimpleNamespace(time_ns=lambda: NOW * 1000))


def test_new_segments_are_seen_by_the_next_question(tmp_path: Path) -> None:
    """The console would stand still until it is restarted."""
    model = ReadModel(tmp_path, agents=AGENTS)
    assert model.overview(5).kpis.facts_per_s == 0.0
    for number in range(3):
        store_records(tmp_path, "facts", [fact_at(0, number, NOW // 1000)])

        assert model.overview(5).kpis.facts_per_s == pytest.approx((number + 1) / 5)


def test_the_newest_event_is_known_whatever_comes_late(tmp_path: Path) -> None:
    """What is remembered from tick to tick would hide a newer event, or a late one would make the data look old."""
    model = ReadModel(tmp_path, agents=AGENTS)
    assert model.overview().newest_event_us is None
    for number, (at, newest) in enumerate([(NOW, NOW), (NOW - 90 * SECOND, NOW), (NOW + 5, NOW + 5)]):
        (record,) = as_records([event(at)])
        store_records(tmp_path, "events", [record._replace(offset=number)])
        assert model.overview().newest_event_us == newest


def test_a_look_that_failed_halfway_is_made_good(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What was taken in before a file could not be read would be counted twice by the next look, or never."""
    model = ReadModel(tmp_path, agents=AGENTS)
    for offset in range(2):
        (record,) = as_records([event(NOW - SECOND, latency_us=5000)])
        store_records(tmp_path, "events", [record._replace(offset=offset)])
        if offset == 0:
            assert [flow.messages for flow in model.overview().flows] == [1]

    def refuse(*_: object) -> None:
        raise OSError("the disk does not answer")

    with monkeypatch.context() as patched:
        patched.setattr("analytics.fact_window.FactWindow.drop_until", refuse)  # the new event is taken in by then
        with pytest.raises(OSError, match="does not answer"):
            model.overview()

    assert [flow.messages for flow in model.overview().flows] == [2]
