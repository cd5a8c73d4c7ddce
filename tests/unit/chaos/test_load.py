"""The load of a drill while the broker is away: what waits costs nothing, and all of it is acknowledged in the end."""

import asyncio
from collections.abc import Sequence
from pathlib import Path
from typing import Self

import pytest

from launcher.chaos import load as loads
from streams.adapters.broker_errors import WriteFailed


class Away:
    """A producer whose broker is away until `back` is set, and refuses the first append after that."""

    def __init__(self, back: asyncio.Event) -> None:
        self.back = back
        self.log: dict[int, list[bytes]] = {}
        self.calls = self.refused = 0

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        pass

    async def append(self, facts_raw: Sequence[bytes], partition: int) -> int:
        self.calls += 1
        await self.back.wait()
        if not self.refused:
            self.refused = len(facts_raw)
            raise WriteFailed("the log did not take the records", "a test", "send them again")
        log = self.log.setdefault(partition, [])
        log += facts_raw
        return len(log) - len(facts_raw)


@pytest.mark.asyncio
async def test_facts_that_wait_for_a_broker_wait_in_one_append_a_partition(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else minutes without a broker would end in tens of thousands of tasks that stop the drill, not the system."""
    monkeypatch.setattr(loads, "_RETRY_S", 0.0)
    stop, producer = asyncio.Event(), Away(asyncio.Event())
    monkeypatch.setattr(loads, "FactProducer", lambda *_, **__: producer)
    load = loads.Load("nowhere:1", loads.FactSource(1, 3, 1), 20_000.0, tmp_path / "acknowledged.log", 60.0)
    running = asyncio.create_task(load.run(stop))
    while load.under_way < 2_000:
        await asyncio.sleep(0.01)
    assert producer.calls <= 3
    stop.set()
    producer.back.set()
    await asyncio.wait_for(running, 30.0)

    entries = load.ledger.entries
    assert load.under_way == 0
    assert {event.hex() for event in entries} == {
        line.split()[0] for line in (tmp_path / "acknowledged.log").read_text().splitlines()
    }
    places = sorted((entry.partition, entry.offset) for entry in entries.values())
    assert places == [(partition, offset) for partition in range(3) for offset in range(len(producer.log[partition]))]
    assert sum(entry.tries == 2 for entry in entries.values()) == producer.refused > 0
