"""What ends a worker says whose fault it was."""

import subprocess
import sys

import pytest

_PROGRAM = """
import asyncio, logging
from faust.exceptions import ProducerSendError
from streams.adapters.broker_errors import ReadTimedOut
from streams.runtimes.faust_runtime import guarded
logging.basicConfig(level=logging.INFO)

async def work():
    raise {error}

asyncio.run(guarded(work()))
"""


@pytest.mark.parametrize(
    ("error", "said", "not_said"),
    [
        ("ReadTimedOut('facts/3 gave nothing', 'for 30 s', 'look at the broker')", "look at the broker", "a defect of"),
        ("OSError(28, 'no space left')", "the disk failed", "a defect of"),
        ("ProducerSendError('Error while sending: KafkaTimeoutError()')", "the broker or the disk", "a defect of"),
        ("ValueError('ours')", "a defect of egraph-streams", "the broker or"),
    ],
)
def test_the_end_of_a_worker_names_whose_fault_it_was(error: str, said: str, not_said: str) -> None:
    """People would look for a defect while the broker is away, or at the broker while there is a defect."""
    program = _PROGRAM.format(error=error)
    done = subprocess.run((sys.executable, "-c", program), capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 70
    assert said in done.stderr
    assert not_said not in done.stderr
