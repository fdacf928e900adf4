"""GrantWish: what it makes, order, faults, priority. The time-skipping server makes back-offs free."""

from __future__ import annotations

import uuid
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any

import pytest
import pytest_asyncio
from scripted import SOURCE, Script, a_picture, a_variant
from temporalio.client import Client, WorkflowFailureError, WorkflowHandle
from temporalio.contrib.pydantic import pydantic_data_converter
from temporalio.exceptions import ApplicationError
from temporalio.testing import WorkflowEnvironment
from temporalio.worker import Worker
from time_skipping import time_skipping_server

from avatar.request import Urgency
from avatar.shot import Framing, Shot
from avatar.variant import Variant
from avatar.wish import MadeFile, Wish, kind_of
from workflows.policies import Queue
from workflows.sandbox import RUNNER, WORKFLOWS
from workflows.steps import WishKey
from workflows.wish import GrantWish, WishRequest

LOD1 = Variant(lod=1)


@pytest_asyncio.fixture(scope="module")
async def client() -> AsyncIterator[Client]:
    async with await WorkflowEnvironment.start_time_skipping(
        data_converter=pydantic_data_converter, test_server_existing_path=time_skipping_server()
    ) as started:
        yield started.client


@asynccontextmanager
async def playing(client: Client, script: Script) -> AsyncIterator[None]:
    async with AsyncExitStack() as stack:
        for queue in (Queue.CONTROL, Queue.MESH):
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


async def start(
    client: Client, urgency: Urgency = Urgency.HIGH, wish: Wish = LOD1
) -> WorkflowHandle[GrantWish, MadeFile]:
    of = WishKey(kind=kind_of(wish), tenant="local", agent_id="ada", version=3, key=uuid.uuid4().hex, source=SOURCE)
    return await client.start_workflow(
        GrantWish.run,
        WishRequest(of=of, wish=wish, query="lod=1", urgency=urgency, links="http://127.0.0.1:1"),
        id=of.workflow_id,
        task_queue=Queue.CONTROL,
    )


async def test_it_is_made_and_then_written_down(client: Client) -> None:
    script = Script()
    async with playing(client, script):
        built = await (await start(client)).result()
    assert built == a_variant()
    assert script.names() == ["build_variant", "record_wish"]
    assert script.given("build_variant").variant == Variant(lod=1)
    recorded = script.given("record_wish")
    assert (recorded.built, recorded.failure, recorded.of.agent_id) == (built, None, "ada")


async def test_a_picture_takes_the_same_road(client: Client) -> None:
    script, shot = Script(), Shot(framing=Framing.FACE, morphs={"jawOpen": 0.5})
    async with playing(client, script):
        handle = await start(client, wish=shot)
        assert handle.id.startswith("picture/local/")
        built = await handle.result()
    assert built == a_picture()
    assert script.names() == ["render_shot", "record_wish"]
    assert script.given("render_shot").shot == shot
    assert script.given("record_wish").built == built


@pytest.mark.parametrize(("urgency", "priority"), [(Urgency.HIGH, 1), (Urgency.NORMAL, 3)])
async def test_what_somebody_waits_for_comes_first(client: Client, urgency: Urgency, priority: int) -> None:
    script = Script()
    async with playing(client, script):
        await (await start(client, urgency=urgency)).result()
    assert set(script.priorities.values()) == {priority}


async def test_a_codec_that_dies_once_costs_an_attempt(client: Client) -> None:
    def once(given: Any, attempt: int) -> MadeFile:
        if attempt == 1:
            raise ApplicationError("it died", type="codec_failed")
        return a_variant()

    script = Script(build_variant=once)
    async with playing(client, script):
        await (await start(client)).result()
    assert script.names() == ["build_variant", "build_variant", "record_wish"]


@pytest.mark.parametrize(("code", "final", "attempts"), [("invalid_model", True, 1), ("codec_failed", False, 3)])
async def test_what_cannot_be_made_is_not_tried_for_ever(client: Client, code: str, final: bool, attempts: int) -> None:
    def bad(given: Any, attempt: int) -> MadeFile:
        raise ApplicationError("two skeletons", type=code, non_retryable=final)

    script = Script(build_variant=bad)
    async with playing(client, script):
        handle = await start(client)
        with pytest.raises(WorkflowFailureError):
            await handle.result()
    assert script.names() == ["build_variant"] * attempts + ["record_wish"]
    failure = script.given("record_wish").failure
    assert (failure.code, failure.detail, failure.retryable) == (code, "two skeletons", not final)
    assert script.given("record_wish").built is None
