"""The broker ladder: a named cluster, Docker, jars through Maven, librdkafka's mock cluster. First that works.

Belongs here: the order, and what is said about each rung. How a rung works stands in its own file.
"""

import subprocess
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from launcher import docker_kafka, jar_kafka, mock_kafka
from launcher.ports import answers
from launcher.rung import RungFailed

RUNGS = ("docker", "jars", "mock")


@dataclass(frozen=True, slots=True)
class Broker:
    """A broker that answers. `processes` are those to stop with it; `volatile` ones lose data without notice."""

    bootstrap: str
    rung: str
    volatile: bool = False
    processes: tuple[subprocess.Popen[bytes], ...] = ()
    stop_extra: Callable[[], None] = field(default=lambda: None)


class NoBroker(Exception):
    """No rung of the ladder worked. The message tells what each one said."""


def find_broker(
    *,
    named: str | None,
    work_dir: Path,
    topics: dict[str, int],
    say: Callable[[str], None],
    rungs: tuple[str, ...] = RUNGS,
    keep: bool = False,
) -> Broker:
    """Give the first broker of the ladder that works, telling every step through `say`.

    A named cluster is used or refused, never replaced by another rung. `topics` (name, partitions) is needed by the
    mock cluster alone, which cannot create topics later. With `keep`, a broker from jars goes on with the log that it
    left in `work_dir`. Raises NoBroker.
    """
    if named:
        if not answers(named):
            raise NoBroker(f"nobody answers at {named}; start that cluster, or leave --bootstrap away for a local one")
        return Broker(named, "named cluster")
    unknown = [rung for rung in rungs if rung not in RUNGS]
    if unknown or not rungs:
        raise NoBroker(f"{', '.join(unknown) or 'nothing'} is no way to get a broker; choose of {', '.join(RUNGS)}")
    failures = []
    for rung in rungs:
        try:
            broker = _start(rung, work_dir, topics, say, keep)
        except RungFailed as failure:
            failures.append(f"  {rung}: {failure}")
            say(f"{rung}: {failure}")
            continue
        say(f"broker: {broker.rung} at {broker.bootstrap}")
        return broker
    raise NoBroker("no broker could be started\n" + "\n".join(failures))


def _start(rung: str, work_dir: Path, topics: dict[str, int], say: Callable[[str], None], keep: bool) -> Broker:
    if rung == "docker":
        bootstrap, stop = docker_kafka.start(say)
        return Broker(bootstrap, "Kafka in Docker", stop_extra=stop)
    if rung == "jars":
        process, bootstrap = jar_kafka.start(work_dir, say, keep=keep)
        return Broker(bootstrap, "Kafka from jars", processes=(process,))
    process, bootstrap = mock_kafka.start(work_dir, topics)
    say("the mock cluster is volatile: it keeps the newest 5 MB of a partition, in memory only")
    return Broker(bootstrap, "librdkafka mock cluster", volatile=True, processes=(process,))
