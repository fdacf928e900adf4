"""Variants over HTTP, on the real Temporal and mongod: built once, found again, limited. Models are scripted."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
import pytest_asyncio
from gateways import Gateway
from scripted import a_variant
from temporalio.exceptions import ApplicationError
from wishing import GLB, LODS, MORPHS, Turnstile, another, following, publish, until, with_settings
from working import working

from avatar.catalog import deletion, wishes
from avatar.catalog.avatars import roll_back
from avatar.catalog.documents import WishDocument
from avatar.storage.blob import BlobRef
from avatar.storage.local import LocalBlobs
from avatar.variant import TextureFormat, Variant
from avatar.wish import MadeFile

KTX2 = "/avatars/ada.glb?lod=1&textureFormat=ktx2"


@pytest_asyncio.fixture
async def published(gateway: Gateway) -> Gateway:
    await publish(gateway)
    return gateway


class Mesh(Turnstile):
    """Makes variants of nothing: their bytes tell what was asked for. Counts."""

    def __init__(self, gateway: Gateway) -> None:
        super().__init__()
        self.built: list[Variant] = []
        self._blobs = gateway.services.blobs

    async def __call__(self, given: Any, attempt: int) -> MadeFile:
        self.built.append(given.variant)
        await self.passed()
        data = bytes_of(given.variant, given.of.source)
        return a_variant().model_copy(update={"blob": await self._blobs.put(data, GLB)})


def bytes_of(variant: Variant, source: BlobRef) -> bytes:
    return f"{variant.model_dump_json()} of {source.sha256}".encode()


async def test_a_variant_is_made_once_and_then_found(published: Gateway) -> None:
    mesh = Mesh(published)
    version = await publish(published)
    async with working(published, build_variant=mesh):
        first = await published.http.get(KTX2)
        wanted = Variant(lod=1, texture_format=TextureFormat.KTX2)
        assert (first.status_code, first.content) == (200, bytes_of(wanted, version.source))
        assert first.headers["content-type"] == GLB and first.headers["cache-control"] == "no-cache"
        for query in (
            "textureFormat=KTX2&meshLod=1",
            "quality=medium&textureformat=ktx2&uat=7",
            "lod=1&lod=1&textureFormat=ktx2&v=2",
        ):
            again = await published.http.get(f"/avatars/ada.glb?{query}")
            assert again.headers["etag"] == first.headers["etag"]
        assert mesh.built == [wanted]
    # Without any worker: what is there needs none.
    again = await published.http.get(f"{KTX2}&v=2", headers={"Range": "bytes=2-9"})
    assert (again.status_code, again.content) == (206, first.content[2:10])
    assert again.headers["cache-control"] == "public, max-age=31536000, immutable"
    named = await published.http.get("/avatars/ada/versions/2/lod1.glb?textureFormat=ktx2")
    assert named.content == first.content and "immutable" in named.headers["cache-control"]
    unchanged = await published.http.get(KTX2, headers={"If-None-Match": first.headers["etag"]})
    assert (unchanged.status_code, unchanged.content) == (304, b"")
    head = await published.http.head(KTX2)
    assert (head.status_code, head.content) == (200, b"")
    assert head.headers["content-length"] == first.headers["content-length"]


async def test_a_published_level_is_served_as_it_is(published: Gateway) -> None:
    """No worker runs: nothing is made."""
    for query, level in (("", 0), ("lod=1", 1), ("quality=low", 2), ("quality=low&textureSizeLimit=600", 2)):
        answer = await published.http.get(f"/avatars/ada.glb?{query}")
        assert (answer.status_code, answer.content) == (200, LODS[level]), query
    everything = f"/avatars/ada.glb?morphTargets={','.join(MORPHS)}&textureFormat=jpg&pose="
    assert (await published.http.get(everything.removesuffix("&pose="))).content == LODS[0]


async def test_what_does_not_fit_is_a_400_with_all_mistakes(published: Gateway) -> None:
    for path in (
        "/avatars/ada.glb?lod=9&pose=B&morphTargets=jawOpne&zoom=2",
        "/avatars/ada.glb?lod=9&pose=B&morphTargets=jawOpne&zoom=2&v=1",
    ):
        answer = await published.http.get(path)
        problem = answer.json()
        assert (answer.status_code, problem["status"], problem["code"]) == (400, 400, "invalid_input")
        assert {error["field"] for error in problem["errors"]} == {"lod", "pose", "morphTargets", "zoom"}
        assert "0, 1 or 2" in problem["detail"] and "jawOpen" in str(problem["errors"])
    contradiction = await published.http.get("/avatars/ada/versions/1/lod1.glb?lod=2")
    assert contradiction.status_code == 400
    assert (await published.http.get("/avatars/nobody.glb?pose=A")).status_code == 404
    assert (await published.http.get("/avatars/ada.glb?v=9&pose=A")).status_code == 404


async def test_two_gateways_and_many_clients_start_one_build(published: Gateway) -> None:
    mesh = Mesh(published)
    mesh.open.clear()
    async with another(published) as second, working(published, build_variant=mesh):
        clients = [gateway.http for gateway in (published, second) for _ in range(4)]
        asking = [asyncio.create_task(http.get(KTX2)) for http in clients]
        await mesh.reached.wait()
        late = asyncio.create_task(second.http.get(KTX2))
        await asyncio.sleep(0.3)
        mesh.open.set()
        answers = await asyncio.gather(*asking, late)
    assert {answer.status_code for answer in answers} == {200}
    assert len({answer.content for answer in answers}) == 1
    assert len(mesh.built) == 1


async def test_a_build_that_takes_longer_goes_on_without_the_request(published: Gateway) -> None:
    gateway, mesh = with_settings(published, variant_wait_seconds=0.2), Mesh(published)
    mesh.open.clear()
    async with working(gateway, build_variant=mesh):
        answer = await gateway.http.get(KTX2)
        assert (answer.status_code, answer.json()["code"]) == (503, "unavailable")
        assert int(answer.headers["retry-after"]) > 0 and "still being made" in answer.json()["detail"]
        mesh.open.set()

        async def there() -> bool:
            return (await gateway.http.get(KTX2)).status_code == 200

        await until(there)
    assert len(mesh.built) == 1


async def test_a_model_that_cannot_be_made_into_it_is_told_and_left_in_peace(published: Gateway) -> None:
    tried = 0

    def bad(given: Any, attempt: int) -> MadeFile:
        nonlocal tried
        tried += 1
        raise ApplicationError("GLB: it has two skeletons.", type="invalid_model", non_retryable=True)

    async with working(published, build_variant=bad):
        for _ in range(2):
            answer = await published.http.get(KTX2)
            assert (answer.status_code, answer.json()["code"]) == (422, "invalid_model")
            assert "two skeletons" in answer.json()["detail"]
        assert tried == 1
        told = (await published.http.get("/api/avatars/ada/variants")).json()["variants"]
        assert [(each["state"], each["failure"]["code"]) for each in told] == [("failed", "invalid_model")]
        ago = datetime.now(UTC) - timedelta(minutes=11)
        await WishDocument.get_pymongo_collection().update_many({}, {"$set": {"ended_at": ago}})
        assert (await published.http.get(KTX2)).status_code == 422
        assert tried == 2, "after a while it is tried again"


async def test_what_failed_by_bad_luck_is_tried_again_soon(published: Gateway) -> None:
    tried = 0

    def unlucky(given: Any, attempt: int) -> MadeFile:
        nonlocal tried
        tried += 1
        raise ApplicationError("a slip of ours", type="internal", non_retryable=True)

    async with working(published, build_variant=unlucky):
        for _ in range(2):
            assert (await published.http.get(KTX2)).status_code == 500
        assert tried == 1
        ago = datetime.now(UTC) - timedelta(seconds=20)
        await WishDocument.get_pymongo_collection().update_many({}, {"$set": {"ended_at": ago}})
        assert (await published.http.get(KTX2)).status_code == 500
    assert tried == 2


async def test_a_tenant_begins_only_so_many_in_a_minute(published: Gateway, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("avatar.catalog.wishes.MINUTE", 1e6)  # so that none ends during the test
    gateway, mesh = with_settings(published, variant_builds_per_minute=2), Mesh(published)
    async with another(gateway) as second, working(gateway, build_variant=mesh):
        for http, pose in ((gateway.http, "A"), (second.http, "T"), (second.http, "A"), (gateway.http, "T")):
            assert (await http.get(f"/avatars/ada.glb?pose={pose}")).status_code == 200
        for http in (gateway.http, second.http):
            answer = await http.get("/avatars/ada.glb?pose=A&lod=1")
            assert (answer.status_code, answer.json()["code"]) == (429, "too_many_requests")
            assert int(answer.headers["retry-after"]) >= 1 and answer.json()["retryable"]
        assert (await second.http.get("/avatars/ada.glb?pose=A")).status_code == 200, "what is there is free"
        listed = await gateway.http.post("/api/avatars/ada/precompile", json={"variants": ["pose=A", "pose=A&lod=2"]})
        assert listed.status_code == 429 and "1 of these 2" in listed.json()["detail"]
    assert len(mesh.built) == 2


async def test_bytes_that_are_gone_are_made_again(published: Gateway) -> None:
    mesh = Mesh(published)
    async with working(published, build_variant=mesh):
        first = await published.http.get(KTX2)
        await published.services.blobs.delete(first.headers["etag"].strip('"'))
        again = await published.http.get(KTX2)
        assert (again.status_code, again.content) == (200, first.content)
    assert len(mesh.built) == 2


async def test_a_deleted_avatar_has_no_variants(published: Gateway) -> None:
    mesh = Mesh(published)
    async with working(published, build_variant=mesh):
        assert (await published.http.get(f"{KTX2}&v=1")).status_code == 200
        assert (await published.http.delete("/api/avatars/ada")).status_code == 204
        for path in (KTX2, f"{KTX2}&v=1", "/api/avatars/ada/variants"):
            assert (await published.http.get(path)).status_code == 404
    assert await WishDocument.count() == 0


async def test_what_is_kept_in_memory_is_true_at_once(published: Gateway) -> None:
    """The feed runs, so answers come from memory; every change is seen."""
    mesh, services = Mesh(published), published.services
    feed = published.app.state.feed

    async def current() -> tuple[int, str]:
        answer = await published.http.get(KTX2)
        return answer.status_code, answer.headers.get("etag", "").strip('"')

    async def becomes(status: int, etag: str = "") -> None:
        async def so() -> bool:
            return await current() == (status, etag)

        await until(so)

    async with feed.running(), working(published, build_variant=mesh):
        await following(published)
        _, first = await current()
        known = published.app.state.hot.answers.of("local", "ada")
        assert await current() == (200, first) and len(known) == 1, "the second came from memory"
        await publish(published)

        async def moved() -> bool:
            return (await current())[1] != first

        await until(moved)
        _, second = await current()
        assert len(mesh.built) == 2
        await roll_back(services.connection, "local", "ada", 1, by="")
        await becomes(200, first)
        await roll_back(services.connection, "local", "ada", 2, by="")
        await becomes(200, second)
        assert len(mesh.built) == 2, "both were there"
        await deletion.delete_avatar(services.connection, "local", "ada", by="")
        await becomes(404)


async def test_use_from_memory_is_noted_too(published: Gateway) -> None:
    mesh, feed = Mesh(published), published.app.state.feed
    async with feed.running(), working(published, build_variant=mesh):
        await following(published)
        await published.http.get(KTX2)
        (served,) = published.app.state.hot.answers.of("local", "ada").values()
        old = datetime.now(UTC) - timedelta(days=20)
        await WishDocument.get_pymongo_collection().update_many({}, {"$set": {"used_at": old}})
        served.touch_at = 0.0
        await published.http.get(KTX2)

        async def noted() -> bool:
            return (await WishDocument.find_all().to_list())[0].used_at > old

        await until(noted)


async def test_a_damaged_file_is_told_once_and_made_again(published: Gateway) -> None:
    mesh, blobs = Mesh(published), published.services.blobs
    assert isinstance(blobs, LocalBlobs)
    async with working(published, build_variant=mesh):
        first = await published.http.get(KTX2)
        known = (await wishes.variants_of("local", (await WishDocument.find_all().to_list())[0].source))[0]
        assert known.built is not None
        blobs.path(known.built.blob).write_bytes(b"x" * known.built.blob.size)
        published.app.state.hot.files._kept.clear()
        assert (await published.http.get(KTX2)).status_code == 500
        assert (await published.http.get(KTX2)).content == first.content


async def test_redirects_and_signed_names(published: Gateway) -> None:
    gateway, mesh = with_settings(published, delivery="redirect"), Mesh(published)
    async with working(gateway, build_variant=mesh):
        answer = await gateway.http.get(f"{KTX2}&pose=A&v=1")
        assert (answer.status_code, answer.headers["cache-control"]) == (307, "private, max-age=150")
        location = httpx.URL(answer.headers["location"])
        assert location.params["name"] == "ada-v1-lod1-a-pose-ktx2.glb"
        assert (await gateway.http.get(location.raw_path.decode())).status_code == 200
        moving = await gateway.http.get(f"{KTX2}&pose=A")
        assert (moving.status_code, moving.headers["cache-control"]) == (307, "no-store")


async def test_a_list_is_made_before_it_is_wanted(published: Gateway) -> None:
    mesh = Mesh(published)
    mesh.open.clear()
    wishes = [
        "lod=1&textureFormat=ktx2",
        {"quality": "low", "morphTargets": ["jawOpen", "viseme_aa"]},
        "lod=2",
        "meshLod=1&textureFormat=KTX2",
    ]
    async with working(published, build_variant=mesh):
        for _ in range(2):  # it may be asked for again
            answer = await published.http.post("/api/avatars/ada/precompile", json={"variants": wishes, "version": 1})
            assert answer.status_code == 202
            told = answer.json()["variants"]
            assert [each["query"] for each in told] == [
                "lod=1&textureFormat=ktx2",
                "lod=2&morphTargets=jawOpen,viseme_aa",
                "lod=2",
            ]
            assert [each["state"] for each in told] == ["building", "building", "ready"]
        mesh.open.set()
        asked = [("variant", each["query"]) for each in told]

        async def now() -> list[dict[str, Any]]:
            listed = await published.http.get("/api/avatars/ada/variants", params=[*asked, ("version", 1)])
            found: list[dict[str, Any]] = listed.json()["variants"]
            return found

        async def ready() -> bool:
            return {each["state"] for each in await now()} == {"ready"}

        await until(ready)
        assert len(mesh.built) == 2
        for each in await now():
            file = await published.http.get(each["url"].removeprefix(published.services.settings.api_url))
            assert file.headers["etag"] == f'"{each["sha256"]}"' and len(file.content) == each["bytes"]
            assert "immutable" in file.headers["cache-control"]
        everything = (await published.http.get("/api/avatars/ada/variants")).json()["variants"]
        assert {each["query"] for each in everything} == {told[0]["query"], told[1]["query"]}
        assert everything[0]["facts"]["triangles"] == 3_000
        absent = await published.http.get("/api/avatars/ada/variants", params={"variant": "pose=T"})
        assert absent.json()["variants"][0]["state"] == "absent"
        rpm = await published.http.post("/api/avatars/ada/precompile?lod=1&textureFormat=ktx2")
        assert [each["state"] for each in rpm.json()["variants"]] == ["ready"]
    assert len(mesh.built) == 2


async def test_mistakes_in_a_list_are_told_by_place(published: Gateway) -> None:
    wishes = ["lod=1", {"lod": 5, "pose": {}}, "zoom=1", "lod=1&v=2"]
    answer = await published.http.post("/api/avatars/ada/precompile", json={"variants": wishes})
    assert answer.status_code == 400
    fields = {error["field"] for error in answer.json()["errors"]}
    assert fields == {"variants[1].pose", "variants[2].zoom", "variants[3].v"}
    for body in ({"variants": []}, {"variants": ["lod=1"] * 21}, {"variants": [1]}, {"wishes": []}):
        assert (await published.http.post("/api/avatars/ada/precompile", json=body)).status_code == 422
    assert (
        await published.http.post("/api/avatars/nobody/precompile", json={"variants": ["lod=1"]})
    ).status_code == 404


async def test_a_build_that_was_stopped_is_begun_anew(published: Gateway) -> None:
    mesh = Mesh(published)
    mesh.open.clear()
    async with working(published, build_variant=mesh):
        asking = asyncio.create_task(published.http.get(KTX2))
        await mesh.reached.wait()
        key = (await WishDocument.find_all().to_list())[0].key
        await published.services.temporal.get_workflow_handle(f"variant/local/{key}").terminate("test")
        answer = await asking
        assert answer.status_code == 503 and "stopped" in answer.json()["detail"]
        long_ago = datetime.now(UTC) - timedelta(minutes=5)
        await WishDocument.get_pymongo_collection().update_many({}, {"$set": {"asked_at": long_ago}})
        listed = await published.http.get("/api/avatars/ada/variants")
        assert listed.json()["variants"][0]["state"] == "absent"
        mesh.open.set()
        assert (await published.http.get(KTX2)).status_code == 200


async def test_the_manifest_says_how_to_ask(published: Gateway) -> None:
    manifest = (await published.http.get("/api/avatars/ada")).json()
    assert manifest["variantsUrl"].startswith(
        f"{published.services.settings.api_url}/avatars/ada.glb?v=1{{&quality,lod,"
    )
