"""The orchestrator on a real Kafka: agents that are killed come back, and everybody is told.

Belongs here: what only whole processes show. Not here: its judgement (tests/unit/processors/test_fleet.py).
"""

import asyncio
import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from cli.main import build_app
from cli.options import EXIT_NO
from schemas.records import AgentLifecycle, Turn, decode_record
from schemas.topics import CONTROL
from tests.integration.system import System, digests, replayed
from tests.integration.topics import read_all

pytestmark = pytest.mark.kafka


def egraph(*words: str, code: int = 0) -> str:
    """Run a command, give what it prints."""
    result = CliRunner().invoke(build_app(), list(words))
    assert result.exit_code == code, result.output
    return result.stdout if code == 0 else result.stderr


def test_three_agents_killed_at_once_come_back_and_agree(broker: str, tmp_path: Path) -> None:
    """Agents that crash alone, in processes that live, would be gone until somebody restarts a worker."""
    killed = (1, 4, 7)

    async def run() -> tuple[str, str]:
        async with System(broker, tmp_path, workers=2, orchestrator=True) as system:
            await asyncio.to_thread(egraph, "ingest", "demo", "--limit", "2000", "--bootstrap", broker)
            before = await system.agreed()
            await asyncio.to_thread(egraph, "agent", "kill", *map(str, killed), "--bootstrap", broker)
            await asyncio.to_thread(egraph, "ingest", "sexpr", str(terms), "--bootstrap", broker)
            async with asyncio.timeout(60):
                while not (await lived_again(before.beats)) or (await system.agreed()).facts_held == before.facts_held:
                    await asyncio.sleep(0.5)
            await asyncio.to_thread(egraph, "status", "--orchestrator", "--bootstrap", broker)
            return digests(await system.agreed())

    async def lived_again(before: object) -> bool:
        log = (await read_all(broker, CONTROL.name))[0]
        said = [record for item in log if isinstance(record := decode_record(item.value), AgentLifecycle)]
        back = {item.agent for item in said if item.turn is Turn.RECOVERED}
        rounds = [item for item in said if item.turn is Turn.ROUND_COMPLETED]
        return back >= set(killed) and any("9 agents hold the cut, one digest" in item.detail for item in rounds)

    terms = tmp_path / "terms"
    terms.write_text("".join(f"(f x{number})\n" for number in range(50)))
    reached = asyncio.run(run())
    judge = replayed(broker)

    assert reached == (judge["set_digest"], judge["view_digest"])
    lives = [decode_record(item.value) for item in asyncio.run(read_all(broker, CONTROL.name))[0]]
    ended = {item.agent for item in lives if isinstance(item, AgentLifecycle) and item.turn is Turn.KILLED}
    assert ended == set(killed), "agents that were well have been restarted"


def test_orders_need_somebody_to_obey(broker: str) -> None:
    """A mistyped number would look like success."""
    assert "agents [3] were not heard lately" in egraph("agent", "restart", "3", "--bootstrap", broker, code=EXIT_NO)
    assert "no sync round" in egraph("status", "--orchestrator", "--bootstrap", broker, code=EXIT_NO)
    asked = json.loads(egraph("scale", "2", "--bootstrap", broker, "--json"))
    assert asked == {"workers": 2}
    assert "10 workers for 9 agents" in egraph("scale", "10", "--bootstrap", broker, code=EXIT_NO)
