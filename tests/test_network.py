"""The guard that keeps tests on this machine is itself shut."""

from __future__ import annotations

import socket

import pytest


@pytest.mark.parametrize("address", [("192.0.2.1", 80), ("example.invalid", 443)])
def test_a_connection_that_leaves_the_machine_is_refused(address: tuple[str, int]) -> None:
    with socket.socket() as open_socket, pytest.raises(RuntimeError, match="tests may not reach"):
        open_socket.connect(address)


def test_a_name_of_the_internet_is_not_looked_up() -> None:
    with pytest.raises(RuntimeError, match="tests may not look up"):
        socket.getaddrinfo("example.invalid", 80)


def test_loopback_stays_open() -> None:
    with socket.socket() as server, socket.socket() as client:
        server.bind(("127.0.0.1", 0))
        server.listen()
        client.connect(server.getsockname())
