"""Record how runs really went, for the replay test: published, repainted, paused and taken back, cancelled, failed;
variants that were made and that failed; a picture; and a housekeeping.

    python -m tools.record_histories

Run it after a change of the workflows that is meant (and guarded by ``workflow.patched``); keep the old recordings as
long as runs started before the change may still be under way, under names of their own.
"""

from __future__ import annotations

import asyncio
import json
import re
import sys
import tempfile
from pathlib import Path
from typing import Any

import httpx
from temporalio.client import Client

from avatar.manifest import GenerationStatus
from avatar.run import RunStatus
from avatar.stage import Stage
from runtime.embedded.stack import Stack, embedded_stack
from runtime.settings import load_settings

PROJECT = Path(__file__).parents[1]
HISTORIES = PROJECT / "tests" / "workflows" / "histories"
MACHINE = re.compile(r"\d+@[\w.-]+")  # identities of clients and workers: pid@host


async def follow(http: httpx.AsyncClient, agent: str, stage: Stage | None = None) -> GenerationStatus:
    """The status once the run has reached ``stage`` or ended."""
    while True:
        status = GenerationStatus.model_validate_json((await http.get(f"/api/avatars/{agent}/status")).content)
        if status.stage is stage or status.status is not RunStatus.RUNNING:
            return status
        await asyncio.sleep(0.05)


async def finished(http: httpx.AsyncClient, agent: str, step: str) -> None:
    """Wait until the step has finished; a paused run goes no further."""
    while True:
        status = GenerationStatus.model_validate_json((await http.get(f"/api/avatars/{agent}/status")).content)
        if any(timing.step == step and timing.seconds is not None for timing in status.steps):
            return
        await asyncio.sleep(0.05)


async def variant(http: httpx.AsyncClient, agent: str, query: str) -> str:
    """Ask for a variant; the id of the workflow that made it, or could not."""
    await http.get(f"/avatars/{agent}.glb?{query}", timeout=60)
    listed = await http.get(f"/api/avatars/{agent}/variants", params={"variant": query})
    return f"variant/local/{listed.json()['variants'][0]['key']}"


async def picture(http: httpx.AsyncClient, client: Client, agent: str, query: str) -> str:
    """Ask for a picture; the id of the workflow that made it."""
    (await http.get(f"/avatars/{agent}.png?{query}", timeout=60)).raise_for_status()
    while True:
        async for run in client.list_workflows("WorkflowId STARTS_WITH 'picture/'"):
            return run.id
        await asyncio.sleep(0.2)  # lists come a moment after the fact


def without_traces(node: Any) -> Any:
    """The JSON without stack traces, which name files of this machine and which no replay reads."""
    if isinstance(node, dict):
        return {key: without_traces(value) for key, value in node.items() if key != "stackTrace"}
    return [without_traces(value) for value in node] if isinstance(node, list) else node


async def record(stack: Stack, client: Client, name: str, workflow_id: str) -> None:
    """Write the workflow's latest history, and its child's when it has one, without a trace of this machine."""
    histories = {name: workflow_id}
    history = await client.get_workflow_handle(histories[name]).fetch_history()
    for event in history.events:
        child = event.child_workflow_execution_started_event_attributes.workflow_execution.workflow_id
        if child:
            histories[f"{name}_optimize"] = child
    for file, workflow_id in histories.items():
        found = await client.get_workflow_handle(workflow_id).fetch_history()
        document: Any = json.loads(MACHINE.sub("recorded", found.to_json()))
        text = json.dumps(without_traces(document), indent=1, sort_keys=True)
        text = text.replace(stack.where.api_url, "http://127.0.0.1:8700")
        text = text.replace(str(stack.settings.data_dir), ".avatar")
        (HISTORIES / f"{file}.json").write_text(text + "\n")
        print(f"{file}: {len(found.events)} events")


async def main() -> int:
    HISTORIES.mkdir(exist_ok=True)
    profile = json.loads((PROJECT / "examples" / "ada.json").read_text())
    with tempfile.TemporaryDirectory() as folder:
        settings = load_settings({}, data=folder, api_port=0, temporal_port=0, temporal_ui_port=0, mongo_port=0)
        async with embedded_stack(settings) as stack, httpx.AsyncClient(base_url=stack.where.api_url) as http:
            client = await Client.connect(stack.where.temporal_address)

            await http.post("/api/avatars/generate", json=profile)
            assert (await follow(http, profile["agentId"])).status is RunStatus.PUBLISHED
            await client.get_workflow_handle(f"generate/local/{profile['agentId']}").result()
            await record(stack, client, "published", f"generate/local/{profile['agentId']}")

            await http.patch(f"/api/avatars/{profile['agentId']}/customization", json={"hair": {"colour": "#aa3311"}})
            assert (await follow(http, profile["agentId"])).version == 2
            await client.get_workflow_handle(f"generate/local/{profile['agentId']}").result()
            await record(stack, client, "customized", f"generate/local/{profile['agentId']}")

            await record(
                stack, client, "variant", await variant(http, profile["agentId"], "lod=2&textureSizeLimit=128")
            )

            agent = profile["agentId"]
            await record(stack, client, "picture", await picture(http, client, agent, "size=64&expression=happy"))

            assert (await http.post("/api/housekeeping")).json()["done"]
            await record(stack, client, "housekeeping", "housekeeping/asked-for")

            await http.post("/api/avatars/generate", json={**profile, "agentId": "hesitant"})
            await follow(http, "hesitant", Stage.MODEL)
            await http.post("/api/avatars/hesitant/pause", json={"reason": "to be recorded"})
            await finished(http, "hesitant", "build_parametric")
            await http.post("/api/avatars/hesitant/retry", json={"fromStage": "model"})
            await http.post("/api/avatars/hesitant/resume")
            assert (await follow(http, "hesitant")).status is RunStatus.PUBLISHED
            await client.get_workflow_handle("generate/local/hesitant").result()
            await record(stack, client, "taken_back", "generate/local/hesitant")

            await http.post("/api/avatars/generate", json={**profile, "agentId": "undecided"})
            await follow(http, "undecided", Stage.MODEL)
            await client.get_workflow_handle("generate/local/undecided").cancel()
            assert (await follow(http, "undecided")).status is RunStatus.CANCELLED
            await asyncio.sleep(1)  # the workflow closes a moment after its record does
            await record(stack, client, "cancelled", "generate/local/undecided")

            # No blob can be written any more: the step fails until its attempts are used up.
            stack.settings.blobs.rename(stack.settings.blobs.with_name("blobs-aside"))
            stack.settings.blobs.write_text("in the way")
            workflow_id = await variant(http, profile["agentId"], "lod=2&textureSizeLimit=64")
            await record(stack, client, "variant_failed", workflow_id)
            await http.post("/api/avatars/generate", json={**profile, "agentId": "unlucky"})
            assert (await follow(http, "unlucky")).status is RunStatus.FAILED
            await asyncio.sleep(1)
            await record(stack, client, "failed", "generate/local/unlucky")
    return 0


if __name__ == "__main__":
    sys.exit(asyncio.run(main()))
