"""What must hold afterwards, read from the catalog, the blob store and Temporal themselves."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any

from pymongo import AsyncMongoClient
from temporalio.client import Client

from avatar.run import RunStatus
from avatar.storage.local import LocalBlobs
from chaos.victims import Stack


async def faults(stack: Stack, versions: Mapping[str, int]) -> list[str]:
    """What is wrong with the stack's data, given how many versions each agent must have; empty when all is well."""
    wrong: list[str] = []
    settings = stack.settings
    assert stack.where is not None
    client: AsyncMongoClient[dict[str, Any]] = AsyncMongoClient(stack.where.mongo_uri)
    try:
        database = client[settings.mongo_database]
        runs = [run async for run in database["runs"].find({})]
        published = [version async for version in database["versions"].find({})]
        avatars = {avatar["agent_id"]: avatar async for avatar in database["avatars"].find({})}
        events = [event async for event in database["events"].find({"kind": "avatar.published"})]
    finally:
        await client.close()
    wrong += [
        f"run {run['run_id']} of {run['agent_id']} is {run['status']}: {run['error']}"
        for run in runs
        if run["status"] != RunStatus.PUBLISHED
    ]
    for run_id, count in Counter(version["run_id"] for version in published).items():
        if count != 1:
            wrong.append(f"run {run_id} has published {count} versions")
    if unknown := {version["run_id"] for version in published} - {run["run_id"] for run in runs}:
        wrong.append(f"versions of runs that nobody knows: {unknown}")
    told = Counter(event["run_id"] for event in events)
    if told != Counter(run["run_id"] for run in runs):
        wrong.append("not every run was announced exactly once")
    blobs = LocalBlobs(settings.blobs)
    for agent, count in versions.items():
        numbers = sorted(version["number"] for version in published if version["agent_id"] == agent)
        if numbers != list(range(1, count + 1)):
            wrong.append(f"{agent} has versions {numbers} instead of 1 to {count}")
        avatar = avatars.get(agent)
        if avatar is None or avatar["current"] != count or avatar["latest"] != count:
            wrong.append(f"{agent}: current is {avatar and avatar['current']}, latest {avatar and avatar['latest']}")
    named = set()
    for version in published:
        record = version["record"]
        named |= {record["source"]["sha256"], record["picture"]["sha256"]} if record["picture"] else set()
        named |= {lod["blob"]["sha256"] for lod in record["lods"]}
    kept = {blob.sha256 async for blob in blobs.stored()}
    if missing := named - kept:
        wrong.append(f"{len(missing)} blobs are gone")
    temporal = await Client.connect(stack.where.temporal_address)
    open_runs = [run.id async for run in temporal.list_workflows("ExecutionStatus = 'Running'") if "/" in run.id]
    if left := [run for run in open_runs if run.startswith(("generate/", "optimize/"))]:
        wrong.append(f"workflows are still open: {left}")
    return wrong
