"""Runs that go wrong on the real stack: a full disk, a cancelled run, a killed worker."""

from __future__ import annotations

import asyncio
import json
import os
import resource
import signal
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx
import psutil
import pytest
from live_stack import Live, free_ports
from temporalio.client import Client

from avatar.manifest import GenerationStatus, Manifest
from avatar.run import RunStatus
from avatar.stage import Stage
from runtime.embedded.stack import PARTS, child_environment, embedded_stack
from runtime.settings import Settings, load_settings

pytestmark = pytest.mark.e2e


async def until(live: Live, agent: str, *, stage: Stage | None = None) -> GenerationStatus:
    """The status once the run has ended or reached ``stage``."""
    async with httpx.AsyncClient(base_url=live.url) as http:
        async with asyncio.timeout(180):
            while True:
                status = GenerationStatus.model_validate_json((await http.get(f"/api/avatars/{agent}/status")).content)
                if status.stage is stage or status.status is not RunStatus.RUNNING:
                    return status
                await asyncio.sleep(0.05)


async def ask(live: Live, agent: str, **profile: str) -> GenerationStatus:
    async with httpx.AsyncClient(base_url=live.url) as http:
        answer = await http.post("/api/avatars/generate", json={"agentId": agent, "name": agent, **profile})
        assert answer.status_code == 202, answer.text
        return GenerationStatus.model_validate_json(answer.content)


async def test_a_killed_mesh_worker_costs_an_attempt_not_the_run(live: Live) -> None:
    await ask(live, "survivor")
    await until(live, "survivor", stage=Stage.MODEL)
    worker = next(
        process
        for process in psutil.Process().children(recursive=True)
        if process.cmdline()[-2:] == ["workers", "mesh"]
    )
    worker.send_signal(signal.SIGKILL)
    status = await until(live, "survivor")
    assert (status.status, status.version) == (RunStatus.PUBLISHED, 1), status.error
    build = next(step for step in status.steps if step.step == "build_parametric")
    assert build.attempts >= 2


async def test_a_cancelled_run_moves_nothing(live: Live) -> None:
    await ask(live, "undecided")
    first = await until(live, "undecided")
    assert first.version == 1
    await ask(live, "undecided", description="in a red T-shirt")
    await until(live, "undecided", stage=Stage.MODEL)
    client = await Client.connect(live.stack.where.temporal_address)
    await client.get_workflow_handle("generate/local/undecided").cancel()
    status = await until(live, "undecided")
    assert (status.status, status.current_version, status.version) == (RunStatus.CANCELLED, 1, None)
    assert status.error is not None and status.error.code == "cancelled"
    told = live.avatar("status", "undecided")
    assert "cancelled" in told.out and "version 1 is served" in told.out


@asynccontextmanager
async def mesh_worker(settings: Settings, *, largest_file: int | None = None) -> AsyncIterator[None]:
    """A mesh worker of our own; with ``largest_file`` it cannot write more than so many bytes, as on a full disk."""

    def limit() -> None:
        if largest_file is not None:
            resource.setrlimit(resource.RLIMIT_FSIZE, (largest_file, largest_file))

    process = await asyncio.to_thread(
        subprocess.Popen,
        [sys.executable, "-m", "workers", "mesh"],
        env=os.environ | child_environment(settings),
        preexec_fn=limit,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        yield
    finally:
        process.terminate()
        await asyncio.to_thread(process.wait, 30)


async def test_a_full_disk_fails_the_run_says_so_and_keeps_what_was_there(tmp_path: Path) -> None:
    parts = [part for part in PARTS if part.name != "worker-mesh"]
    async with embedded_stack(load_settings({}, **free_ports(tmp_path)), parts) as stack:
        live = Live(stack)
        async with mesh_worker(stack.settings):
            await ask(live, "ada")
            assert (await until(live, "ada")).version == 1
        async with mesh_worker(stack.settings, largest_file=100_000):
            await ask(live, "ada", description="an old man with a beard")
            status = await until(live, "ada")
        assert (status.status, status.current_version) == (RunStatus.FAILED, 1)
        assert status.error is not None
        assert (status.error.code, status.error.stage, status.error.retryable) == ("storage_full", Stage.MODEL, True)
        assert "AVATAR_DATA" in status.error.detail
        async with httpx.AsyncClient(base_url=live.url) as http:
            manifest = Manifest.model_validate_json((await http.get("/api/avatars/ada")).content)
            assert manifest.version == 1
            assert len((await http.get(manifest.lods[0].url)).content) == manifest.lods[0].bytes
        command = await asyncio.to_thread(live.avatar, "status", "ada", "--json")
        assert json.loads(command.out)["error"]["code"] == "storage_full"
        history = (
            await (await Client.connect(stack.where.temporal_address))
            .get_workflow_handle("generate/local/ada")
            .describe()
        )
        assert history.status is not None and history.status.name == "FAILED"
