"""Running a step from a workflow: its policy applied, its types kept."""

from __future__ import annotations

from temporalio import workflow

from avatar.request import Urgency
from workflows.policies import POLICIES, priority_of
from workflows.steps import In, Out, Step, tenant_of


async def run_step(step: Step[In, Out], given: In, *, summary: str, urgency: Urgency = Urgency.NORMAL) -> Out:
    """Execute ``step`` under its policy. ``summary`` is what the Temporal UI shows beside it."""
    policy = POLICIES[step.name]
    result: Out = await workflow.execute_activity(
        step.name,
        given,
        result_type=step.gives,
        task_queue=policy.queue,
        retry_policy=policy.retry,
        start_to_close_timeout=policy.start_to_close,
        schedule_to_close_timeout=policy.schedule_to_close,
        heartbeat_timeout=policy.heartbeat,
        priority=priority_of(urgency, step.stage, tenant_of(given)),
        summary=summary,
    )
    return result
