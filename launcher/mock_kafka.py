"""librdkafka's mock cluster from the confluent-kafka wheel, in a process of its own: no Java, no Docker, no memory.

Run as `python -m launcher.mock_kafka READY_FILE NAME:PARTITIONS...`; it writes its address to READY_FILE and serves
until it is told to end. It has no controller, so topics are made here, at the start.
"""

import ctypes
import signal
import subprocess
import sys
import time
from importlib.metadata import files
from pathlib import Path

from launcher import child
from launcher.rung import RungFailed

_START_SECONDS = 20
_PRODUCER = 0


def start(work_dir: Path, topics: dict[str, int]) -> tuple[subprocess.Popen[bytes], str]:
    """Start the mock cluster with these topics; give the process and its address. Raises RungFailed."""
    ready = work_dir / "mock-kafka.address"
    ready.unlink(missing_ok=True)
    work_dir.mkdir(parents=True, exist_ok=True)
    log_file = work_dir / "logs" / "mock-kafka.log"
    wanted = [f"{name}:{partitions}" for name, partitions in topics.items()]
    process = child.start((sys.executable, "-m", "launcher.mock_kafka", str(ready), *wanted), log_file)
    deadline = time.monotonic() + _START_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        if ready.exists() and (bootstrap := ready.read_text()):
            return process, bootstrap
        time.sleep(0.05)
    child.stop_all([process])
    raise RungFailed(f"the mock cluster did not come up; its log ends:\n{child.tail(log_file)}")


def _library() -> ctypes.CDLL:
    """Load the librdkafka that the confluent-kafka wheel carries."""
    import confluent_kafka  # noqa: F401 - loads the library's own dependencies into the process first

    for file in files("confluent-kafka") or ():
        if file.name.startswith("librdkafka") and ".so" in file.name:
            return ctypes.CDLL(str(file.locate()))
    raise RungFailed("the confluent-kafka package carries no librdkafka on this platform")


def serve(ready: Path, topics: dict[str, int]) -> None:
    """Serve until SIGTERM or SIGINT."""
    lib = _library()
    lib.rd_kafka_conf_new.restype = ctypes.c_void_p
    lib.rd_kafka_new.restype = ctypes.c_void_p
    lib.rd_kafka_new.argtypes = (ctypes.c_int, ctypes.c_void_p, ctypes.c_char_p, ctypes.c_size_t)
    lib.rd_kafka_mock_cluster_new.restype = ctypes.c_void_p
    lib.rd_kafka_mock_cluster_new.argtypes = (ctypes.c_void_p, ctypes.c_int)
    lib.rd_kafka_mock_cluster_bootstraps.restype = ctypes.c_char_p
    lib.rd_kafka_mock_cluster_bootstraps.argtypes = (ctypes.c_void_p,)
    lib.rd_kafka_mock_topic_create.argtypes = (ctypes.c_void_p, ctypes.c_char_p, ctypes.c_int, ctypes.c_int)
    message = ctypes.create_string_buffer(512)
    client = lib.rd_kafka_new(_PRODUCER, lib.rd_kafka_conf_new(), message, len(message))
    if not client:
        raise RungFailed(f"librdkafka refused to start: {message.value.decode()}")
    cluster = lib.rd_kafka_mock_cluster_new(client, 1)
    for name, partitions in topics.items():
        lib.rd_kafka_mock_topic_create(cluster, name.encode(), partitions, 1)
    aside = ready.with_suffix(".writing")
    aside.write_text(lib.rd_kafka_mock_cluster_bootstraps(cluster).decode())
    aside.rename(ready)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    while True:
        signal.pause()


if __name__ == "__main__":
    serve(Path(sys.argv[1]), {name: int(count) for name, _, count in (item.partition(":") for item in sys.argv[2:])})
