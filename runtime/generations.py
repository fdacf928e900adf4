"""Starting runs, joining them, and finding out what became of them."""

from __future__ import annotations

import asyncio
import uuid
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import structlog
from temporalio.client import WorkflowExecutionStatus
from temporalio.common import SearchAttributePair, TypedSearchAttributes, WorkflowIDConflictPolicy
from temporalio.exceptions import WorkflowAlreadyStartedError
from temporalio.service import RPCError, RPCStatusCode

from avatar.catalog import runs
from avatar.errors import AvatarError, Cancelled, Conflict, GenerationFailed, Unavailable
from avatar.profile import AgentProfile
from avatar.run import RunError, RunKey, RunRecord, RunStatus, current_stage
from avatar.stage import Stage
from runtime.services import Services
from workflows.generate import GenerateAvatar, GenerateRequest
from workflows.policies import AGENT_ID, AVATAR_STYLE, STAGE, TENANT, Queue

log = structlog.get_logger()
RPC_TIMEOUT = timedelta(seconds=4)
HAND_OVER_SECONDS = 5.0  # a finished run's workflow closes a moment after its record does
QUIET = timedelta(seconds=20)  # a run that journals nothing for so long is looked up in Temporal


@dataclass(frozen=True, slots=True)
class Started:
    """``joined`` is True when the same request was under way already."""

    run: RunRecord
    joined: bool


async def start_generation(services: Services, tenant: str, profile: AgentProfile) -> Started:
    """Start a run for ``profile``, or join the one that makes the very same avatar.

    The run is written down first, so a crash between the two leaves a run that can be joined and is then started.
    Raises Conflict when a different request of the agent is under way, Unavailable when a server is away.
    """
    key = RunKey(tenant=tenant, agent_id=profile.agent_id, run_id=uuid.uuid4().hex)
    under_way = await runs.run_under_way(tenant, profile.agent_id)
    if under_way is not None:
        under_way = await settle(services, under_way)
    if under_way is None or under_way.status is not RunStatus.RUNNING:
        try:
            run = await runs.open_run(key, profile)
        except Conflict:
            # Somebody was faster by a hair: judge by theirs.
            under_way = await runs.run_under_way(tenant, profile.agent_id)
            if under_way is None:
                raise
        else:
            await _start(services, run, profile, forget_on_failure=True)
            return Started(run, joined=False)
    if under_way.request_hash != profile.request_hash():
        raise Conflict(
            f"a different request for agent '{profile.agent_id}' is under way (run {under_way.key.run_id})",
            mend="Wait until it is done, then ask again",
            location=f"/api/avatars/{profile.agent_id}/status",
        )
    await _start(services, under_way, profile, forget_on_failure=False)
    return Started(under_way, joined=True)


async def settle(services: Services, run: RunRecord) -> RunRecord:
    """``run`` as it is now; one that went quiet is compared with Temporal and closed if it ended there unrecorded."""
    if run.status is not RunStatus.RUNNING or datetime.now(UTC) - run.updated_at < QUIET:
        return run
    try:
        described = await services.temporal.get_workflow_handle(run.key.workflow_id).describe(rpc_timeout=RPC_TIMEOUT)
    except RPCError as error:
        if error.status is not RPCStatusCode.NOT_FOUND:
            return run  # Temporal is away: nothing is known, so nothing is changed
        return await _close(run, GenerationFailed, "its workflow is gone from Temporal; ask for the avatar again")
    if (await described.memo()).get("run") != run.key.run_id:
        return await _close(run, GenerationFailed, "its workflow never started; ask for the avatar again")
    match described.status:
        case WorkflowExecutionStatus.COMPLETED:
            return await runs.close_run(run.key, RunStatus.PUBLISHED)
        case WorkflowExecutionStatus.CANCELED | WorkflowExecutionStatus.TERMINATED:
            return await _close(run, Cancelled, f"the workflow was {described.status.name.lower()} in Temporal")
        case WorkflowExecutionStatus.FAILED | WorkflowExecutionStatus.TIMED_OUT:
            ended = described.status.name.lower().replace("_", " ")
            return await _close(run, GenerationFailed, f"the workflow {ended} in Temporal")
        case _:
            return run


async def _close(run: RunRecord, kind: type[AvatarError], detail: str) -> RunRecord:
    status = RunStatus.CANCELLED if kind is Cancelled else RunStatus.FAILED
    error = RunError(code=kind.code, title=kind.title, detail=detail, stage=current_stage(run), retryable=True)
    log.warning("closing a run that ended unrecorded", run_id=run.key.run_id, detail=detail)
    return await runs.close_run(run.key, status, error=error)


async def _start(services: Services, run: RunRecord, profile: AgentProfile, *, forget_on_failure: bool) -> None:
    """Start the run's workflow unless it is there already."""
    key = run.key
    deadline = asyncio.get_running_loop().time() + HAND_OVER_SECONDS
    while True:
        try:
            await services.temporal.start_workflow(
                GenerateAvatar.run,
                GenerateRequest(run=key, profile=profile, links=services.settings.api_url),
                id=key.workflow_id,
                task_queue=Queue.CONTROL,
                id_conflict_policy=WorkflowIDConflictPolicy.FAIL,
                memo={"run": key.run_id},
                search_attributes=TypedSearchAttributes(
                    [
                        SearchAttributePair(TENANT, key.tenant),
                        SearchAttributePair(AGENT_ID, key.agent_id),
                        SearchAttributePair(AVATAR_STYLE, profile.style.value),
                        SearchAttributePair(STAGE, Stage.QUEUED.value),
                    ]
                ),
                static_summary=f"{profile.name} ({profile.style.value})",
                static_details=_told(profile),
                rpc_timeout=RPC_TIMEOUT,
            )
            log.info("run started", workflow_id=key.workflow_id, run_id=key.run_id, agent_id=key.agent_id)
            return
        except WorkflowAlreadyStartedError:
            if await _runs_there(services, key):
                return
            # The previous run has published but its workflow is not closed yet: a moment.
            if asyncio.get_running_loop().time() > deadline:
                if forget_on_failure:
                    await runs.drop_run(key)
                raise Conflict(
                    f"an earlier workflow of agent '{key.agent_id}' is still open in Temporal",
                    where=key.workflow_id,
                    mend="Wait for it or terminate it in the Temporal UI",
                ) from None
            await asyncio.sleep(0.1)
        except (RPCError, RuntimeError) as error:
            # Nothing is known of a call that timed out: the workflow may be there. Then the run stays, to be joined.
            if forget_on_failure and not await _may_run_there(services, key):
                await runs.drop_run(key)
            raise Unavailable(
                f"Temporal did not take the run: {error}", mend="Try again in a moment; see `avatar doctor`"
            ) from error


async def _runs_there(services: Services, key: RunKey) -> bool:
    described = await services.temporal.get_workflow_handle(key.workflow_id).describe(rpc_timeout=RPC_TIMEOUT)
    return (await described.memo()).get("run") == key.run_id


async def _may_run_there(services: Services, key: RunKey) -> bool:
    try:
        return await _runs_there(services, key)
    except RPCError as error:
        return error.status not in (RPCStatusCode.NOT_FOUND, RPCStatusCode.UNAVAILABLE)
    except RuntimeError:
        return False


def _told(profile: AgentProfile) -> str:
    lines = [f"**{profile.name}**" + (f", {profile.role}" if profile.role else "")]
    if profile.personality:
        lines.append(f"*{profile.personality[:500]}*")
    if profile.description:
        lines.append(profile.description[:2000])
    return "\n\n".join(lines)
