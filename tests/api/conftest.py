"""The gateway in this process, on the real Temporal and the real mongod; no workers, so runs stay where they are."""

from __future__ import annotations

import socket
import uuid
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest
import pytest_asyncio
from gateways import Gateway

from api.app import create_app
from runtime.embedded.servers import Servers
from runtime.services import open_services
from runtime.settings import load_settings


@pytest_asyncio.fixture
async def gateway(servers: Servers, tmp_path: Path) -> AsyncIterator[Gateway]:
    database = f"test_{uuid.uuid4().hex[:12]}"
    settings = load_settings(
        {},
        data=tmp_path,
        temporal_address=servers.temporal_address,
        temporal_ui_url=servers.ui_url,
        mongo_uri=servers.mongo_uri,
        mongo_database=database,
    )
    async with open_services(settings) as services:
        app = create_app(settings)
        app.state.services = services
        transport = httpx.ASGITransport(app, raise_app_exceptions=False)
        async with httpx.AsyncClient(transport=transport, base_url="http://gateway") as http:
            yield Gateway(app, services, http)
        await services.connection.client.drop_database(database)


@pytest.fixture
def unused_port() -> int:
    """A port on which nothing listens."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
