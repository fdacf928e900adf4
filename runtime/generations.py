"""Starting runs, joining and superseding them, and finding out what became of them."""

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
from avatar.catalog.events import record_event
from avatar.errors import AvatarError, Cancelled, Conflict, GenerationFailed, NotFound, Unavailable
from avatar.event import EventKind
from avatar.request import Order
from avatar.run import RunError, RunKey, RunRecord, RunStatus, current_stage
from avatar.stage import Stage
from runtime.services import Services
from workflows.generate import GenerateAvatar, GenerateRequest
from workflows.policies import AGENT_ID, AVATAR_STYLE, STAGE, TENANT, Queue, priority_of

log = structlog.get_logger()
RPC_TIMEOUT = timedelta(seconds=4)
HAND_OVER_SECONDS = 5.0  # a finished run's workflow closes a moment after its record does
STOP_SECONDS = 20.0  # a cancelled run lets go of its steps, at the latest with their next heartbeat
ENDS_UNRECORDED = timedelta(seconds=1)  # of silence, and a run that was told to stop is looked up
QUIET = timedelta(seconds=20)  # a run that journals nothing for so long is looked up in Temporal


@dataclass(frozen=True, slots=True)
class Started:
    """``joined`` is True when the same request was under way already."""

    run: RunRecord
    joined: bool


async def start(
    services: Services, tenant: str, order: Order, *, supersede: bool = False, run_id: str | None = None
) -> Started:
    """Start a run for ``order``, or join the one that does the very same work.

    The run is written down first, so a crash between the two leaves a run that can be joined and is then started.
    With ``supersede`` a different run under way is cancelled first, and waited for. With ``run_id`` the run gets that
    id, and a second call finds what the first one started. Raises Conflict when a different request of the agent is
    under way, Unavailable when a server is away.
    """
    agent_id = order.agent_id
    if run_id is not None and (known := await find_run(run_id)) is not None:
        if known.status is RunStatus.RUNNING:
            await _start(services, known, forget_on_failure=False)
        return Started(known, joined=True)
    key = RunKey(tenant=tenant, agent_id=agent_id, run_id=run_id or uuid.uuid4().hex)
    order = order.model_copy(update={"first": not await runs.has_runs(tenant, agent_id)})
    while True:
        under_way = await run_under_way(services, tenant, agent_id)
        if under_way is None:
            try:
                run = await runs.open_run(key, order)
            except Conflict:
                continue  # somebody was faster by a hair: judge by theirs
            await _start(services, run, forget_on_failure=True)
            await _tell_started(run)
            return Started(run, joined=False)
        if under_way.request_hash == order.request_hash():
            await _start(services, under_way, forget_on_failure=False)
            return Started(under_way, joined=True)
        if not supersede:
            raise Conflict(
                f"a different request for agent '{agent_id}' is under way (run {under_way.key.run_id})",
                mend="Wait until it is done, or send supersede=true to cancel it first",
                location=f"/api/avatars/{agent_id}/status",
            )
        log.info("superseding", run_id=under_way.key.run_id, by=key.run_id)
        await stop(
            services, under_way, reason=f"superseded by run {key.run_id}" + (f", {order.by}" if order.by else "")
        )


async def _tell_started(run: RunRecord) -> None:
    key, kind = run.key, EventKind.RUN_STARTED
    await record_event(
        key.tenant,
        key.agent_id,
        kind,
        key=f"{key.run_id}/{kind.value}/0",
        run_id=key.run_id,
        by=run.order.by,
        detail=run.order.kind.value,
    )


async def run_under_way(services: Services, tenant: str, agent_id: str) -> RunRecord | None:
    """The run of the agent that is really under way."""
    run = await runs.run_under_way(tenant, agent_id)
    if run is not None:
        run = await settle(services, run)
    return run if run is not None and run.status is RunStatus.RUNNING else None


async def find_run(run_id: str) -> RunRecord | None:
    """The run of that id, if there is one."""
    try:
        return await runs.get_run(run_id)
    except NotFound:
        return None


async def stop(services: Services, run: RunRecord, *, reason: str) -> RunRecord:
    """Cancel ``run`` and wait until it has ended; one that is past recall ends as published.

    Raises Unavailable when it does not end in time.
    """
    handle = services.temporal.get_workflow_handle(run.key.workflow_id)
    try:
        await handle.cancel(reason=reason, rpc_timeout=RPC_TIMEOUT)
    except RPCError as error:
        if error.status is not RPCStatusCode.NOT_FOUND:
            raise temporal_away(error) from error
        # Its workflow has closed, or never started: then nobody but us can close the record.
        run = await runs.get_run(run.key.run_id)
        if run.status is RunStatus.RUNNING:
            return await _close(run, Cancelled, f"the run was cancelled: {reason}")
        return run
    except RuntimeError as error:
        raise temporal_away(error) from error
    deadline = asyncio.get_running_loop().time() + STOP_SECONDS
    while run.status is RunStatus.RUNNING:
        if asyncio.get_running_loop().time() > deadline:
            raise Unavailable(
                f"run {run.key.run_id} was told to stop and has not after {STOP_SECONDS:.0f} s",
                mend="See whether the control worker runs (`avatar doctor`), then try again",
            )
        await asyncio.sleep(0.05)
        # Temporal takes the cancellation of a workflow that has ended in silence: then only a look at it tells.
        run = await settle(services, await runs.get_run(run.key.run_id), quiet=ENDS_UNRECORDED)
    return run


async def settle(services: Services, run: RunRecord, *, quiet: timedelta | None = None) -> RunRecord:
    """``run`` as it is now; one that went quiet is compared with Temporal and closed if it ended there unrecorded."""
    if run.status is not RunStatus.RUNNING or datetime.now(UTC) - run.updated_at < (QUIET if quiet is None else quiet):
        return run
    try:
        described = await services.temporal.get_workflow_handle(run.key.workflow_id).describe(rpc_timeout=RPC_TIMEOUT)
    except RPCError as error:
        if error.status is not RPCStatusCode.NOT_FOUND:
            return run  # Temporal is away: nothing is known, so nothing is changed
        return await _close(run, GenerationFailed, "its workflow is gone from Temporal; ask for the avatar again")
    except RuntimeError:
        return run
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


def temporal_away(error: Exception) -> Unavailable:
    """Temporal did not answer."""
    return Unavailable(f"Temporal: {error}", mend="Try again in a moment; see `avatar doctor`")


async def _close(run: RunRecord, kind: type[AvatarError], detail: str) -> RunRecord:
    status = RunStatus.CANCELLED if kind is Cancelled else RunStatus.FAILED
    error = RunError(code=kind.code, title=kind.title, detail=detail, stage=current_stage(run), retryable=True)
    log.warning("closing a run that ended unrecorded", run_id=run.key.run_id, detail=detail)
    return await runs.close_run(run.key, status, error=error)


async def _start(services: Services, run: RunRecord, *, forget_on_failure: bool) -> None:
    """Start the run's workflow unless it is there already."""
    key, order = run.key, run.order
    profile = order.request.profile
    deadline = asyncio.get_running_loop().time() + HAND_OVER_SECONDS
    while True:
        try:
            await services.temporal.start_workflow(
                GenerateAvatar.run,
                GenerateRequest(run=key, order=order, links=services.settings.api_url),
                id=key.workflow_id,
                task_queue=Queue.CONTROL,
                id_conflict_policy=WorkflowIDConflictPolicy.FAIL,
                memo={"run": key.run_id, "kind": order.kind.value, "by": order.by},
                search_attributes=TypedSearchAttributes(
                    [
                        SearchAttributePair(TENANT, key.tenant),
                        SearchAttributePair(AGENT_ID, key.agent_id),
                        SearchAttributePair(AVATAR_STYLE, profile.style.value),
                        SearchAttributePair(STAGE, Stage.QUEUED.value),
                    ]
                ),
                static_summary=f"{order.kind.value} {profile.name} ({profile.style.value})",
                static_details=_told(order),
                priority=priority_of(order.urgency, Stage.QUEUED, key.tenant),
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


def _told(order: Order) -> str:
    profile = order.request.profile
    lines = [f"**{profile.name}**" + (f", {profile.role}" if profile.role else "")]
    if order.by:
        lines.append(f"Asked by {order.by}" + (f", anew from {order.anew_from.value}" if order.anew_from else ""))
    if profile.personality:
        lines.append(f"*{profile.personality[:500]}*")
    if profile.description:
        lines.append(profile.description[:2000])
    lines += [f"Wish: {note}" for note in order.request.notes[-5:]]
    if order.request.customization:
        lines.append(f"Set by its owner: `{order.request.customization}`"[:1000])
    return "\n\n".join(lines)
