"""One generation is one trace, on the real servers. For a collector that is away see test_worker_processes."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import httpx
import pytest
from collector import Collector, Spanned, collecting
from live_stack import free_ports

from avatar.manifest import GenerationStatus
from avatar.run import RunStatus
from runtime.embedded.stack import embedded_stack
from runtime.settings import load_settings

CALLER = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
STEPS = ("describe", "build_parametric", "inspect_model", "build_lod", "render_picture", "publish", "announce")


async def generate(folder: Path, **headers: str) -> tuple[GenerationStatus, list[dict[str, Any]]]:
    """One avatar on a stack of its own that traces. Gives how it ended, and every line of the logs of our parts."""
    settings = load_settings({}, **free_ports(folder), traces="otlp")
    async with (
        embedded_stack(settings) as stack,
        httpx.AsyncClient(base_url=stack.where.api_url, trust_env=False) as http,
        asyncio.timeout(120),
    ):
        answer = await http.post(
            "/api/avatars/generate?secret=hunter2", json={"agentId": "ada", "name": "Ada"}, headers=headers
        )
        assert answer.status_code == 202, answer.text
        while True:
            status = GenerationStatus.model_validate_json((await http.get("/api/avatars/ada/status")).content)
            if status.status is not RunStatus.RUNNING:
                break
            await asyncio.sleep(0.1)
    lines = [
        json.loads(line)
        for log in ("api", "worker-control", "worker-provider", "worker-mesh")
        for line in (settings.logs / f"{log}.log").read_text().splitlines()
    ]
    return status, lines


def ancestors(collector: Collector, span: Spanned) -> list[str]:
    names = []
    while (parent := collector.parent(span)) is not None:
        names.append(parent.name)
        span = parent
    return names


@pytest.mark.e2e
async def test_a_generation_is_one_trace_from_the_request_to_the_mesh_and_joins_the_logs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with collecting() as collector:
        monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", collector.address)
        status, lines = await generate(tmp_path, traceparent=CALLER, **{"x-request-id": "req-42"})
    assert status.status is RunStatus.PUBLISHED, status.error
    post = collector.only("POST /api/avatars/generate")
    assert (post.trace, post.parent) == (CALLER.split("-")[1], CALLER.split("-")[2])
    assert post.service == "ar-avatar-api"
    assert post.attributes["http.response.status_code"] == 202
    assert post.attributes["avatar.request_id"] == "req-42"
    start = collector.only("StartWorkflow:GenerateAvatar")
    run = collector.only("RunWorkflow:GenerateAvatar")
    child = collector.only("RunWorkflow:OptimizeAvatar")
    assert collector.parent(start) == post
    assert collector.parent(run) == start
    assert run.service == "ar-avatar-worker-control"
    assert run.seconds > child.seconds > 0
    assert ancestors(collector, child)[:2] == ["StartChildWorkflow:OptimizeAvatar", "RunWorkflow:GenerateAvatar"]
    for step in STEPS:
        attempts = collector.named(f"RunActivity:{step}")
        assert attempts, step
        for attempt in attempts:
            assert attempt.trace == post.trace
            assert attempt.attributes["avatar.tenant"] == "local"
            assert attempt.attributes["avatar.agent_id"] == "ada"
            assert attempt.attributes["avatar.run_id"] == status.run_id
            assert attempt.attributes["avatar.attempt"] == 1
            owner = child if step in ("build_lod", "render_picture") else run
            assert ancestors(collector, attempt)[:2] == [f"StartActivity:{step}", owner.name]
    assert {span.attributes["avatar.step"] for span in collector.named("RunActivity:build_lod")} == {
        "build_lod/0",
        "build_lod/1",
        "build_lod/2",
    }
    job = collector.only("mesh build_human")
    assert collector.parent(job) == collector.only("RunActivity:build_parametric")
    assert job.service == "ar-avatar-worker-mesh"
    assert isinstance(job.attributes["avatar.mesh.wait_seconds"], float)
    ours = [span for span in collector.spans if span.trace == post.trace]
    assert len(ours) == len({span.id for span in ours})
    assert not any(span.failed for span in ours)
    assert all("hunter2" not in str(span) for span in collector.spans)
    assert not any("/health" in span.name or "fastapi" in span.name for span in collector.spans)
    done = [line for line in lines if line["event"] == "step done"]
    assert {line["step"].partition("/")[0] for line in done} >= set(STEPS)
    for line in done:
        assert (line["request_id"], line["trace_id"], line["run_id"]) == ("req-42", post.trace, status.run_id)


def run_python(code: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60, env=environment
    )


def test_without_traces_a_worker_does_not_even_import_opentelemetry() -> None:
    done = run_python("""
import sys
import workers.__main__
from runtime.telemetry import annotate, request_span, span, temporal_plugins, trace_id, tracing
with tracing("off", "nobody"), request_span("GET", {"traceparent": "00-1-1-01"}, "id") as request, span("work", {}):
    annotate({"a": 1})
    print(request, trace_id(), temporal_plugins(), [name for name in sys.modules if "opentelemetry" in name])
""")
    assert done.stdout == "None None [] []\n"


def test_console_traces_are_one_json_line_a_span_and_continue_the_callers() -> None:
    done = run_python(f"""
from runtime.telemetry import annotate, request_span, span, trace_id, tracing
with tracing("console", "somebody"):
    with request_span("GET", {{"traceparent": "{CALLER}"}}, "req-1") as request:
        with span("work", {{"size": 3}}):
            annotate({{"colour": "red"}})
            print(trace_id())
        request.answered("GET", "/api/avatars/{{agent_id}}", 503)
    with request_span("GET", {{"traceparent": "nonsense"}}, "req-2") as request:
        request.answered("GET", "/other", 200)
    with request_span("GET", {{}}, "req-3", quiet=True) as request:
        assert request is None
print(trace_id())
""")
    trace, work, request, other, after = done.stdout.splitlines()
    assert trace == CALLER.split("-")[1]
    inner, outer, own = json.loads(work), json.loads(request), json.loads(other)
    assert (inner["name"], inner["attributes"]) == ("work", {"size": 3, "colour": "red"})
    assert inner["parent_id"] == outer["context"]["span_id"]
    assert outer["name"] == "GET /api/avatars/{agent_id}"
    assert outer["status"]["status_code"] == "ERROR"
    assert outer["resource"]["attributes"]["service.name"] == "somebody"
    assert own["parent_id"] is None
    assert after == "None"
