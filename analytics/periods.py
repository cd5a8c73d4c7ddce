"""Two periods, one after the other, so that a figure can be compared with what it was.

Belongs here: which seconds they are, and what these amount to. Not here: figures of the whole window (read_model.py).
"""

from analytics.answers import Period
from analytics.flows import rounded
from analytics.live_window import SECOND_US, LiveWindow
from analytics.told_history import fullest_before, heard_before

PERIOD_S = 60


def periods(live: LiveWindow, now_us: int) -> tuple[Period | None, Period | None]:
    """Give the last minute and the minute before it, or shorter ones where the window is shorter.

    The second that has not ended belongs to neither.
    """
    lasts_s = min(PERIOD_S, (live.window_s - 1) // 2)
    if lasts_s < 1:
        return None, None
    end = now_us // SECOND_US
    begin = (end - 2 * lasts_s) * SECOND_US
    earlier = _period(live, end - lasts_s, lasts_s) if heard_before(live.heartbeats.history, begin) else None
    return _period(live, end, lasts_s), earlier


def _period(live: LiveWindow, end: int, lasts_s: int) -> Period | None:
    told = fullest_before(live.heartbeats.history, end * SECOND_US)
    if told is None:
        return None
    seconds = range(end - lasts_s, end)
    messages = [found for found in map(live.messages.second, seconds) if found is not None]
    carried = sum(item.facts for item in messages)
    p50, p95, p99 = map(rounded, live.messages.fold_quantiles(seconds))
    return Period(
        ends_at_us=end * SECOND_US,
        lasts_s=lasts_s,
        facts=told.facts,
        classes=told.classes,
        accepted=told.accepted,
        quarantined=told.quarantined,
        facts_per_s=round(sum(live.facts.in_second(second) or 0 for second in seconds) / lasts_s, 2),
        throughput_mbps=round(sum(item.megabits or 0 for item in messages) / lasts_s, 4),
        end_to_end_p50_ms=p50,
        end_to_end_p95_ms=p95,
        end_to_end_p99_ms=p99,
        sync_efficiency=rounded(sum(item.useful for item in messages) / carried) if carried else None,
    )
