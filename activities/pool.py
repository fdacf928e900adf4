"""The port through which activities reach CPU-bound work, and how they stay alive meanwhile."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Concatenate, ParamSpec, Protocol, TypeVar

from temporalio import activity

from avatar.gltf.encoded import EncodedImages
from avatar.gltf.guests.sidecar import Sidecar
from avatar.picture import Studio

P = ParamSpec("P")
T = TypeVar("T")

BEAT_SECONDS = 2.0


class MeshTools(Protocol):
    """What a mesh process keeps warm between jobs."""

    @property
    def sidecar(self) -> Sidecar:
        """The codec process; restarted after it failed."""
        ...

    @property
    def encoded(self) -> EncodedImages:
        """Images that were encoded before, here or by another process."""
        ...

    @property
    def studio(self) -> Studio:
        """The renderer's process; restarted after it failed."""
        ...


class MeshPool(Protocol):
    """Processes for work that would block an event loop."""

    async def run(self, job: Callable[Concatenate[MeshTools, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Run a top-level function in a mesh process. Raises what it raises; CodecFailed when the process dies."""
        ...


async def heartbeating(work: Awaitable[T]) -> T:
    """Await ``work`` and tell Temporal every two seconds that this worker lives. Cancels it when cancelled."""
    task = asyncio.ensure_future(work)
    try:
        while not task.done():
            activity.heartbeat()
            await asyncio.wait({task}, timeout=BEAT_SECONDS)
    except asyncio.CancelledError:
        task.cancel()
        await asyncio.wait({task})
        raise
    return task.result()
