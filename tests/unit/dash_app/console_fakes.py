"""A read model without data files, and a server around it. For the tests of the console; no assertions here."""

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

import uvicorn
from fastapi import FastAPI

from analytics.answers import AgentLags, AgentState, FactRow, Flow, Kpis, MessageRow, Overview, Period, Series, TurnRow
from dash_app.live_socket import SERVER_OPTIONS

START_US = 1_800_000_000_000_000
EDGES = ((0, 1), (0, 2), (1, 2), (1, 3), (1, 4), (1, 5), (2, 5), (2, 6), (2, 7), (3, 4), (3, 8), (4, 5), (4, 8), (5, 6))
DIGEST = "beef" + 28 * "0"
OTHER_DIGEST = "cafe" + 28 * "0"
NO_SERIES = Series(
    second=(), p50_ms=(), p95_ms=(), p99_ms=(), facts_per_s=(), mbps=(), efficiency=(), distinct_digests=()
)
NO_KPIS = Kpis(
    facts=0, nodes=0, classes=0, accepted=0, quarantined=0, suspended=0, tombstones_held=0, dead_letters=0, agents=0,
    distinct_digests=0, violations=0, facts_per_s=0.0, throughput_mbps=0.0, latency_p50_ms=None, latency_p95_ms=None,
    latency_p99_ms=None, end_to_end_p50_ms=None, end_to_end_p95_ms=None, end_to_end_p99_ms=None, sync_efficiency=None,
    window_s=180,
)  # fmt: skip
EMPTY = Overview(
    generated_at_us=START_US, newest_event_us=None, kpis=NO_KPIS, agents=(), flows=(), series=NO_SERIES,
    lags=(), latest=None, earlier=None, recent_messages=(), recent_facts=(), recent_turns=(), recent_turns_count=0,
)  # fmt: skip


def agent_state(number: int, band: str = "healthy", digest: str = DIGEST) -> AgentState:
    """Give one agent of the lattice."""
    peers = tuple(sorted({b if a == number else a for a, b in EDGES if number in (a, b)}))
    return AgentState(
        agent=number, role=("RED", "BLUE", "GREEN")[number % 3], worker="worker-0", pid=100 + number, incarnation=1,
        last_seen_us=START_US - 300_000, health=0.97, band=band, facts=4_321, lag=number, classes=900, accepted=41,
        quarantined=7, set_digest=DIGEST, view_digest=digest, violations=0, rss_bytes=101_000_000, neighbours=peers,
        still_since_us=START_US - 300_000,
    )  # fmt: skip


def fact_row(offset: int, kind: str = "NodeAdded", colour: str = "RED", summary: str = "add/2") -> FactRow:
    """Give one row of the log."""
    return FactRow(
        partition=offset % 9, offset=offset, appended_at_us=START_US + offset, kind=kind, producer="python@1",
        colour=colour, summary=summary, event_id=f"{offset:032x}",
    )  # fmt: skip


def turn_row(seconds_ago: float, kind: str, agent: int | None = None, detail: str = "") -> TurnRow:
    """Give what befell an agent before the moment of the overview."""
    return TurnRow(
        at_us=START_US - int(seconds_ago * 1e6), kind=kind, agent=agent, attempt=None, workers=None,
        told_by="orchestrator" if kind.startswith("ORDERED") else "", detail=detail,
    )  # fmt: skip


def period(seconds_ago: int, *, facts: int, facts_per_s: float, p95_ms: float) -> Period:
    """Give what a minute amounted to that ended so many seconds before the moment of the overview."""
    return Period(
        ends_at_us=START_US - seconds_ago * 10**6, lasts_s=60, facts=facts, classes=900, accepted=41, quarantined=7,
        facts_per_s=facts_per_s, throughput_mbps=1.69, end_to_end_p50_ms=6.1, end_to_end_p95_ms=p95_ms,
        end_to_end_p99_ms=None, sync_efficiency=0.2,
    )  # fmt: skip


def message_row(number: int) -> MessageRow:
    """Give a message between two neighbours; every seventh is slow, every third an acknowledgement."""
    pairs = [pair for one, two in EDGES for pair in ((one, two), (two, one))]
    sender, receiver = pairs[(number * 5) % len(pairs)]
    return MessageRow(
        partition=receiver, offset=1_000 - number, at_us=START_US - 100_000 - number * 9_000, sender=sender,
        receiver=receiver, latency_us=140_000 if number % 7 == 0 else 12_000 + 900 * number,
        facts=0 if number % 3 == 0 else 5,
    )  # fmt: skip


def full_overview() -> Overview:
    """Give an answer with something in every panel."""
    flows = tuple(
        Flow(
            sender=a,
            receiver=b,
            messages=50,
            p50_ms=4.0,
            p95_ms=10.0 + 3 * a + b,
            p99_ms=40.0,
            mbps=0.5,
            efficiency=0.25,
        )
        for one, two in EDGES
        for a, b in ((one, two), (two, one))
    )
    seconds = tuple(range(START_US // 10**6 - 179, START_US // 10**6 + 1))
    count = len(seconds)
    series = Series(
        second=seconds, p50_ms=(5.0,) * count, p95_ms=(20.0,) * count, p99_ms=(60.0,) * count,
        facts_per_s=(12.0,) * count, mbps=(1.0,) * count, efficiency=(0.5,) * count, distinct_digests=(1,) * count,
    )  # fmt: skip
    kpis = replace(
        NO_KPIS, facts=4_321, nodes=4_000, classes=900, accepted=41, quarantined=7, agents=9, distinct_digests=1,
        facts_per_s=12.0, throughput_mbps=1.69, end_to_end_p50_ms=6.1, end_to_end_p95_ms=36.2,
        end_to_end_p99_ms=1_234.0, sync_efficiency=0.2, dead_letters=3,
    )  # fmt: skip
    return Overview(
        generated_at_us=START_US,
        newest_event_us=START_US - 100_000,
        kpis=kpis,
        agents=tuple(agent_state(number) for number in range(9)),
        flows=flows,
        series=series,
        lags=tuple(AgentLags(agent=number, facts=(0,) * (count - 30) + (number,) * 30) for number in range(9)),
        latest=period(0, facts=4_321, facts_per_s=12.0, p95_ms=36.2),
        earlier=period(60, facts=3_601, facts_per_s=16.0, p95_ms=30.0),
        recent_messages=tuple(message_row(number) for number in range(60)),
        recent_facts=tuple(fact_row(offset) for offset in range(30, 0, -1)),
        recent_turns=(
            turn_row(40, "RECOVERED", 4, "heard again after 1 restart"),
            turn_row(55.8, "ORDERED_RESTART", 4, "lost"),
            turn_row(56, "LOST", 4, "nothing was heard of it for 10.4 s"),
            *(turn_row(150, "REGISTERED", number, "worker-0") for number in range(9)),
        ),
        recent_turns_count=12,
    )


class FakeReadModel:
    """Gives what `answer` holds, or raises `failure`; counts how often it was asked."""

    def __init__(self, answer: Overview) -> None:
        self.answer = answer
        self.failure: Exception | None = None
        self.asked = 0

    def overview(self, window_s: int = 180) -> Overview:
        """Give the answer, made now."""
        self.asked += 1
        if self.failure is not None:
            raise self.failure
        return replace(self.answer, generated_at_us=self.answer.generated_at_us + self.asked)


@contextmanager
def serving(app: FastAPI) -> Iterator[str]:
    """Serve the app on a free port of the loopback; give its address."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen(64)
        config = uvicorn.Config(
            app, log_level="warning", access_log=False, timeout_graceful_shutdown=1, **SERVER_OPTIONS
        )
        server = uvicorn.Server(config)
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
        thread.start()
        end = time.monotonic() + 20
        while not server.started:
            assert thread.is_alive(), "the server ended at its start"
            assert time.monotonic() < end, "the server did not start within 20 s"
            time.sleep(0.02)
        try:
            yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        finally:
            server.should_exit = True
            thread.join(10)
