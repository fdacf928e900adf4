"""What each worker process does: its queue, its workflows, its activities."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

from temporalio.worker import Worker

from activities.describing import Describing
from activities.housekeeping import Housekeeping
from activities.implement import steps_of
from activities.journal import Journal
from activities.modelling import Modelling, warm_up
from activities.publishing import Publishing
from activities.recalling import Recalling
from activities.wishes import Granting, WishRecords
from avatar.gltf.encoded import EncodedImages
from runtime.deployments import deployment_config
from runtime.mesh_pool import ProcessMeshPool
from runtime.schedules import ensure_schedules
from runtime.services import open_services
from runtime.settings import Settings
from runtime.toolchain import toolchain
from workflows.policies import Queue
from workflows.sandbox import RUNNER, WORKFLOWS

STICKY = timedelta(seconds=4)  # how long a workflow waits for the worker that knows it before another takes it over
BEAT_AT_LEAST_EVERY = timedelta(seconds=5)  # cancellation reaches an activity with its heartbeats


class Role(StrEnum):
    CONTROL = "control"
    PROVIDER = "provider"
    MESH = "mesh"


@dataclass(frozen=True, slots=True)
class Opened:
    """A worker to run, and what to wait for before it works at full speed; it may run meanwhile."""

    worker: Worker
    warm: asyncio.Future[None]


@asynccontextmanager
async def open_worker(role: Role, settings: Settings) -> AsyncIterator[Opened]:
    """A worker of that role with all it needs open; run it while inside."""
    at_once: asyncio.Future[None] = asyncio.get_running_loop().create_future()
    at_once.set_result(None)
    version = deployment_config(settings)
    drain = timedelta(seconds=settings.drain_seconds)
    async with open_services(settings, reach_temporal=True) as services:
        match role:
            case Role.CONTROL:
                await ensure_schedules(services)
                control = Worker(
                    services.temporal,
                    task_queue=Queue.CONTROL,
                    workflows=WORKFLOWS,
                    workflow_runner=RUNNER,
                    sticky_queue_schedule_to_start_timeout=STICKY,
                    activities=[
                        *steps_of(Publishing(services.connection, services.blobs)).values(),
                        *steps_of(Recalling(services.blobs)).values(),
                        *steps_of(Housekeeping(services.connection, services.blobs)).values(),
                        *steps_of(WishRecords()).values(),
                    ],
                    interceptors=[Journal()],
                    graceful_shutdown_timeout=drain,
                    deployment_config=version,
                )
                yield Opened(control, at_once)
            case Role.PROVIDER:
                provider = Worker(
                    services.temporal,
                    task_queue=Queue.PROVIDER,
                    activities=list(steps_of(Describing()).values()),
                    interceptors=[Journal()],
                    max_heartbeat_throttle_interval=BEAT_AT_LEAST_EVERY,
                    graceful_shutdown_timeout=drain,
                    deployment_config=version,
                )
                yield Opened(provider, at_once)
            case Role.MESH:
                encoded = EncodedImages(settings.encoded_images, settings.image_cache_mb * 2**20)
                processes, memory = settings.mesh_processes, settings.mesh_memory_mb
                async with ProcessMeshPool(toolchain(), encoded, processes, memory) as pool:
                    warming = asyncio.create_task(pool.warm_up(warm_up))
                    mesh = Worker(
                        services.temporal,
                        task_queue=Queue.MESH,
                        activities=[
                            *steps_of(Modelling(services.blobs, pool)).values(),
                            *steps_of(Granting(services.blobs, pool)).values(),
                        ],
                        interceptors=[Journal()],
                        max_concurrent_activities=settings.mesh_processes,
                        max_heartbeat_throttle_interval=BEAT_AT_LEAST_EVERY,
                        graceful_shutdown_timeout=drain,
                        deployment_config=version,
                    )
                    try:
                        yield Opened(mesh, warming)
                    finally:
                        warming.cancel()
