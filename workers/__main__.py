"""``python -m workers ROLE``: one worker process. ROLE is control, provider or mesh."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import structlog

from avatar.errors import AvatarError
from runtime.leaving import leave
from runtime.logs import set_up_logging
from runtime.settings import Settings, load_settings
from runtime.telemetry import tracing
from runtime.temporal_core import set_up_temporal_core
from workers.health import Health
from workers.http_server import http_server
from workers.roles import Role, open_worker

log = structlog.get_logger()


async def serve(role: Role, settings: Settings) -> None:
    """Work until SIGINT or SIGTERM, then finish what is under way and stop.

    What has not finished within ``AVATAR_DRAIN_SECONDS`` is cancelled here and done again elsewhere, at once.
    """
    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    async with AsyncExitStack() as stack:
        opened = await stack.enter_async_context(open_worker(role, settings))
        health = Health(role, opened)
        if settings.worker_port is not None:
            stack.enter_context(http_server(settings.worker_host, settings.worker_port, health.pages()))
        working = asyncio.create_task(opened.worker.run())
        stopped = asyncio.create_task(stop.wait())
        begun: set[asyncio.Future[Any]] = {working, stopped, opened.warm}
        await asyncio.wait(begun, return_when=asyncio.FIRST_COMPLETED)
        if opened.warm.done():
            announce_ready()
            log.info("ready", role=role.value)
        await asyncio.wait(begun - {opened.warm}, return_when=asyncio.FIRST_COMPLETED)
        if working.done():
            working.result()
        log.info("draining", role=role.value)
        health.draining = True
        await opened.worker.shutdown()
        await working


def announce_ready() -> None:
    """Tell whoever started this process that it works now: touch the file they named."""
    if path := os.environ.get("AVATAR_READY_FILE"):
        Path(path).write_text(str(os.getpid()))


def main() -> int:
    try:
        role = Role(sys.argv[1])
    except (IndexError, ValueError):
        print(f"usage: python -m workers {{{'|'.join(Role)}}}", file=sys.stderr)
        return 2
    try:
        settings = load_settings()
        part = f"worker-{role.value}"
        set_up_logging(settings.log_level, part)
        set_up_temporal_core(measured=settings.worker_port is not None)
        with tracing(settings.traces, f"ar-avatar-{part}"):
            asyncio.run(serve(role, settings))
    except AvatarError as error:
        print(str(error), file=sys.stderr)
        return error.exit_code
    return 0


if __name__ == "__main__":
    leave(main())
