"""GenerateAvatar and OptimizeAvatar: order, faults, cancellation. The time-skipping server makes back-offs free."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager

import pytest
import pytest_asyncio
from people import a_character, an_order
from scripted import REPAINTED, SOURCE, Script, a_lod
from temporalio.api.enums.v1 import IndexedValueType
from temporalio.api.operatorservice.v1 import AddSearchAttributesRequest
from temporalio.client import Client, WorkflowFailureError, WorkflowHandle, WorkflowUpdateFailedError
from temporalio.contrib.pydantic import pydantic_data_converter
from temporalio.exceptions import ApplicationError
from temporalio.testing import WorkflowEnvironment
from temporalio.worker import Worker
from time_skipping import time_skipping_server

from avatar.request import Order, Urgency
from avatar.run import RunKey
from avatar.stage import Stage
from workflows import steps
from workflows.control import Asked, AskedRetry
from workflows.generate import GenerateAvatar, Generated, GenerateRequest
from workflows.policies import SEARCH_ATTRIBUTES, Queue
from workflows.sandbox import RUNNER, WORKFLOWS

FIRST = an_order(first=True)
LATER = an_order()


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


async def start(client: Client, order: Order = FIRST) -> WorkflowHandle[GenerateAvatar, Generated]:
    run = RunKey(tenant="local", agent_id="ada", run_id=uuid.uuid4().hex)
    return await client.start_workflow(
        GenerateAvatar.run,
        GenerateRequest(run=run, order=order, links="http://127.0.0.1:1"),
        id=f"{run.workflow_id}/{run.run_id}",
        task_queue=Queue.CONTROL,
    )


async def generate(environment: WorkflowEnvironment, script: Script, order: Order = FIRST) -> Generated:
    async with playing(environment.client, script):
        return await (await start(environment.client, order)).result()


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
    script = Script(render_picture=lambda given, n: steps.Picture(blob=None, missing="no EGL here"))
    assert (await generate(environment, script)).version == 1
    assert script.given("publish").picture.missing == "no EGL here"


DESCRIBED = steps.Described(character=a_character(), describer="earlier")
MODEL = steps.SourceModel(blob=SOURCE, provider="parametric", degraded=False, cost_micros=700)
INSPECTED = Script().plays["inspect_model"](None, 1)
PICTURE = steps.Picture(blob=SOURCE)


async def test_a_first_run_does_not_ask_what_can_be_reused(environment: WorkflowEnvironment) -> None:
    script = Script()
    await generate(environment, script)
    assert "recall" not in script.names()
    assert script.given("publish").reused == ()


async def test_what_is_known_is_not_made_again(environment: WorkflowEnvironment) -> None:
    known = steps.Recalled(
        described=DESCRIBED, source=MODEL, inspected=INSPECTED, lods=tuple(map(a_lod, (0, 2))), picture=PICTURE
    )
    script = Script(recall=lambda given, n: known)
    await generate(environment, script, LATER)
    assert script.names() == ["recall", "build_lod", "publish", "announce"], "only the level that is missing"
    given = script.given("publish")
    assert (given.source, given.picture) == (MODEL, PICTURE)
    assert [lod.facts.level for lod in given.lods] == [0, 1, 2]
    assert set(given.reused) == {
        "describe", "build_parametric", "inspect_model", "render_picture", "build_lod/0", "build_lod/2",
    }  # fmt: skip


async def test_other_colours_keep_the_geometry(environment: WorkflowEnvironment) -> None:
    kin = steps.Kin(source=MODEL, lods=tuple(map(a_lod, (0, 1, 2))))
    script = Script(recall=lambda given, n: steps.Recalled(described=DESCRIBED, kin=kin))
    order = an_order(request={"customization": {"hair": {"colour": "#aa3311"}}})
    await generate(environment, script, order)
    names = script.names()
    assert names[:3] == ["recall", "repaint_parametric", "inspect_model"]
    assert sorted(names[3:7]) == ["render_picture", "repaint_lod", "repaint_lod", "repaint_lod"]
    repaint = script.given("repaint_parametric")
    assert (repaint.kin, repaint.character.hair.colour) == (SOURCE, "#aa3311")
    published = script.given("publish")
    assert (published.source.blob, published.character.hair.colour) == (REPAINTED, "#aa3311")
    assert published.described.character.hair.colour != "#aa3311", "the description stays as it was"
    assert set(published.reused) == {"describe", "geometry", "geometry/0", "geometry/1", "geometry/2"}


async def test_a_new_description_asks_again_for_what_follows(environment: WorkflowEnvironment) -> None:
    def recall(given: steps.RecallInput, attempt: int) -> steps.Recalled:
        return steps.Recalled(source=MODEL) if given.described else steps.Recalled()

    script = Script(recall=recall)
    await generate(environment, script, LATER)
    assert script.names()[:4] == ["recall", "describe", "recall", "inspect_model"]


class Gate:
    """A step that has begun and waits until it may end."""

    def __init__(self, step: str) -> None:
        self.reached, self.opened = asyncio.Event(), asyncio.Event()
        self._answer = Script().plays[step]

    async def __call__(self, given: object, attempt: int) -> object:
        self.reached.set()
        await self.opened.wait()
        return self._answer(given, attempt)


async def test_a_paused_run_finishes_its_stage_and_waits(environment: WorkflowEnvironment) -> None:
    gate = Gate("build_parametric")
    script = Script(build_parametric=gate)
    async with playing(environment.client, script):
        handle = await start(environment.client)
        await gate.reached.wait()
        await handle.execute_update(GenerateAvatar.pause, Asked(by="owner", reason="the budget"))
        with pytest.raises(WorkflowUpdateFailedError) as twice:
            await handle.execute_update("pause")
        assert "paused already" in str(twice.value.cause)
        gate.opened.set()
        await script.done["build_parametric"].wait()
        await asyncio.sleep(0.3)
        assert await handle.query(GenerateAvatar.stage) == "model"
        assert "inspect_model" not in script.names()
        record = script.given("record_pause")
        assert (record.turn, record.paused, record.by, record.reason) == (1, True, "owner", "the budget")
        await handle.execute_update("resume")  # as somebody does in the Temporal UI: without input
        assert (await handle.result()).version == 1
    assert script.given("record_pause").paused is False
    assert script.given("record_pause").by == "the Temporal UI"


async def test_resuming_what_is_not_paused_is_refused(environment: WorkflowEnvironment) -> None:
    gate = Gate("describe")
    async with playing(environment.client, Script(describe=gate)):
        handle = await start(environment.client)
        await gate.reached.wait()
        with pytest.raises(WorkflowUpdateFailedError) as refused:
            await handle.execute_update(GenerateAvatar.resume, Asked())
        assert "not paused" in str(refused.value.cause)
        gate.opened.set()
        await handle.result()


async def test_a_paused_run_can_be_cancelled(environment: WorkflowEnvironment) -> None:
    gate = Gate("describe")
    script = Script(describe=gate)
    async with playing(environment.client, script):
        handle = await start(environment.client)
        await gate.reached.wait()
        await handle.execute_update("pause")
        gate.opened.set()
        await script.done["describe"].wait()
        await asyncio.sleep(0.3)  # the time-skipping server chokes on a cancellation that meets a completion
        await handle.cancel(reason="by ada: second thoughts")
        with pytest.raises(WorkflowFailureError):
            await handle.result()
    assert script.given("record_failure").error.detail == "the run was cancelled: by ada: second thoughts"
    assert "build_parametric" not in script.names()


async def test_a_run_goes_back_to_a_stage_and_keeps_what_came_before(environment: WorkflowEnvironment) -> None:
    gate = Gate("build_lod")
    script = Script(build_lod=gate)
    async with playing(environment.client, script):
        handle = await start(environment.client)
        await gate.reached.wait()
        for wrong in ("publish", "queued"):
            with pytest.raises(WorkflowUpdateFailedError) as refused:
                await handle.execute_update("retry", {"fromStage": wrong})
            assert "cannot go back" in str(refused.value.cause)
        retrying = asyncio.create_task(
            handle.execute_update(GenerateAvatar.retry, AskedRetry(from_stage=Stage.MODEL, by="owner"))
        )
        await retrying
        gate.opened.set()
        assert (await handle.result()).version == 1
    names = script.names()
    assert names.count("describe") == 1 and names.count("build_parametric") == 2 and names.count("inspect_model") == 2
    assert (script.given("record_retry").stage, script.given("record_retry").by) == (Stage.MODEL, "owner")
    assert names.count("publish") == 1 and "record_failure" not in names


async def test_a_stage_that_has_not_come_cannot_be_retried(environment: WorkflowEnvironment) -> None:
    gate = Gate("describe")
    async with playing(environment.client, Script(describe=gate)):
        handle = await start(environment.client)
        await gate.reached.wait()
        with pytest.raises(WorkflowUpdateFailedError) as refused:
            await handle.execute_update(GenerateAvatar.retry, AskedRetry(from_stage=Stage.OPTIMIZE))
        assert "has not come to optimize yet" in str(refused.value.cause)
        gate.opened.set()
        await handle.result()


async def test_a_cancellation_that_comes_while_publishing_is_too_late(environment: WorkflowEnvironment) -> None:
    gate = Gate("publish")
    script = Script(publish=gate)
    async with playing(environment.client, script):
        handle = await start(environment.client)
        await gate.reached.wait()
        await handle.cancel()
        await asyncio.sleep(0.2)
        gate.opened.set()
        assert (await handle.result()).version == 1
    assert script.names()[-2:] == ["publish", "announce"]
    assert "record_failure" not in script.names()


@pytest.mark.parametrize(("urgency", "begin", "go_on"), [("high", 2, 1), ("normal", 4, 3), ("low", 5, 5)])
async def test_what_has_begun_comes_before_what_has_not(
    environment: WorkflowEnvironment, urgency: Urgency, begin: int, go_on: int
) -> None:
    script = Script()
    await generate(environment, script, an_order(first=True, urgency=urgency))
    assert script.priorities["build_parametric"] == begin
    assert {script.priorities[name] for name in ("inspect_model", "build_lod", "publish")} == {go_on}
