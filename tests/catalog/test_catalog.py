"""The catalog on a real mongod: what must hold when two do the same at once, and when things are done twice."""

from __future__ import annotations

import asyncio
import functools
import uuid
from collections.abc import Callable
from datetime import datetime

import pytest
from people import a_version

from avatar.catalog import avatars, runs
from avatar.catalog.connection import Connection, open_catalog
from avatar.errors import Conflict, NotFound, Unavailable
from avatar.manifest import VersionRecord
from avatar.profile import AgentProfile
from avatar.run import RunError, RunKey, RunStatus, current_stage, percent_done
from avatar.stage import Stage

ADA = AgentProfile(agent_id="ada", name="Ada")


def a_key(agent: str = "ada", tenant: str = "local") -> RunKey:
    return RunKey(tenant=tenant, agent_id=agent, run_id=uuid.uuid4().hex)


def record_for(key: RunKey) -> Callable[[int, datetime], VersionRecord]:
    return functools.partial(a_version, key)


async def test_only_one_run_of_an_agent_is_under_way(catalog: Connection) -> None:
    opened = await asyncio.gather(*(runs.open_run(a_key(), ADA) for _ in range(8)), return_exceptions=True)
    assert sum(not isinstance(result, BaseException) for result in opened) == 1
    assert sum(isinstance(result, Conflict) for result in opened) == 7


async def test_another_agent_and_another_tenant_are_not_in_the_way(catalog: Connection) -> None:
    await runs.open_run(a_key("ada"), ADA)
    await runs.open_run(a_key("bob"), ADA)
    await runs.open_run(a_key("ada", tenant="other"), ADA)
    assert (await runs.latest_run("local", "ada")).key.tenant == "local"


async def test_a_closed_run_makes_room_and_keeps_its_end(catalog: Connection) -> None:
    key = a_key()
    await runs.open_run(key, ADA)
    error = RunError(code="generation_failed", title="t", detail="d", stage=Stage.MODEL, retryable=False)
    closed = await runs.close_run(key, RunStatus.FAILED, error=error)
    assert closed.error == error
    again = await runs.close_run(key, RunStatus.PUBLISHED)
    assert again.status is RunStatus.FAILED, "a final status is final"
    await runs.open_run(a_key(), ADA)


@pytest.mark.parametrize("stopped", [RunStatus.FAILED, RunStatus.CANCELLED])
async def test_what_stops_a_run_after_it_published_does_not_unpublish_it(
    catalog: Connection, stopped: RunStatus
) -> None:
    key = a_key()
    await runs.open_run(key, ADA)
    await avatars.publish_version(catalog, key, record_for(key))
    error = RunError(code="unavailable", title="t", detail="d", stage=Stage.ANNOUNCE, retryable=True)
    closed = await runs.close_run(key, stopped, error=error)
    assert (closed.status, closed.version, closed.error) == (RunStatus.PUBLISHED, 1, None)


async def test_the_journal_keeps_first_start_and_last_error(catalog: Connection) -> None:
    key = a_key()
    await runs.open_run(key, ADA)
    await runs.step_started(key, "build_lod/2", Stage.OPTIMIZE, 1)
    await runs.step_failed(key, "build_lod/2", "codec died")
    first = (await runs.get_run(key.run_id)).steps[0]
    await runs.step_started(key, "build_lod/2", Stage.OPTIMIZE, 2)
    await runs.step_finished(key, "build_lod/2")
    run = await runs.get_run(key.run_id)
    (step,) = run.steps
    assert (step.attempts, step.last_error, step.started_at) == (2, "codec died", first.started_at)
    assert step.finished_at is not None and step.finished_at >= step.started_at
    assert current_stage(run) is Stage.OPTIMIZE
    assert 0 < percent_done(run) < 100


async def test_a_late_attempt_does_not_touch_a_closed_run(catalog: Connection) -> None:
    key = a_key()
    await runs.open_run(key, ADA)
    await runs.close_run(key, RunStatus.CANCELLED)
    await runs.step_started(key, "publish", Stage.PUBLISH, 1)
    assert (await runs.get_run(key.run_id)).steps == ()


async def test_publishing_twice_is_publishing_once(catalog: Connection) -> None:
    key = a_key()
    await runs.open_run(key, ADA)
    versions = await asyncio.gather(*(avatars.publish_version(catalog, key, record_for(key)) for _ in range(4)))
    assert [version.number for version in versions] == [1, 1, 1, 1]
    await runs.close_run(key, RunStatus.PUBLISHED)
    second = a_key()
    await runs.open_run(second, ADA)
    assert (await avatars.publish_version(catalog, second, record_for(second))).number == 2
    assert (await avatars.current_version("local", "ada")).run_id == second.run_id
    assert (await avatars.get_version("local", "ada", 1)).run_id == key.run_id


async def test_a_stopped_run_publishes_nothing(catalog: Connection) -> None:
    key = a_key()
    await runs.open_run(key, ADA)
    await runs.close_run(key, RunStatus.CANCELLED)
    with pytest.raises(Conflict):
        await avatars.publish_version(catalog, key, record_for(key))
    with pytest.raises(NotFound):
        await avatars.current_version("local", "ada")


async def test_a_record_survives_the_database_unchanged(catalog: Connection) -> None:
    key = a_key()
    await runs.open_run(key, ADA)
    written = await avatars.publish_version(catalog, key, record_for(key))
    assert await avatars.get_version("local", "ada", 1) == written


async def test_tenants_do_not_see_each_other(catalog: Connection) -> None:
    key = a_key(tenant="other")
    await runs.open_run(key, ADA)
    await avatars.publish_version(catalog, key, record_for(key))
    with pytest.raises(NotFound):
        await avatars.current_version("local", "ada")
    with pytest.raises(NotFound):
        await runs.latest_run("local", "ada")


async def test_events_are_written_once(catalog: Connection) -> None:
    key = a_key()
    for _ in range(3):
        await runs.record_event(key, "avatar.published", 1)
    collection = catalog.client[await database_of(catalog)]["events"]
    assert await collection.count_documents({}) == 1


async def test_queries_use_their_indexes(catalog: Connection) -> None:
    database = catalog.client[await database_of(catalog)]
    one = {"tenant": "local", "agent_id": "ada"}
    for name, query in (("avatars", one), ("versions", {**one, "number": 1}), ("runs", one), ("runs", {"run_id": "x"})):
        plan = await database[name].find(query).explain()
        assert "IXSCAN" in str(plan["queryPlanner"]["winningPlan"]), (name, query)


async def database_of(catalog: Connection) -> str:
    names = [name for name in await catalog.client.list_database_names() if name.startswith("test_")]
    (name,) = names
    return name


async def test_a_server_that_is_away_is_said_so() -> None:
    with pytest.raises(Unavailable, match="MongoDB"):
        async with open_catalog("mongodb://127.0.0.1:1/?serverSelectionTimeoutMS=200"):
            pass
