"""What Temporal says of our task queues: how much waits in them, and who asks them for work."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass
from datetime import timedelta

import structlog
from temporalio.api.enums.v1 import TaskQueueType
from temporalio.api.taskqueue.v1 import TaskQueue
from temporalio.api.workflowservice.v1 import DescribeTaskQueueRequest, DescribeTaskQueueResponse
from temporalio.client import Client
from temporalio.service import RPCError

from runtime import metrics
from workflows.policies import Queue

log = structlog.get_logger()
ASK_SECONDS = 2.0
FRESH_SECONDS = 5.0  # several scrapers cost Temporal no more than one

ACTIVITIES = TaskQueueType.TASK_QUEUE_TYPE_ACTIVITY
WORKFLOWS = TaskQueueType.TASK_QUEUE_TYPE_WORKFLOW


@dataclass(frozen=True, slots=True)
class Backlog:
    """About how many tasks wait in a queue, and how long the oldest of them."""

    tasks: int
    seconds: float


def kinds(queue: Queue) -> tuple[TaskQueueType.ValueType, ...]:
    """What ``queue`` holds: workflows run on the control queue only."""
    return (WORKFLOWS, ACTIVITIES) if queue is Queue.CONTROL else (ACTIVITIES,)


async def backlog(client: Client, queue: Queue) -> Backlog:
    """What waits in ``queue`` now. Raises RPCError."""
    answers = await asyncio.gather(*(_describe(client, queue, kind, stats=True) for kind in kinds(queue)))
    return Backlog(
        sum(answer.stats.approximate_backlog_count for answer in answers),
        max(answer.stats.approximate_backlog_age.ToTimedelta().total_seconds() for answer in answers),
    )


async def asks_for_work(client: Client, queue: Queue) -> bool:
    """Whether Temporal knows this process as one that polls ``queue`` for all it holds. Raises RPCError."""
    answers = await asyncio.gather(*(_describe(client, queue, kind) for kind in kinds(queue)))
    return all(any(poller.identity == client.identity for poller in answer.pollers) for answer in answers)


class BacklogGauges:
    """Sets ``avatar_queue_backlog`` and its age, asking Temporal only now and then."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self._asked = -FRESH_SECONDS
        self._asking = asyncio.Lock()

    async def refresh(self) -> None:
        """Bring the gauges up to date. While Temporal is away they are absent, not zero."""
        async with self._asking:
            if time.monotonic() - self._asked < FRESH_SECONDS:
                return
            try:
                found = await asyncio.gather(*(backlog(self._client, queue) for queue in Queue))
            except (RPCError, RuntimeError) as problem:
                log.warning("the backlog of the queues is not known", error=str(problem))
                metrics.QUEUE_BACKLOG.clear()
                metrics.QUEUE_BACKLOG_AGE.clear()
                return
            for queue, waiting in zip(Queue, found, strict=True):
                metrics.QUEUE_BACKLOG.labels(queue.value).set(waiting.tasks)
                metrics.QUEUE_BACKLOG_AGE.labels(queue.value).set(waiting.seconds)
            self._asked = time.monotonic()


async def _describe(
    client: Client, queue: Queue, kind: TaskQueueType.ValueType, *, stats: bool = False
) -> DescribeTaskQueueResponse:
    return await client.workflow_service.describe_task_queue(
        DescribeTaskQueueRequest(
            namespace=client.namespace, task_queue=TaskQueue(name=queue.value), task_queue_type=kind, report_stats=stats
        ),
        timeout=timedelta(seconds=ASK_SECONDS),
    )
