"""The housekeeping on the real Temporal: its schedule, and asking for it."""

from __future__ import annotations

import os
import uuid
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
import pytest_asyncio
from publications import publish
from temporalio.client import Schedule, ScheduleActionStartWorkflow, ScheduleOverlapPolicy
from temporalio.worker import Worker

from activities.housekeeping import Housekeeping
from activities.implement import steps_of
from activities.journal import Journal
from avatar.errors import Unavailable
from avatar.retention import HouseKept
from runtime.embedded.servers import Servers
from runtime.schedules import SCHEDULE, ensure_schedules, keep_house, rules_of
from runtime.services import Services, connect_temporal, open_services
from runtime.settings import load_settings
from workflows.housekeeping import KeepHouse, KeepHouseRequest
from workflows.policies import Queue
from workflows.sandbox import RUNNER

WAIT = timedelta(seconds=60)


@pytest_asyncio.fixture
async def services(servers: Servers, tmp_path: Path) -> AsyncIterator[Services]:
    database = f"test_{uuid.uuid4().hex[:12]}"
    settings = load_settings(
        {},
        data=tmp_path,
        temporal_address=servers.temporal_address,
        temporal_ui_url="http://127.0.0.1:1",
        mongo_uri=servers.mongo_uri,
        mongo_database=database,
    )
    async with open_services(settings, reach_temporal=True) as opened:
        yield opened
        await opened.connection.client.drop_database(database)


async def scheduled(services: Services) -> tuple[Schedule, KeepHouseRequest]:
    found = (await services.temporal.get_schedule_handle(SCHEDULE).describe()).schedule
    assert isinstance(found.action, ScheduleActionStartWorkflow)
    (given,) = await services.temporal.data_converter.decode(found.action.args, [KeepHouseRequest])
    return found, given


async def test_the_schedule_is_made_once_and_follows_the_settings(services: Services) -> None:
    handle = services.temporal.get_schedule_handle(SCHEDULE)
    try:
        await ensure_schedules(services)
        await ensure_schedules(services)
        found, given = await scheduled(services)
        assert found.policy.overlap is ScheduleOverlapPolicy.SKIP
        assert [interval.every for interval in found.spec.intervals] == [timedelta(hours=6)] and found.spec.jitter
        assert given.rules == rules_of(services.settings) and not given.dry_run
        await handle.pause(note="while we look")
        changed = services.settings.model_copy(update={"keep_versions": 3, "keep_runs_days": 5})
        await ensure_schedules(replace(services, settings=changed))
        found, given = await scheduled(services)
        assert (given.rules.versions, given.rules.runs_days) == (3, 5)
        assert found.state.paused and found.state.note == "while we look", "an operator's decision stays"
    finally:
        await handle.delete()


async def test_a_temporal_that_is_away_is_no_reason_not_to_work(services: Services, unused_tcp_port: int) -> None:
    settings = services.settings.model_copy(update={"temporal_address": f"127.0.0.1:{unused_tcp_port}"})
    away = replace(services, temporal=await connect_temporal(settings, lazy=True))
    await ensure_schedules(away)
    with pytest.raises(Unavailable):
        await keep_house(away, dry_run=True, wait=WAIT)


async def test_house_is_kept_when_asked_for(services: Services) -> None:
    blobs = services.blobs
    named, orphan = await blobs.put(b"named", "x/y"), await blobs.put(b"orphan", "x/y")
    for file in services.settings.blobs.rglob("?" * 64):
        os.utime(file, (0, 0))
    young = await blobs.put(b"young", "x/y")
    await publish(services.connection, source=named)
    worker = Worker(
        services.temporal,
        task_queue=Queue.CONTROL,
        workflows=[KeepHouse],
        workflow_runner=RUNNER,
        activities=list(steps_of(Housekeeping(services.connection, blobs)).values()),
        interceptors=[Journal()],
    )
    async with worker:
        would = await keep_house(services, dry_run=True, wait=WAIT)
        assert would.kept == HouseKept(dry_run=True, blobs=1, bytes=6, blobs_seen=3)
        assert await blobs.exists(orphan)
        done = await keep_house(services, dry_run=False, wait=WAIT)
    assert done.done and done.kept == HouseKept(blobs=1, bytes=6, blobs_seen=3)
    assert done.workflow_url == "http://127.0.0.1:1/namespaces/default/workflows/housekeeping%2Fasked-for"
    assert [await blobs.exists(blob) for blob in (named, orphan, young)] == [True, False, True]


async def test_one_that_takes_long_is_not_waited_for(services: Services) -> None:
    """No worker runs: the first question starts it, the second joins it."""
    try:
        first = await keep_house(services, dry_run=False, wait=timedelta(seconds=0.2))
        again = await keep_house(services, dry_run=False, wait=timedelta(seconds=0.2))
        assert (first.done, first.kept, again) == (False, None, first)
    finally:
        await services.temporal.get_workflow_handle("housekeeping/asked-for").terminate("test")
