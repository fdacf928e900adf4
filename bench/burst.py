"""Twenty generations asked for at once, on the real stack: in which order they are published, and what it takes.

python -m bench.burst
"""

from __future__ import annotations

import asyncio
import json
import tempfile
import time
from dataclasses import dataclass

import httpx

from avatar.manifest import GenerationStatus
from avatar.request import Urgency
from avatar.run import RunStatus
from bench.main_job import ADA, MemoryWatch
from runtime.embedded.stack import embedded_stack
from runtime.settings import load_settings

ASKED = (*[Urgency.LOW] * 5, *[Urgency.NORMAL] * 10, *[Urgency.HIGH] * 5)  # the urgent ones come last


@dataclass(frozen=True, slots=True)
class Done:
    """One of the twenty."""

    urgency: Urgency
    seconds: float  # from the first request of all to its publication
    status: RunStatus


@dataclass(frozen=True, slots=True)
class Burst:
    """All of them, in the order of their publication."""

    done: tuple[Done, ...]
    peak_mb: dict[str, float]
    total_mb: float


async def measure() -> Burst:
    """Ask for all within a moment, wait for all."""
    with tempfile.TemporaryDirectory(prefix="avatar-bench-") as folder:
        settings = load_settings({}, data=folder, api_port=0, temporal_port=0, temporal_ui_port=0, mongo_port=0)
        memory = MemoryWatch()
        watching = asyncio.create_task(memory.watch())
        try:
            async with (
                embedded_stack(settings) as stack,
                httpx.AsyncClient(base_url=stack.where.api_url, timeout=60) as http,
            ):
                began = time.monotonic()
                done = await asyncio.gather(*(one(http, n, urgency, began) for n, urgency in enumerate(ASKED)))
        finally:
            watching.cancel()
    return Burst(tuple(sorted(done, key=lambda run: run.seconds)), memory.peak_mb, memory.total_mb)


async def one(http: httpx.AsyncClient, number: int, urgency: Urgency, began: float) -> Done:
    """Ask, then wait for the end by long polls."""
    profile = {**json.loads(ADA.read_bytes()), "agentId": f"burst-{number:02}"}
    await asyncio.sleep(number * 0.01)  # so that the order of arrival is known
    answer = await http.post("/api/avatars/generate", params={"urgency": urgency.value}, json=profile)
    answer.raise_for_status()
    status = GenerationStatus.model_validate_json(answer.content)
    etag = ""
    while status.status is RunStatus.RUNNING:
        path = f"/api/avatars/{status.agent_id}/status"
        answer = await http.get(path, params={"wait": 20}, headers={"If-None-Match": etag} if etag else {})
        if answer.status_code == httpx.codes.OK:
            etag = answer.headers["etag"]
            status = GenerationStatus.model_validate_json(answer.content)
    return Done(urgency, time.monotonic() - began, status.status)


def report(burst: Burst) -> str:
    """Markdown."""
    lines = [
        "Asked for in this order: " + ", ".join(f"{ASKED.count(u)} {u.value}" for u in dict.fromkeys(ASKED)) + ".\n",
        "| published | urgency | s after the first request |",
        "|---|---|---|",
    ]
    lines += [
        f"| {n} | {run.urgency.value} | {run.seconds:.1f} |"
        if run.status is RunStatus.PUBLISHED
        else f"| {n} | {run.urgency.value} | {run.status.value} |"
        for n, run in enumerate(burst.done, start=1)
    ]
    largest = max(burst.peak_mb, key=lambda name: burst.peak_mb[name])
    lines.append(
        f"\nLargest process: {largest}, {burst.peak_mb[largest]:.0f} MB; "
        f"all processes together at most {burst.total_mb:.0f} MB (pages they share count for each)."
    )
    return "\n".join(lines)


if __name__ == "__main__":
    print(report(asyncio.run(measure())))
