"""Workers beside the gateway: what writes to the catalog is real, what makes models follows a script."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any

from gateways import Gateway
from scripted import GOOD, SCRIPTED_BYTES, Play, Script
from temporalio import activity
from temporalio.worker import Worker

from activities.describing import Describing
from activities.implement import steps_of
from activities.journal import Journal
from activities.publishing import Publishing
from activities.recalling import Recalling
from activities.wishes import WishRecords
from runtime.services import connect_temporal
from workflows.policies import Queue
from workflows.sandbox import RUNNER, WORKFLOWS

GLB = "model/gltf-binary"
MADE = ((b"source", GLB), (b"repainted", GLB), (b"lod0", GLB), (b"lod1", GLB), (b"lod2", GLB), (b"png", "image/png"))
"""What the script's steps say they have made: nothing is published, nor recalled, that is not in the store."""


class Gate:
    """Holds a step until it is opened; ``reached`` tells that the step has come to it."""

    def __init__(self, step: str) -> None:
        self._step = step
        self.reached = asyncio.Event()
        self.open = asyncio.Event()

    async def __call__(self, given: Any, attempt: int) -> Any:
        self.reached.set()
        while not self.open.is_set():
            activity.heartbeat()
            await asyncio.sleep(0.05)
        return GOOD[self._step](given, attempt)


@asynccontextmanager
async def working(gateway: Gateway, **plays: Play) -> AsyncIterator[Script]:
    """Workers on the three queues while inside."""
    services = gateway.services
    temporal = await connect_temporal(services.settings)  # the gateway's own connects late, workers cannot
    for data, kind in MADE:
        await services.blobs.put(data, kind)
    parts = (Publishing(services.connection, services.blobs), Recalling(services.blobs), Describing(), WishRecords())
    real = {
        name: lambda given, attempt, call=call: call(given) for part in parts for name, call in steps_of(part).items()
    }
    script = Script(**{**real, **plays})
    for data, media_type in SCRIPTED_BYTES:
        await services.blobs.put(data, media_type)
    async with AsyncExitStack() as stack:
        for queue in Queue:
            await stack.enter_async_context(
                Worker(
                    temporal,
                    task_queue=queue,
                    workflows=WORKFLOWS if queue is Queue.CONTROL else [],
                    workflow_runner=RUNNER,
                    activities=script.activities(),
                    interceptors=[Journal()],
                )
            )
        yield script


async def settled(gateway: Gateway, agent_id: str) -> dict[str, Any]:
    """The status of the agent's latest run once it has ended."""
    async with asyncio.timeout(30):
        while True:
            status: dict[str, Any] = (await gateway.http.get(f"/api/avatars/{agent_id}/status")).json()
            if status["status"] != "running":
                return status
            await asyncio.sleep(0.03)
