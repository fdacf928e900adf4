"""Waiting for what another process does."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import psutil

PATIENCE_S = 30.0


async def until(condition: Callable[[], bool]) -> None:
    """Return once ``condition`` holds. Raises TimeoutError when it never does."""
    async with asyncio.timeout(PATIENCE_S):
        while True:
            if condition():
                return
            await asyncio.sleep(0.02)


def gone(pid: int) -> bool:
    """Whether no such process runs (one that ended and waits to be collected does not)."""
    try:
        return psutil.Process(pid).status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True
