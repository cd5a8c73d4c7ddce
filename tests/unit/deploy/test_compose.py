"""docker-compose.yml says what the command line, the launcher and Kafka understand. Nothing is started.

The check of the sink's age stands in test_sink_health.py.
"""

import re
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
import typer
import yaml

from cli.config_file import PATH_VARIABLE
from cli.main import build_app
from dash_app.api import HEALTH_PATH
from launcher import docker_kafka
from launcher.jar_kafka import KAFKA_VERSION
from launcher.ports import LOOPBACK

ROOT = Path(__file__).parents[3]
ONE_SHOT = {"topics", "feed"}
BROKER = "kafka"

Services = dict[str, dict[str, Any]]


@pytest.fixture(scope="module")
def document() -> dict[str, Any]:
    """The file as Compose reads it: anchors and merges resolved."""
    found: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
    return found


@pytest.fixture(scope="module")
def services(document: dict[str, Any]) -> Services:
    """The services by name."""
    found: Services = document["services"]
    assert len(found) > len(ONE_SHOT)
    return found


@pytest.fixture(scope="module")
def ours(services: Services) -> Services:
    """The services that run our image."""
    return {name: service for name, service in services.items() if name != BROKER}


def parsed(words: list[str]) -> dict[str, Any]:
    """What the real command line makes of these words. Raises click's UsageError."""
    command: Any = typer.main.get_command(build_app())
    context = command.make_context("egraph", list(words), resilient_parsing=False)
    while (nested := getattr(command, "commands", None)) is not None:
        name, command, rest = command.resolve_command(context, [*context._protected_args, *context.args])
        assert name in nested
        context = command.make_context(name, rest, parent=context)
    found: dict[str, Any] = context.params
    return found


def variables() -> Iterator[str]:
    """The variables of the environment that our commands read."""

    def of(command: Any) -> Iterator[str]:
        for parameter in command.params:
            named = parameter.envvar or ()
            yield from (named,) if isinstance(named, str) else named
        for child in getattr(command, "commands", {}).values():
            yield from of(child)

    yield from of(typer.main.get_command(build_app()))


def test_the_broker_is_the_one_that_we_test_against(services: Services) -> None:
    """Containers would run another Kafka than the tests, or another one every month."""
    assert services[BROKER]["image"] == f"apache/kafka:{KAFKA_VERSION}"


def test_our_image_has_one_version_and_it_is_ours(ours: Services) -> None:
    """After a release, `docker compose up` would take the image of the release before."""
    version = re.search(r'^version = "(.+)"$', (ROOT / "pyproject.toml").read_text(), re.MULTILINE)
    assert version is not None
    assert {service["image"] for service in ours.values()} == {f"egraph-streams:{version[1]}"}
    assert {service["build"] for service in ours.values()} == {"."}


def test_whoever_runs_for_long_is_checked_and_started_again(services: Services) -> None:
    """A process that hangs would look as good as one that works."""
    for name, service in services.items():
        if name in ONE_SHOT:
            assert service["restart"] in ("no", "on-failure:3"), f"{name} would run for ever"
            continue
        assert service["restart"] == "unless-stopped", name
        assert service["healthcheck"]["test"][0] == "CMD", f"{name}: a shell is not needed and may be absent"
        assert set(service["healthcheck"]) >= {"interval", "timeout", "retries", "start_period"}, name


def test_ports_are_published_on_loopback_only(services: Services) -> None:
    """An open broker would stand on every network that a laptop joins."""
    published = [port for service in services.values() for port in service.get("ports", ())]
    assert published
    for port in published:
        assert re.fullmatch(rf"{re.escape(LOOPBACK)}:(\d+):\1", port), port
    assert not [name for name, service in services.items() if service.get("network_mode")]


def test_each_command_can_be_typed(ours: Services) -> None:
    """A container would start again and again because an option was renamed."""
    for name, service in ours.items():
        assert parsed(service["command"]), name
        check = service.get("healthcheck", {}).get("test", [])
        if check[1:2] == ["egraph"]:
            parsed(check[2:])


@pytest.mark.parametrize("words", [["wroker"], ["worker", "--nmae", "x"], ["ingest", "dmeo"], ["worker", "--agents"]])
def test_a_command_that_cannot_be_typed_is_noticed(words: list[str]) -> None:
    """The test above would pass whatever the file says."""
    with pytest.raises(Exception, match=r"No such|requires an argument"):
        parsed(words)


def test_each_worker_has_its_own_name_and_is_asked_about_it(services: Services) -> None:
    """Two workers would share snapshots, or a dead one be called healthy because another answers."""
    workers = {name: service for name, service in services.items() if service.get("command", [""])[0] == "worker"}
    assert len(workers) > 1
    for name, service in workers.items():
        assert parsed(service["command"])["name"] == name
        check = parsed(service["healthcheck"]["test"][2:])
        assert check["worker"] == name
        assert check["wait"] < seconds(service["healthcheck"]["timeout"]), f"{name} is cut off while it listens"


def test_agents_are_as_many_as_the_processes_that_count_them_think(services: Services, ours: Services) -> None:
    """Topics would be made for another number of agents than the workers host."""
    assert {service["environment"]["EGRAPH_AGENTS"] for service in ours.values()} == {"9"}
    workers = [name for name in services if name.startswith("agents-")]
    assert len(workers) <= 9, "a worker without agents never becomes healthy"


def seconds(text: str) -> float:
    """A duration of Compose, of those that we use."""
    found = re.fullmatch(r"(\d+)s", text)
    assert found, f"{text} is not in seconds"
    return float(found[1])


def test_variables_are_those_that_the_commands_read(services: Services) -> None:
    """A setting would be written there and do nothing."""
    known = {*variables(), PATH_VARIABLE}
    assert "EGRAPH_BOOTSTRAP" in known
    given = {name for service in services.values() for name in service["environment"] if name.startswith("EGRAPH_")}
    assert given
    assert given <= known


def test_nobody_waits_for_a_service_that_cannot_become_so(services: Services) -> None:
    """`docker compose up` would refuse the file, or wait for ever."""
    for name, service in services.items():
        for other, rule in service.get("depends_on", {}).items():
            assert other in services, f"{name} waits for {other}"
            assert other != name
            if rule["condition"] == "service_healthy":
                assert "healthcheck" in services[other], f"{name} waits for the health of {other}"
            elif rule["condition"] == "service_completed_successfully":
                assert other in ONE_SHOT, f"{name} waits for the end of {other}"
            else:
                assert rule["condition"] == "service_started", name


def test_every_process_waits_for_the_topics(services: Services) -> None:
    """Agents would look for partitions that are not there yet."""
    assert services["topics"]["depends_on"][BROKER]["condition"] == "service_healthy"
    for name in services.keys() - {BROKER, "topics"}:
        assert "topics" in reached_from(name, services), name


def reached_from(name: str, services: Services) -> set[str]:
    """Whoever a service waits for, and whoever those wait for."""
    direct = set(services[name].get("depends_on", {}))
    return direct.union(*(reached_from(other, services) for other in direct))


def addresses(text: str) -> dict[str, tuple[str, str]]:
    """Host and port by name of the door."""
    doors = (item.partition("://") for item in text.split(","))
    return {name: (place.rpartition(":")[0], place.rpartition(":")[2]) for name, _, place in doors}


def test_clients_find_the_broker_where_it_says_it_is(services: Services, ours: Services) -> None:
    """A client would connect once, be sent to an address that it cannot reach, and hang."""
    settings = services[BROKER]["environment"]
    listens = addresses(settings["KAFKA_LISTENERS"])
    tells = addresses(settings["KAFKA_ADVERTISED_LISTENERS"])
    controllers = set(settings["KAFKA_CONTROLLER_LISTENER_NAMES"].split(","))

    assert set(tells) == set(listens) - controllers
    assert all(port == listens[name][1] for name, (_, port) in tells.items())
    assert len({port for _, port in listens.values()}) == len(listens)
    assert {":".join(place) for place in tells.values()} == {
        docker_kafka.BOOTSTRAP,
        *(service["environment"]["EGRAPH_BOOTSTRAP"] for service in ours.values()),
    }
    outside = next(name for name, place in tells.items() if ":".join(place) == docker_kafka.BOOTSTRAP)
    assert services[BROKER]["ports"] == [f"{LOOPBACK}:{listens[outside][1]}:{listens[outside][1]}"]
    inside = tells[settings["KAFKA_INTER_BROKER_LISTENER_NAME"]]
    assert inside[0] == BROKER == services[BROKER]["hostname"]
    protocols = dict(item.split(":") for item in settings["KAFKA_LISTENER_SECURITY_PROTOCOL_MAP"].split(","))
    assert set(protocols) == set(listens)
    assert settings["KAFKA_CONTROLLER_QUORUM_VOTERS"] == (
        f"{settings['KAFKA_NODE_ID']}@{BROKER}:{listens[next(iter(controllers))][1]}"
    )


def test_a_lone_broker_is_not_asked_for_replicas(services: Services) -> None:
    """Consumer groups would never form: their topic could not be made."""
    settings = services[BROKER]["environment"]
    replicas = {name: value for name, value in settings.items() if re.search(r"REPLICATION_FACTOR|MIN_ISR", name)}
    assert "KAFKA_OFFSETS_TOPIC_REPLICATION_FACTOR" in replicas
    assert set(replicas.values()) == {"1"}


def test_workers_may_ask_for_the_session_timeout_that_they_have(services: Services) -> None:
    """The broker would refuse every worker: its least session timeout is six seconds by default."""
    least_ms = int(services[BROKER]["environment"]["KAFKA_GROUP_MIN_SESSION_TIMEOUT_MS"])
    assert least_ms / 1000 <= parsed(["worker"])["session_timeout"]


def test_topics_are_made_by_us_alone(services: Services) -> None:
    """A typing error in a producer would make a topic, and its facts would be lost in it."""
    assert services[BROKER]["environment"]["KAFKA_AUTO_CREATE_TOPICS_ENABLE"] == "false"


def test_what_must_last_stands_in_a_volume(document: dict[str, Any], services: Services) -> None:
    """The facts would be gone with the container that is replaced."""
    mounted = {name: dict(pair.split(":") for pair in service["volumes"]) for name, service in services.items()}
    assert {volume for volumes in mounted.values() for volume in volumes} == set(document["volumes"])
    assert services[BROKER]["environment"]["KAFKA_LOG_DIRS"] in mounted[BROKER].values()
    for name in services.keys() - {BROKER}:
        assert services[name]["environment"]["EGRAPH_DATA_DIR"] in mounted[name].values(), name


def test_the_console_is_asked_where_it_answers(services: Services) -> None:
    """A console that works would be called ill and be started again for ever."""
    console = services["console"]
    options = parsed(console["command"])
    assert options["host"] == "0.0.0.0", "loopback of a container is reached by nobody"
    assert console["ports"] == [f"{LOOPBACK}:{options['port']}:{options['port']}"]
    assert f"http://{LOOPBACK}:{options['port']}{HEALTH_PATH}'" in console["healthcheck"]["test"][-1]
    compile(console["healthcheck"]["test"][-1], "healthcheck", "exec")


def test_the_broker_is_asked_at_a_door_that_it_has(services: Services) -> None:
    """Everything would wait for a broker that is up."""
    check = services[BROKER]["healthcheck"]["test"]
    asked = dict(pairwise(check))["--bootstrap-server"]
    listens = addresses(services[BROKER]["environment"]["KAFKA_LISTENERS"])
    assert asked.rpartition(":")[2] in {port for _, port in listens.values()}


def test_input_is_sent_only_when_asked_for(services: Services) -> None:
    """`docker compose up` would send the whole standard library again at every start."""
    assert services["feed"]["profiles"]
    assert not [name for name in services if name != "feed" and services[name].get("profiles")]
