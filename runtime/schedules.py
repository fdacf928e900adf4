"""What Temporal starts by itself: the housekeeping. It can also be asked for."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import structlog
from temporalio.client import (
    Schedule,
    ScheduleActionStartWorkflow,
    ScheduleAlreadyRunningError,
    ScheduleIntervalSpec,
    ScheduleOverlapPolicy,
    SchedulePolicy,
    ScheduleSpec,
    ScheduleUpdate,
    ScheduleUpdateInput,
    WorkflowFailureError,
)
from temporalio.common import WorkflowIDConflictPolicy
from temporalio.service import RPCError

from avatar.errors import GenerationFailed, Unavailable
from avatar.retention import Housekeeping, HouseKept, KeepRules
from runtime.services import Services
from runtime.settings import Settings
from workflows.housekeeping import KeepHouse, KeepHouseRequest
from workflows.policies import Queue

log = structlog.get_logger()
SCHEDULE = "housekeeping"
EVERY = timedelta(hours=6)
JITTER = timedelta(minutes=10)
AT_MOST = timedelta(hours=24)  # a housekeeping that hangs must not keep the next ones from starting
RPC_TIMEOUT = timedelta(seconds=4)


def rules_of(settings: Settings) -> KeepRules:
    """What is kept, and for how long."""
    return KeepRules(
        runs_days=settings.keep_runs_days,
        results_days=settings.keep_results_days,
        events_days=settings.keep_events_days,
        variants_days=settings.keep_variants_days,
        versions=settings.keep_versions,
        blob_grace_hours=settings.blob_grace_hours,
    )


def housekeeping_schedule(settings: Settings) -> Schedule:
    """Every six hours, one at a time."""
    return Schedule(
        action=ScheduleActionStartWorkflow(
            KeepHouse.run,
            KeepHouseRequest(rules=rules_of(settings)),
            id="housekeeping/scheduled",  # Temporal appends the time
            task_queue=Queue.CONTROL,
            execution_timeout=AT_MOST,
            static_summary="drop what has outlived its use, sweep blobs that nothing names",
        ),
        spec=ScheduleSpec(intervals=[ScheduleIntervalSpec(every=EVERY)], jitter=JITTER),
        policy=SchedulePolicy(overlap=ScheduleOverlapPolicy.SKIP, catchup_window=timedelta(hours=1)),
    )


async def ensure_schedules(services: Services) -> None:
    """Make the schedule, or bring it in line with the settings; one that somebody paused stays paused.

    A Temporal that refuses is only logged: runs go on without housekeeping.
    """
    wanted = housekeeping_schedule(services.settings)
    try:
        try:
            await services.temporal.create_schedule(SCHEDULE, wanted, rpc_timeout=RPC_TIMEOUT)
        except ScheduleAlreadyRunningError:

            def in_line(found: ScheduleUpdateInput) -> ScheduleUpdate:
                wanted.state = found.description.schedule.state
                return ScheduleUpdate(wanted)

            await services.temporal.get_schedule_handle(SCHEDULE).update(in_line, rpc_timeout=RPC_TIMEOUT)
    except (RPCError, RuntimeError) as error:
        log.error("the housekeeping is not scheduled", reason=str(error), schedule=SCHEDULE)


async def keep_house(services: Services, *, dry_run: bool, wait: timedelta) -> Housekeeping:
    """Start a housekeeping now, or join the one that was asked for before; its outcome, if it ends within ``wait``.

    Raises Unavailable when Temporal is away, GenerationFailed when the housekeeping did not succeed.
    """
    workflow_id = "housekeeping/dry-run" if dry_run else "housekeeping/asked-for"
    kept: HouseKept | None = None
    try:
        handle = await services.temporal.start_workflow(
            KeepHouse.run,
            KeepHouseRequest(rules=rules_of(services.settings), dry_run=dry_run),
            id=workflow_id,
            task_queue=Queue.CONTROL,
            id_conflict_policy=WorkflowIDConflictPolicy.USE_EXISTING,
            execution_timeout=AT_MOST,
            static_summary="what would be deleted?" if dry_run else "asked for",
            rpc_timeout=RPC_TIMEOUT,
        )
        async with asyncio.timeout(wait.total_seconds()):
            kept = await handle.result()
    except TimeoutError:
        pass
    except WorkflowFailureError as error:
        raise GenerationFailed(
            f"the housekeeping failed: {error.cause}", mend=f"Workflow {workflow_id} in the Temporal UI says more"
        ) from error
    except (RPCError, RuntimeError) as error:
        raise Unavailable(f"Temporal: {error}", mend="Try again in a moment; see `avatar doctor`") from error
    url = _workflow_url(services.settings, workflow_id)
    return Housekeeping(done=kept is not None, kept=kept, workflow_id=workflow_id, workflow_url=url)


def _workflow_url(settings: Settings, workflow_id: str) -> str | None:
    if not settings.temporal_ui_url:
        return None
    named = workflow_id.replace("/", "%2F")
    return f"{settings.temporal_ui_url}/namespaces/{settings.temporal_namespace}/workflows/{named}"
