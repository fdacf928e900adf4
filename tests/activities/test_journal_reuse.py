"""What the journal remembers for reuse, when the world changes while a step runs."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from people import an_order
from publications import a_key, a_lod
from temporalio.testing import ActivityEnvironment
from temporalio.worker import ActivityInboundInterceptor, ExecuteActivityInput

from activities.journal import Journal
from avatar.catalog import deletion, results, runs
from avatar.catalog.connection import Connection
from avatar.catalog.documents import ResultDocument
from avatar.retention import KeepRules
from avatar.run import RunKey, RunStatus
from avatar.storage.blob import name_bytes
from workflows import steps

SOURCE = name_bytes(b"source", "model/gltf-binary")


class Doing(ActivityInboundInterceptor):
    """Stands for the step itself."""

    def __init__(self, work: Callable[[], Awaitable[Any]]) -> None:
        self._work = work

    async def execute_activity(self, input: ExecuteActivityInput) -> Any:
        return await self._work()


async def journalled(given: Any, work: Callable[[], Awaitable[Any]]) -> Any:
    step = Journal().intercept_activity(Doing(work))
    asked = ExecuteActivityInput(fn=work, args=[given], executor=None, headers={})
    return await ActivityEnvironment().run(step.execute_activity, asked)


@pytest.mark.parametrize("deleted", [False, True], ids=["cancelled", "cancelled and deleted"])
async def test_a_step_that_ends_late_is_remembered_unless_its_avatar_is_gone(
    catalog: Connection, deleted: bool
) -> None:
    run: RunKey = a_key()
    await runs.open_run(run, an_order())

    async def work() -> Any:
        await runs.close_run(run, RunStatus.CANCELLED)
        if deleted:
            await deletion.delete_avatar(catalog, "local", "ada", by="")
        return a_lod()

    assert await journalled(steps.LodInput(run=run, source=SOURCE, level=0), work) == a_lod()
    assert await ResultDocument.count() == (0 if deleted else 1)


async def test_a_step_of_the_housekeeping_has_no_journal(catalog: Connection) -> None:
    async def work() -> Any:
        return steps.Swept(seen=0, blobs=0, bytes=0)

    given = steps.SweepInput(rules=KeepRules(), dry_run=True, prefix="0")
    assert await journalled(given, work) == await work()
    assert await results.recall(a_key(), "sweep_blobs", "") is None and not await runs.has_runs("local", "ada")
