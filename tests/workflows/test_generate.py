"""GenerateAvatar and OptimizeAvatar: order, faults, cancellation. The time-skipping server makes back-offs free."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager

import pytest
import pytest_asyncio
from scripted import Script
from temporalio.api.enums.v1 import IndexedValueType
from temporalio.api.operatorservice.v1 import AddSearchAttributesRequest
from temporalio.client import Client, WorkflowFailureError, WorkflowHandle
from temporalio.contrib.pydantic import pydantic_data_converter
from temporalio.exceptions import ApplicationError
from temporalio.testing import WorkflowEnvironment
from temporalio.worker import Worker
from time_skipping import time_skipping_server

from avatar.profile import AgentProfile
from avatar.run import RunKey
from workflows.generate import GenerateAvatar, Generated, GenerateRequest
from workflows.policies import SEARCH_ATTRIBUTES, Queue
from workflows.sandbox import RUNNER, WORKFLOWS

ADA = AgentProfile(agent_id="ada", name="Ada")


@pytest_asyncio.fixture(scope="module")
async def environment() -> AsyncIterator[WorkflowEnvironment]:
    async with await WorkflowEnvironment.start_time_skipping(
        data_converter=pydantic_data_converter,
        test_server_existing_path=time_skipping_server(),
    ) as started:
        # It has no way to list attributes, so the one that `avatar up` uses does not serve here.
        await started.client.operator_service.add_search_attributes(
            AddSearchAttributesRequest(
                namespace=started.client.namespace,
                search_attributes={
                    key.name: IndexedValueType.ValueType(int(key.indexed_value_type)) for key in SEARCH_ATTRIBUTES
                },
            )
        )
        yield started


@asynccontextmanager
async def playing(client: Client, script: Script) -> AsyncIterator[None]:
    """Workers on all three queues that play the script."""
    async with AsyncExitStack() as stack:
        for queue in Queue:
            await stack.enter_async_context(
                Worker(
                    client,
                    task_queue=queue,
                    workflows=WORKFLOWS if queue is Queue.CONTROL else [],
                    workflow_runner=RUNNER,
                    activities=script.activities(),
                )
            )
        yield


async def start(client: Client) -> WorkflowHandle[GenerateAvatar, Generated]:
    run = RunKey(tenant="local", agent_id="ada", run_id=uuid.uuid4().hex)
    return await client.start_workflow(
        GenerateAvatar.run,
        GenerateRequest(run=run, profile=ADA, links="http://127.0.0.1:1"),
        id=f"{run.workflow_id}/{run.run_id}",
        task_queue=Queue.CONTROL,
    )


async def generate(environment: WorkflowEnvironment, script: Script) -> Generated:
    async with playing(environment.client, script):
        return await (await start(environment.client)).result()


def error_of(failure: WorkflowFailureError) -> ApplicationError:
    cause: BaseException | None = failure
    while cause is not None and not isinstance(cause, ApplicationError):
        cause = cause.__cause__
    assert cause is not None
    return cause


async def test_stages_come_in_order_and_levels_side_by_side(environment: WorkflowEnvironment) -> None:
    together = asyncio.Barrier(4)

    async def meet(given: object, attempt: int, answer: object) -> object:
        # Would never return if the three levels and the picture waited for each other.
        await together.wait()
        return answer

    good = Script().plays
    script = Script(
        build_lod=lambda given, n: meet(given, n, good["build_lod"](given, n)),
        render_picture=lambda given, n: meet(given, n, good["render_picture"](given, n)),
    )
    assert (await generate(environment, script)).version == 1
    names = script.names()
    assert names[:3] == ["describe", "build_parametric", "inspect_model"]
    assert sorted(names[3:7]) == ["build_lod", "build_lod", "build_lod", "render_picture"]
    assert names[7:] == ["publish", "announce"]
    assert [lod.facts.level for lod in script.given("publish").lods] == [0, 1, 2]


async def test_a_passing_fault_costs_an_attempt_not_the_run(environment: WorkflowEnvironment) -> None:
    good = Script().plays["build_lod"]

    def flaky(given: object, attempt: int) -> object:
        if attempt < 3:
            raise ApplicationError("the codec died", type="codec_failed")
        return good(given, attempt)

    script = Script(build_lod=flaky)
    assert (await generate(environment, script)).version == 1
    assert script.names().count("build_lod") == 9
    assert "record_failure" not in script.names()


@pytest.mark.parametrize(
    ("step", "stage"),
    [("describe", "describe"), ("build_parametric", "model"), ("inspect_model", "inspect"), ("build_lod", "optimize")],
)
async def test_a_final_fault_is_written_down_and_nothing_is_published(
    environment: WorkflowEnvironment, step: str, stage: str
) -> None:
    def refuse(given: object, attempt: int) -> object:
        raise ApplicationError("it lies about its indices", type="invalid_model", non_retryable=True)

    script = Script(**{step: refuse})
    with pytest.raises(WorkflowFailureError) as failed:
        await generate(environment, script)
    assert error_of(failed.value).type == "invalid_model"
    assert "publish" not in script.names()
    error = script.given("record_failure").error
    assert (error.code, error.stage, error.detail) == ("invalid_model", stage, "it lies about its indices")
    assert error.retryable is False
    assert script.given("record_failure").cancelled is False


async def test_faults_that_never_pass_end_the_run(environment: WorkflowEnvironment) -> None:
    def never(given: object, attempt: int) -> object:
        raise ApplicationError("the codec died", type="codec_failed")

    script = Script(build_parametric=never)
    with pytest.raises(WorkflowFailureError):
        await generate(environment, script)
    assert script.names().count("build_parametric") == 5, "the policy FEW"
    assert script.given("record_failure").error.code == "codec_failed"


async def test_the_catalog_may_be_away_for_minutes(environment: WorkflowEnvironment) -> None:
    good = Script().plays["publish"]

    def away(given: object, attempt: int) -> object:
        if attempt < 20:
            raise ApplicationError("MongoDB does not answer", type="unavailable")
        return good(given, attempt)

    script = Script(publish=away)
    assert (await generate(environment, script)).version == 1


async def test_a_cancelled_run_leaves_a_true_record(environment: WorkflowEnvironment) -> None:
    reached = asyncio.Event()

    async def hang(given: object, attempt: int) -> object:
        reached.set()
        await asyncio.Event().wait()
        return None

    script = Script(describe=hang)
    async with playing(environment.client, script):
        handle = await start(environment.client)
        await reached.wait()
        await handle.cancel()
        with pytest.raises(WorkflowFailureError):
            await handle.result()
    failure = script.given("record_failure")
    assert failure.cancelled is True
    assert failure.error.code == "cancelled"
    assert "publish" not in script.names()


async def test_no_picture_is_no_reason_not_to_publish(environment: WorkflowEnvironment) -> None:
    from workflows.steps import Picture

    script = Script(render_picture=lambda given, n: Picture(blob=None, missing="no EGL here"))
    assert (await generate(environment, script)).version == 1
    assert script.given("publish").picture.missing == "no EGL here"
