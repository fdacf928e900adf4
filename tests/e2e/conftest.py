"""The whole real stack, started once: Temporal, mongod, every worker and the API, on free ports."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from live_stack import Live, free_ports

from runtime.embedded.stack import embedded_stack
from runtime.settings import load_settings


@pytest_asyncio.fixture(scope="session")
async def live(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Live]:
    folder = tmp_path_factory.mktemp("stack")
    async with embedded_stack(load_settings({}, **free_ports(folder))) as stack:
        yield Live(stack)
