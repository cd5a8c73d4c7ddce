"""Ports: which are free, who answers."""

import socket
from collections.abc import Iterator

import pytest

from launcher.ports import LOOPBACK, answers, free_port, is_free, wait_until_answers


@pytest.fixture
def listener() -> Iterator[int]:
    """A port at which somebody listens."""
    with socket.socket() as server:
        server.bind((LOOPBACK, 0))
        server.listen()
        yield server.getsockname()[1]


def test_a_free_port_can_be_bound() -> None:
    """The broker would start at a port that is taken, or need rights that it does not have."""
    port = free_port()
    assert port >= 1024
    assert is_free(port)
    with socket.socket() as server:
        server.bind((LOOPBACK, port))
        server.listen()
        assert not is_free(port)


def test_a_taken_port_is_not_free(listener: int) -> None:
    """The console would fail after everything else has been started."""
    assert not is_free(listener)


def test_a_port_that_was_just_left_is_free() -> None:
    """A second start right after the first would be refused for a minute."""
    with socket.socket() as server:
        server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # as every server does
        server.bind((LOOPBACK, 0))
        server.listen()
        port = server.getsockname()[1]
        with socket.create_connection((LOOPBACK, port)) as client:
            accepted, _ = server.accept()
            accepted.close()  # the side that closes first leaves the port in TIME_WAIT
            assert client.recv(1) == b""
    assert is_free(port)


def test_any_address_of_the_list_may_answer(listener: int) -> None:
    """A cluster would be refused because its first broker is down."""
    dead = free_port()
    assert answers(f"{LOOPBACK}:{listener}")
    assert answers(f"{LOOPBACK}:{dead}, {LOOPBACK}:{listener}")
    assert not answers(f"{LOOPBACK}:{dead}")


@pytest.mark.parametrize("bootstrap", ["", "nonsense", "127.0.0.1:", ":", "127.0.0.1:port", "127.0.0.1:99999", ","])
def test_what_is_no_address_does_not_answer(bootstrap: str) -> None:
    """A typing error in --bootstrap would end in a stack trace."""
    assert not answers(bootstrap, 0.2)


def test_waiting_ends_with_the_answer_or_the_deadline(listener: int) -> None:
    """The launcher would wait for ever for a broker that died."""
    assert wait_until_answers(f"{LOOPBACK}:{listener}", 20)
    assert not wait_until_answers(f"{LOOPBACK}:{free_port()}", 0.3)
