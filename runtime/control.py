"""Steering a run under way: cancel, pause, resume, back to a stage."""

from __future__ import annotations

from typing import Any

from temporalio.client import WorkflowUpdateFailedError, WorkflowUpdateRPCTimeoutOrCancelledError
from temporalio.exceptions import ApplicationError
from temporalio.service import RPCError, RPCStatusCode

from avatar.catalog import runs
from avatar.errors import Conflict, Unavailable
from avatar.run import RunRecord, current_stage
from avatar.stage import Stage
from runtime.generations import RPC_TIMEOUT, run_under_way, stop, temporal_away
from runtime.services import Services
from workflows.control import REFUSED, Asked, AskedRetry
from workflows.generate import GenerateAvatar

ANSWER_WITHIN = RPC_TIMEOUT * 3  # an update is carried out by the control worker, which may be starting again


async def cancel(services: Services, tenant: str, agent_id: str, *, by: str, reason: str = "") -> RunRecord:
    """Stop the agent's run and wait until it has; what is served stays. Raises Conflict when none is under way."""
    run = await _there(services, tenant, agent_id)
    if current_stage(run).position >= Stage.ANNOUNCE.position:
        raise Conflict(f"the run of '{agent_id}' has published already", mend="Roll back to an earlier version instead")
    return await stop(services, run, reason=f"by {by}" + (f": {reason}" if reason else ""))


async def pause(services: Services, tenant: str, agent_id: str, *, by: str, reason: str = "") -> RunRecord:
    """Let the agent's run wait before its next stage. Raises Conflict when that is not possible."""
    run = await _there(services, tenant, agent_id)
    await _tell(services, run, GenerateAvatar.pause, Asked(by=by, reason=reason))
    return await runs.get_run(run.key.run_id)


async def resume(services: Services, tenant: str, agent_id: str, *, by: str, reason: str = "") -> RunRecord:
    """Let a paused run go on. Raises Conflict when it is not paused."""
    run = await _there(services, tenant, agent_id)
    await _tell(services, run, GenerateAvatar.resume, Asked(by=by, reason=reason))
    return await runs.get_run(run.key.run_id)


async def go_back(
    services: Services, run: RunRecord, stage: Stage, *, by: str, update_id: str | None = None
) -> RunRecord:
    """Let a run under way do ``stage`` and what follows it again; once for each ``update_id``.

    Raises Conflict when it has not come so far.
    """
    await _tell(services, run, GenerateAvatar.retry, AskedRetry(by=by, from_stage=stage), update_id)
    return await runs.get_run(run.key.run_id)


async def _there(services: Services, tenant: str, agent_id: str) -> RunRecord:
    run = await run_under_way(services, tenant, agent_id)
    if run is None:
        await runs.latest_run(tenant, agent_id)  # NotFound, if it was never asked for
        raise Conflict(f"no run of '{agent_id}' is under way", mend="Its status tells how the latest one ended")
    return run


async def _tell(services: Services, run: RunRecord, update: Any, asked: Asked, update_id: str | None = None) -> None:
    handle = services.temporal.get_workflow_handle(run.key.workflow_id)
    try:
        await handle.execute_update(update, asked, id=update_id, rpc_timeout=ANSWER_WITHIN)
    except WorkflowUpdateFailedError as error:
        cause = error.cause
        if isinstance(cause, ApplicationError) and cause.type == REFUSED:
            raise Conflict(cause.message, where=run.key.agent_id) from error
        raise Conflict(f"the run did not take it: {cause}", mend="Its status tells where it is") from error
    except WorkflowUpdateRPCTimeoutOrCancelledError as error:
        raise Unavailable(
            f"no worker carried it out within {ANSWER_WITHIN.total_seconds():.0f} s",
            mend="See whether the control worker runs (`avatar doctor`), then try again",
        ) from error
    except RPCError as error:
        if error.status is RPCStatusCode.NOT_FOUND:
            raise Conflict(f"the run of '{run.key.agent_id}' has ended", mend="Its status tells how") from error
        raise temporal_away(error) from error
    except RuntimeError as error:
        raise temporal_away(error) from error
