"""KeepHouse: order, pages, faults, and going on as new. The time-skipping server makes back-offs free."""

from __future__ import annotations

import uuid
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from scripted import Script
from temporalio.client import Client, WorkflowExecutionStatus, WorkflowFailureError, WorkflowHandle
from temporalio.contrib.pydantic import pydantic_data_converter
from temporalio.exceptions import ApplicationError
from temporalio.testing import WorkflowEnvironment
from temporalio.worker import Worker
from time_skipping import time_skipping_server

from avatar.retention import HouseKept, KeepRules
from workflows import steps
from workflows.housekeeping import PAGES_PER_RUN, PREFIXES, KeepHouse, KeepHouseRequest
from workflows.policies import Queue
from workflows.sandbox import RUNNER, WORKFLOWS

NOTHING_OLD = steps.Dropped(count=0, after=None)


@pytest_asyncio.fixture(scope="module")
async def client() -> AsyncIterator[Client]:
    async with await WorkflowEnvironment.start_time_skipping(
        data_converter=pydantic_data_converter, test_server_existing_path=time_skipping_server()
    ) as started:
        yield started.client


def a_script(**pages: list[int]) -> Script:
    """Each kind has pages of so many documents; each blob prefix has two blobs of which one goes."""

    def drop(given: steps.DropInput, attempt: int) -> steps.Dropped:
        counts = pages.get(given.what.value, [0])
        page = int(given.after or 0)
        return steps.Dropped(count=counts[page], after=str(page + 1) if page + 1 < len(counts) else None)

    return Script(drop_old=drop, sweep_blobs=lambda given, n: steps.Swept(seen=2, blobs=1, bytes=10))


async def keep_house(
    client: Client, script: Script, rules: KeepRules | None = None, *, dry_run: bool = False
) -> tuple[HouseKept, WorkflowHandle[KeepHouse, HouseKept]]:
    worker = Worker(
        client,
        task_queue=Queue.CONTROL,
        workflows=WORKFLOWS,
        workflow_runner=RUNNER,
        activities=script.activities(),
    )
    async with worker:
        handle = await client.start_workflow(
            KeepHouse.run,
            KeepHouseRequest(rules=rules or KeepRules(), dry_run=dry_run),
            id=f"housekeeping/{uuid.uuid4().hex}",
            task_queue=Queue.CONTROL,
        )
        return await handle.result(), handle


def dropped(script: Script) -> list[str]:
    return [given.what.value for name, given in script.asked if name == "drop_old"]


async def test_references_go_before_bytes_and_all_is_counted(client: Client) -> None:
    script = a_script(versions=[4], results=[200, 3], runs=[2], events=[0], variants=[5])
    kept, _ = await keep_house(client, script, KeepRules(versions=3))
    assert kept == HouseKept(versions=4, results=203, runs=2, events=0, variants=5, blobs=16, bytes=160, blobs_seen=32)
    assert dropped(script) == ["versions", "results", "results", "runs", "events", "variants"]
    assert script.names()[6:] == ["sweep_blobs"] * 16
    assert [given.prefix for name, given in script.asked if name == "sweep_blobs"] == list(PREFIXES)


async def test_all_versions_stay_unless_a_number_is_set(client: Client) -> None:
    script = a_script(versions=[4])
    kept, _ = await keep_house(client, script)
    assert kept.versions == 0 and dropped(script) == ["results", "runs", "events", "variants"]


async def test_a_dry_run_is_dry_in_every_step(client: Client) -> None:
    script = a_script(results=[7])
    kept, _ = await keep_house(client, script, dry_run=True)
    assert (kept.dry_run, kept.results, kept.blobs) == (True, 7, 16)
    assert {given.dry_run for _, given in script.asked} == {True}


async def test_many_pages_go_on_as_new_and_lose_no_count(client: Client) -> None:
    script = a_script(events=[1] * (2 * PAGES_PER_RUN + 10))
    kept, handle = await keep_house(client, script)
    assert (kept.events, kept.blobs) == (2 * PAGES_PER_RUN + 10, 16)
    pages = [given.after for name, given in script.asked if name == "drop_old" and given.what is steps.Old.EVENTS]
    assert pages == [None, *(str(page) for page in range(1, 2 * PAGES_PER_RUN + 10))], "each page once"
    first = client.get_workflow_handle(handle.id, run_id=handle.first_execution_run_id)
    assert (await first.describe()).status is WorkflowExecutionStatus.CONTINUED_AS_NEW


async def test_a_catalog_that_is_away_for_a_while_costs_nothing(client: Client) -> None:
    def away(given: steps.DropInput, attempt: int) -> steps.Dropped:
        if attempt < 8:
            raise ApplicationError("MongoDB does not answer", type="unavailable")
        return NOTHING_OLD

    script = a_script()
    script.plays = {**script.plays, "drop_old": away}
    kept, _ = await keep_house(client, script)
    assert kept.blobs == 16 and dropped(script).count("runs") == 8


async def test_what_cannot_be_mended_ends_it_before_bytes_are_touched(client: Client) -> None:
    def broken(given: steps.DropInput, attempt: int) -> steps.Dropped:
        raise ApplicationError("odd", type="internal", non_retryable=True)

    script = a_script()
    script.plays = {**script.plays, "drop_old": broken}
    with pytest.raises(WorkflowFailureError):
        await keep_house(client, script)
    assert "sweep_blobs" not in script.names()
