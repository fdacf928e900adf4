"""A worker process for the rolling-upgrade test: ``python rolling_worker.py ROLE [changed]``.

It is ``python -m workers ROLE`` with two differences: with ``changed`` its GenerateAvatar is the next version's, and
the mesh role plays its steps, a second and a half each, so that the test is about workers and not about meshes.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any

from changed_workflow import Guarded
from scripted import GOOD, Script
from temporalio.worker import Worker

import workers.__main__ as process
from activities.journal import Journal
from runtime.deployments import deployment_config
from runtime.leaving import leave
from runtime.services import open_services
from runtime.settings import Settings
from workers import roles
from workflows.optimize import OptimizeAvatar
from workflows.policies import POLICIES, Queue

A_STEP_S = 1.5


async def play(name: str, given: Any, attempt: int) -> Any:
    await asyncio.sleep(A_STEP_S)
    return GOOD[name](given, attempt)


MESH = {
    name: (lambda given, attempt, name=name: play(name, given, attempt))
    for name, policy in POLICIES.items()
    if policy.queue is Queue.MESH
}


@asynccontextmanager
async def scripted_mesh(role: roles.Role, settings: Settings) -> AsyncIterator[roles.Opened]:
    """A mesh worker as ``workers.roles`` makes it, without meshes."""
    warm: asyncio.Future[None] = asyncio.get_running_loop().create_future()
    warm.set_result(None)
    async with open_services(settings, reach_temporal=True) as services:
        worker = Worker(
            services.temporal,
            task_queue=Queue.MESH,
            activities=Script(**MESH).activities(),
            interceptors=[Journal()],
            max_concurrent_activities=8,
            graceful_shutdown_timeout=timedelta(seconds=settings.drain_seconds),
            deployment_config=deployment_config(settings),
        )
        yield roles.Opened(worker, warm)


if __name__ == "__main__":
    if "changed" in sys.argv:
        roles.WORKFLOWS = (Guarded, OptimizeAvatar)
    if sys.argv[1] == roles.Role.MESH:
        process.open_worker = scripted_mesh
    leave(process.main())
