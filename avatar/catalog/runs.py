"""Queries on runs and their journal."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

from pymongo.errors import DuplicateKeyError

from avatar.catalog.connection import answers_or_unavailable
from avatar.catalog.documents import RunDocument
from avatar.errors import Conflict, NotFound
from avatar.request import Order
from avatar.run import Pause, RunError, RunKey, RunRecord, RunStatus, StepRecord
from avatar.stage import Stage


@answers_or_unavailable
async def open_run(key: RunKey, order: Order) -> RunRecord:
    """Write the run down before anything starts. Raises Conflict when another run of the agent is under way."""
    now = datetime.now(UTC)
    document = RunDocument(
        tenant=key.tenant,
        agent_id=key.agent_id,
        run_id=key.run_id,
        request_hash=order.request_hash(),
        order=order.model_dump(mode="json"),
        status=RunStatus.RUNNING.value,
        created_at=now,
        updated_at=now,
    )
    try:
        await document.insert()
    except DuplicateKeyError as error:
        raise Conflict(f"a run of agent {key.agent_id} is under way", where=key.agent_id) from error
    return _record(document)


@answers_or_unavailable
async def drop_run(key: RunKey) -> None:
    """Forget a run that never started."""
    await RunDocument.find_one(RunDocument.run_id == key.run_id).delete()


@answers_or_unavailable
async def run_under_way(tenant: str, agent_id: str) -> RunRecord | None:
    """The running run of the agent, if there is one."""
    document = await RunDocument.find_one({"tenant": tenant, "agent_id": agent_id, "status": RunStatus.RUNNING.value})
    return _record(document) if document else None


@answers_or_unavailable
async def latest_run(tenant: str, agent_id: str) -> RunRecord:
    """The agent's newest run, finished or not. Raises NotFound."""
    document = await RunDocument.find({"tenant": tenant, "agent_id": agent_id}).sort("-created_at").first_or_none()
    if document is None:
        raise NotFound(
            f"no avatar was ever asked for under the agent id '{agent_id}'",
            mend="Start one with POST /api/avatars/generate or `avatar generate PROFILE.json`",
        )
    return _record(document)


@answers_or_unavailable
async def has_runs(tenant: str, agent_id: str) -> bool:
    """Whether the agent was ever asked for."""
    return await RunDocument.find({"tenant": tenant, "agent_id": agent_id}).limit(1).count() > 0


@answers_or_unavailable
async def get_run(run_id: str) -> RunRecord:
    """One run by its id. Raises NotFound."""
    document = await RunDocument.find_one(RunDocument.run_id == run_id)
    if document is None:
        raise NotFound(f"no run {run_id}")
    return _record(document)


@answers_or_unavailable
async def step_started(key: RunKey, step: str, stage: Stage, attempt: int) -> None:
    """Journal the start of a step's attempt; the first start stays, so that timings include retries."""
    now = datetime.now(UTC)
    at = f"steps.{step}"
    await _update(
        key,
        [
            {
                "$set": {
                    "updated_at": now,
                    f"{at}.name": step,
                    f"{at}.stage": stage.value,
                    f"{at}.attempts": attempt,
                    f"{at}.started_at": {"$ifNull": [f"${at}.started_at", now]},
                }
            }
        ],
    )


@answers_or_unavailable
async def step_finished(key: RunKey, step: str) -> None:
    """Journal the success of a step; announce, the last one, has closed the run by then."""
    now = datetime.now(UTC)
    await RunDocument.get_pymongo_collection().update_one(
        {"run_id": key.run_id, f"steps.{step}.started_at": {"$exists": True}},
        {"$set": {"updated_at": now, f"steps.{step}.finished_at": now}},
    )


@answers_or_unavailable
async def step_failed(key: RunKey, step: str, error: str) -> None:
    """Journal a failed attempt; whether another follows is Temporal's business."""
    await _update(key, {"$set": {"updated_at": datetime.now(UTC), f"steps.{step}.last_error": error[:2000]}})


@answers_or_unavailable
async def close_run(key: RunKey, status: RunStatus, *, error: RunError | None = None) -> RunRecord:
    """Give the run its final status. A run that already has one keeps it: the call may be a retry.

    A run that has published is closed as published whatever stopped it afterwards: its version is what users see.
    """
    now = datetime.now(UTC)
    running = {"run_id": key.run_id, "status": RunStatus.RUNNING.value}
    closed: dict[str, Any] = {"updated_at": now, "finished_at": now, "paused": None}
    if status is not RunStatus.PUBLISHED:
        why = {"error": error.model_dump(mode="json")} if error else {}
        unpublished = RunDocument.find_one({**running, "version": None})
        await unpublished.update({"$set": {**closed, **why, "status": status.value}})
    await RunDocument.find_one(running).update({"$set": {**closed, "status": RunStatus.PUBLISHED.value}})
    return await get_run(key.run_id)


@answers_or_unavailable
async def steps_reused(key: RunKey, steps: Iterable[tuple[str, Stage]]) -> None:
    """Journal steps that need not run because an earlier run's results are taken."""
    now = datetime.now(UTC)
    record = {"attempts": 0, "started_at": now, "finished_at": now, "reused": True}
    entries = {f"steps.{name}": {"name": name, "stage": stage.value, **record} for name, stage in steps}
    if entries:
        await _update(key, {"$set": {"updated_at": now, **entries}})


@answers_or_unavailable
async def forget_steps(key: RunKey, stage: Stage) -> None:
    """Strike what the journal holds of ``stage`` and later ones: the run does them again."""
    run = await get_run(key.run_id)
    struck = {f"steps.{step.name}": "" for step in run.steps if step.stage.position >= stage.position}
    if struck:
        await _update(key, {"$set": {"updated_at": datetime.now(UTC)}, "$unset": struck})


@answers_or_unavailable
async def set_paused(key: RunKey, pause: Pause | None) -> None:
    """Write down that the run waits, or with None that it goes on."""
    paused = pause.model_dump(mode="json") if pause else None
    await _update(key, {"$set": {"updated_at": datetime.now(UTC), "paused": paused}})


async def _update(key: RunKey, update: Any) -> None:
    # The plain collection: Beanie has no pipeline updates. Only running runs are journalled: a late attempt of a
    # cancelled run must not touch its record.
    await RunDocument.get_pymongo_collection().update_one(
        {"run_id": key.run_id, "status": RunStatus.RUNNING.value}, update
    )


def _record(document: RunDocument) -> RunRecord:
    steps = sorted((StepRecord.model_validate(step) for step in document.steps.values()), key=lambda s: s.started_at)
    return RunRecord(
        key=RunKey(tenant=document.tenant, agent_id=document.agent_id, run_id=document.run_id),
        request_hash=document.request_hash,
        order=Order.model_validate(document.order),
        status=RunStatus(document.status),
        paused=Pause.model_validate(document.paused) if document.paused else None,
        steps=tuple(steps),
        error=RunError.model_validate(document.error) if document.error else None,
        version=document.version,
        created_at=document.created_at,
        updated_at=document.updated_at,
        finished_at=document.finished_at,
    )
