"""Keeps the processes of one system running: starts, restarts with back-off, stops all together.

Belongs here: processes and their restarts. Not here: which processes (system.py), what they do.
Crash-only: a process that ends by itself is started anew and resumes from what it saved. One that cannot stay up is
given up loudly.
"""

import subprocess
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from launcher import child

SHORT_LIFE_S = 5.0
SHORT_LIVES_MAX = 6
_BACK_OFF_S = (0.2, 0.5, 1.0, 2.0, 4.0)


class CannotStayUp(Exception):
    """A process ended again and again right after its start. The message ends with its log."""


@dataclass(slots=True)
class Supervised:
    """One process and its history."""

    name: str
    command: Sequence[str]
    log_file: Path
    process: subprocess.Popen[bytes]
    started_at: float
    restarts: int = 0
    short_lives: int = 0
    due_at: float = 0.0
    exit_codes: list[int] = field(default_factory=list)


class Supervisor:
    """The processes of one system. Call `poll` a few times a second."""

    def __init__(self, log_dir: Path, say: Callable[[str], None], *, short_lives_max: int = SHORT_LIVES_MAX) -> None:
        self._log_dir = log_dir
        self._say = say
        self._short_lives_max = short_lives_max
        self.processes: dict[str, Supervised] = {}

    def start(self, name: str, command: Sequence[str]) -> Supervised:
        """Start a process under a name; its output goes to <name>.log."""
        log_file = self._log_dir / f"{name}.log"
        process = child.start(command, log_file)
        supervised = Supervised(name, command, log_file, process, time.monotonic())
        self.processes[name] = supervised
        return supervised

    def poll(self) -> None:
        """Notice who ended, and start those whose back-off is over. Raises CannotStayUp."""
        now = time.monotonic()
        for item in tuple(self.processes.values()):
            code = item.process.poll()
            if code is None:
                continue
            if not item.due_at:
                self._note_end(item, code, now)
            if now >= item.due_at:
                item.process = child.start(item.command, item.log_file)
                item.started_at, item.due_at = now, 0.0
                item.restarts += 1
                self._say(f"{item.name} runs again (restart {item.restarts})")

    def dismiss(self, name: str) -> Supervised | None:
        """Look after a process no longer, and give it, if there is one of this name. Ending it is the caller's."""
        return self.processes.pop(name, None)

    def stop(self, grace_s: float = 2.5) -> None:
        """Stop everything within the grace and a moment: first who uses the broker, never in between."""
        child.stop_all([item.process for item in self.processes.values()], grace_s)

    def _note_end(self, item: Supervised, code: int, now: float) -> None:
        item.exit_codes.append(code)
        item.short_lives = item.short_lives + 1 if now - item.started_at < SHORT_LIFE_S else 0
        if item.short_lives >= self._short_lives_max:
            raise CannotStayUp(
                f"{item.name} ended {item.short_lives} times right after its start, last with code {code}; "
                f"its log {item.log_file} ends:\n{child.tail(item.log_file)}"
            )
        pause = _BACK_OFF_S[min(item.short_lives, len(_BACK_OFF_S) - 1)]
        item.due_at = now + pause
        self._say(f"{item.name} ended with code {code}; it starts again in {pause} s")
