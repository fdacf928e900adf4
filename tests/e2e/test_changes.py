"""An avatar's later life on the real stack: other colours, another shape, back, waiting, trying again, gone."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import httpx
import pytest
from live_stack import Live
from temporalio.client import Client

from avatar.gltf.gate.inspect import require_sound
from avatar.gltf.model.document import read_glb
from avatar.gltf.model.fingerprint import fingerprint
from avatar.manifest import GenerationStatus, Manifest
from avatar.run import RunStatus
from avatar.stage import Stage

pytestmark = pytest.mark.e2e
AGENT = "grace"


@pytest.fixture(scope="module")
def first(live: Live, tmp_path_factory: pytest.TempPathFactory) -> Manifest:
    """Version 1 of an agent."""
    profile = tmp_path_factory.mktemp("profiles") / "grace.json"
    profile.write_text(json.dumps({"agentId": AGENT, "name": "Grace", "description": "a woman with a bob, blond"}))
    done = live.avatar("generate", profile)
    assert done.exit_code == 0, done.err
    return manifest(live)


def manifest(live: Live, version: int | None = None) -> Manifest:
    path = f"/api/avatars/{AGENT}" + (f"/versions/{version}" if version else "")
    return Manifest.model_validate_json(httpx.get(live.url + path).content)


def steps_that_ran(live: Live) -> set[str]:
    status = GenerationStatus.model_validate_json(httpx.get(f"{live.url}/api/avatars/{AGENT}/status").content)
    return {step.step for step in status.steps if not step.reused}


def images(data: bytes) -> set[bytes]:
    document = read_glb(data)
    views = document.list("bufferViews")
    used = [views[image["bufferView"]] for image in document.list("images")]
    return {document.binary[v.get("byteOffset", 0) :][: v["byteLength"]] for v in used}


def test_the_life_of_an_avatar(live: Live, first: Manifest) -> None:
    changed = live.avatar("customize", AGENT, "--set", "hair.color=#aa3311")
    assert changed.exit_code == 0, changed.err
    assert "hair.colour" in changed.out and "geometry" in changed.out
    assert {"repaint_parametric", "repaint_lod/0"} <= steps_that_ran(live)
    assert not {"describe", "build_parametric", "build_lod/0"} & steps_that_ran(live)
    second = manifest(live)
    assert second.version == 2
    for before, after in zip(first.lods, second.lods, strict=True):
        old, new = httpx.get(before.url).content, httpx.get(after.url).content
        assert fingerprint(require_sound(old)) == fingerprint(require_sound(new)), "the geometry is the same"
        assert images(old) != images(new), "and what paints it is not"

    taller = live.avatar("customize", AGENT, "--set", "body.height=1.9", "--json")
    assert taller.json["version"] == 3 and "build_parametric" in steps_that_ran(live)
    height = [m.bounds.max[1] - m.bounds.min[1] for m in (second, manifest(live))]
    assert height[1] - height[0] > 0.05

    told = live.avatar("diff", AGENT, "1", "3").out
    assert "hair.colour" in told and "body.height" in told
    assert live.avatar("rollback", AGENT, "1").exit_code == 0
    assert manifest(live).version == 1
    assert manifest(live).lods == first.lods
    versions = live.avatar("versions", AGENT, "--json").json["items"]
    assert [(v["number"], v["current"]) for v in versions] == [(3, False), (2, False), (1, True)]

    # What is set now is what the served version had: nothing. So this is version 2 again, without any work.
    again = live.avatar("customize", AGENT, "--set", "hair.color=#aa3311", "--json")
    assert again.json["version"] == 4 and steps_that_ran(live) <= {"recall", "publish", "announce"}
    assert [lod.sha256 for lod in manifest(live).lods] == [lod.sha256 for lod in second.lods]

    refused = live.avatar("delete", AGENT, "--version", "4", "--yes")
    assert refused.exit_code == 4 and "roll" in refused.err.lower()
    assert live.avatar("delete", AGENT, "--yes").exit_code == 0
    assert httpx.get(f"{live.url}/api/avatars/{AGENT}").status_code == 404
    assert httpx.get(second.lods[0].url).status_code == 404


async def ask(http: httpx.AsyncClient, method: str, path: str, **body: Any) -> GenerationStatus:
    answer = await http.request(method, path, **({"json": body} if body else {}))
    assert answer.is_success, answer.text
    return GenerationStatus.model_validate_json(answer.content)


async def follow(http: httpx.AsyncClient, agent: str, stage: Stage) -> GenerationStatus:
    """The status once the run is in ``stage`` or has ended."""
    async with asyncio.timeout(120):
        while True:
            status = await ask(http, "GET", f"/api/avatars/{agent}/status")
            if status.stage is stage or status.status is not RunStatus.RUNNING:
                return status
            await asyncio.sleep(0.03)


async def test_a_run_waits_goes_back_and_goes_on(live: Live) -> None:
    async with httpx.AsyncClient(base_url=live.url, timeout=30) as http:
        await ask(http, "POST", "/api/avatars/generate", agentId="hesitant", name="Hesitant")
        await follow(http, "hesitant", Stage.MODEL)
        paused = await ask(http, "POST", "/api/avatars/hesitant/pause", reason="lunch")
        assert paused.paused is not None and paused.paused.reason == "lunch"
        client = await Client.connect(live.stack.where.temporal_address)
        handle = client.get_workflow_handle("generate/local/hesitant")
        assert await handle.query("stage") == "model"
        back = await ask(http, "POST", "/api/avatars/hesitant/retry", fromStage="model")
        assert not any(step.stage is Stage.MODEL for step in back.steps)
        # As somebody does it in the Temporal UI.
        assert "going on" in str(await handle.execute_update("resume"))
        done = await follow(http, "hesitant", Stage.DONE)
        assert (done.status, done.version, done.paused) == (RunStatus.PUBLISHED, 1, None)


async def test_a_cancelled_run_is_tried_again_from_where_it_was(live: Live, tmp_path: Path) -> None:
    async with httpx.AsyncClient(base_url=live.url, timeout=30) as http:
        await ask(http, "POST", "/api/avatars/generate", agentId="twice", name="Twice")
        await follow(http, "twice", Stage.INSPECT)
        cancelled = await ask(http, "POST", "/api/avatars/twice/cancel", reason="a mistake")
        assert cancelled.status is RunStatus.CANCELLED and cancelled.error is not None
        assert "a mistake" in cancelled.error.detail
        again = live.avatar("retry", "twice", "--json")
        assert again.exit_code == 0, again.err
        status = await ask(http, "GET", "/api/avatars/twice/status")
    assert (status.status, status.kind.value, status.version) == (RunStatus.PUBLISHED, "retry", 1)
    assert {"describe", "build_parametric"} <= {step.step for step in status.steps if step.reused}


async def test_the_urgent_overtake_and_a_different_request_supersedes(live: Live) -> None:
    async with httpx.AsyncClient(base_url=live.url, timeout=60) as http:
        first = await ask(http, "POST", "/api/avatars/generate", agentId="mind", name="Mind", description="tall")
        other = {"agentId": "mind", "name": "Mind", "description": "short"}
        refused = await http.post("/api/avatars/generate", json=other)
        assert refused.status_code == 409 and refused.headers["location"] == "/api/avatars/mind/status"
        second = await ask(http, "POST", "/api/avatars/generate?supersede=true&urgency=high", **other)
        assert second.run_id != first.run_id
        done = await follow(http, "mind", Stage.DONE)
        assert (done.run_id, done.status, done.version) == (second.run_id, RunStatus.PUBLISHED, 1)
