"""The catalog on a real mongod: what must hold when two do the same at once, and when things are done twice."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Callable

import pytest
from people import a_version, an_order

from avatar.catalog import avatars, results, runs
from avatar.catalog.connection import Connection, open_catalog
from avatar.catalog.events import record_event
from avatar.errors import Conflict, NotFound, Unavailable
from avatar.event import EventKind
from avatar.manifest import VersionRecord
from avatar.run import RunError, RunKey, RunStatus, current_stage, percent_done
from avatar.stage import Stage


def a_key(agent: str = "ada", tenant: str = "local") -> RunKey:
    return RunKey(tenant=tenant, agent_id=agent, run_id=uuid.uuid4().hex)


def record_for(key: RunKey) -> Callable[[avatars.Slot], VersionRecord]:
    return lambda slot: a_version(key, slot.number, slot.now)


async def test_only_one_run_of_an_agent_is_under_way(catalog: Connection) -> None:
    opened = await asyncio.gather(*(runs.open_run(a_key(), an_order()) for _ in range(8)), return_exceptions=True)
    assert sum(not isinstance(result, BaseException) for result in opened) == 1
    assert sum(isinstance(result, Conflict) for result in opened) == 7


async def test_another_agent_and_another_tenant_are_not_in_the_way(catalog: Connection) -> None:
    await runs.open_run(a_key("ada"), an_order())
    await runs.open_run(a_key("bob"), an_order())
    await runs.open_run(a_key("ada", tenant="other"), an_order())
    assert (await runs.latest_run("local", "ada")).key.tenant == "local"


async def test_a_closed_run_makes_room_and_keeps_its_end(catalog: Connection) -> None:
    key = a_key()
    await runs.open_run(key, an_order())
    error = RunError(code="generation_failed", title="t", detail="d", stage=Stage.MODEL, retryable=False)
    closed = await runs.close_run(key, RunStatus.FAILED, error=error)
    assert closed.error == error
    again = await runs.close_run(key, RunStatus.PUBLISHED)
    assert again.status is RunStatus.FAILED, "a final status is final"
    await runs.open_run(a_key(), an_order())


@pytest.mark.parametrize("stopped", [RunStatus.FAILED, RunStatus.CANCELLED])
async def test_what_stops_a_run_after_it_published_does_not_unpublish_it(
    catalog: Connection, stopped: RunStatus
) -> None:
    key = a_key()
    await runs.open_run(key, an_order())
    await avatars.publish_version(catalog, key, record_for(key))
    error = RunError(code="unavailable", title="t", detail="d", stage=Stage.ANNOUNCE, retryable=True)
    closed = await runs.close_run(key, stopped, error=error)
    assert (closed.status, closed.version, closed.error) == (RunStatus.PUBLISHED, 1, None)


async def test_the_journal_keeps_first_start_and_last_error(catalog: Connection) -> None:
    key = a_key()
    await runs.open_run(key, an_order())
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
    await runs.open_run(key, an_order())
    await runs.close_run(key, RunStatus.CANCELLED)
    await runs.step_started(key, "publish", Stage.PUBLISH, 1)
    assert (await runs.get_run(key.run_id)).steps == ()


async def test_publishing_twice_is_publishing_once(catalog: Connection) -> None:
    key = a_key()
    await runs.open_run(key, an_order())
    versions = await asyncio.gather(*(avatars.publish_version(catalog, key, record_for(key)) for _ in range(4)))
    assert [version.number for version in versions] == [1, 1, 1, 1]
    await runs.close_run(key, RunStatus.PUBLISHED)
    second = a_key()
    await runs.open_run(second, an_order())
    assert (await avatars.publish_version(catalog, second, record_for(second))).number == 2
    assert (await avatars.current_version("local", "ada")).run_id == second.run_id
    assert (await avatars.get_version("local", "ada", 1)).run_id == key.run_id


async def test_a_stopped_run_publishes_nothing(catalog: Connection) -> None:
    key = a_key()
    await runs.open_run(key, an_order())
    await runs.close_run(key, RunStatus.CANCELLED)
    with pytest.raises(Conflict):
        await avatars.publish_version(catalog, key, record_for(key))
    with pytest.raises(NotFound):
        await avatars.current_version("local", "ada")


async def test_a_record_survives_the_database_unchanged(catalog: Connection) -> None:
    key = a_key()
    await runs.open_run(key, an_order())
    written = await avatars.publish_version(catalog, key, record_for(key))
    assert await avatars.get_version("local", "ada", 1) == written


async def test_tenants_do_not_see_each_other(catalog: Connection) -> None:
    key = a_key(tenant="other")
    await runs.open_run(key, an_order())
    await avatars.publish_version(catalog, key, record_for(key))
    with pytest.raises(NotFound):
        await avatars.current_version("local", "ada")
    with pytest.raises(NotFound):
        await runs.latest_run("local", "ada")


async def test_events_are_written_once(catalog: Connection) -> None:
    key = a_key()
    for _ in range(3):
        await record_event(key.tenant, key.agent_id, EventKind.PUBLISHED, key=f"{key.run_id}/published", version=1)
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


async def test_results_are_found_by_input_and_by_shape_and_stay_with_their_agent(catalog: Connection) -> None:
    ada, again, bob = a_key(), a_key(), a_key("bob")
    red = results.Result("build_parametric", "red", {"colour": "red"}, kin="tall", blobs=("a" * 64,))
    blue = results.Result("build_parametric", "blue", {"colour": "blue"}, kin="tall")
    for result in (red, red, blue):
        await results.remember(ada, result)
    assert await results.recall(again, "build_parametric", "red") == {"colour": "red"}
    assert await results.recall_kin(again, "build_parametric", "tall") == {"colour": "red"}, "the one used last"
    assert await results.recall(again, "build_parametric", "green") is None
    assert await results.recall(again, "build_lod", "red") is None
    assert await results.recall(bob, "build_parametric", "red") is None


async def test_going_back_strikes_the_stage_and_what_follows(catalog: Connection) -> None:
    key = a_key()
    await runs.open_run(key, an_order())
    for step, stage in (
        ("describe", Stage.DESCRIBE),
        ("build_parametric", Stage.MODEL),
        ("build_lod/0", Stage.OPTIMIZE),
    ):
        await runs.step_started(key, step, stage, 1)
        await runs.step_finished(key, step)
    await runs.forget_steps(key, Stage.MODEL)
    assert [step.name for step in (await runs.get_run(key.run_id)).steps] == ["describe"]


async def test_reused_steps_count_as_done(catalog: Connection) -> None:
    key = a_key()
    await runs.open_run(key, an_order())
    await runs.steps_reused(key, [("describe", Stage.DESCRIBE), ("build_parametric", Stage.MODEL)])
    run = await runs.get_run(key.run_id)
    assert [(step.reused, step.seconds, step.attempts) for step in run.steps] == [(True, 0.0, 0)] * 2
    assert percent_done(run) == 50
