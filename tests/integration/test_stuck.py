"""An agent whose fold is frozen while all else goes on: it is noticed, its worker restarted, and nothing is lost."""

import asyncio
import sys
import time
from pathlib import Path

import pytest

from tests.integration.system import System, digests, replayed
from tests.integration.test_agents import ingest

pytestmark = pytest.mark.kafka

FROZEN = 3
NOTICED_WITHIN_S = 45.0


@pytest.mark.timeout(300)
def test_a_frozen_fold_is_noticed_and_its_worker_restarted(broker: str, tmp_path: Path) -> None:
    """An agent that reads and folds nothing would stand still for ever, although it beats and looks alive."""
    program = (sys.executable, "-m", "tests.integration.freezing", str(FROZEN), str(tmp_path / "frozen-once"))

    async def run() -> tuple[str, str]:
        async with System(broker, tmp_path, workers=1, worker_program=program) as system:
            await system.agreed()
            await asyncio.to_thread(ingest, broker, 1000)
            began = time.monotonic()
            async with asyncio.timeout(NOTICED_WITHIN_S):
                while not system.supervisor.processes["worker-0"].exit_codes:
                    await asyncio.sleep(0.1)
            noticed = time.monotonic() - began
            assert f"agent {FROZEN} stands at offset 0" in (tmp_path / "logs" / "worker-0.log").read_text()
            standing = await system.agreed()
            print(f"noticed after {noticed:.1f} s, agreed after {time.monotonic() - began:.1f} s")
            assert system.restarts() == 1
            return digests(standing)

    reached = asyncio.run(run())
    judge = replayed(broker)
    assert reached == (judge["set_digest"], judge["view_digest"])
