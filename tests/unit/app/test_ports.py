"""Ports that are taken are told, with who has them and how to change them; on real sockets."""

import os
import socket
import sys
from collections.abc import Iterator

import pytest

from lrcp.app.ports import PortUse, find_holder, find_taken


@pytest.fixture
def tcp_port() -> Iterator[int]:
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        sock.listen()
        yield sock.getsockname()[1]


@pytest.fixture
def udp_port() -> Iterator[int]:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.bind(("127.0.0.1", 0))
        yield sock.getsockname()[1]


def use(port: int, setting: str = "gateway_port", kind: str = "tcp") -> PortUse:
    return PortUse(setting=setting, host="127.0.0.1", port=port, kind=kind)  # type: ignore[arg-type]


def test_a_taken_port_is_told_with_the_option_and_the_variable_that_change_it(tcp_port: int) -> None:
    [taken] = find_taken([use(tcp_port)])
    assert f"port {tcp_port}/tcp is taken" in str(taken)
    assert "--gateway-port or LRCP_GATEWAY_PORT" in str(taken)


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="the holder is read from /proc")
def test_the_holder_of_a_port_is_named(tcp_port: int, udp_port: int) -> None:
    assert find_holder(tcp_port).endswith(f"(process {os.getpid()})")
    assert find_holder(udp_port, "udp").endswith(f"(process {os.getpid()})")


def test_tcp_and_udp_are_told_apart(udp_port: int) -> None:
    assert [str(taken.use.kind) for taken in find_taken([use(udp_port, kind="udp")])] == ["udp"]
    assert find_holder(udp_port, "tcp") == ""


def test_a_port_that_was_given_back_is_free() -> None:
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        port = sock.getsockname()[1]
    assert find_taken([use(port)]) == []


def test_port_0_is_off_and_never_taken() -> None:
    assert find_taken([use(0), use(0, "port")]) == []


def test_two_settings_with_one_port_are_told() -> None:
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        port = sock.getsockname()[1]
    [taken] = find_taken([use(port, "port"), use(port, "app_port")])
    assert "our own --port" in str(taken)
    assert "LRCP_APP_PORT" in str(taken)
