"""Ports: busy ones are refused with the name of who has them."""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator

import pytest

from avatar.errors import SetupProblem
from runtime.embedded.ports import can_bind, claim_port, free_port, port_holder
from runtime.embedded.servers import plan_servers
from runtime.settings import load_settings


@pytest.fixture
def busy_port() -> Iterator[int]:
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        server.listen()
        yield server.getsockname()[1]


def test_a_busy_port_is_refused_by_part_holder_and_setting(busy_port: int) -> None:
    with pytest.raises(SetupProblem) as caught:
        claim_port(busy_port, "Temporal", "AVATAR_TEMPORAL_PORT")
    message = str(caught.value)
    assert message.startswith(f"Port {busy_port} (Temporal) is in use by ")
    assert f"(pid {os.getpid()})" in message
    assert message.endswith("Set AVATAR_TEMPORAL_PORT to a free port or 0.")


def test_the_holder_of_a_free_port_is_nobody() -> None:
    assert port_holder(free_port()) is None


def test_a_free_port_is_taken_as_it_is() -> None:
    port = free_port()
    assert can_bind(port)
    assert claim_port(port, "API", "AVATAR_API_PORT") == port


def test_any_port_is_never_one_that_is_taken() -> None:
    first = free_port()
    assert claim_port(0, "API", "AVATAR_API_PORT", taken=frozenset({first})) != first


def test_one_port_for_two_parts_is_refused() -> None:
    port = free_port()
    with pytest.raises(SetupProblem, match="two parts"):
        plan_servers(load_settings({}, temporal_port=port, temporal_ui_port=port, mongo_port=0))


def test_servers_given_by_address_take_no_port(busy_port: int) -> None:
    servers = plan_servers(
        load_settings(
            {"TEMPORAL_ADDRESS": "temporal.example.org:7233", "MONGO_URI": "mongodb://db.example.org/?replicaSet=a"},
            temporal_port=busy_port,
            temporal_ui_port=busy_port,
            mongo_port=busy_port,
        )
    )
    assert (servers.temporal_port, servers.ui_port, servers.mongo_port, servers.ui_url) == (None, None, None, None)
    assert servers.temporal_address == "temporal.example.org:7233"
    assert servers.mongo_uri == "mongodb://db.example.org/?replicaSet=a"
