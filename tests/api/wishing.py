"""What tests of variants and of pictures by address share."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any

import httpx
from gateways import Gateway
from publications import a_lod
from publications import publish as publish_version
from temporalio import activity

from api.app import create_app
from avatar.manifest import Bounds, ModelFacts, VersionRecord
from runtime.services import open_services

GLB = "model/gltf-binary"
MORPHS = ("jawOpen", "mouthOpen", "mouthSmile", "viseme_aa")
LODS = tuple(b"level %d" % level * 1000 for level in range(3))


class Turnstile:
    """What makes files in a test: tells that it was ``reached``, goes on once it is ``open``."""

    def __init__(self) -> None:
        self.open = asyncio.Event()
        self.open.set()
        self.reached = asyncio.Event()

    async def passed(self) -> None:
        self.reached.set()
        while not self.open.is_set():
            activity.heartbeat()
            await asyncio.sleep(0.02)


async def publish(gateway: Gateway, agent: str = "ada", **changes: Any) -> VersionRecord:
    """The agent's next version, of a model that nobody else has."""
    blobs = gateway.services.blobs
    lods = tuple([a_lod(await blobs.put(data, GLB), level) for level, data in enumerate(LODS)])
    source = await blobs.put(uuid.uuid4().bytes, GLB)
    model = ModelFacts(joints=("Hips",), morphs=MORPHS, bounds=Bounds(min=(0, 0, 0), max=(1, 2, 1)))
    return await publish_version(
        gateway.services.connection, agent, **{"source": source, "lods": lods, "model": model, **changes}
    )


async def until(holds: Callable[[], Awaitable[bool]]) -> None:
    """Wait for a moment until it holds."""
    async with asyncio.timeout(10):
        while True:
            if await holds():
                return
            await asyncio.sleep(0.02)


async def following(gateway: Gateway) -> None:
    """Wait until the feed hears of changes."""

    async def open_now() -> bool:
        return bool(gateway.app.state.feed.open)

    await until(open_now)


def with_settings(gateway: Gateway, **settings: Any) -> Gateway:
    """The same gateway set otherwise."""
    services = replace(gateway.services, settings=gateway.services.settings.model_copy(update=settings))
    gateway.app.state.services = services
    return replace(gateway, services=services)


@asynccontextmanager
async def another(gateway: Gateway) -> AsyncIterator[Gateway]:
    """A second API process on the same servers."""
    async with open_services(gateway.services.settings) as services:
        app = create_app(services.settings)
        app.state.services = services
        transport = httpx.ASGITransport(app, raise_app_exceptions=False)
        async with httpx.AsyncClient(transport=transport, base_url="http://other") as http:
            yield Gateway(app, services, http)
