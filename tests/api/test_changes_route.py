"""Customization and regeneration over HTTP, on real servers, with workers whose crafts follow a script."""

from __future__ import annotations

import uuid
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

from avatar.catalog import avatars
from avatar.manifest import VersionRecord

MERGE_PATCH = {"Content-Type": "application/merge-patch+json"}


@dataclass
class Owner:
    """Whoever owns an avatar, and the API as they use it."""

    gateway: Gateway
    script: Script
    agent_id: str

    def at(self, what: str) -> str:
        return f"/api/avatars/{self.agent_id}/{what}"

    async def patch(self, patch: Any, query: str = "", **headers: str) -> httpx.Response:
        address = self.at("customization") + query
        return await self.gateway.http.patch(address, json=patch, headers={**MERGE_PATCH, **headers})

    async def set(self, patch: Any) -> dict[str, Any]:
        answer = await self.patch(patch)
        assert answer.status_code == 202, answer.text
        return await self.published()

    async def customization(self) -> httpx.Response:
        return await self.gateway.http.get(self.at("customization"))

    async def published(self) -> dict[str, Any]:
        status = await settled(self.gateway, self.agent_id)
        assert status["status"] == "published", status
        return status

    async def served(self) -> VersionRecord:
        return await avatars.current_version("local", self.agent_id)


@pytest_asyncio.fixture
async def owner(gateway: Gateway) -> AsyncIterator[Owner]:
    """The owner of an avatar whose first version is published."""
    async with working(gateway) as script:
        profile = a_profile(description="A tall woman with long auburn hair, in a navy T-shirt.")
        await gateway.http.post("/api/avatars/generate", json=profile)
        owner = Owner(gateway, script, profile["agentId"])
        await owner.published()
        yield owner


async def test_what_is_set_is_built_and_what_is_taken_back_is_as_described(owner: Owner) -> None:
    described = (await owner.served()).described
    before = await owner.customization()
    assert (before.status_code, before.json()) == (200, {})

    started = await owner.patch({"hair": {"colour": "#aa3311"}, "outfit": {"top": {"kind": "long_sleeve"}}})
    assert (started.status_code, started.json()["kind"]) == (202, "customize")
    assert started.headers["location"] == owner.at("status")
    assert (await owner.published())["version"] == 2
    version = await owner.served()
    assert (version.character.hair.colour, version.character.outfit.top.kind.value) == ("#aa3311", "long_sleeve")
    assert version.described == described
    assert "describe" in version.reused, "the text has not changed"
    assert owner.script.names().count("describe") == 1
    assert {change.path for change in version.changes} >= {"hair.colour"}

    await owner.set({"hair": {"style": "bob"}})
    assert (await owner.customization()).json() == {
        "hair": {"colour": "#aa3311", "style": "bob"},
        "outfit": {"top": {"kind": "long_sleeve"}},
    }
    await owner.set({"hair": {"colour": None}, "outfit": None})
    assert (await owner.customization()).json() == {"hair": {"style": "bob"}}
    version = await owner.served()
    assert version.character.hair.colour == described.hair.colour
    assert version.character.outfit == described.outfit

    back = await owner.gateway.http.delete(owner.at("customization"))
    assert back.status_code == 202
    assert (await owner.published())["version"] == 5
    assert (await owner.served()).character == described
    assert (await owner.customization()).json() == {}


async def test_what_is_so_already_starts_nothing(owner: Owner) -> None:
    made = await owner.set({"hair": {"colour": "#aa3311"}})
    for again in ({"hair": {"color": "#A31"}}, {}, {"eyes": {"colour": None}}):
        answer = await owner.patch(again)
        assert (answer.status_code, answer.json()["runId"]) == (200, made["runId"]), again
        assert answer.json()["currentVersion"] == 2
    await owner.gateway.http.delete(owner.at("customization"))
    made = await owner.published()
    assert made["version"] == 3
    nothing_set = await owner.gateway.http.delete(owner.at("customization"))
    assert (nothing_set.status_code, nothing_set.json()["runId"]) == (200, made["runId"])


async def test_every_field_that_does_not_fit_is_named_and_nothing_starts(owner: Owner) -> None:
    bad = {"hair": {"colour": "reddishly", "style": "mohawk"}, "body": {"age": 400}, "nonsense": 1}
    problem = check_problem(await owner.patch(bad), 422, "invalid_input")
    assert {error["field"] for error in problem["errors"]} == {"hair.colour", "hair.style", "body.age", "nonsense"}
    for body in (b"", b"[]", b"null", b'"red"', b'{"hair": {"colour": "#aa3311"', b"\xff", b'{"a":' * 5_000):
        answer = await owner.gateway.http.patch(owner.at("customization"), content=body, headers=MERGE_PATCH)
        check_problem(answer, 422, "invalid_input")
    large = b'{"hair": {"colour": "' + b"x" * 300_000 + b'"}}'
    answer = await owner.gateway.http.patch(owner.at("customization"), content=large, headers=MERGE_PATCH)
    check_problem(answer, 413, "too_large")
    surrogate = b'{"hair": {"colour": "\\ud800"}, "\\udfff": 1}'
    answer = await owner.gateway.http.patch(owner.at("customization"), content=surrogate, headers=MERGE_PATCH)
    check_problem(answer, 422, "invalid_input")
    assert (await owner.published())["version"] == 1
    assert (await owner.customization()).json() == {}


@pytest.mark.parametrize(
    ("kind", "taken"),
    [
        ("application/merge-patch+json", True),
        ("application/merge-patch+json; charset=utf-8", True),
        ("Application/JSON", True),
        ("application/json-patch+json", False),
        ("text/plain", False),
        ("", False),
    ],
)
async def test_a_patch_says_what_it_is(gateway: Gateway, kind: str, taken: bool) -> None:
    address = "/api/avatars/nobody/customization"
    answer = await gateway.http.patch(address, content=b"{}", headers={"Content-Type": kind} if kind else {})
    if taken:
        check_problem(answer, 404, "not_found")
    else:
        check_problem(answer, 415, "unsupported_media_type")
        assert "application/merge-patch+json" in answer.headers["accept-patch"]


async def test_a_change_of_what_somebody_else_has_changed_meanwhile_is_refused(owner: Owner) -> None:
    read = (await owner.customization()).headers["etag"]
    unchanged = await owner.gateway.http.get(owner.at("customization"), headers={"If-None-Match": read})
    assert (unchanged.status_code, unchanged.content) == (304, b"")
    answer = await owner.patch({"hair": {"colour": "#aa3311"}}, **{"If-Match": f'"other", {read}'})
    assert answer.status_code == 202, answer.text
    await owner.published()
    for stale in (read, '"other"', f"W/{read}"):
        refused = await owner.patch({"hair": {"colour": "#113355"}}, **{"If-Match": stale})
        problem = check_problem(refused, 412, "precondition_failed")
        assert "GET" in problem["mend"]
    refused = await owner.gateway.http.delete(owner.at("customization"), headers={"If-Match": read})
    check_problem(refused, 412, "precondition_failed")
    assert (await owner.customization()).json() == {"hair": {"colour": "#aa3311"}}
    answer = await owner.patch({"hair": {"colour": "#113355"}}, **{"If-Match": "*"})
    assert answer.status_code == 202
    await owner.published()


async def test_while_a_run_is_under_way_the_same_joins_and_another_waits_or_supersedes(gateway: Gateway) -> None:
    gate = Gate("build_parametric")
    async with working(gateway, build_parametric=gate) as script:
        profile = a_profile()
        first = (await gateway.http.post("/api/avatars/generate", json=profile)).json()
        owner = Owner(gateway, script, profile["agentId"])
        await gate.reached.wait()

        nothing_new = await owner.patch({})
        assert (nothing_new.status_code, nothing_new.json()["runId"]) == (202, first["runId"])
        refused = await owner.patch({"hair": {"colour": "#aa3311"}})
        problem = check_problem(refused, 409, "conflict")
        assert refused.headers["location"] == owner.at("status") and "supersede" in problem["mend"]

        instead = await owner.patch({"hair": {"colour": "#aa3311"}}, "?supersede=true&urgency=high")
        assert instead.status_code == 202 and instead.json()["runId"] != first["runId"]
        joined = await owner.patch({"hair": {"color": "#aa3311"}})
        assert (joined.status_code, joined.json()["runId"]) == (202, instead.json()["runId"])
        assert (await owner.customization()).json() == {"hair": {"colour": "#aa3311"}}, "what is meant, not yet served"
        gate.open.set()
        status = await owner.published()
        assert (status["runId"], status["version"]) == (instead.json()["runId"], 1)
        assert (await owner.served()).character.hair.colour == "#aa3311"


async def test_a_new_profile_supersedes_the_old_one(gateway: Gateway) -> None:
    gate = Gate("build_parametric")
    async with working(gateway, build_parametric=gate):
        profile = a_profile(description="tall")
        first = (await gateway.http.post("/api/avatars/generate", json=profile)).json()
        await gate.reached.wait()
        other = {**profile, "description": "short"}
        check_problem(await gateway.http.post("/api/avatars/generate", json=other), 409, "conflict")
        answer = await gateway.http.post("/api/avatars/generate?supersede=true", json=other)
        assert answer.status_code == 202 and answer.json()["runId"] != first["runId"]
        gate.open.set()
        assert (await settled(gateway, profile["agentId"]))["version"] == 1
    for query in ("supersede=perhaps", "urgency=yesterday"):
        answer = await gateway.http.post(f"/api/avatars/generate?{query}", json=a_profile())
        check_problem(answer, 422, "invalid_input")


async def test_regeneration(owner: Owner) -> None:
    await owner.set({"hair": {"colour": "#aa3311"}})
    asked = owner.script.names

    answer = await owner.gateway.http.post(owner.at("regenerate"))
    assert (answer.status_code, answer.json()["kind"]) == (202, "regenerate")
    assert (await owner.published())["version"] == 3
    assert asked().count("describe") == 2, "without a word everything is made anew"
    version = await owner.served()
    assert (version.reused, version.character.hair.colour) == ((), "#aa3311")

    await owner.gateway.http.post(owner.at("regenerate"), json={"fromStage": "model"})
    await owner.published()
    assert asked().count("describe") == 2
    assert "describe" in (await owner.served()).reused

    await owner.gateway.http.post(owner.at("regenerate"), json={"note": " friendlier "})
    await owner.published()
    await owner.gateway.http.post(owner.at("regenerate"), json={"note": "older"})
    await owner.published()
    assert (await owner.served()).order.request.notes == ("friendlier", "older")
    assert asked().count("describe") == 4, "a new wish is read"


BAD_REGENERATIONS: list[tuple[Any, str]] = [
    ({"fromStage": "publish"}, "fromStage"),
    ({"fromStage": "lunch"}, "fromStage"),
    ({"note": ""}, "note"),
    ({"note": "x" * 2_001}, "note"),
    ({"nota": "x"}, "nota"),
    ([], ""),
]


@pytest.mark.parametrize(("body", "named"), BAD_REGENERATIONS, ids=range(len(BAD_REGENERATIONS)))
async def test_bad_regenerations_are_refused_by_name(gateway: Gateway, body: Any, named: str) -> None:
    answer = await gateway.http.post("/api/avatars/nobody/regenerate", json=body)
    problem = check_problem(answer, 422, "invalid_input")
    assert [error["field"] for error in problem["errors"]] == [named]


async def test_nobody_can_be_changed(gateway: Gateway) -> None:
    agent = f"/api/avatars/a{uuid.uuid4().hex[:10]}"
    check_problem(await gateway.http.get(f"{agent}/customization"), 404, "not_found")
    check_problem(await gateway.http.patch(f"{agent}/customization", json={}), 404, "not_found")
    check_problem(await gateway.http.delete(f"{agent}/customization"), 404, "not_found")
    check_problem(await gateway.http.post(f"{agent}/regenerate"), 404, "not_found")
