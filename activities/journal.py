"""An interceptor around every step: it journals, remembers what may be reused, turns errors into Temporal's
and binds ids to the logs.

It runs around each activity of every worker, so that no step can forget to.
"""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

import structlog
from temporalio import activity
from temporalio.exceptions import ApplicationError
from temporalio.worker import ActivityInboundInterceptor, ExecuteActivityInput, Interceptor

from activities.reuse import result_of
from avatar.catalog import results, runs
from avatar.catalog.results import Result
from avatar.errors import AvatarError, Unavailable
from avatar.frozen import Frozen
from avatar.run import RunKey
from avatar.stage import Stage
from workflows.policies import POLICIES
from workflows.steps import ALL_STEPS, LodInput, RepaintLodInput, StepInput

log = structlog.get_logger()
LONGEST_PAUSE = timedelta(seconds=60)
STAGES = {step.name: step.stage for step in ALL_STEPS}


class Journal(Interceptor):
    """Give it to a worker; it needs the catalog to be open in that process."""

    def intercept_activity(self, next: ActivityInboundInterceptor) -> ActivityInboundInterceptor:
        return _Journalled(next)


class _Journalled(ActivityInboundInterceptor):
    async def execute_activity(self, input: ExecuteActivityInput) -> Any:
        info = activity.info()
        given = input.args[0]
        name = step_label(info.activity_type, given)
        stage = STAGES.get(info.activity_type, Stage.DONE)
        # The housekeeping works for no run: nothing to journal, all the rest is the same.
        run = given.run if isinstance(given, StepInput) else None
        whose = {"run_id": run.run_id, "tenant": run.tenant, "agent_id": run.agent_id} if run else {}
        with structlog.contextvars.bound_contextvars(
            workflow_id=info.workflow_id, **whose, step=name, attempt=info.attempt
        ):
            if run and stage is not Stage.DONE:
                await _quietly(runs.step_started(run, name, stage, info.attempt))
            try:
                result = await super().execute_activity(input)
            except asyncio.CancelledError:
                log.warning("step cancelled")
                raise
            except Exception as error:
                if run:
                    await _quietly(runs.step_failed(run, name, str(error)))
                log.warning("step failed", error=str(error), kind=type(error).__name__)
                known = as_application_error(error, again_in(info.activity_type, info.attempt))
                if known is error:
                    raise  # raised from itself it would be its own cause
                raise known from error
            if run and stage is not Stage.DONE:
                await _quietly(runs.step_finished(run, name))
            remembered = result_of(given, result)
            if run and remembered is not None:
                await _quietly(_keep(run, remembered))
            log.info("step done")
            return result


def step_label(activity_type: str, given: Frozen) -> str:
    """The step's name in the journal; levels of detail are told apart."""
    return f"{activity_type}/{given.level}" if isinstance(given, LodInput | RepaintLodInput) else activity_type


def again_in(step: str, attempt: int) -> timedelta | None:
    """When to try again after a server was away, in a step that has few attempts: ever later, so that they last.

    Five attempts span 99 s. Steps with attempts without end keep the shorter pauses of their policy (None).
    """
    policy = POLICIES.get(step)
    if policy is None or policy.retry.maximum_attempts == 0:
        return None
    return min(timedelta(seconds=3**attempt), LONGEST_PAUSE)


def as_application_error(error: Exception, again: timedelta | None = None) -> ApplicationError:
    """Temporal's error for ours: type = code, and final or not as the tree says. Unknown errors may be retried.

    ``again`` is the pause after an Unavailable; the policy's own with None.
    """
    if isinstance(error, ApplicationError):
        return error
    if isinstance(error, AvatarError):
        pause = again if isinstance(error, Unavailable) else None
        return ApplicationError(str(error), type=error.code, non_retryable=not error.retryable, next_retry_delay=pause)
    return ApplicationError(f"{type(error).__name__}: {error}", type=AvatarError.code)


async def _keep(run: RunKey, result: Result) -> None:
    # A step may end after its run was cancelled. What it made is of use later, unless the avatar was deleted meanwhile.
    if await runs.has_runs(run.tenant, run.agent_id):
        await results.remember(run, result)


async def _quietly(write: Any) -> None:
    # The journal tells a story; a step that works must not fail because the story cannot be written now.
    try:
        await write
    except Unavailable as error:
        log.warning("journal unavailable", error=str(error))
