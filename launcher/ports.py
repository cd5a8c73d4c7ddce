"""Free ports and reachable ones, on loopback."""

import socket
import time
from collections.abc import Callable

LOOPBACK = "127.0.0.1"


def free_port() -> int:
    """Give a port that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind((LOOPBACK, 0))
        port: int = probe.getsockname()[1]
        return port


def is_free(port: int) -> bool:
    """Tell whether a port of loopback can be bound."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((LOOPBACK, port))
        except OSError:
            return False
        return True


def answers(bootstrap: str, timeout_s: float = 2.0) -> bool:
    """Tell whether somebody accepts connections at the first address of a bootstrap list that does."""
    for address in bootstrap.split(","):
        host, _, port = address.strip().rpartition(":")
        try:
            with socket.create_connection((host.strip("[]"), int(port)), timeout=timeout_s):
                return True
        except (OSError, ValueError):
            continue
    return False


def wait_until_answers(bootstrap: str, deadline_s: float, *, unless: Callable[[], bool] = lambda: False) -> bool:
    """Wait until somebody answers, at most so many seconds, and no longer once `unless` says that it is hopeless."""
    end = time.monotonic() + deadline_s
    while time.monotonic() < end and not unless():
        if answers(bootstrap, 0.5):
            return True
        time.sleep(0.1)
    return False
