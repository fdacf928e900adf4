"""Versions, deletion and lists over HTTP."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
import pytest_asyncio
from gateways import Gateway
from people import a_character, an_order
from publications import a_key, a_lod, publish

from api.examples import MANIFEST
from api.routes import housekeeping
from avatar.catalog import runs
from avatar.catalog.events import events_after
from avatar.event import EventKind
from avatar.run import RunStatus
from avatar.storage.blob import name_bytes
from avatar.version import AvatarSummary, Page, VersionDiff, VersionSummary

ADA = "/api/avatars/ada"


async def put(gateway: Gateway, text: str) -> Any:
    return await gateway.services.blobs.put(text.encode(), "model/gltf-binary")


@pytest_asyncio.fixture
async def two(gateway: Gateway) -> AsyncIterator[Gateway]:
    """Ada in two versions: plain, then with other eyes and a picture."""
    connection = gateway.services.connection
    first = await put(gateway, "first")
    await publish(connection, source=first, lods=(a_lod(first), a_lod(first, 1), a_lod(first, 2)))
    second = await put(gateway, "second")
    await publish(
        connection,
        order={"kind": "customize", "by": "eve", "request": {"customization": {"eyes": {"colour": "#112233"}}}},
        character=a_character(eyes={"colour": "#112233"}),
        source=second,
        lods=(a_lod(second), a_lod(first, 1), a_lod(first, 2)),
        picture=await put(gateway, "png"),
        reused=("describe",),
        cost_micros=1_200,
    )
    yield gateway


def check_problem(answer: httpx.Response, status: int, code: str) -> None:
    assert (answer.status_code, answer.json()["code"]) == (status, code), answer.text
    assert answer.headers["content-type"] == "application/problem+json"


async def test_the_list_of_versions_tells_why_and_by_whom(two: Gateway) -> None:
    answer = await two.http.get(f"{ADA}/versions")
    page = Page[VersionSummary].model_validate_json(answer.content)
    newest, oldest = page.items
    assert (newest.number, newest.current, oldest.number, oldest.current) == (2, True, 1, False)
    assert (newest.kind, newest.by, newest.reused, newest.cost_micros) == ("customize", "eve", ("describe",), 1_200)
    assert newest.customization == {"eyes": {"colour": "#112233"}}
    assert oldest.picture_url is None and newest.picture_url is not None
    base = two.services.settings.api_url
    assert (await two.http.get(newest.picture_url.removeprefix(base))).content == b"png"
    assert (await two.http.get(newest.manifest_url.removeprefix(base))).json()["version"] == 2
    first = (await two.http.get(f"{ADA}/versions", params={"limit": 1})).json()
    second = (await two.http.get(f"{ADA}/versions", params={"limit": 1, "cursor": first["next"]})).json()
    assert [item["number"] for item in (*first["items"], *second["items"])] == [2, 1]
    assert second["next"] is None


async def test_a_version_has_a_manifest_like_the_avatar(two: Gateway) -> None:
    served = await two.http.get(ADA)
    second = await two.http.get(f"{ADA}/versions/2")
    assert second.json() == served.json() and second.headers["etag"] == served.headers["etag"]
    first = await two.http.get(f"{ADA}/versions/1")
    assert first.json()["version"] == 1 and first.json().keys() == MANIFEST.keys()
    again = await two.http.get(f"{ADA}/versions/1", headers={"If-None-Match": first.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")


async def test_rollback_moves_what_is_served(two: Gateway) -> None:
    first = await two.http.get(f"{ADA}/versions/1")
    for _ in range(2):
        answer = await two.http.post(f"{ADA}/versions/1/rollback")
        assert (answer.status_code, answer.json()) == (200, first.json())
    assert (await two.http.get(ADA)).json()["version"] == 1
    assert (await two.http.get("/avatars/ada.glb")).content == b"first"
    assert (await two.http.get("/avatars/ada/versions/2/lod0.glb")).content == b"second"
    assert (await two.http.get(f"{ADA}/status")).json()["currentVersion"] == 1
    (event,) = await events_after("local", "ada", None)
    assert (event.kind, event.version, event.by) == (EventKind.ROLLED_BACK, 1, "local")
    assert (await two.http.post(f"{ADA}/versions/2/rollback")).json()["version"] == 2


async def test_diff(two: Gateway) -> None:
    found = VersionDiff.model_validate_json((await two.http.get(f"{ADA}/versions/1/diff/2")).content)
    assert [(change.path, change.after) for change in found.character] == [("eyes.colour", "#112233")]
    assert [lod.level for lod in found.lods] == [0]
    assert (found.same_source, found.same_picture) == (False, False)
    back = (await two.http.get(f"{ADA}/versions/2/diff/1")).json()
    assert back["character"][0]["after"] == found.character[0].before


@pytest.mark.parametrize(
    ("method", "path", "status", "code"),
    [
        ("GET", f"{ADA}/versions/3", 404, "not_found"),
        ("GET", f"{ADA}/versions/0", 422, "invalid_input"),
        ("GET", f"{ADA}/versions/{2**31}", 422, "invalid_input"),
        ("GET", f"{ADA}/versions/two", 422, "invalid_input"),
        ("GET", f"{ADA}/versions/1/diff/3", 404, "not_found"),
        ("GET", f"{ADA}/versions?limit=0", 422, "invalid_input"),
        ("GET", f"{ADA}/versions?limit=101", 422, "invalid_input"),
        ("GET", f"{ADA}/versions?cursor=abc", 422, "invalid_input"),
        ("GET", "/api/avatars?cursor=abc", 422, "invalid_input"),
        ("GET", "/api/avatars?style=cubist", 422, "invalid_input"),
        ("GET", "/api/avatars/nobody/versions", 404, "not_found"),
        ("POST", f"{ADA}/versions/3/rollback", 404, "not_found"),
        ("POST", "/api/avatars/nobody/versions/1/rollback", 404, "not_found"),
        ("DELETE", f"{ADA}/versions/3", 404, "not_found"),
        ("DELETE", f"{ADA}/versions/2", 409, "conflict"),
        ("DELETE", "/api/avatars/nobody", 404, "not_found"),
        ("DELETE", "/api/avatars/nobody/versions/1", 404, "not_found"),
    ],
)
async def test_what_is_not_there_or_does_not_fit(two: Gateway, method: str, path: str, status: int, code: str) -> None:
    check_problem(await two.http.request(method, path), status, code)
    assert (await two.http.get(ADA)).json()["version"] == 2


async def test_a_version_is_deleted_for_good(two: Gateway) -> None:
    etag = (await two.http.get(f"{ADA}/versions/1")).headers["etag"]
    path = f"{ADA}/versions/1"
    check_problem(await two.http.delete(path, headers={"If-Match": '"another"'}), 412, "precondition_failed")
    answer = await two.http.delete(path, headers={"If-Match": f'"another", {etag}'})
    assert (answer.status_code, answer.content) == (204, b"")
    check_problem(await two.http.delete(path), 404, "not_found")
    check_problem(await two.http.get("/avatars/ada/versions/1/lod0.glb"), 404, "not_found")
    check_problem(await two.http.post(f"{path}/rollback"), 404, "not_found")
    page = (await two.http.get(f"{ADA}/versions")).json()
    assert [item["number"] for item in page["items"]] == [2]


async def test_a_deleted_avatar_is_nowhere(two: Gateway) -> None:
    read = (await two.http.get(ADA)).headers["etag"]
    await two.http.post(f"{ADA}/versions/1/rollback")
    check_problem(await two.http.delete(ADA, headers={"If-Match": read}), 412, "precondition_failed")
    read = (await two.http.get(ADA)).headers["etag"]
    assert (await two.http.delete(ADA, headers={"If-Match": read})).status_code == 204
    check_problem(await two.http.delete(ADA), 404, "not_found")
    for path in (
        ADA,
        f"{ADA}/status",
        f"{ADA}/versions",
        f"{ADA}/versions/2",
        "/avatars/ada.glb",
        "/avatars/ada.png",
        "/avatars/ada/versions/2/lod0.glb",
    ):
        check_problem(await two.http.get(path), 404, "not_found")
    assert (await two.http.get("/api/avatars")).json() == {"items": [], "next": None}
    assert await two.services.blobs.exists(name_bytes(b"first", "")), "bytes go with the sweep, after their grace"
    again = await publish(two.services.connection)
    assert again.number == 3
    assert [item["number"] for item in (await two.http.get(f"{ADA}/versions")).json()["items"]] == [3]


async def test_deleting_cancels_the_run_under_way_and_waits_for_its_end(two: Gateway) -> None:
    started = (await two.http.post("/api/avatars/generate", json={"agentId": "ada", "name": "New Ada"})).json()
    handle = two.services.temporal.get_workflow_handle("generate/local/ada")
    deleting = asyncio.create_task(two.http.delete(ADA))
    events: list[str] = []
    for _ in range(400):
        events = [event.WhichOneof("attributes") async for event in handle.fetch_history_events()]
        if "workflow_execution_cancel_requested_event_attributes" in events:
            break
        await asyncio.sleep(0.05)
    assert "workflow_execution_cancel_requested_event_attributes" in events
    assert not deleting.done(), "the run has not ended yet"
    assert (await two.http.get(ADA)).status_code == 200
    # No worker runs here: write down what the control worker would.
    await runs.close_run((await runs.get_run(started["runId"])).key, RunStatus.CANCELLED)
    assert (await deleting).status_code == 204
    check_problem(await two.http.get(f"{ADA}/status"), 404, "not_found")
    await two.terminate("ada")
    fresh = await two.http.post("/api/avatars/generate", json={"agentId": "ada", "name": "New Ada"})
    assert fresh.status_code == 202 and fresh.json()["currentVersion"] is None
    assert (await runs.get_run(fresh.json()["runId"])).order.first, "nothing to recall"
    await two.terminate("ada")


async def test_deleting_an_avatar_whose_run_died_unrecorded(two: Gateway) -> None:
    started = await two.http.post("/api/avatars/generate", json={"agentId": "ada", "name": "New Ada"})
    assert started.status_code == 202
    await two.terminate("ada")
    assert (await two.http.delete(ADA)).status_code == 204


async def test_lists_find_and_page(two: Gateway) -> None:
    connection = two.services.connection
    await publish(connection, "bob", order={"profile": {"name": "Bób", "style": "anime", "tags": ["front desk"]}})
    await publish(connection, "eve", tenant="other")
    page = Page[AvatarSummary].model_validate_json((await two.http.get("/api/avatars")).content)
    assert [(item.agent_id, item.version) for item in page.items] == [("bob", 1), ("ada", 2)]
    bob, ada = page.items
    assert bob.picture_url is None and ada.picture_url is not None
    assert ada.picture_url.endswith("/avatars/ada/versions/2/picture.png") and ada.manifest_url.endswith(ADA)
    assert ada.created_at < bob.created_at <= datetime.now(UTC)

    async def found(**query: str) -> list[str]:
        return [item["agentId"] for item in (await two.http.get("/api/avatars", params=query)).json()["items"]]

    assert await found(q="BOB") == await found(tag="front desk") == await found(style="anime") == ["bob"]
    assert await found(q="^ad.*") == ["ada"], "words, never a pattern"
    assert await found(provider="parametric", limit="1") == ["bob"]
    assert await found(q="nobody") == []
    first = (await two.http.get("/api/avatars", params={"limit": 1})).json()
    rest = (await two.http.get("/api/avatars", params={"limit": 1, "cursor": first["next"]})).json()
    assert (rest["items"][0]["agentId"], rest["next"]) == ("ada", None)
    other = await two.http.get("/api/avatars", params={"q": "a", "limit": 1, "cursor": first["next"]})
    check_problem(other, 422, "invalid_input")


async def test_what_is_not_published_yet_is_in_no_list(gateway: Gateway) -> None:
    await runs.open_run(a_key(), an_order())
    check_problem(await gateway.http.get(f"{ADA}/versions"), 404, "not_found")
    assert (await gateway.http.get("/api/avatars")).json() == {"items": [], "next": None}


async def test_a_housekeeping_that_takes_long_is_still_at_it(gateway: Gateway, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(housekeeping, "WAIT", timedelta(seconds=0.2))
    for _ in range(2):  # no worker runs here; the second question joins the first
        answer = await gateway.http.post("/api/housekeeping", params={"dryRun": "true"})
        assert (answer.status_code, answer.json()["done"], answer.json()["kept"]) == (202, False, None)
        assert answer.json()["workflowUrl"].endswith("/workflows/housekeeping%2Fdry-run")
    await gateway.services.temporal.get_workflow_handle("housekeeping/dry-run").terminate("test")
