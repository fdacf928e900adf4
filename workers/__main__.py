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
from runtime.logs import set_up_logging
from runtime.settings import load_settings
from workers.roles import Role, open_worker

log = structlog.get_logger()


async def serve(role: Role) -> None:
    """Work until SIGINT or SIGTERM, then finish what is under way and stop."""
    settings = load_settings()
    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    async with AsyncExitStack() as stack:
        opened = await stack.enter_async_context(open_worker(role, settings))
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
        set_up_logging(settings.log_level, f"worker-{role.value}")
        asyncio.run(serve(role))
    except AvatarError as error:
        print(str(error), file=sys.stderr)
        return error.exit_code
    return 0


if __name__ == "__main__":
    sys.exit(main())
