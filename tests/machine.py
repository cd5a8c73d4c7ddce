"""What tests and benchmarks ask of the machine. Not here: what the system itself asks of it (launcher/machine.py)."""

import os
import shutil
from pathlib import Path

NO_CHROMIUM = "no Chromium is on the PATH; install it (Debian: apt-get install chromium)"


def chromium_path() -> str | None:
    """Give where Chromium is, or None."""
    return shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")


def cpu_seconds(pid: int) -> float:
    """Give the CPU seconds that a process has used."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
