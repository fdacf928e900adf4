"""The main job on the real stack: request to published, memory of every process, Temporal's share.

python -m bench.main_job [PROFILE.json]
"""

from __future__ import annotations

import asyncio
import json
import statistics
import sys
import tempfile
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import httpx
import psutil
from temporalio.api.enums.v1 import EventType
from temporalio.client import Client, WorkflowHandle

from avatar.manifest import GenerationStatus, Manifest
from avatar.run import RunStatus
from runtime.embedded.stack import Stack, embedded_stack
from runtime.settings import load_settings

RUNS = 5
ADA = Path(__file__).parents[1] / "examples" / "ada.json"
POLL_SECONDS = 0.1
Interval = tuple[datetime, datetime]


@dataclass(frozen=True, slots=True)
class Run:
    """One generation, measured."""

    seconds: float  # request to published, as the catalog has it
    temporal_share: float  # 0..1: time in which no activity ran
    status: GenerationStatus
    manifest: Manifest


@dataclass(frozen=True, slots=True)
class Measured:
    """All runs on one stack."""

    seconds_to_ready: float
    runs: tuple[Run, ...]
    peak_mb: dict[str, float]  # process -> largest resident set seen
    source: bytes  # the last run's source model, for other benches


class MemoryWatch:
    """The largest resident set of each process below this one and of all together, sampled every 100 ms."""

    def __init__(self) -> None:
        self.peak_mb: dict[str, float] = {}
        self.total_mb = 0.0  # the most that all of them had together

    def sample(self) -> None:
        total = 0.0
        for process in psutil.Process().children(recursive=True):
            try:
                name, size = name_of(process), process.memory_info().rss / 1e6
            except psutil.Error:
                continue
            self.peak_mb[name] = max(size, self.peak_mb.get(name, 0.0))
            total += size
        self.total_mb = max(total, self.total_mb)

    async def watch(self) -> None:
        while True:
            self.sample()
            await asyncio.sleep(POLL_SECONDS)


def name_of(process: psutil.Process) -> str:
    """What a person would call it; pool processes and guests of one kind share a name."""
    words = process.cmdline()
    line = " ".join(words)
    for sign, name in (
        ("multiprocessing.spawn", "mesh pool process"),
        ("multiprocessing.resource_tracker", "mesh pool tracker"),
        ("avatar/picture/child.py", "renderer"),
        ("sidecar.mjs", "Node sidecar"),
        ("mongod", "mongod"),
        ("server start-dev", "Temporal"),
        ("workers control", "worker control"),
        ("workers provider", "worker provider"),
        ("workers mesh", "worker mesh"),
        ("-m api", "API"),
    ):
        if sign in line:
            return name
    return Path(words[0]).name if words else process.name()


async def activity_intervals(handle: WorkflowHandle[object, object]) -> tuple[Interval, list[Interval], list[str]]:
    """(start and end of the workflow, its activities' from start to completion, ids of its children)."""
    began: dict[int, datetime] = {}
    activities: list[Interval] = []
    children: list[str] = []
    times: list[datetime] = []
    async for event in handle.fetch_history_events():
        now = event.event_time.ToDatetime()
        times.append(now)
        if event.event_type == EventType.EVENT_TYPE_ACTIVITY_TASK_STARTED:
            began[event.event_id] = now
        elif event.event_type == EventType.EVENT_TYPE_ACTIVITY_TASK_COMPLETED:
            activities.append((began[event.activity_task_completed_event_attributes.started_event_id], now))
        elif event.event_type == EventType.EVENT_TYPE_CHILD_WORKFLOW_EXECUTION_STARTED:
            children.append(event.child_workflow_execution_started_event_attributes.workflow_execution.workflow_id)
    return (times[0], times[-1]), activities, children


def covered(intervals: Iterable[Interval]) -> float:
    """Seconds in which at least one of the intervals is open."""
    total, reached = 0.0, datetime.min
    for start, end in sorted(intervals):
        total += max(0.0, (end - max(start, reached)).total_seconds())
        reached = max(reached, end)
    return total


async def temporal_share(client: Client, workflow_id: str) -> float:
    """The part of a run's time, 0..1, in which neither it nor its child had an activity running."""
    (start, end), activities, children = await activity_intervals(client.get_workflow_handle(workflow_id))
    for child in children:
        activities += (await activity_intervals(client.get_workflow_handle(child)))[1]
    return 1.0 - covered(activities) / (end - start).total_seconds()


async def one_run(stack: Stack, client: Client, profile: bytes) -> Run:
    """Ask for the avatar over HTTP as any client would, poll until it is published, measure."""
    async with httpx.AsyncClient(base_url=stack.where.api_url, timeout=30) as http:
        answer = await http.post("/api/avatars/generate", content=profile)
        answer.raise_for_status()
        status = GenerationStatus.model_validate_json(answer.content)
        path = f"/api/avatars/{status.agent_id}"
        while status.status is RunStatus.RUNNING:
            await asyncio.sleep(POLL_SECONDS)
            status = GenerationStatus.model_validate_json((await http.get(f"{path}/status")).content)
        if status.status is not RunStatus.PUBLISHED:
            raise SystemExit(f"the run ended as {status.status}: {status.error}")
        manifest = Manifest.model_validate_json((await http.get(path)).content)
    # The workflow closes a moment after its last activity.
    workflow_id = f"generate/local/{status.agent_id}"
    await client.get_workflow_handle(workflow_id).result()
    return Run(status.elapsed_seconds, await temporal_share(client, workflow_id), status, manifest)


def renamed(profile: bytes, turn: int) -> bytes:
    """The profile under an agent id of its own: a second run of one agent would reuse what the first has made."""
    return json.dumps({**json.loads(profile), "agentId": f"bench-{turn}"}).encode()


async def measure(profile: bytes, runs: int = RUNS) -> Measured:
    """A fresh stack, one run to warm it up, then ``runs`` measured ones."""
    with tempfile.TemporaryDirectory(prefix="avatar-bench-") as folder:
        settings = load_settings({}, data=folder, api_port=0, temporal_port=0, temporal_ui_port=0, mongo_port=0)
        memory = MemoryWatch()
        watching = asyncio.create_task(memory.watch())
        try:
            async with embedded_stack(settings) as stack:
                client = await Client.connect(stack.where.temporal_address)
                measured = [await one_run(stack, client, renamed(profile, turn)) for turn in range(runs + 1)]
                source = await source_of(stack, measured[-1].manifest)
        finally:
            watching.cancel()
        return Measured(stack.seconds_to_ready, tuple(measured), memory.peak_mb, source)


async def source_of(stack: Stack, manifest: Manifest) -> bytes:
    """The model that the levels were made of, from the blob store."""
    from avatar.catalog.avatars import get_version
    from avatar.catalog.connection import open_catalog
    from avatar.storage.local import LocalBlobs

    assert stack.settings.mongo_uri
    async with open_catalog(stack.settings.mongo_uri, stack.settings.mongo_database):
        version = await get_version("local", manifest.agent_id, manifest.version)
    return await LocalBlobs(stack.settings.blobs).get(version.source)


def report(measured: Measured) -> str:
    """Markdown."""
    first, *rest = measured.runs
    seconds = [run.seconds for run in rest]
    shares = [run.temporal_share for run in rest]
    lines = [
        "| figure | min | median | max | limit |",
        "|---|---|---|---|---|",
        f"| request to published, s ({len(rest)} runs) | {spread(seconds, 2)} | 10 |",
        f"| Temporal's share of it, % | {spread([100 * share for share in shares], 1)} | 15 |",
        "",
        f"Stack ready in {measured.seconds_to_ready:.1f} s; first run {first.seconds:.2f} s.",
        "",
        "| step | median s |",
        "|---|---|",
    ]
    for step in rest[-1].status.steps:
        times = [s.seconds for run in rest for s in run.status.steps if s.step == step.step and s.seconds is not None]
        lines.append(f"| {step.step} | {statistics.median(times):.2f} |")
    lines += ["", "| process | peak MB (limit 600) |", "|---|---|"]
    lines += [f"| {name} | {size:.0f} |" for name, size in sorted(measured.peak_mb.items(), key=lambda item: -item[1])]
    lines += ["", "| level | triangles | vertices | draw calls | KiB |", "|---|---|---|---|---|"]
    for lod in rest[-1].manifest.lods:
        lines.append(f"| {lod.level} | {lod.triangles} | {lod.vertices} | {lod.draw_calls} | {lod.bytes / 1024:.0f} |")
    return "\n".join(lines)


def spread(values: Sequence[float], digits: int) -> str:
    """min | median | max"""
    return " | ".join(f"{value:.{digits}f}" for value in (min(values), statistics.median(values), max(values)))


def main(arguments: Sequence[str]) -> int:
    profile = Path(arguments[0]) if arguments else ADA
    began = time.monotonic()
    print(report(asyncio.run(measure(profile.read_bytes()))))
    print(f"\nMeasured in {time.monotonic() - began:.0f} s.")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
