"""Idempotency-Key: repetition, concurrency, crashes in the middle, different requests under one key."""

from __future__ import annotations

import asyncio
import json
import uuid
from datetime import timedelta
from typing import Any

import httpx
import pytest
from gateways import Gateway
from people import an_order
from test_generate_route import a_profile, check_problem
from working import Gate, settled, working

from api import idempotency
from avatar.catalog import requests, runs
from avatar.errors import Unavailable
from avatar.run import RunKey, RunStatus
from avatar.stage import Stage
from runtime import changes

PATH = "/api/avatars/generate"


@pytest.fixture(autouse=True)
def _holders_die_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """So that whoever comes after a crash need not wait for the lease of the dead."""
    monkeypatch.setattr(idempotency, "LEASE", timedelta(0))


@pytest.fixture
def _holders_live(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(idempotency, "LEASE", timedelta(minutes=1))


def a_key() -> str:
    return uuid.uuid4().hex


async def order(gateway: Gateway, profile: dict[str, Any], key: str, query: str = "") -> httpx.Response:
    return await gateway.http.post(PATH + query, json=profile, headers={"Idempotency-Key": key})


async def runs_of(gateway: Gateway, agent_id: str) -> int:
    database = gateway.services.connection.client[gateway.services.settings.mongo_database]
    return await database["runs"].count_documents({"agent_id": agent_id})


async def test_the_first_answer_is_given_again_even_when_all_has_changed(gateway: Gateway) -> None:
    profile, key = a_profile(), a_key()
    first = await order(gateway, profile, key)
    assert first.status_code == 202 and "idempotency-replayed" not in first.headers
    await runs.close_run((await runs.get_run(first.json()["runId"])).key, RunStatus.FAILED)
    await gateway.terminate(profile["agentId"])
    again = await order(gateway, profile, key)
    assert (again.status_code, again.content) == (202, first.content)
    assert again.headers["location"] == first.headers["location"]
    assert again.headers["idempotency-replayed"] == "true"
    assert again.headers["content-type"] == first.headers["content-type"]
    assert await runs_of(gateway, profile["agentId"]) == 1
    anew = await order(gateway, profile, a_key())
    assert anew.json()["runId"] != first.json()["runId"]


@pytest.mark.usefixtures("_holders_live")
async def test_ten_at_the_same_moment_start_one_run(gateway: Gateway) -> None:
    profile, key = a_profile(), a_key()
    answers = await asyncio.gather(*(order(gateway, profile, key) for _ in range(10)))
    assert {answer.status_code for answer in answers} == {202}
    assert len({answer.content for answer in answers}) == 1
    assert sum("idempotency-replayed" in answer.headers for answer in answers) == 9
    assert await runs_of(gateway, profile["agentId"]) == 1


async def test_ten_that_all_think_the_others_dead_start_one_run(gateway: Gateway) -> None:
    """Without any lease all ten do the work: the reserved id keeps it one run."""
    profile, key = a_profile(), a_key()
    answers = await asyncio.gather(*(order(gateway, profile, key) for _ in range(10)))
    assert {answer.status_code for answer in answers} == {202}
    assert len({answer.json()["runId"] for answer in answers}) == 1
    assert await runs_of(gateway, profile["agentId"]) == 1


async def test_ten_regenerations_with_one_key_wish_once(gateway: Gateway) -> None:
    gate = Gate("build_parametric")
    gate.open.set()
    async with working(gateway, build_parametric=gate):
        profile, key = a_profile(), a_key()
        await gateway.http.post(PATH, json=profile)
        await settled(gateway, profile["agentId"])
        gate.open.clear()
        address = f"/api/avatars/{profile['agentId']}/regenerate"
        headers = {"Idempotency-Key": key}
        answers = await asyncio.gather(
            *(gateway.http.post(address, json={"note": "older"}, headers=headers) for _ in range(10))
        )
        assert {answer.status_code for answer in answers} == {202}
        assert len({answer.json()["runId"] for answer in answers}) == 1
        gate.open.set()
        status = await settled(gateway, profile["agentId"])
        assert status["version"] == 2
        assert (await runs.get_run(status["runId"])).order.request.notes == ("older",)


@pytest.mark.usefixtures("_holders_live")
async def test_who_waits_too_long_is_told_to_come_back(gateway: Gateway, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(idempotency, "WAIT_SECONDS", 0.1)
    profile, key = a_profile(), a_key()
    await reserve_as(gateway, profile, key)  # somebody works on it
    answer = await order(gateway, profile, key)
    check_problem(answer, 409, "conflict")
    assert answer.headers["retry-after"] == "1"
    assert await runs_of(gateway, profile["agentId"]) == 0


async def test_a_crash_before_the_run_was_written_down(gateway: Gateway) -> None:
    profile, key = a_profile(), a_key()
    run_id = await reserve_as(gateway, profile, key)  # and here the process dies
    answer = await order(gateway, profile, key)
    assert (answer.status_code, answer.json()["runId"]) == (202, run_id)
    again = await order(gateway, profile, key)
    assert (again.json()["runId"], again.headers["idempotency-replayed"]) == (run_id, "true")


async def test_a_crash_before_the_workflow_was_started(gateway: Gateway) -> None:
    profile, key = a_profile(), a_key()
    run_id = await reserve_as(gateway, profile, key)
    run = RunKey(tenant="local", agent_id=profile["agentId"], run_id=run_id)
    await runs.open_run(run, an_order(run.agent_id, profile=profile))  # and here the process dies
    answer = await order(gateway, profile, key)
    assert (answer.status_code, answer.json()["runId"]) == (202, run_id)
    described = await gateway.services.temporal.get_workflow_handle(run.workflow_id).describe()
    assert (await described.memo())["run"] == run_id


async def test_a_crash_before_the_answer_of_a_run_that_is_over_by_now(gateway: Gateway) -> None:
    async with working(gateway):
        profile, key = a_profile(), a_key()
        first = await order(gateway, profile, a_key())
        await settled(gateway, profile["agentId"])
        address = f"/api/avatars/{profile['agentId']}/regenerate"
        body = json.dumps({"note": "older"}).encode()
        fingerprint = fingerprint_of("POST", address, body)
        run_id = uuid.uuid4().hex
        await requests.reserve("local", key, fingerprint, run_id, timedelta(0))
        await changes.regenerate(
            gateway.services, "local", profile["agentId"], note="older", by="local", run_id=run_id
        )  # and here the process dies, while the run goes on
        await settled(gateway, profile["agentId"])
        answer = await gateway.http.post(address, content=body, headers={"Idempotency-Key": key})
        assert (answer.status_code, answer.json()["runId"], answer.json()["version"]) == (202, run_id, 2)
        assert await runs_of(gateway, profile["agentId"]) == 2
        assert first.json()["runId"] != run_id


async def test_a_crash_before_the_answer_of_going_back(gateway: Gateway) -> None:
    gate = Gate("build_parametric")
    async with working(gateway, build_parametric=gate) as script:
        profile, key = a_profile(), a_key()
        await gateway.http.post(PATH, json=profile)
        await gate.reached.wait()
        address = f"/api/avatars/{profile['agentId']}/retry"
        body = b'{"fromStage": "describe"}'
        run_id = uuid.uuid4().hex
        await requests.reserve("local", key, fingerprint_of("POST", address, body), run_id, timedelta(0))
        await changes.retry(
            gateway.services, "local", profile["agentId"], from_stage=Stage.DESCRIBE, by="local", run_id=run_id
        )  # and here the process dies
        for _ in range(2):
            answer = await gateway.http.post(address, content=body, headers={"Idempotency-Key": key})
            assert answer.status_code == 202, answer.text
        gate.open.set()
        assert (await settled(gateway, profile["agentId"]))["version"] == 1
        assert script.names().count("describe") == 2, "the run went back once"


async def test_a_different_request_under_the_same_key_is_refused(gateway: Gateway) -> None:
    profile, key = a_profile(), a_key()
    first = await order(gateway, profile, key)
    for different in (
        await order(gateway, {**profile, "name": "Bea"}, key),
        await order(gateway, profile, key, "?supersede=true"),
        await gateway.http.post(f"/api/avatars/{profile['agentId']}/retry", headers={"Idempotency-Key": key}),
        await gateway.http.delete(f"/api/avatars/{profile['agentId']}/customization", headers={"Idempotency-Key": key}),
    ):
        problem = check_problem(different, 422, "invalid_input")
        assert problem["errors"][0]["field"] == "Idempotency-Key"
    assert (await order(gateway, profile, key)).content == first.content


async def test_keys_of_others_are_others(gateway: Gateway) -> None:
    profile, key = a_profile(), a_key()
    fingerprint = fingerprint_of("POST", PATH, b"something else")
    await requests.reserve("elsewhere", key, fingerprint, uuid.uuid4().hex, timedelta(0))
    assert (await order(gateway, profile, key)).status_code == 202


async def test_a_refusal_changes_nothing_and_frees_its_key(gateway: Gateway) -> None:
    profile, key = a_profile(), a_key()
    first = await gateway.http.post(PATH, json=profile)
    other = {**profile, "description": "short"}
    check_problem(await order(gateway, other, key), 409, "conflict")
    await runs.close_run((await runs.get_run(first.json()["runId"])).key, RunStatus.FAILED)
    await gateway.terminate(profile["agentId"])
    later = await order(gateway, other, key)
    assert later.status_code == 202 and "idempotency-replayed" not in later.headers


async def test_a_failure_of_the_service_is_not_the_last_word(gateway: Gateway, monkeypatch: pytest.MonkeyPatch) -> None:
    profile, key = a_profile(), a_key()
    asked: list[str | None] = []
    generate = changes.generate

    async def away(*given: Any, **named: Any) -> Any:
        asked.append(named["run_id"])
        if len(asked) == 1:
            raise Unavailable("Temporal is away")
        if len(asked) == 2:
            raise ZeroDivisionError("nobody foresaw this")
        return await generate(*given, **named)

    monkeypatch.setattr(changes, "generate", away)
    check_problem(await order(gateway, profile, key), 503, "unavailable")
    check_problem(await order(gateway, profile, key), 500, "internal")
    third = await order(gateway, profile, key)
    assert third.status_code == 202
    assert asked == [third.json()["runId"]] * 3, "every attempt is for the same run"
    check_problem(await order(gateway, {**profile, "name": "Bea"}, key), 422, "invalid_input")


async def test_an_answer_that_cannot_be_kept_is_given_all_the_same(
    gateway: Gateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    profile, key = a_profile(), a_key()

    async def away(*_: object) -> None:
        raise Unavailable("MongoDB is away")

    with monkeypatch.context() as patched:
        patched.setattr(requests, "remember_answer", away)
        first = await order(gateway, profile, key)
    assert first.status_code == 202
    again = await order(gateway, profile, key)
    assert again.json()["runId"] == first.json()["runId"]


@pytest.mark.parametrize("key", ["", "x" * 256, '""', "tab\there"], ids=["empty", "long", "quoted nothing", "control"])
async def test_a_key_that_does_not_fit_is_refused(gateway: Gateway, key: str) -> None:
    problem = check_problem(await order(gateway, a_profile(), key), 422, "invalid_input")
    assert problem["errors"][0]["field"] == "Idempotency-Key"


async def test_quotes_around_a_key_are_the_draft_s_syntax(gateway: Gateway) -> None:
    profile, key = a_profile(), 'with "quotes" and \\'
    first = await order(gateway, profile, key)
    quoted = '"' + key.replace("\\", "\\\\").replace('"', '\\"') + '"'
    assert (await order(gateway, profile, quoted)).content == first.content
    assert (await order(gateway, a_profile(), "x" * 255)).status_code == 202


async def test_what_nobody_asks_for_again_is_forgotten_after_a_day(gateway: Gateway) -> None:
    database = gateway.services.connection.client[gateway.services.settings.mongo_database]
    indexes = await database["requests"].index_information()
    assert [index["expireAfterSeconds"] for index in indexes.values() if "expireAfterSeconds" in index] == [86_400]


async def reserve_as(gateway: Gateway, profile: dict[str, Any], key: str) -> str:
    """What a process has done that began to work on that order: reserved the key. The id of its run to be."""
    body = gateway.http.build_request("POST", PATH, json=profile).content
    run_id = uuid.uuid4().hex
    reserved = await requests.reserve("local", key, fingerprint_of("POST", PATH, body), run_id, idempotency.LEASE)
    assert reserved.ours and reserved.fresh
    return run_id


def fingerprint_of(method: str, path: str, body: bytes) -> str:
    from starlette.requests import Request

    scope = {"type": "http", "method": method, "path": path, "query_string": b"", "headers": [], "server": None}
    return idempotency.fingerprint(Request(scope), body)
