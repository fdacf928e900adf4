"""Published files over HTTP: manifest, ETags, ranges, caching."""

from __future__ import annotations

import hashlib
import os
import uuid
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest
import pytest_asyncio
from azurites import Azurite
from gateways import Gateway
from people import a_version, an_order

from avatar.catalog import avatars, runs
from avatar.manifest import LodFacts, Manifest, PublishedLod, VersionRecord
from avatar.run import RunKey, RunStatus
from avatar.storage.azure import AzureBlobs, open_azure
from avatar.storage.local import LocalBlobs
from avatar.storage.port import BlobStore
from runtime.blobs import open_blobs
from runtime.settings import load_settings

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


# --------------------------------------------------------------------------------------- signed addresses, redirects


def changed(gateway: Gateway, blobs: BlobStore | None = None, **settings: Any) -> Gateway:
    """The same gateway with other settings, and with another store where there is one."""
    services = replace(
        gateway.services,
        settings=gateway.services.settings.model_copy(update=settings),
        blobs=blobs or gateway.services.blobs,
    )
    gateway.app.state.services = services
    return replace(gateway, services=services)


@pytest_asyncio.fixture
async def azure(azurite: Azurite) -> AsyncIterator[AzureBlobs]:
    async with open_azure(azurite.connection(), f"test-{uuid.uuid4().hex}") as opened:
        yield opened


@pytest_asyncio.fixture
async def outside() -> AsyncIterator[httpx.AsyncClient]:
    """A client of the storage."""
    async with httpx.AsyncClient(trust_env=False) as client:
        yield client


def path_of(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.path}?{parts.query}"


async def test_a_signed_manifest_leads_to_the_files_without_us(
    gateway: Gateway, azure: AzureBlobs, outside: httpx.AsyncClient
) -> None:
    gateway = changed(gateway, azure, signed_url_seconds=120)
    await publish(gateway)
    plain = await gateway.http.get("/api/avatars/ada")
    answer = await gateway.http.get("/api/avatars/ada?links=signed", headers={"If-None-Match": plain.headers["etag"]})
    assert answer.status_code == 200, "old addresses expire, so this is always sent anew"
    assert answer.headers["cache-control"] == "private, max-age=60"
    assert "etag" not in answer.headers
    manifest = Manifest.model_validate_json(answer.content)
    stable = Manifest.model_validate_json(plain.content)
    assert manifest.etag == stable.etag, "it is the same avatar"
    assert manifest.picture is not None
    for url, data in zip([*(lod.url for lod in manifest.lods), manifest.picture.url], [*LODS, PICTURE], strict=True):
        file = await outside.get(url)
        assert (file.status_code, file.content) == (200, data)
    assert 'filename="ada-v1-lod2.glb"' in (await outside.get(manifest.lods[2].url)).headers["content-disposition"]
    assert (await gateway.http.get("/api/avatars/ada?links=eternal")).status_code == 422


async def test_a_signed_manifest_of_a_local_folder_leads_to_us(published: Gateway) -> None:
    manifest = Manifest.model_validate_json((await published.http.get("/api/avatars/ada?links=signed")).content)
    for lod, data in zip(manifest.lods, LODS, strict=True):
        assert lod.url.startswith(f"{published.services.settings.api_url}/files/{lod.sha256}?")
        file = await published.http.get(path_of(lod.url))
        assert (file.status_code, file.content) == (200, data)
        assert file.headers["content-type"] == "model/gltf-binary"
        assert file.headers["cache-control"].startswith("private")
        assert file.headers["content-disposition"] == f'inline; filename="ada-v1-lod{lod.level}.glb"'
    part = await published.http.get(path_of(manifest.lods[0].url), headers={"Range": "bytes=5-9"})
    assert (part.status_code, part.content) == (206, LODS[0][5:10])
    assert (await published.http.head(path_of(manifest.lods[0].url))).status_code == 200


async def test_forged_and_expired_addresses_are_forbidden(published: Gateway) -> None:
    manifest = Manifest.model_validate_json((await published.http.get("/api/avatars/ada?links=signed")).content)
    good, other = httpx.URL(manifest.lods[0].url), httpx.URL(manifest.lods[1].url)
    forged = [good.copy_set_param(name, value) for name, value in (
        ("expires", "99999999999"), ("name", "evil.exe"), ("type", "text/html"), ("size", "1"),
        ("signature", "0" * 64), ("signature", ""), ("signature", "ä"), ("signature", other.params["signature"]),
    )]  # fmt: skip
    for url in (*forged, good.copy_with(path=other.path)):
        answer = await published.http.get(path_of(str(url)))
        assert (answer.status_code, answer.json()["code"]) == (403, "forbidden"), url
        assert "retry-after" not in answer.headers
    blobs = published.services.blobs
    expired = await blobs.signed_url((await avatars.current_version("local", "ada")).lods[0].blob, -1, "x.glb")
    assert expired is not None
    answer = await published.http.get(path_of(expired))
    assert answer.status_code == 403 and "expired" in answer.json()["detail"]
    assert (await published.http.get("/files/" + "0" * 64)).status_code == 422
    gone = await blobs.put(b"soon deleted", "text/plain")
    url = await blobs.signed_url(gone, 60, "x.txt")
    assert url is not None and await blobs.delete(gone.sha256)
    assert (await published.http.get(path_of(url))).status_code == 404


async def test_files_can_be_redirected_to_the_storage(
    gateway: Gateway, azure: AzureBlobs, outside: httpx.AsyncClient
) -> None:
    gateway = changed(gateway, azure, delivery="redirect", signed_url_seconds=90)
    version = await publish(gateway)
    for path, data, cache in (
        ("/avatars/ada/versions/1/lod1.glb", LODS[1], "private, max-age=45"),
        ("/avatars/ada/versions/1/picture.png", PICTURE, "private, max-age=45"),
        ("/avatars/ada.glb", LODS[0], "no-store"),
        ("/avatars/ada.png", PICTURE, "no-store"),
    ):
        answer = await gateway.http.get(path, headers={"Range": "bytes=2-"})
        assert (answer.status_code, answer.content) == (307, b"")
        assert answer.headers["cache-control"] == cache, "a redirect must not outlive the address"
        assert (await gateway.http.head(path)).status_code == 307
        file = await outside.get(answer.headers["location"], headers={"Range": "bytes=2-"})
        assert (file.status_code, file.content) == (206, data[2:])
    unchanged = {"If-None-Match": f'"{version.lods[0].blob.sha256}"'}
    assert (await gateway.http.get("/avatars/ada.glb", headers=unchanged)).status_code == 304


async def test_redirects_of_a_local_folder_stay_with_us(published: Gateway) -> None:
    gateway = changed(published, delivery="redirect")
    answer = await gateway.http.get("/avatars/ada.glb?lod=2")
    assert answer.status_code == 307
    assert (await gateway.http.get(path_of(answer.headers["location"]))).content == LODS[2]


async def test_a_storage_that_signs_nothing_is_said_or_stood_in_for(published: Gateway) -> None:
    blobs = published.services.blobs
    assert isinstance(blobs, LocalBlobs)
    gateway = changed(published, LocalBlobs(blobs.root), delivery="redirect")
    assert (await gateway.http.get("/avatars/ada.glb")).content == LODS[0], "then we send it ourselves"
    answer = await gateway.http.get("/api/avatars/ada?links=signed")
    assert answer.status_code == 422 and "links=signed" in answer.json()["mend"]


async def test_manifests_name_the_cdn_and_the_files_are_there(published: Gateway) -> None:
    gateway = changed(published, cdn_url="https://cdn.example.org/ours")
    manifest = Manifest.model_validate_json((await gateway.http.get("/api/avatars/ada")).content)
    assert manifest.lods[1].url == "https://cdn.example.org/ours/avatars/ada/versions/1/lod1.glb"
    assert manifest.picture is not None and manifest.picture.url.startswith("https://cdn.example.org/ours/avatars/")
    pulled = await gateway.http.get(manifest.lods[1].url.removeprefix("https://cdn.example.org/ours"))
    assert pulled.content == LODS[1]
    assert pulled.headers["cache-control"] == "public, max-age=31536000, immutable"


async def test_files_from_azure_pass_through_us_by_default(gateway: Gateway, azure: AzureBlobs) -> None:
    gateway = changed(gateway, azure)
    await publish(gateway)
    whole = await gateway.http.get("/avatars/ada.glb")
    assert (whole.status_code, whole.content) == (200, LODS[0])
    part = await gateway.http.get("/avatars/ada.glb", headers={"Range": "bytes=100-199"})
    assert (part.status_code, part.content) == (206, LODS[0][100:200])
    assert (await gateway.http.get("/health/ready")).status_code == 200


async def test_a_storage_that_is_away_is_a_503_and_not_half_a_file(
    published: Gateway, azurite: Azurite, unused_port: int
) -> None:
    nobody = replace(azurite, port=unused_port)
    settings = load_settings(
        {"AZURE_STORAGE_CONNECTION_STRING": nobody.connection()}, data=published.services.settings.data
    )
    async with open_blobs(settings) as away:
        gateway = changed(published, away)
        for path in ("/avatars/ada.glb", "/avatars/ada.png"):
            answer = await gateway.http.get(path)
            assert (answer.status_code, answer.json()["code"]) == (503, "unavailable")
            assert azurite.key not in answer.text
        ready = await gateway.http.get("/health/ready")
        assert [part["name"] for part in ready.json()["parts"] if not part["ok"]] == ["storage"]
    version = await avatars.current_version("local", "ada")
    await published.services.blobs.delete(version.lods[0].blob.sha256)
    changed(published)
    assert (await published.http.get("/avatars/ada.glb")).status_code == 404
