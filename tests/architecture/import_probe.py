"""Imports modules in a fresh interpreter and reports what else that did. Run by test_import_effects.py.

Belongs here: the audit hook. Not here: what is allowed.
Usage: python -m tests.architecture.import_probe MODULE...; prints one JSON document: effects by module, and what is
loaded in the end. Effects of third-party imports count too: ours brought them.
"""

import _thread
import importlib
import json
import logging
import os
import signal
import sys
import threading
from collections.abc import Callable, Sequence
from typing import Any

_ALWAYS = {
    "subprocess.Popen": "starts a process",
    "os.fork": "starts a process",
    "os.forkpty": "starts a process",
    "os.posix_spawn": "starts a process",
    "os.exec": "replaces the process",
    "os.system": "starts a process",
    "pty.spawn": "starts a process",
    "socket.__new__": "opens a socket",
    "socket.bind": "opens a socket",
    "socket.connect": "opens a socket",
    "socket.getaddrinfo": "asks for an address",
    "os.mkdir": "makes a folder",
    "os.rename": "renames a file",
    "os.link": "links a file",
    "os.symlink": "links a file",
    "os.remove": "removes a file",
    "os.rmdir": "removes a folder",
    "os.truncate": "changes a file",
    "os.chdir": "changes the working folder",
    "sqlite3.connect": "opens a database",
}
_WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND
OUR_VARIABLES = "EGRAPH_"


class Recorder:
    """Collects effects under the module whose import is running."""

    def __init__(self) -> None:
        self.module = ""
        self.effects: dict[str, list[str]] = {}

    def note(self, effect: str) -> None:
        """Take note of an effect, once for each module; nothing before the first import."""
        if self.module and effect not in self.effects.setdefault(self.module, []):
            self.effects[self.module].append(effect)

    def hook(self, event: str, arguments: Sequence[Any]) -> None:
        """Be the audit hook."""
        if event in _ALWAYS:
            told = arguments[0] if arguments and isinstance(arguments[0], str | bytes | os.PathLike) else event
            self.note(f"{_ALWAYS[event]}: {os.fsdecode(told)}")
        elif event == "open" and _writes(arguments):
            self.note(f"writes {arguments[0]}")


def _writes(arguments: Sequence[Any]) -> bool:
    path, _, flags = arguments
    return bool(flags & _WRITING) and path != os.devnull


def watch_environment(recorder: Recorder) -> None:
    """Note who asks for a variable of ours. There is no audit event for it."""

    class Watched(type(os.environ)):  # type: ignore[misc]
        """The environment, with a witness."""

        def __getitem__(self, key: Any) -> Any:
            if str(key).startswith(OUR_VARIABLES):
                recorder.note(f"reads {key}")
            return super().__getitem__(key)

    os.environ.__class__ = Watched


def watch_threads(recorder: Recorder) -> None:
    """Note who starts a thread. Python 3.11 has no audit event for it."""
    for holder, name in (
        (_thread, "start_new_thread"),
        (threading, "_start_new_thread"),
        (threading, "_start_joinable_thread"),  # from Python 3.13 on
    ):
        original = getattr(holder, name, None)
        if original is not None:
            setattr(holder, name, _noting(recorder, original))


def _noting(recorder: Recorder, original: Callable[..., Any]) -> Callable[..., Any]:
    def start(*arguments: Any, **named: Any) -> Any:
        recorder.note("starts a thread")
        return original(*arguments, **named)

    return start


def _process_state() -> dict[str, object]:
    """Give what an import must leave as it was and no audit event tells of."""
    return {
        "the environment": dict(os.environ),
        "a signal handler": {number: signal.getsignal(number) for number in signal.valid_signals()},
        "the working folder": os.getcwd(),
        "the root logger": list(logging.getLogger().handlers),
    }


def main(modules: Sequence[str]) -> None:
    """Import the modules one after another and print what happened."""
    recorder = Recorder()
    watch_environment(recorder)
    watch_threads(recorder)
    sys.addaudithook(recorder.hook)
    for name in modules:
        recorder.module = name
        before = _process_state()
        importlib.import_module(name)
        for what, value in _process_state().items():
            if value != before[what]:
                recorder.note(f"changes {what}")
    recorder.module = ""
    print(json.dumps({"effects": recorder.effects, "loaded": sorted(sys.modules)}))


if __name__ == "__main__":
    main(sys.argv[1:])
