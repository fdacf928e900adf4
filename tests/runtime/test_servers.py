"""The real Temporal and mongod: they come up, keep their data through kill -9 and other ports, and go away."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psutil
import pytest
from pymongo import AsyncMongoClient
from temporalio.client import Client, WorkflowExecutionStatus
from temporalio.common import SearchAttributePair, TypedSearchAttributes

from avatar.errors import Unavailable
from runtime.embedded import temporal_server
from runtime.embedded.children import Children
from runtime.embedded.ports import free_port
from runtime.embedded.servers import Servers, embedded_servers, plan_servers, start_servers
from runtime.embedded.temporal_server import missing_search_attributes, search_attribute_types, start_temporal
from runtime.settings import load_settings
from workflows.policies import SEARCH_ATTRIBUTES, TENANT

ANY_PORTS = {"temporal_port": 0, "temporal_ui_port": 0, "mongo_port": 0}


@contextmanager
def opened(servers: Servers) -> Iterator[AsyncMongoClient[dict[str, Any]]]:
    client: AsyncMongoClient[dict[str, Any]] = AsyncMongoClient(servers.mongo_uri)
    yield client


async def test_data_survives_kill_9_and_other_ports(tmp_path: Path) -> None:
    settings = load_settings({}, data=tmp_path, **ANY_PORTS)
    first = plan_servers(settings)
    async with Children() as children:
        await start_servers(children, tmp_path, first)
        with opened(first) as mongo:
            await mongo.house.guests.insert_one({"name": "Ada"})
            await mongo.close()
        temporal = await Client.connect(first.temporal_address)
        await temporal.start_workflow(
            "Wait",
            id="generate/local/ada",
            task_queue="nobody-listens",
            search_attributes=TypedSearchAttributes([SearchAttributePair(TENANT, "local")]),
        )
        for child in children:
            child.process.kill()
            await child.process.wait()

    second = plan_servers(settings)
    assert (second.temporal_port, second.mongo_port) != (first.temporal_port, first.mongo_port)
    async with Children() as children:
        await start_servers(children, tmp_path, second)
        with opened(second) as mongo:
            async with mongo.start_session() as session, await session.start_transaction():
                found = await mongo.house.guests.find_one({}, session=session)
                await mongo.house.guests.insert_one({"name": "Grace"}, session=session)
            assert found is not None
            assert found["name"] == "Ada"
            assert await mongo.house.guests.count_documents({}) == 2
            await mongo.close()
        temporal = await Client.connect(second.temporal_address)
        described = await temporal.get_workflow_handle("generate/local/ada").describe()
        assert described.status is WorkflowExecutionStatus.RUNNING
        assert described.typed_search_attributes[TENANT] == "local"
        pids = [child.pid for child in children]
    assert not any(psutil.pid_exists(pid) for pid in pids)


async def test_everything_listens_on_loopback_alone(tmp_path: Path) -> None:
    async with Children() as children:
        await start_servers(children, tmp_path, plan_servers(load_settings({}, data=tmp_path, **ANY_PORTS)))
        hosts = {
            connection.laddr.ip
            for child in children
            for connection in psutil.Process(child.pid).net_connections("all")
            if connection.status == psutil.CONN_LISTEN
        }
    assert hosts == {"127.0.0.1"}


async def test_an_older_database_gets_new_search_attributes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async def serve(port: int) -> dict[str, str]:
        async with Children() as children:
            await start_temporal(
                children, tmp_path / "temporal", tmp_path / "t.log", port=port, ui_port=free_port(), namespace="older"
            )
            client = await Client.connect(f"127.0.0.1:{port}", namespace="older")
            with monkeypatch.context() as now:
                now.setattr(temporal_server, "SEARCH_ATTRIBUTES", SEARCH_ATTRIBUTES)
                return await missing_search_attributes(client)

    with monkeypatch.context() as earlier:
        earlier.setattr(temporal_server, "SEARCH_ATTRIBUTES", SEARCH_ATTRIBUTES[:2])
        assert list(await serve(free_port())) == [key.name for key in SEARCH_ATTRIBUTES[2:]]
    assert await serve(free_port()) == {}


def test_search_attribute_types_are_spelt_as_the_temporal_cli_spells_them() -> None:
    assert search_attribute_types() == {
        "Tenant": "Keyword",
        "AgentId": "Keyword",
        "AvatarVersion": "Int",
        "Provider": "Keyword",
        "Stage": "Keyword",
        "AvatarStyle": "Keyword",
    }


async def test_a_server_that_cannot_read_its_data_says_so_and_leaves_nothing(tmp_path: Path) -> None:
    (tmp_path / "temporal").mkdir()
    (tmp_path / "temporal" / "temporal.db").write_text("this is no database, and long enough to be looked at")
    with pytest.raises(Unavailable) as caught:
        async with embedded_servers(tmp_path):
            pytest.fail("it came up on a broken database")
    assert "temporal ended with code 1 at start" in str(caught.value)
    assert "file is not a database" in str(caught.value)
    left = [process for process in psutil.Process().children() if process.name() in ("temporal", "mongod")]
    assert not [process for process in left if str(tmp_path) in " ".join(process.cmdline())]
