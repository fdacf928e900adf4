"""What tests share: one Temporal and one mongod for the whole session, a fresh catalog for each test."""

from __future__ import annotations

import uuid
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from azurites import Azurite, running_azurite

from avatar.catalog.connection import Connection, open_catalog
from runtime.embedded.servers import Servers, embedded_servers


@pytest_asyncio.fixture(scope="session")
async def servers(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Servers]:
    """The real Temporal dev server and the real mongod, on free ports."""
    folder: Path = tmp_path_factory.mktemp("servers")
    async with embedded_servers(folder) as started:
        yield started


@pytest_asyncio.fixture(scope="session")
async def azurite(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Azurite]:
    """The real Azurite; each test takes a container of its own."""
    async with running_azurite(tmp_path_factory.mktemp("azurite")) as started:
        yield started


@pytest_asyncio.fixture
async def catalog(servers: Servers) -> AsyncIterator[Connection]:
    """An open catalog in a database of its own."""
    database = f"test_{uuid.uuid4().hex[:12]}"
    async with open_catalog(servers.mongo_uri, database) as connection:
        yield connection
        await connection.client.drop_database(database)
