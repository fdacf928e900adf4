"""Versions of the workers: which there are, which one gets the work, and moving it to another.

All three roles belong to one worker deployment of Temporal, in the same version: a run's workflow and its steps move
together. Without ``AVATAR_BUILD_ID`` workers have no version, which is what the embedded stack does.
"""

from __future__ import annotations

import asyncio
import functools
import time
from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import ParamSpec, TypeVar

from temporalio.api.deployment.v1 import WorkerDeploymentInfo
from temporalio.api.enums.v1 import (
    RoutingConfigUpdateState,
    TaskQueueType,
    WorkerDeploymentVersionStatus,
    WorkerVersioningMode,
)
from temporalio.api.taskqueue.v1 import PollerInfo, TaskQueue
from temporalio.api.workflowservice.v1 import (
    DescribeTaskQueueRequest,
    DescribeWorkerDeploymentRequest,
    SetWorkerDeploymentCurrentVersionRequest,
    SetWorkerDeploymentRampingVersionRequest,
)
from temporalio.client import Client
from temporalio.common import VersioningBehavior, WorkerDeploymentVersion
from temporalio.service import RPCError, RPCStatusCode
from temporalio.worker import WorkerDeploymentConfig

from avatar.errors import Conflict, Unavailable
from avatar.frozen import Frozen
from runtime.settings import UNVERSIONED, Settings
from workflows.policies import Queue

P = ParamSpec("P")
T = TypeVar("T")

DEPLOYMENT = "ar-avatar"
QUEUES: tuple[Queue, ...] = tuple(Queue)
POLLS_AT_LEAST_EVERY = timedelta(seconds=75)  # a poll waits a minute at most; Temporal remembers pollers for five
ASK_AGAIN_S = 0.25
SPREADS_WITHIN_S = 20.0


class VersionState(StrEnum):
    """What a version is to new work. Draining and drained count runs that are bound to it, and ours never are."""

    CURRENT = "current"
    RAMPING = "ramping"
    DRAINING = "draining"
    DRAINED = "drained"
    IDLE = "idle"


STATES = {
    WorkerDeploymentVersionStatus.WORKER_DEPLOYMENT_VERSION_STATUS_CURRENT: VersionState.CURRENT,
    WorkerDeploymentVersionStatus.WORKER_DEPLOYMENT_VERSION_STATUS_RAMPING: VersionState.RAMPING,
    WorkerDeploymentVersionStatus.WORKER_DEPLOYMENT_VERSION_STATUS_DRAINING: VersionState.DRAINING,
    WorkerDeploymentVersionStatus.WORKER_DEPLOYMENT_VERSION_STATUS_DRAINED: VersionState.DRAINED,
}


class Version(Frozen):
    """One build of the workers. ``pollers``: how many workers of it ask each queue for work now."""

    build_id: str
    state: VersionState
    ramp_percent: float = 0.0
    pollers: dict[str, int]
    created: datetime | None = None


class Deployment(Frozen):
    """All versions, newest first, those without a build id last. ``current`` gets the work that nothing else gets."""

    name: str = DEPLOYMENT
    current: str
    versions: tuple[Version, ...]

    def version(self, build_id: str) -> Version | None:
        """The version of that build id."""
        return next((version for version in self.versions if version.build_id == build_id), None)


def deployment_config(settings: Settings) -> WorkerDeploymentConfig | None:
    """What makes a worker one of a version; None without ``AVATAR_BUILD_ID``.

    Our workflows upgrade themselves: a run may be paused for days, its code is guarded by ``workflow.patched``, and
    recorded histories are replayed on every change. That is said here and not at the workflow classes, since a worker
    without a version refuses a workflow that names a versioning behaviour.
    """
    if settings.build_id is None:
        return None
    return WorkerDeploymentConfig(
        version=WorkerDeploymentVersion(deployment_name=DEPLOYMENT, build_id=settings.build_id),
        use_worker_versioning=True,
        default_versioning_behavior=VersioningBehavior.AUTO_UPGRADE,
    )


def answers_or_unavailable(call: Callable[P, Awaitable[T]]) -> Callable[P, Awaitable[T]]:
    """Turn what the client raises when Temporal is away into Unavailable."""

    @functools.wraps(call)
    async def wrapped(*args: P.args, **kwargs: P.kwargs) -> T:
        try:
            return await call(*args, **kwargs)
        except (RPCError, RuntimeError) as error:  # the SDK raises RuntimeError while nobody listens
            raise Unavailable(
                f"Temporal: {error}", mend="See `avatar doctor`; TEMPORAL_ADDRESS names the server"
            ) from error

    return wrapped


@answers_or_unavailable
async def describe(client: Client) -> Deployment:
    """Every version that Temporal knows, and who works for it now. Raises Unavailable."""
    info, asking = await asyncio.gather(_info(client), pollers(client))
    routing = info.routing_config
    current = routing.current_deployment_version.build_id or UNVERSIONED
    ramping = routing.ramping_deployment_version.build_id
    versions = [
        Version(
            build_id=(build_id := summary.deployment_version.build_id),
            state=STATES.get(summary.status, VersionState.IDLE),
            ramp_percent=routing.ramping_version_percentage if build_id == ramping else 0.0,
            pollers=asking.get(build_id, {}),
            created=summary.create_time.ToDatetime(UTC),
        )
        for summary in info.version_summaries
    ]
    versions.sort(key=lambda version: version.created or datetime.min.replace(tzinfo=UTC), reverse=True)
    # Temporal learns of a version from its first poll, a moment after the poll itself.
    known = {version.build_id for version in versions}
    versions[:0] = [
        Version(build_id=build_id, state=VersionState.IDLE, pollers=queues)
        for build_id, queues in sorted(asking.items())
        if build_id not in known and build_id != UNVERSIONED
    ]
    if current == UNVERSIONED or UNVERSIONED in asking:
        state = VersionState.CURRENT if current == UNVERSIONED else VersionState.IDLE
        versions.append(Version(build_id=UNVERSIONED, state=state, pollers=asking.get(UNVERSIONED, {})))
    return Deployment(current=current, versions=tuple(versions))


async def pollers(client: Client) -> dict[str, dict[str, int]]:
    """Build id -> queue -> how many workers ask it for work now. Raises RPCError."""

    async def ask(queue: Queue, kind: TaskQueueType.ValueType) -> Sequence[PollerInfo]:
        answer = await client.workflow_service.describe_task_queue(
            DescribeTaskQueueRequest(namespace=client.namespace, task_queue=TaskQueue(name=queue), task_queue_type=kind)
        )
        return answer.pollers

    # Every role has steps, so each queue has pollers for them.
    of_queues = await asyncio.gather(*(ask(queue, TaskQueueType.TASK_QUEUE_TYPE_ACTIVITY) for queue in QUEUES))
    now = datetime.now(UTC)
    found: dict[str, dict[str, int]] = {}
    for queue, seen in zip(QUEUES, of_queues, strict=True):
        workers: dict[str, set[str]] = {}
        for poller in seen:
            if now - poller.last_access_time.ToDatetime(UTC) > POLLS_AT_LEAST_EVERY:
                continue
            options = poller.deployment_options
            versioned = options.worker_versioning_mode == WorkerVersioningMode.WORKER_VERSIONING_MODE_VERSIONED
            if versioned and options.deployment_name != DEPLOYMENT:
                continue
            workers.setdefault(options.build_id if versioned else UNVERSIONED, set()).add(poller.identity)
        for build_id, identities in workers.items():
            found.setdefault(build_id, {})[queue.value] = len(identities)
    return found


async def promote(
    client: Client,
    build_id: str,
    *,
    ramp: float | None = None,
    queues: Sequence[Queue] = QUEUES,
    within: float = 60.0,
) -> Deployment:
    """Give all new work to ``build_id`` (``unversioned``: to workers without one), or ``ramp`` percent of it.

    Runs under way move with their next workflow task. Waits until workers of that version ask all ``queues`` for work,
    ``within`` seconds at most, and until Temporal has told the queues. A full promotion ends any ramp. Raises
    Unavailable that names the queues nobody asks, Conflict when somebody else changes the deployment at this moment.
    """
    await _polled(client, build_id, queues, within)
    chosen = "" if build_id == UNVERSIONED else build_id
    try:
        if ramp is None:
            await _set_current(client, chosen)
        else:
            await _set_ramping(client, chosen, ramp)
    except RPCError as error:
        if error.status in (RPCStatusCode.FAILED_PRECONDITION, RPCStatusCode.ABORTED):
            raise Conflict(
                f"Temporal did not move work to {build_id}: {error.message}",
                mend="See `avatar workers list`, and try again",
            ) from error
        raise Unavailable(f"Temporal did not move work to {build_id}: {error.message}") from error
    await _spread(client)
    return await describe(client)


async def settle(client: Client, build_id: str | None, queues: Sequence[Queue]) -> None:
    """For a Temporal that is ours alone: work goes to our workers, whatever version the last ones had.

    Raises what ``promote`` raises.
    """
    wanted = build_id or UNVERSIONED
    if (await describe(client)).current != wanted:
        await promote(client, wanted, queues=queues)


async def _polled(client: Client, build_id: str, queues: Sequence[Queue], within: float) -> None:
    deadline = time.monotonic() + within
    while True:
        deployment = await describe(client)
        version = deployment.version(build_id)
        missing = [queue.value for queue in queues if not (version and version.pollers.get(queue))]
        # The version must be known as well, which is a moment later than its first poll.
        if not missing and (build_id == UNVERSIONED or (version and version.created)):
            return
        if time.monotonic() >= deadline:
            known = ", ".join(known.build_id for known in deployment.versions if known.pollers) or "none"
            raise Unavailable(
                f"No worker of version {build_id} asks {', '.join(missing or DEPLOYMENT)} for work (working: {known})",
                mend=f"Start `python -m workers control`, `provider` and `mesh` with AVATAR_BUILD_ID={build_id}"
                if build_id != UNVERSIONED
                else "Start `python -m workers control`, `provider` and `mesh` without AVATAR_BUILD_ID",
            )
        await asyncio.sleep(ASK_AGAIN_S)


async def _info(client: Client) -> WorkerDeploymentInfo:
    """What Temporal knows; empty before the first worker with a version."""
    try:
        answer = await client.workflow_service.describe_worker_deployment(
            DescribeWorkerDeploymentRequest(namespace=client.namespace, deployment_name=DEPLOYMENT)
        )
    except RPCError as error:
        if error.status is RPCStatusCode.NOT_FOUND:
            return WorkerDeploymentInfo()
        raise
    return answer.worker_deployment_info


async def _set_current(client: Client, build_id: str) -> None:
    routing = (await _info(client)).routing_config
    if routing.current_deployment_version.build_id != build_id:
        await client.workflow_service.set_worker_deployment_current_version(
            SetWorkerDeploymentCurrentVersionRequest(
                namespace=client.namespace,
                deployment_name=DEPLOYMENT,
                build_id=build_id,
                identity=client.identity,
                # Whether all queues are asked is known by now; Temporal would count queues of versions long gone.
                ignore_missing_task_queues=True,
            )
        )
    routing = (await _info(client)).routing_config
    if routing.ramping_deployment_version.build_id or routing.ramping_version_percentage:
        await _set_ramping(client, "", 0.0)


async def _set_ramping(client: Client, build_id: str, percentage: float) -> None:
    await client.workflow_service.set_worker_deployment_ramping_version(
        SetWorkerDeploymentRampingVersionRequest(
            namespace=client.namespace,
            deployment_name=DEPLOYMENT,
            build_id=build_id,
            percentage=percentage,
            identity=client.identity,
            ignore_missing_task_queues=True,
        )
    )


async def _spread(client: Client) -> None:
    """Wait until the queues know where work goes. A server that does not say so is not waited for."""
    deadline = time.monotonic() + SPREADS_WITHIN_S
    while time.monotonic() < deadline:
        state = (await _info(client)).routing_config_update_state
        if state != RoutingConfigUpdateState.ROUTING_CONFIG_UPDATE_STATE_IN_PROGRESS:
            return
        await asyncio.sleep(ASK_AGAIN_S)
