"""Real worker processes: what they tell of themselves, and how they stop.

Some of them send traces to a collector that is away, which must not be noticed but in their logs.
"""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
import uuid
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any

import httpx
import pytest
import pytest_asyncio
from patience import until
from prometheus_client.parser import text_string_to_metric_families
from slow_worker import BEGUN, GO
from temporalio.client import Client

from api.app import create_app
from avatar.manifest import GenerationStatus
from avatar.run import RunStatus
from runtime.embedded.ports import free_port
from runtime.embedded.servers import Servers
from runtime.embedded.stack import child_environment
from runtime.services import open_services
from runtime.settings import Settings, Traces, load_settings

NO_COLLECTOR = {"OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:9", "OTEL_BSP_SCHEDULE_DELAY": "100"}
SLOW_WORKER = Path(__file__).with_name("slow_worker.py")


@dataclass(frozen=True)
class Process:
    """A worker process and where it answers."""

    process: asyncio.subprocess.Process
    http: httpx.AsyncClient
    log: Path

    def lines(self) -> list[dict[str, object]]:
        return [json.loads(line) for line in self.log.read_text().splitlines()]

    async def ready(self) -> httpx.Response:
        return await self.http.get("/health/ready")


@asynccontextmanager
async def worker(
    role: str,
    settings: Settings,
    *program: str | Path,
    drain: int = 5,
    traces: Traces = "off",
    environment: Mapping[str, str | Path] = MappingProxyType({}),
) -> AsyncIterator[Process]:
    """A worker process with an HTTP port; killed at the end if it still runs."""
    port = free_port()
    own = settings.model_copy(update={"worker_port": port, "drain_seconds": drain, "traces": traces})
    log = settings.data_dir / f"{role}-{port}.log"
    with log.open("wb") as output:
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, *map(str, program or ("-m", "workers")), role),
            env=os.environ | child_environment(own) | {name: str(value) for name, value in environment.items()},
            stdout=output,
            stderr=output,
        )
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", trust_env=False, timeout=10) as http:
        try:
            yield Process(process, http, log)
        finally:
            if process.returncode is None:
                process.kill()
            await process.wait()


@pytest.fixture(scope="module")
def settings(servers: Servers, tmp_path_factory: pytest.TempPathFactory) -> Settings:
    return load_settings(
        {},
        data=tmp_path_factory.mktemp("workers"),
        temporal_address=servers.temporal_address,
        mongo_uri=servers.mongo_uri,
        mongo_database=f"test_{uuid.uuid4().hex[:12]}",
        mesh_processes=1,
    )


@pytest_asyncio.fixture(scope="module")
async def control(settings: Settings) -> AsyncIterator[Process]:
    async with worker("control", settings, traces="otlp", environment=NO_COLLECTOR) as process:
        yield process


@pytest_asyncio.fixture(scope="module")
async def gateway(settings: Settings, control: Process) -> AsyncIterator[httpx.AsyncClient]:
    """The API in this process, with a control and a provider worker, and no mesh worker."""
    async with open_services(settings) as services, worker("provider", settings):
        app = create_app(settings)
        app.state.services = services
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://gateway") as http:
            yield http
        await services.connection.client.drop_database(settings.mongo_database)


async def answers(of: Process, status: int) -> dict[str, object]:
    """What /health/ready says once it answers with ``status``."""
    async with asyncio.timeout(60):
        while True:
            try:
                answer = await of.ready()
            except httpx.TransportError:
                answer = None
            if answer is not None and answer.status_code == status:
                said: dict[str, object] = answer.json()
                return said
            await asyncio.sleep(0.05)


async def ask(gateway: httpx.AsyncClient, agent: str, request_id: str) -> None:
    answer = await gateway.post(
        "/api/avatars/generate", json={"agentId": agent, "name": agent}, headers={"x-request-id": request_id}
    )
    assert answer.status_code == 202, answer.text


async def finished(gateway: httpx.AsyncClient, agent: str) -> GenerationStatus:
    # Well below the 15 s after which Temporal gives up on a mesh worker that fell silent, at every step of it.
    async with asyncio.timeout(60):
        while True:
            status = GenerationStatus.model_validate_json((await gateway.get(f"/api/avatars/{agent}/status")).content)
            if status.status is not RunStatus.RUNNING:
                return status
            await asyncio.sleep(0.1)


def attempts(status: GenerationStatus, step: str) -> int:
    return next(told.attempts for told in status.steps if told.step == step)


def samples(text: str) -> Mapping[tuple[str, tuple[tuple[str, str], ...]], float]:
    """Every sample of a Prometheus text, which must not hold one twice."""
    found: dict[tuple[str, tuple[tuple[str, str], ...]], float] = {}
    for family in text_string_to_metric_families(text):
        for sample in family.samples:
            key = (sample.name, tuple(sorted(sample.labels.items())))
            assert key not in found, key
            found[key] = sample.value
    return found


async def metrics_of(of: Process, wanted: tuple[str, tuple[tuple[str, str], ...]]) -> Mapping[Any, float]:
    """Its metrics once ``wanted`` is there and not zero."""
    async with asyncio.timeout(60):
        while True:
            answer = await of.http.get("/metrics")
            assert answer.headers["content-type"].startswith("text/plain")
            told = samples(answer.text)
            if told.get(wanted, 0) > 0:
                return told
            await asyncio.sleep(0.3)


async def why_again(settings: Settings, agent: str, attempt: int) -> str:
    """What kind of failure came before that attempt at one of the run's steps."""
    assert settings.temporal_address
    client = await Client.connect(settings.temporal_address)
    history = await client.get_workflow_handle(f"generate/local/{agent}").fetch_history()
    begun = [event.activity_task_started_event_attributes for event in history.events]
    [failure] = [started.last_failure for started in begun if started.attempt == attempt]
    kind = failure.WhichOneof("failure_info") or "none"
    return kind.removesuffix("_failure_info")


async def test_a_drained_mesh_worker_hands_its_step_over_at_once(
    gateway: httpx.AsyncClient, settings: Settings, tmp_path: Path
) -> None:
    never = {BEGUN: tmp_path / "begun", GO: tmp_path / "never"}
    async with worker("mesh", settings, SLOW_WORKER, drain=2, environment=never) as first:
        await answers(first, 200)
        await ask(gateway, "ada", "req-7")
        await until((tmp_path / "begun").exists)
        async with worker("mesh", settings, traces="otlp", environment=NO_COLLECTOR) as second:
            await answers(second, 200)
            first.process.send_signal(signal.SIGTERM)
            assert await answers(first, 503) == {"ok": False, "detail": "it is draining"}
            assert (await first.http.get("/health/live")).status_code == 200
            async with asyncio.timeout(30):
                assert await first.process.wait() == 0
            status = await finished(gateway, "ada")
            assert status.status is RunStatus.PUBLISHED, status.error
            assert attempts(status, "build_parametric") == 2
            assert await why_again(settings, "ada", 2) == "application"  # it was handed over, not missed after a while
            assert any("127.0.0.1:9" in str(line) or "port=9" in str(line) for line in second.lines())
            told = samples((await second.http.get("/metrics")).text)
            assert told["avatar_step_seconds_count", (("step", "build_parametric"),)] == 1
            assert told["avatar_mesh_pool_size", ()] == 1
            assert told["avatar_mesh_process_memory_bytes", (("process", "0"),)] > 10**7
            received = ("activity_type", "build_parametric"), ("namespace", "default"), ("task_queue", "avatar-mesh")
            assert any(
                name.startswith("temporal_activity_execution_latency") and set(received) <= set(labels)
                for name, labels in told
            )
            cancelled = [line for line in first.lines() if line["event"] == "step cancelled"]
            done = [line for line in second.lines() if line["event"] == "step done"]
            assert [line["step"] for line in cancelled] == ["build_parametric"]
            assert "build_parametric" in {line["step"] for line in done}
            for line in (*cancelled, *done):
                assert (line["request_id"], line["agent_id"], line["tenant"]) == ("req-7", "ada", "local")
                assert line["run_id"] == status.run_id


async def test_a_step_that_ends_within_the_drain_is_not_done_twice(
    gateway: httpx.AsyncClient, settings: Settings, tmp_path: Path
) -> None:
    files = {BEGUN: tmp_path / "begun", GO: tmp_path / "go"}
    async with worker("mesh", settings, SLOW_WORKER, drain=60, environment=files) as first:
        await ask(gateway, "bea", "req-8")
        await until((tmp_path / "begun").exists)
        first.process.send_signal(signal.SIGTERM)
        await answers(first, 503)
        (tmp_path / "go").touch()
        async with asyncio.timeout(30):
            assert await first.process.wait() == 0
    async with worker("mesh", settings):
        status = await finished(gateway, "bea")
    assert status.status is RunStatus.PUBLISHED, status.error
    assert attempts(status, "build_parametric") == 1


async def test_the_control_worker_tells_of_runs_and_backlogs(
    gateway: httpx.AsyncClient, control: Process, settings: Settings
) -> None:
    await answers(control, 200)
    await ask(gateway, "waits", "req-9")  # for a mesh worker, which there is not
    queue = (("queue", "avatar-mesh"),)
    told = await metrics_of(control, ("avatar_queue_backlog", queue))
    assert told["avatar_queue_backlog_age_seconds", queue] > 0
    assert told["avatar_queue_backlog", (("queue", "avatar-provider"),)] == 0
    assert ("avatar_mesh_pool_size", ()) not in told
    assert (await control.http.get("/favicon.ico")).status_code == 404
    assert (await control.http.head("/health/live")).content == b""
    async with worker("mesh", settings):
        assert (await finished(gateway, "waits")).status is RunStatus.PUBLISHED
    ended = ("avatar_runs_total", (("kind", "generate"), ("status", "published")))
    told = await metrics_of(control, ended)
    assert told["avatar_run_seconds_count", (("kind", "generate"),)] == told[ended]


async def test_a_port_that_is_taken_is_refused_by_name(settings: Settings) -> None:
    listening = await asyncio.start_server(lambda reader, writer: None, "127.0.0.1", 0)
    port = listening.sockets[0].getsockname()[1]
    own = settings.model_copy(update={"worker_port": port})
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "workers", "provider"),
        env=os.environ | child_environment(own),
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.PIPE,
    )
    async with asyncio.timeout(60):
        _, said = await process.communicate()
    listening.close()
    assert process.returncode not in (0, None)
    assert b"AVATAR_WORKER_PORT" in said
