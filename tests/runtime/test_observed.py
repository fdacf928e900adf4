"""What is measured of steps and runs: once each, whatever is replayed."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any

import pytest
import pytest_asyncio
import structlog
from people import an_order
from prometheus_client import REGISTRY
from scripted import Script
from temporalio.client import Client, WorkflowFailureError, WorkflowHandle
from temporalio.exceptions import ApplicationError
from temporalio.worker import Worker

from avatar.run import RunKey
from runtime.embedded.servers import Servers
from runtime.services import connect_temporal
from runtime.settings import load_settings
from workflows import steps
from workflows.generate import GenerateAvatar, Generated, GenerateRequest
from workflows.policies import Queue
from workflows.sandbox import RUNNER, WORKFLOWS


@pytest_asyncio.fixture
async def client(servers: Servers) -> Client:
    connected = await connect_temporal(
        load_settings({}, temporal_address=servers.temporal_address, mongo_uri=servers.mongo_uri)
    )
    # Runs that other tests have left behind would be counted with ours.
    async for left in connected.list_workflows("ExecutionStatus = 'Running'"):
        await connected.get_workflow_handle(left.id, run_id=left.run_id).terminate("left behind by a test")
    return connected


@asynccontextmanager
async def playing(client: Client, script: Script) -> AsyncIterator[None]:
    """Workers that play the script, and forget a workflow between its tasks: each task is a replay."""
    async with AsyncExitStack() as stack:
        for queue in Queue:
            control = queue is Queue.CONTROL
            await stack.enter_async_context(
                Worker(
                    client,
                    task_queue=queue,
                    workflows=WORKFLOWS if control else [],
                    workflow_runner=RUNNER,
                    activities=script.activities(),
                    max_cached_workflows=0 if control else 1000,
                    max_concurrent_workflow_task_polls=1 if control else 5,
                )
            )
        yield


async def start(client: Client) -> WorkflowHandle[GenerateAvatar, Generated]:
    run = RunKey(tenant="local", agent_id="ada", run_id=uuid.uuid4().hex)
    return await client.start_workflow(
        GenerateAvatar.run,
        GenerateRequest(run=run, order=an_order(first=True)),
        id=f"{run.workflow_id}/{run.run_id}",
        task_queue=Queue.CONTROL,
    )


def counted(name: str, **labels: str) -> Callable[[], float]:
    """How much a sample has grown since now."""
    before = REGISTRY.get_sample_value(name, labels) or 0.0
    return lambda: (REGISTRY.get_sample_value(name, labels) or 0.0) - before


async def test_a_published_run_is_counted_once_and_its_steps_by_name(client: Client) -> None:
    runs = counted("avatar_runs_total", status="published", kind="generate")
    others = [counted("avatar_runs_total", status=status, kind="generate") for status in ("failed", "cancelled")]
    seconds = counted("avatar_run_seconds_count", kind="generate")
    built = [counted("avatar_step_seconds_count", step=f"build_lod/{level}") for level in (0, 1, 2)]
    async with playing(client, Script()):
        await (await start(client)).result()
    assert (runs(), seconds(), [other() for other in others]) == (1, 1, [0, 0])
    assert [level() for level in built] == [1, 1, 1]


@pytest.mark.parametrize(("kind", "code"), [("invalid_model", "invalid_model"), ("SomebodyElses", "internal")])
async def test_a_failed_run_counts_and_its_code_is_one_of_the_tree(client: Client, kind: str, code: str) -> None:
    def refuse(given: object, attempt: int) -> Any:
        raise ApplicationError("no", type=kind, non_retryable=True)

    runs = counted("avatar_runs_total", status="failed", kind="generate")
    failures = counted("avatar_step_failures_total", step="inspect_model", code=code)
    async with playing(client, Script(inspect_model=refuse)):
        with pytest.raises(WorkflowFailureError):
            await (await start(client)).result()
    assert (runs(), failures()) == (1, 1)


async def test_a_cancelled_run_counts_as_one(client: Client) -> None:
    begun = asyncio.Event()

    async def hang() -> steps.SourceModel:
        begun.set()
        await asyncio.Event().wait()
        raise AssertionError("unreachable")

    runs = counted("avatar_runs_total", status="cancelled", kind="generate")
    async with playing(client, Script(build_parametric=lambda given, attempt: hang())):
        handle = await start(client)
        await begun.wait()
        await handle.cancel()
        with pytest.raises(WorkflowFailureError):
            await handle.result()
    assert runs() == 1


async def test_the_request_that_starts_a_run_is_in_the_logs_of_its_steps_and_of_its_childs(client: Client) -> None:
    seen: dict[str, Any] = {}

    def look(step: str) -> Callable[[Any, int], Any]:
        def play(given: Any, attempt: int) -> Any:
            seen[step] = structlog.contextvars.get_contextvars().get("request_id")
            return Script().plays[step](given, attempt)

        return play

    script = Script(describe=look("describe"), render_picture=look("render_picture"), announce=look("announce"))
    async with playing(client, script):
        with structlog.contextvars.bound_contextvars(request_id="req-5"):
            handle = await start(client)
        await handle.result()
    assert seen == {"describe": "req-5", "render_picture": "req-5", "announce": "req-5"}
