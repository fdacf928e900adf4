"""Heartbeats while work goes on, and what cancellation does to it."""

from __future__ import annotations

import asyncio

import pytest
from temporalio.testing import ActivityEnvironment

from activities import pool


async def test_it_beats_while_it_waits_and_hands_over_the_result(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pool, "BEAT_SECONDS", 0.01)
    environment = ActivityEnvironment()
    beats: list[object] = []
    done = asyncio.Event()

    def beat(*details: object) -> None:
        beats.append(details)
        if len(beats) == 3:
            done.set()

    environment.on_heartbeat = beat

    async def work() -> str:
        await done.wait()
        return "made"

    assert await environment.run(pool.heartbeating, work()) == "made"
    assert len(beats) == 3


async def test_an_error_of_the_work_is_the_error_of_the_step() -> None:
    async def work() -> None:
        raise ValueError("broken")

    with pytest.raises(ValueError, match="broken"):
        await ActivityEnvironment().run(pool.heartbeating, work())


async def test_cancellation_reaches_the_work() -> None:
    environment = ActivityEnvironment()
    begun, ended = asyncio.Event(), asyncio.Event()

    async def work() -> None:
        begun.set()
        try:
            await asyncio.Event().wait()
        finally:
            ended.set()

    async def step() -> None:
        await pool.heartbeating(work())

    running = asyncio.create_task(environment.run(step))
    await begun.wait()
    environment.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    assert ended.is_set()
