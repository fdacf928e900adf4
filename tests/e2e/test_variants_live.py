"""Variants and pictures on the real stack: asked for by address and by command, made by a worker that may be killed."""

from __future__ import annotations

import asyncio
import io
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import psutil
import pytest
import pytest_asyncio
from live_stack import Live
from PIL import Image
from temporalio.api.enums.v1 import PendingActivityState
from temporalio.client import Client, WorkflowExecutionStatus
from temporalio.contrib.pydantic import pydantic_data_converter

from avatar.gltf.gate.inspect import inspect
from avatar.gltf.guests.sidecar import Sidecar
from avatar.gltf.guests.validator import validate
from avatar.gltf.model.document import read_glb
from avatar.manifest import Manifest
from avatar.wish import VariantList, WishState
from runtime.toolchain import toolchain

pytestmark = pytest.mark.e2e
AGENT = "variable"


@pytest.fixture(scope="module")
def manifest(live: Live, tmp_path_factory: pytest.TempPathFactory) -> Manifest:
    profile = tmp_path_factory.mktemp("profile") / "variable.json"
    profile.write_text(f'{{"agentId": "{AGENT}", "name": "Vera", "description": "a woman in a red dress"}}')
    done = live.avatar("generate", profile, "--json")
    assert done.exit_code == 0, done.err
    return Manifest.model_validate_json(httpx.get(f"{live.url}/api/avatars/{AGENT}").content)


@pytest_asyncio.fixture
async def http(live: Live) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(base_url=live.url, timeout=90) as client:
        yield client


async def test_a_phones_wish_is_made_once_and_told_everywhere(
    live: Live, manifest: Manifest, http: httpx.AsyncClient
) -> None:
    path = f"/avatars/{AGENT}.glb?quality=low&textureSizeLimit=130&useMeshOptCompression=false"
    cold = await http.get(path)
    assert cold.status_code == 200, cold.text
    found = inspect(cold.content)
    assert found.triangles <= 3_000 and max(texture.width for texture in found.textures) <= 128
    with Sidecar(toolchain()) as sidecar:
        assert validate(cold.content, sidecar).errors == 0
    assert read_glb(cold.content).tree["asset"]["version"] == "2.0"
    again = await http.get(f"/avatars/{AGENT}.glb?textureSizeLimit=128&MESHLOD=2&v={manifest.version}")
    assert again.headers["etag"] == cold.headers["etag"] and "immutable" in again.headers["cache-control"]
    plain = await http.get(f"/avatars/{AGENT}.glb?quality=low")
    assert plain.headers["etag"] == f'"{manifest.lods[2].sha256}"'

    listed = VariantList.model_validate_json((await http.get(f"/api/avatars/{AGENT}/variants")).content)
    (made,) = [each for each in listed.variants if each.query == "lod=2&textureSizeLimit=128"]
    assert (made.state, made.bytes, made.sha256) == (
        WishState.READY,
        len(cold.content),
        cold.headers["etag"].strip('"'),
    )
    assert made.facts is not None and made.facts.triangles == found.triangles
    temporal = await Client.connect(live.stack.where.temporal_address, data_converter=pydantic_data_converter)
    run = await temporal.get_workflow_handle(f"variant/local/{made.key}").describe()
    assert run.status is WorkflowExecutionStatus.COMPLETED
    shown = {pair.key.name: pair.value for pair in run.typed_search_attributes}
    assert (shown["AgentId"], shown["AvatarVersion"]) == (AGENT, manifest.version)
    assert "lod=2&textureSizeLimit=128" in str(await run.static_summary())


def test_commands_make_and_list_them(live: Live, manifest: Manifest, tmp_path: Path) -> None:
    out = tmp_path / "phone.glb"
    done = live.avatar("variant", AGENT, "--lod", "1", "--texture-size", "200", "--out", out, "--json")
    assert done.exit_code == 0, done.err
    assert done.json["bytes"] == out.stat().st_size and inspect(out.read_bytes()).triangles <= 8_000
    asked = live.avatar("precompile", AGENT, "lod=1&textureSizeLimit=128", "--json")
    assert asked.json["variants"][0]["state"] == "ready" and "ready" in live.avatar("variants", AGENT).out
    refused = live.avatar("variant", AGENT, "--morphs", "jawOpne", "--out", out)
    assert refused.exit_code == 2 and "jawOpen" in refused.err


async def test_a_picture_is_rendered_once_for_address_and_command(
    live: Live, manifest: Manifest, http: httpx.AsyncClient, tmp_path: Path
) -> None:
    answer = await http.get(f"/avatars/{AGENT}.png?camera=portrait&size=128&expression=happy")
    assert answer.status_code == 200, answer.text
    assert Image.open(io.BytesIO(answer.content)).size == (128, 128)
    out = tmp_path / "vera.png"
    words = ("--camera", "portrait", "--size", "128", "--expression", "happy", "--version", "1", "--out", out, "--json")
    done = await asyncio.to_thread(live.avatar, "picture", AGENT, *words)
    assert done.exit_code == 0, done.err
    assert out.read_bytes() == answer.content and f'"{done.json["sha256"]}"' == answer.headers["etag"]
    temporal = await Client.connect(live.stack.where.temporal_address, data_converter=pydantic_data_converter)
    async with asyncio.timeout(10):
        while True:  # counts come a moment after the fact
            made = (await temporal.count_workflows("WorkflowId STARTS_WITH 'picture/local/'")).count
            if made:
                break
            await asyncio.sleep(0.1)
    assert made == 1


async def test_a_mesh_worker_that_is_killed_costs_an_attempt(
    live: Live, manifest: Manifest, http: httpx.AsyncClient
) -> None:
    worker = next(
        process
        for process in psutil.Process().children(recursive=True)
        if process.cmdline()[-2:] == ["workers", "mesh"]
    )
    crafts = worker.children(recursive=True)
    for craft in crafts:
        craft.suspend()  # so that the build is under way for as long as we like
    query = "lod=2&textureSizeLimit=64"
    asking = asyncio.create_task(http.get(f"/avatars/{AGENT}.glb?{query}"))
    temporal = await Client.connect(live.stack.where.temporal_address, data_converter=pydantic_data_converter)

    async def begun() -> str | None:
        found = await http.get(f"/api/avatars/{AGENT}/variants", params={"variant": query})
        each = VariantList.model_validate_json(found.content).variants[0]
        if each.state is not WishState.BUILDING:
            return None
        run = await temporal.get_workflow_handle(f"variant/local/{each.key}").describe()
        pending = run.raw_description.pending_activities
        started = PendingActivityState.PENDING_ACTIVITY_STATE_STARTED
        return each.key if any(activity.state == started for activity in pending) else None

    async with asyncio.timeout(30):
        while True:
            if (key := await begun()) is not None:
                break
            await asyncio.sleep(0.05)
    worker.kill()
    for craft in crafts:
        if craft.is_running():
            craft.kill()
    answer = await asking
    if answer.status_code == httpx.codes.SERVICE_UNAVAILABLE:  # it took longer than a request waits: it goes on
        await temporal.get_workflow_handle(f"variant/local/{key}").result()
        answer = await http.get(f"/avatars/{AGENT}.glb?{query}")
    assert answer.status_code == 200, answer.text
    assert max(texture.width for texture in inspect(answer.content).textures) <= 64
