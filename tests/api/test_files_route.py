"""Published files over HTTP: manifest, ETags, ranges, caching."""

from __future__ import annotations

import hashlib
import os
import uuid

import pytest
import pytest_asyncio
from gateways import Gateway
from people import a_version, an_order

from avatar.catalog import avatars, runs
from avatar.manifest import LodFacts, Manifest, PublishedLod, VersionRecord
from avatar.run import RunKey, RunStatus

LODS = tuple(os.urandom(size) for size in (400_000, 90_000, 30_000))
PICTURE = os.urandom(5_000)


async def publish(gateway: Gateway, *, picture: bool = True) -> VersionRecord:
    key = RunKey(tenant="local", agent_id="ada", run_id=uuid.uuid4().hex)
    await runs.open_run(key, an_order())
    blobs = gateway.services.blobs
    lods = [
        PublishedLod(
            facts=LodFacts(level=level, triangles=15_000 >> level, vertices=9_000, draw_calls=9, textures=()),
            blob=await blobs.put(data, "model/gltf-binary"),
        )
        for level, data in enumerate(LODS)
    ]
    image = await blobs.put(PICTURE, "image/png") if picture else None
    version = await avatars.publish_version(
        gateway.services.connection,
        key,
        lambda slot: a_version(
            key,
            slot.number,
            slot.now,
            source=lods[0].blob,
            lods=tuple(lods),
            picture=image,
            picture_missing=None if picture else "no EGL on this machine",
        ),
    )
    await runs.close_run(key, RunStatus.PUBLISHED)
    return version


@pytest_asyncio.fixture
async def published(gateway: Gateway) -> Gateway:
    await publish(gateway)
    return gateway


async def test_the_manifest_names_files_that_are_what_it_says(published: Gateway) -> None:
    answer = await published.http.get("/api/avatars/ada")
    manifest = Manifest.model_validate_json(answer.content)
    assert [lod.level for lod in manifest.lods] == [0, 1, 2]
    for lod, data in zip(manifest.lods, LODS, strict=True):
        path = lod.url.removeprefix(published.services.settings.api_url)
        file = await published.http.get(path)
        assert file.content == data
        assert hashlib.sha256(file.content).hexdigest() == lod.sha256
        assert int(file.headers["content-length"]) == lod.bytes
        assert file.headers["content-type"] == "model/gltf-binary"
        assert file.headers["etag"] == f'"{lod.sha256}"'
        assert file.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert manifest.picture is not None and manifest.picture.alt


async def test_a_manifest_is_sent_once(published: Gateway) -> None:
    first = await published.http.get("/api/avatars/ada")
    again = await published.http.get("/api/avatars/ada", headers={"If-None-Match": first.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    await publish(published)
    after = await published.http.get("/api/avatars/ada", headers={"If-None-Match": first.headers["etag"]})
    assert (after.status_code, after.json()["version"]) == (200, 2)


async def test_the_current_address_moves_and_the_old_version_stays(published: Gateway) -> None:
    current = await published.http.get("/avatars/ada.glb?lod=1")
    assert current.content == LODS[1]
    assert current.headers["cache-control"] == "no-cache", "what may change must be asked for again"
    assert (await published.http.get("/avatars/ada.glb")).content == LODS[0]
    assert (await published.http.get("/avatars/ada.png")).content == PICTURE
    await publish(published)
    assert (await published.http.get("/avatars/ada/versions/1/lod2.glb")).content == LODS[2]
    assert (await published.http.get("/avatars/ada/versions/3/lod2.glb")).status_code == 404


RANGES = [
    ("bytes=0-0", 206, slice(0, 1)),
    ("bytes=10-19", 206, slice(10, 20)),
    ("bytes=29990-", 206, slice(29990, None)),
    ("bytes=-10", 206, slice(-10, None)),
    ("bytes=-999999", 206, slice(None)),
    ("bytes=0-999999", 206, slice(None)),
    ("bytes=30000-", 416, None),
    ("bytes=-0", 416, None),
    ("bytes=20-10", 200, slice(None)),
    ("bytes=0-1,5-6", 200, slice(None)),
    ("lines=0-1", 200, slice(None)),
    ("bytes=-", 200, slice(None)),
    ("bytes=x-y", 200, slice(None)),
]


@pytest.mark.parametrize(("header", "status", "part"), RANGES, ids=[header for header, _, _ in RANGES])
async def test_ranges(published: Gateway, header: str, status: int, part: slice | None) -> None:
    answer = await published.http.get("/avatars/ada.glb?lod=2", headers={"Range": header})
    assert answer.status_code == status
    if part is None:
        assert answer.headers["content-range"] == f"bytes */{len(LODS[2])}"
        return
    assert answer.content == LODS[2][part]
    if status == 206:
        first = LODS[2].index(answer.content)
        assert answer.headers["content-range"] == f"bytes {first}-{first + len(answer.content) - 1}/{len(LODS[2])}"


async def test_a_range_of_other_bytes_gets_the_whole(published: Gateway) -> None:
    headers = {"Range": "bytes=0-9", "If-Range": '"something else"'}
    assert (await published.http.get("/avatars/ada.glb?lod=2", headers=headers)).status_code == 200
    etag = (await published.http.get("/avatars/ada.glb?lod=2")).headers["etag"]
    headers["If-Range"] = etag
    assert (await published.http.get("/avatars/ada.glb?lod=2", headers=headers)).status_code == 206
    for sent in (etag, f'"x", W/{etag}', "*"):
        answer = await published.http.get("/avatars/ada.glb?lod=2", headers={"If-None-Match": sent})
        assert (answer.status_code, answer.content) == (304, b"")


async def test_without_a_picture_it_is_said_why(gateway: Gateway) -> None:
    await publish(gateway, picture=False)
    manifest = (await gateway.http.get("/api/avatars/ada")).json()
    assert (manifest["picture"], manifest["pictureMissing"]) == (None, "no EGL on this machine")
    answer = await gateway.http.get("/avatars/ada.png")
    assert answer.status_code == 404 and "no EGL" in answer.json()["detail"]


async def test_a_head_request_tells_all_but_the_bytes(published: Gateway) -> None:
    for path in ("/avatars/ada.glb?lod=1", "/avatars/ada/versions/1/lod1.glb", "/avatars/ada.png"):
        whole = await published.http.get(path)
        head = await published.http.head(path)
        assert (head.status_code, head.content) == (200, b"")
        for name in ("content-length", "content-type", "etag", "cache-control", "accept-ranges"):
            assert head.headers[name] == whole.headers[name], name
