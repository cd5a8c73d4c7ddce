"""A broker from docker-compose.yml, where a Docker engine runs."""

import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

from launcher.ports import wait_until_answers
from launcher.rung import RungFailed

BOOTSTRAP = "127.0.0.1:9092"
_COMPOSE_FILE = Path(__file__).parent.parent / "docker-compose.yml"


def start(say: Callable[[str], None]) -> tuple[str, Callable[[], None]]:
    """Start the broker service and give its address and how to stop it. Raises RungFailed."""
    if shutil.which("docker") is None:
        raise RungFailed("docker is not installed; install Docker, or go on with the next rung")
    if _run("docker", "info", timeout_s=10).returncode:
        raise RungFailed("no Docker engine answers; start it, or go on with the next rung")
    if not _COMPOSE_FILE.exists():
        raise RungFailed(f"{_COMPOSE_FILE.name} is not beside the packages; run from a checkout")
    say("starting Kafka in Docker (the first time its image is pulled)")
    compose = ("docker", "compose", "-f", str(_COMPOSE_FILE))
    up = _run(*compose, "up", "-d", "--wait", "kafka", timeout_s=300)
    if up.returncode:
        raise RungFailed(f"docker compose up failed: {up.stderr.decode(errors='replace').strip()[-300:]}")
    if not wait_until_answers(BOOTSTRAP, 30):
        raise RungFailed(f"the container is up but nobody answers at {BOOTSTRAP}; see `docker compose logs kafka`")

    def stop() -> None:
        _run(*compose, "stop", "-t", "3", "kafka", timeout_s=30)

    return BOOTSTRAP, stop


def _run(*command: str, timeout_s: float) -> subprocess.CompletedProcess[bytes]:
    try:
        return subprocess.run(command, capture_output=True, timeout=timeout_s, check=False)
    except subprocess.TimeoutExpired:
        return subprocess.CompletedProcess(command, 1, b"", f"no answer within {timeout_s:.0f} s".encode())
