"""Apache Kafka (KRaft) from jars that Maven resolves once; runs on Java 17 or later, on loopback.

Belongs here: jars, storage, configuration, start. Not here: stopping (launcher/child.py), topics.
"""

import re
import shutil
import subprocess
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from launcher import child
from launcher.ports import LOOPBACK, free_port, is_free, wait_until_answers
from launcher.rung import RungFailed

KAFKA_VERSION = "4.3.1"
JAVA_MINIMUM = 17
FAMILIAR_PORT = 9092
"""Where people and programs look for a broker that stays."""
_FORMATTED = "formatted"
_LOG_FILE = Path("logs/kafka.log")
_FILES = Path(__file__).parent / "kafka"
_MAVEN_SECONDS = 600
_START_SECONDS = 60

_SERVER_PROPERTIES = """\
process.roles=broker,controller
node.id=1
listeners=PLAINTEXT://{host}:{port},CONTROLLER://{host}:{controller_port}{door_listeners}
advertised.listeners=PLAINTEXT://{host}:{port}{door_addresses}
listener.security.protocol.map=PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT{door_protocols}
controller.listener.names=CONTROLLER
controller.quorum.bootstrap.servers={host}:{controller_port}
log.dirs={log_dirs}
auto.create.topics.enable=false
num.partitions=1
offsets.topic.num.partitions=4
offsets.topic.replication.factor=1
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
group.initial.rebalance.delay.ms=500
group.min.session.timeout.ms=1000
log.retention.check.interval.ms=300000
num.network.threads=2
num.io.threads=4
"""


@dataclass(frozen=True, slots=True)
class Door:
    """One more way into a broker: it listens on `port` and tells clients that come through to stay on `shown_port`.

    Whoever stands between the two (launcher/chaos/proxy.py) sees all that these clients say, not only the first word.
    """

    name: str
    port: int
    shown_port: int


def cache_dir() -> Path:
    """Give the folder that keeps the jars between runs: below .egraph of the working folder."""
    return Path(".egraph/kafka").resolve() / KAFKA_VERSION


def start(
    work_dir: Path, say: Callable[[str], None], *, keep: bool = False, doors: Sequence[Door] = ()
) -> tuple[subprocess.Popen[bytes], str]:
    """Start a broker with its storage below `work_dir`; give the process and its address. Raises RungFailed.

    The storage is fresh, or with `keep` what an earlier start left there, under the same addresses.
    """
    _check_java()
    _resolve_jars(say)
    data = work_dir / "kafka"
    properties = data / "server.properties"
    kept = keep and (data / _FORMATTED).exists()
    port = _port_of(properties) if kept else _fresh(data, properties, keep, doors)
    say(f"starting Kafka {KAFKA_VERSION} on {LOOPBACK}:{port}")
    process = launch(work_dir)
    bootstrap = f"{LOOPBACK}:{port}"
    if not wait_until_answers(bootstrap, _START_SECONDS, unless=lambda: process.poll() is not None):
        child.stop_all([process])
        log_file = work_dir / _LOG_FILE
        raise RungFailed(f"Kafka did not answer within {_START_SECONDS} s; its log ends:\n{child.tail(log_file)}")
    return process, bootstrap


def launch(work_dir: Path) -> subprocess.Popen[bytes]:
    """Start the process on the storage that `start` has made, and do not wait until it answers."""
    options = ("-Xmx512m", "-XX:+UseG1GC", "-Djava.net.preferIPv4Stack=true")
    properties = work_dir / "kafka" / "server.properties"
    return child.start(("java", *options, *_class_path(), "kafka.Kafka", str(properties)), work_dir / _LOG_FILE)


def _class_path() -> tuple[str, ...]:
    return ("-cp", f"{_FILES}:{cache_dir()}/*")


def _fresh(data: Path, properties: Path, keep: bool, doors: Sequence[Door]) -> int:
    """Make new storage and give the port. Node id, cluster id, ports and logs belong together."""
    shutil.rmtree(data, ignore_errors=True)
    data.mkdir(parents=True)
    port, controller_port = FAMILIAR_PORT if keep and is_free(FAMILIAR_PORT) else free_port(), free_port()
    properties.write_text(
        _SERVER_PROPERTIES.format(
            host=LOOPBACK,
            port=port,
            controller_port=controller_port,
            log_dirs=data / "logs",
            door_listeners="".join(f",{door.name}://{LOOPBACK}:{door.port}" for door in doors),
            door_addresses="".join(f",{door.name}://{LOOPBACK}:{door.shown_port}" for door in doors),
            door_protocols="".join(f",{door.name}:PLAINTEXT" for door in doors),
        )
    )
    _format(properties)
    (data / _FORMATTED).touch()
    return port


def _port_of(properties: Path) -> int:
    """Give the port that kept storage belongs to: its records name the address. Raises RungFailed if it is taken."""
    found = re.search(r"listeners=PLAINTEXT://[\d.]+:(\d+)", properties.read_text())
    if found is None:
        raise RungFailed(f"{properties} names no port; move {properties.parent} away to begin with an empty log")
    port = int(found[1])
    if not is_free(port):
        raise RungFailed(f"port {port}, to which the log in {properties.parent} belongs, is taken; end its owner")
    return port


def _check_java() -> None:
    if shutil.which("java") is None:
        raise RungFailed(f"java is not installed; install Java {JAVA_MINIMUM} or later (Debian: default-jre-headless)")
    shown = _run("java", "-version", timeout_s=30).stderr.decode()
    found = re.search(r'version "(\d+)', shown)
    if found is None or int(found.group(1)) < JAVA_MINIMUM:
        raise RungFailed(f"java is too old ({shown.splitlines()[:1]}); Kafka needs Java {JAVA_MINIMUM} or later")


def _resolve_jars(say: Callable[[str], None]) -> None:
    jars = cache_dir()
    if (jars / f"kafka_2.13-{KAFKA_VERSION}.jar").exists():
        return
    if shutil.which("mvn") is None:
        raise RungFailed("Maven is not installed and the jars are not here yet; install it (Debian: maven)")
    say(f"resolving Kafka {KAFKA_VERSION} through Maven (once, about 55 MB)")
    aside = jars.with_name(jars.name + ".resolving")
    shutil.rmtree(aside, ignore_errors=True)
    command = ("mvn", "-q", "-B", "-f", str(_FILES / "pom.xml"))
    plugin = "org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy-dependencies"
    done = _run(*command, plugin, f"-DoutputDirectory={aside}", timeout_s=_MAVEN_SECONDS)
    if done.returncode:
        raise RungFailed(f"Maven could not resolve the jars: {done.stdout.decode(errors='replace').strip()[-400:]}")
    shutil.rmtree(jars, ignore_errors=True)
    aside.rename(jars)  # complete or absent, never half a set of jars


def _format(properties: Path) -> None:
    tool = ("java", *_class_path(), "kafka.tools.StorageTool")
    cluster = _run(*tool, "random-uuid", timeout_s=60)
    identity = cluster.stdout.decode().strip().splitlines()[-1:]
    done = _run(*tool, "format", "--standalone", "-t", *identity, "-c", str(properties), timeout_s=60)
    if cluster.returncode or done.returncode:
        raise RungFailed(f"Kafka's storage could not be formatted: {(cluster.stderr + done.stderr).decode()[-400:]}")


def _run(*command: str, timeout_s: float) -> subprocess.CompletedProcess[bytes]:
    try:
        return subprocess.run(command, capture_output=True, timeout=timeout_s, check=False)
    except subprocess.TimeoutExpired:
        advice = "look at the network" if command[0] == "mvn" else "look at the machine's load"
        raise RungFailed(f"{command[0]} did not finish within {timeout_s:.0f} s; {advice}") from None
    except OSError as error:
        raise RungFailed(f"{command[0]} cannot be started: {error}") from None
