"""POST /api/avatars/generate and the status: joining, conflicts, bad input, servers that are away."""

from __future__ import annotations

import asyncio
import json
import uuid
from typing import Any

import httpx
import pytest
from gateways import Gateway
from people import an_order

from api.body import MAX_BODY
from avatar.catalog import runs
from avatar.errors import InvalidModel
from avatar.run import RunError, RunKey, RunStatus
from avatar.stage import Stage
from runtime import generations


def a_profile(**changes: Any) -> dict[str, Any]:
    return {"agentId": f"a{uuid.uuid4().hex[:10]}", "name": "Ada", **changes}


def check_problem(answer: httpx.Response, status: int, code: str) -> dict[str, Any]:
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    problem: dict[str, Any] = answer.json()
    assert (problem["status"], problem["code"]) == (status, code)
    assert problem["title"] and problem["detail"] and problem["instance"]
    assert problem["type"] == f"urn:ar-avatar:problem:{code}"
    assert problem["requestId"] == answer.headers["x-request-id"]
    return problem


async def test_a_request_is_accepted_and_can_be_followed(gateway: Gateway) -> None:
    profile = a_profile()
    answer = await gateway.http.post("/api/avatars/generate", json=profile)
    assert answer.status_code == 202, answer.text
    assert answer.headers["location"] == f"/api/avatars/{profile['agentId']}/status"
    status = (await gateway.http.get(answer.headers["location"])).json()
    assert (status["status"], status["stage"], status["percent"], status["error"]) == ("running", "queued", 0, None)
    assert status["workflowUrl"].endswith(f"/workflows/generate%2Flocal%2F{profile['agentId']}")
    described = await gateway.services.temporal.get_workflow_handle(f"generate/local/{profile['agentId']}").describe()
    attributes = {pair.key.name: pair.value for pair in described.typed_search_attributes}
    assert (attributes["Tenant"], attributes["AgentId"], attributes["AvatarStyle"], attributes["Stage"]) == (
        "local",
        profile["agentId"],
        "realistic",
        "queued",
    )


async def test_the_same_request_joins_and_a_different_one_is_in_conflict(gateway: Gateway) -> None:
    profile = a_profile(description="tall")
    answers = await asyncio.gather(*(gateway.http.post("/api/avatars/generate", json=profile) for _ in range(6)))
    assert {answer.status_code for answer in answers} == {202}
    assert len({answer.json()["runId"] for answer in answers}) == 1
    different = await gateway.http.post("/api/avatars/generate", json={**profile, "description": "short"})
    check_problem(different, 409, "conflict")
    assert different.headers["location"] == f"/api/avatars/{profile['agentId']}/status"


async def test_a_run_that_was_written_down_but_never_started_is_started_by_the_next_request(
    gateway: Gateway,
) -> None:
    order = an_order(a_profile()["agentId"])
    key = RunKey(tenant="local", agent_id=order.agent_id, run_id=uuid.uuid4().hex)
    await runs.open_run(key, order)  # and here the process dies
    answer = await gateway.http.post("/api/avatars/generate", content=order.request.profile.model_dump_json())
    assert answer.json()["runId"] == key.run_id
    await gateway.services.temporal.get_workflow_handle(key.workflow_id).describe()


async def test_a_run_that_was_ended_in_the_temporal_ui_is_said_to_be_over(
    gateway: Gateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    profile = a_profile()
    await gateway.http.post("/api/avatars/generate", json=profile)
    await gateway.terminate(profile["agentId"])
    monkeypatch.setattr(generations, "QUIET", generations.QUIET * 0)
    status = (await gateway.http.get(f"/api/avatars/{profile['agentId']}/status")).json()
    assert (status["status"], status["error"]["code"]) == ("cancelled", "cancelled")
    assert "terminated" in status["error"]["detail"]
    again = await gateway.http.post("/api/avatars/generate", json={**profile, "name": "Other"})
    assert again.status_code == 202, "and the way is free"


async def test_a_failed_run_says_why(gateway: Gateway) -> None:
    profile = a_profile()
    started = (await gateway.http.post("/api/avatars/generate", json=profile)).json()
    key = (await runs.get_run(started["runId"])).key
    error = RunError(
        code=InvalidModel.code, title=InvalidModel.title, detail="it lies", stage=Stage.INSPECT, retryable=False
    )
    await runs.close_run(key, RunStatus.FAILED, error=error)
    status = (await gateway.http.get(f"/api/avatars/{profile['agentId']}/status")).json()
    assert status["status"] == "failed"
    assert status["error"] == error.model_dump(mode="json")


BAD = [
    (b"", "empty"),
    (b"not json", "JSON"),
    (b"[]", "object"),
    (b'{"agentId": "ada"}', "name"),
    (b'{"agentId": "ada", "name": "Ada", "stile": "anime"}', "style"),
    (b'{"agentId": "ada", "name": 7}', "name"),
    (b'{"agentId": "../etc", "name": "Ada"}', "agentId"),
    (b'{"agentId": "a/b", "name": "Ada"}', "agentId"),
    (b'{"agentId": "ada", "name": ""}', "name"),
    (b'{"agentId": "ada", "name": "Ada", "style": "cubist"}', "style"),
    (b'{"agentId": "ada", "name": "A\\u0000da"}', "name"),
    (b'{"agentId": "ada", "name": "Ada", "tags": [' + b'"t",' * 99 + b'"t"]}', "tags"),
    (b'{"agentId": "ada", "name": "Ada", "description": "' + b"x" * 100_000 + b'"}', "description"),
    (b'{"agentId": "ada", "name": ' + b"[" * 5_000, ""),
    (b'\xff\xfe{"agentId": "ada"}', ""),
]


@pytest.mark.parametrize(("body", "named"), BAD, ids=range(len(BAD)))
async def test_bad_input_is_refused_by_name_and_starts_nothing(gateway: Gateway, body: bytes, named: str) -> None:
    answer = await gateway.http.post("/api/avatars/generate", content=body)
    problem = check_problem(answer, 422, "invalid_input")
    assert named in json.dumps(problem, ensure_ascii=False)
    assert problem["retryable"] is False
    check_problem(await gateway.http.get("/api/avatars/ada/status"), 404, "not_found")


async def test_a_body_without_end_is_cut_off(gateway: Gateway) -> None:
    async def endless() -> Any:
        for _ in range(10_000):
            yield b" " * 65_536

    answer = await gateway.http.post("/api/avatars/generate", content=endless())
    check_problem(answer, 413, "too_large")
    assert MAX_BODY < 1_000_000


OTHER_SCRIPTS = [
    "",
    "высокая женщина с длинными волосами",
    "背が高い女性、赤い髪",
    "امرأة طويلة",
    "👩🏽‍🦰✨ in a 🔵 T-shirt",
    "x" * 19_000,
]


@pytest.mark.parametrize("description", OTHER_SCRIPTS, ids=range(len(OTHER_SCRIPTS)))
async def test_other_scripts_emoji_and_long_texts_are_taken(gateway: Gateway, description: str) -> None:
    answer = await gateway.http.post("/api/avatars/generate", json=a_profile(description=description))
    assert answer.status_code == 202, answer.text


async def test_unknown_agents_paths_and_methods_are_problems_too(gateway: Gateway) -> None:
    check_problem(await gateway.http.get("/api/avatars/nobody"), 404, "not_found")
    check_problem(await gateway.http.get("/api/avatars/nobody/status"), 404, "not_found")
    check_problem(await gateway.http.get("/avatars/nobody.glb"), 404, "not_found")
    check_problem(await gateway.http.get("/avatars/nobody.glb?lod=3"), 404, "not_found")
    check_problem(await gateway.http.get("/nothing/here"), 404, "not_found")
    check_problem(await gateway.http.put("/api/avatars/generate"), 405, "invalid_input")
    check_problem(await gateway.http.get("/api/avatars/..%2f..%2fetc/status"), 404, "not_found")


async def test_temporal_away_is_503_and_leaves_nothing_behind(gateway: Gateway, unused_port: int) -> None:
    from dataclasses import replace

    from runtime.services import connect_temporal

    settings = gateway.services.settings.model_copy(update={"temporal_address": f"127.0.0.1:{unused_port}"})
    gateway.app.state.services = replace(gateway.services, temporal=await connect_temporal(settings, lazy=True))
    profile = a_profile()
    answer = await gateway.http.post("/api/avatars/generate", json=profile)
    problem = check_problem(answer, 503, "unavailable")
    assert problem["retryable"] is True and answer.headers["retry-after"]
    assert (await gateway.http.get("/health/ready")).status_code == 503
    gateway.app.state.services = gateway.services
    assert (await gateway.http.post("/api/avatars/generate", json=profile)).status_code == 202


async def test_an_unexpected_error_says_nothing_about_the_inside(
    gateway: Gateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def broken(*_: object) -> None:
        raise ZeroDivisionError("secret detail")

    monkeypatch.setattr(runs, "latest_run", broken)
    answer = await gateway.http.get("/api/avatars/ada/status")
    check_problem(answer, 500, "internal")
    assert "secret" not in answer.text
