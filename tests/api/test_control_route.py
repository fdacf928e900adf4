"""Cancel, pause, resume and retry over HTTP, on real servers, with workers whose crafts follow a script."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

import httpx
import pytest
import pytest_asyncio
from gateways import Gateway
from scripted import Script
from test_generate_route import a_profile, check_problem
from working import Gate, settled, working

from avatar.errors import InvalidModel


@dataclass
class Held:
    """A run that stands before the gate in its model stage."""

    gateway: Gateway
    script: Script
    gate: Gate
    profile: dict[str, Any]
    run_id: str

    async def tell(self, what: str, body: Any = None) -> httpx.Response:
        return await self.gateway.http.post(f"/api/avatars/{self.profile['agentId']}/{what}", json=body)

    async def status(self) -> dict[str, Any]:
        answer = await self.gateway.http.get(f"/api/avatars/{self.profile['agentId']}/status")
        return dict(answer.json())

    async def settled(self) -> dict[str, Any]:
        return await settled(self.gateway, self.profile["agentId"])


@pytest_asyncio.fixture
async def held(gateway: Gateway) -> AsyncIterator[Held]:
    gate = Gate("build_parametric")
    async with working(gateway, build_parametric=gate) as script:
        profile = a_profile()
        started = (await gateway.http.post("/api/avatars/generate", json=profile)).json()
        await gate.reached.wait()
        yield Held(gateway, script, gate, profile, started["runId"])


async def test_a_paused_run_waits_until_it_is_resumed(held: Held) -> None:
    check_problem(await held.tell("resume"), 409, "conflict")
    paused = await held.tell("pause", {"reason": "the logo is late"})
    assert paused.status_code == 200, paused.text
    assert (paused.json()["paused"]["by"], paused.json()["paused"]["reason"]) == ("local", "the logo is late")
    again = check_problem(await held.tell("pause"), 409, "conflict")
    assert "paused already" in again["detail"]

    held.gate.open.set()
    await held.script.done["build_parametric"].wait()
    status = await held.status()
    assert (status["status"], status["paused"]["reason"]) == ("running", "the logo is late")
    assert "inspect_model" not in held.script.names()

    resumed = await held.tell("resume", {})
    assert (resumed.status_code, resumed.json()["paused"]) == (200, None)
    assert (await held.settled())["version"] == 1


async def test_a_cancelled_run_has_stopped_when_the_answer_comes(held: Held) -> None:
    answer = await held.tell("cancel", {"reason": "wrong agent"})
    assert answer.status_code == 200, answer.text
    status = answer.json()
    assert (status["status"], status["runId"], status["error"]["code"]) == ("cancelled", held.run_id, "cancelled")
    assert "local" in status["error"]["detail"] and "wrong agent" in status["error"]["detail"]
    for what in ("cancel", "pause", "resume"):
        problem = check_problem(await held.tell(what), 409, "conflict")
        assert "under way" in problem["detail"]

    held.gate.open.set()
    retried = await held.tell("retry")
    assert (retried.status_code, retried.json()["kind"]) == (202, "retry"), retried.text
    assert retried.headers["location"].endswith("/status")
    assert retried.json()["runId"] != held.run_id
    status = await held.settled()
    assert status["version"] == 1
    assert held.script.names().count("describe") == 1, "what the cancelled run had made is taken"
    problem = check_problem(await held.tell("retry"), 409, "conflict")
    assert "nothing to retry" in problem["detail"]
    check_problem(await held.tell("cancel"), 409, "conflict")


async def test_a_paused_run_can_be_cancelled(held: Held) -> None:
    await held.tell("pause")
    answer = await held.tell("cancel")
    assert (answer.json()["status"], answer.json()["paused"]) == ("cancelled", None)


async def test_a_run_under_way_goes_back_to_a_stage(held: Held) -> None:
    problem = check_problem(await held.tell("retry"), 422, "invalid_input")
    assert [error["field"] for error in problem["errors"]] == ["fromStage"]
    too_early = check_problem(await held.tell("retry", {"fromStage": "optimize"}), 409, "conflict")
    assert "not come to optimize" in too_early["detail"]
    back = await held.tell("retry", {"fromStage": "describe"})
    assert (back.status_code, back.json()["runId"]) == (202, held.run_id), back.text
    held.gate.open.set()
    assert (await held.settled())["version"] == 1
    assert held.script.names().count("describe") == 2


async def test_a_failed_run_is_retried_from_where_it_failed(gateway: Gateway) -> None:
    sound = False

    def inspect(given: Any, attempt: int) -> Any:
        if not sound:
            raise InvalidModel("it lies")
        return Script().plays["inspect_model"](given, attempt)

    async with working(gateway, inspect_model=inspect) as script:
        profile = a_profile()
        await gateway.http.post("/api/avatars/generate", json=profile)
        failed = await settled(gateway, profile["agentId"])
        assert (failed["status"], failed["error"]["code"]) == ("failed", "invalid_model")
        sound = True
        address = f"/api/avatars/{profile['agentId']}/retry"
        retried = await gateway.http.post(address, json={"fromStage": "inspect"})
        assert retried.status_code == 202, retried.text
        assert (await settled(gateway, profile["agentId"]))["version"] == 1
        assert script.names().count("describe") == 1


@pytest.mark.parametrize(
    ("what", "body", "named"),
    [
        ("cancel", {"reason": "x" * 501}, "reason"),
        ("pause", {"why": "x"}, "why"),
        ("resume", {"reason": 7}, "reason"),
        ("retry", {"fromStage": "done"}, "fromStage"),
        ("retry", {"fromStage": 3}, "fromStage"),
    ],
)
async def test_what_does_not_fit_is_named(gateway: Gateway, what: str, body: Any, named: str) -> None:
    problem = check_problem(await gateway.http.post(f"/api/avatars/nobody/{what}", json=body), 422, "invalid_input")
    assert [error["field"] for error in problem["errors"]] == [named]


@pytest.mark.parametrize("what", ["cancel", "pause", "resume", "retry"])
async def test_nobody_is_steered(gateway: Gateway, what: str) -> None:
    check_problem(await gateway.http.post(f"/api/avatars/nobody/{what}"), 404, "not_found")
