"""An interceptor on every Temporal client and worker: request ids travel along, steps and runs are measured.

The id of the HTTP request goes into the header of the workflow it starts or steers; from there into the headers of
the activities and child workflows; there it is bound to the logs. Headers are no part of what a replay compares.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping
from typing import Any

import structlog
from temporalio import activity, workflow
from temporalio.api.common.v1 import Payload
from temporalio.client import Interceptor as ClientInterceptor
from temporalio.client import (
    OutboundInterceptor,
    StartWorkflowInput,
    StartWorkflowUpdateInput,
    WorkflowHandle,
    WorkflowUpdateHandle,
)
from temporalio.converter import PayloadConverter
from temporalio.exceptions import ApplicationError, is_cancelled_exception
from temporalio.worker import (
    ActivityInboundInterceptor,
    ExecuteActivityInput,
    ExecuteWorkflowInput,
    HandleUpdateInput,
    Interceptor,
    StartActivityInput,
    StartChildWorkflowInput,
    WorkflowInboundInterceptor,
    WorkflowInterceptorClassInput,
    WorkflowOutboundInterceptor,
)

from activities.journal import step_label
from avatar.errors import Cancelled
from avatar.run import RunStatus
from runtime import metrics, telemetry
from workflows.generate import GenerateAvatar
from workflows.steps import PublishInput, StepInput

HEADER = "avatar-request-id"
Headers = Mapping[str, Payload]
_COUNT_RUN = "avatar_count_run"


class Observed(ClientInterceptor, Interceptor):
    """Give it to a client; the workers of that client take it over."""

    def intercept_client(self, next: OutboundInterceptor) -> OutboundInterceptor:
        return _Client(next)

    def intercept_activity(self, next: ActivityInboundInterceptor) -> ActivityInboundInterceptor:
        return _Activity(next)

    def workflow_interceptor_class(self, input: WorkflowInterceptorClassInput) -> type[WorkflowInboundInterceptor]:
        # Metrics live outside the workflow sandbox; this is the way there.
        input.unsafe_extern_functions[_COUNT_RUN] = count_run
        return _Workflow


def count_run(status: RunStatus, kind: str, seconds: float) -> None:
    """A run has ended."""
    metrics.RUNS.labels(status.value, kind).inc()
    if status is RunStatus.PUBLISHED:
        metrics.RUN_SECONDS.labels(kind).observe(seconds)


class _Client(OutboundInterceptor):
    async def start_workflow(self, input: StartWorkflowInput) -> WorkflowHandle[Any, Any]:
        input.headers = _with_request_id(input.headers)
        return await super().start_workflow(input)

    async def start_workflow_update(self, input: StartWorkflowUpdateInput) -> WorkflowUpdateHandle[Any]:
        input.headers = _with_request_id(input.headers)
        return await super().start_workflow_update(input)


class _Activity(ActivityInboundInterceptor):
    async def execute_activity(self, input: ExecuteActivityInput) -> Any:
        info = activity.info()
        given = input.args[0] if input.args else None
        label = step_label(info.activity_type, given) if isinstance(given, StepInput) else info.activity_type
        ids: dict[str, str] = {}
        if (request_id := _request_id(input.headers)) is not None:
            ids["request_id"] = request_id
        telemetry.annotate({"avatar.step": label, "avatar.attempt": info.attempt, **_about(given)})
        began = time.perf_counter()
        with structlog.contextvars.bound_contextvars(**ids):
            try:
                result = await super().execute_activity(input)
            except asyncio.CancelledError:
                _failed(label, Cancelled.code)
                raise
            except ApplicationError as error:
                _failed(label, metrics.bounded_code(error.type))
                raise
            except Exception:
                _failed(label, metrics.bounded_code(None))
                raise
        metrics.STEP_SECONDS.labels(label).observe(time.perf_counter() - began)
        if isinstance(given, PublishInput):
            for step in given.reused:
                metrics.STEPS_REUSED.labels(step).inc()
        return result


class _Workflow(WorkflowInboundInterceptor):
    """Remembers the latest request that moved this workflow, and hands its id on."""

    request: Payload | None = None

    def init(self, outbound: WorkflowOutboundInterceptor) -> None:
        super().init(_Outbound(outbound, self))

    async def execute_workflow(self, input: ExecuteWorkflowInput) -> Any:
        self.request = input.headers.get(HEADER)
        if workflow.info().workflow_type != GenerateAvatar.__name__:
            return await super().execute_workflow(input)
        try:
            result = await super().execute_workflow(input)
        except BaseException as error:
            if is_cancelled_exception(error):
                _ended(input, RunStatus.CANCELLED)
            elif workflow.is_failure_exception(error):  # others fail a workflow task, and the run goes on
                _ended(input, RunStatus.FAILED)
            raise
        _ended(input, RunStatus.PUBLISHED)
        return result

    async def handle_update_handler(self, input: HandleUpdateInput) -> Any:
        self.request = input.headers.get(HEADER, self.request)
        return await super().handle_update_handler(input)


class _Outbound(WorkflowOutboundInterceptor):
    def __init__(self, next: WorkflowOutboundInterceptor, root: _Workflow) -> None:
        super().__init__(next)
        self._root = root

    def start_activity(self, input: StartActivityInput) -> workflow.ActivityHandle[Any]:
        input.headers = self._marked(input.headers)
        return super().start_activity(input)

    async def start_child_workflow(self, input: StartChildWorkflowInput) -> workflow.ChildWorkflowHandle[Any, Any]:
        input.headers = self._marked(input.headers)
        return await super().start_child_workflow(input)

    def _marked(self, headers: Headers) -> Headers:
        return headers if self._root.request is None else {**headers, HEADER: self._root.request}


def _ended(input: ExecuteWorkflowInput, status: RunStatus) -> None:
    if not workflow.unsafe.is_replaying():  # which an eviction from the cache counts as
        seconds = (workflow.now() - workflow.info().start_time).total_seconds()
        workflow.extern_functions()[_COUNT_RUN](status, input.args[0].order.kind.value, seconds)


def _with_request_id(headers: Headers) -> Headers:
    request_id = structlog.contextvars.get_contextvars().get("request_id")
    if request_id is None:
        return headers
    return {**headers, HEADER: PayloadConverter.default.to_payload(request_id)}


def _request_id(headers: Headers) -> str | None:
    payload = headers.get(HEADER)
    return None if payload is None else str(PayloadConverter.default.from_payload(payload))


def _about(given: object) -> dict[str, telemetry.Value]:
    if not isinstance(given, StepInput):
        return {}
    run = given.run
    return {"avatar.tenant": run.tenant, "avatar.agent_id": run.agent_id, "avatar.run_id": run.run_id}


def _failed(step: str, code: str) -> None:
    metrics.STEP_FAILURES.labels(step, code).inc()
    telemetry.annotate({"avatar.error": code})
