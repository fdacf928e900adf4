"""What every blob store does alike: the local folder, and Azure's on a real Azurite."""

from __future__ import annotations

import asyncio
import os
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import pytest_asyncio
from azure.storage.blob.aio import BlobServiceClient
from azurites import Azurite

from avatar.errors import DamagedBlob, NotFound
from avatar.storage.azure import open_azure
from avatar.storage.blob import BlobRef, StoredBlob, blob_key, name_bytes
from avatar.storage.links import Links
from avatar.storage.local import LocalBlobs
from avatar.storage.port import BlobStore

GLB = "model/gltf-binary"
HOUR = timedelta(hours=1)


@dataclass(frozen=True)
class Shop:
    """A store, and a way past it: raw bytes under a raw key."""

    store: BlobStore
    write: Callable[[str, bytes], Awaitable[None]]
    keys: Callable[[], Awaitable[set[str]]]


@asynccontextmanager
async def local_shop(folder: Path) -> AsyncIterator[Shop]:
    def write(key: str, data: bytes) -> None:
        (folder / key).parent.mkdir(parents=True, exist_ok=True)
        (folder / key).write_bytes(data)

    def keys() -> set[str]:
        return {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}

    yield Shop(
        LocalBlobs(folder, Links("http://here/files", folder.parent / "blob-signing.key")),
        lambda key, data: asyncio.to_thread(write, key, data),
        lambda: asyncio.to_thread(keys),
    )


@asynccontextmanager
async def azure_shop(azurite: Azurite) -> AsyncIterator[Shop]:
    container = f"test-{uuid.uuid4().hex}"
    raw = BlobServiceClient.from_connection_string(azurite.connection())

    async def write(key: str, data: bytes) -> None:
        await raw.get_blob_client(container, key).upload_blob(data, overwrite=True)

    async def keys() -> set[str]:
        return {str(found.name) async for found in raw.get_container_client(container).list_blobs()}

    async with raw, open_azure(azurite.connection(), container) as store:
        yield Shop(store, write, keys)


@pytest_asyncio.fixture(params=["local", "azure"])
async def shop(request: pytest.FixtureRequest, tmp_path: Path, azurite: Azurite) -> AsyncIterator[Shop]:
    if request.param == "local":
        async with local_shop(tmp_path / "blobs") as opened:
            yield opened
    else:
        async with azure_shop(azurite) as opened:
            yield opened


@pytest.fixture
def store(shop: Shop) -> BlobStore:
    return shop.store


async def collect(store: BlobStore, ref: BlobRef, start: int = 0, stop: int | None = None) -> bytes:
    return b"".join([chunk async for chunk in store.stream(ref, start, stop)])


async def listed(store: BlobStore, prefix: str = "") -> dict[str, StoredBlob]:
    return {blob.sha256: blob async for blob in store.stored(prefix)}


async def test_what_goes_in_comes_out(store: BlobStore) -> None:
    for data in (b"", b"x", os.urandom(700_000)):
        ref = await store.put(data, GLB)
        assert ref == name_bytes(data, GLB)
        assert await store.exists(ref)
        assert await store.get(ref) == data
        assert await collect(store, ref) == data


async def test_parts_of_what_is_larger_than_one_chunk(store: BlobStore) -> None:
    data = os.urandom(9_000_000)
    ref = await store.put(data, GLB)
    for start, stop in ((0, None), (5, 9), (4_194_303, 4_194_306), (8_999_990, None), (8_999_990, 99_000_000), (7, 7)):
        assert await collect(store, ref, start, stop) == data[start:stop]


async def test_what_was_never_put_is_not_found(store: BlobStore) -> None:
    ref = name_bytes(b"nobody has put this", GLB)
    assert await listed(store) == {}
    assert not await store.exists(ref)
    assert not await store.delete(ref.sha256)
    with pytest.raises(NotFound):
        await store.get(ref)
    for start, stop in ((0, None), (3, 5), (0, 0)):
        with pytest.raises(NotFound):
            await collect(store, ref, start, stop)


async def test_the_same_bytes_are_one_blob_however_many_put_them(shop: Shop) -> None:
    data = os.urandom(50_000)
    refs = await asyncio.gather(*(shop.store.put(data, GLB) for _ in range(12)))
    assert len(set(refs)) == 1
    assert await shop.keys() == {refs[0].key}
    assert await shop.store.get(refs[0]) == data


async def test_a_listing_names_blobs_and_nothing_else(shop: Shop) -> None:
    blobs = {ref.sha256: ref for ref in [await shop.store.put(bytes([n]) * (n + 1), GLB) for n in range(20)]}
    some = next(iter(blobs))
    for key in (f"{some[:2]}/.part-0123", f"{blob_key(some)}.damaged", ".check", f"zz/{some}", "ab/short", "loose"):
        await shop.write(key, b"not a blob")
    found = await listed(shop.store)
    assert {sha256: blob.size for sha256, blob in found.items()} == {s: ref.size for s, ref in blobs.items()}
    now = datetime.now(UTC)
    assert all(now - HOUR < blob.used_at < now + HOUR for blob in found.values())
    for prefix in (some[0], some[:2], some[:5], some):
        assert set(await listed(shop.store, prefix)) == {sha256 for sha256 in blobs if sha256.startswith(prefix)}


async def test_putting_again_makes_young_again(store: BlobStore) -> None:
    ref = await store.put(b"old", GLB)
    before = (await listed(store))[ref.sha256].used_at
    await asyncio.sleep(1.1)  # Azure tells seconds
    await store.put(b"old", GLB)
    assert (await listed(store))[ref.sha256].used_at > before
    assert await store.get(ref) == b"old"


async def test_only_what_nobody_used_since_is_deleted(store: BlobStore) -> None:
    ref = await store.put(b"in use", GLB)
    now = datetime.now(UTC)
    assert not await store.delete(ref.sha256, unused_since=now - HOUR)
    assert await store.exists(ref)
    assert await store.delete(ref.sha256, unused_since=now + HOUR)
    assert not await store.exists(ref)
    await store.put(b"in use", GLB)
    assert await store.delete(ref.sha256)
    assert not await store.delete(ref.sha256), "once gone it is not removed again, and that is no error"


async def test_damage_is_noticed_set_aside_and_healed(shop: Shop) -> None:
    store = shop.store
    ref = await store.put(b"precious", GLB)
    await shop.write(ref.key, b"previous")
    with pytest.raises(DamagedBlob, match="generate the avatar again") as caught:
        await store.get(ref)
    assert ref.sha256 in str(caught.value)
    assert not await store.exists(ref)
    assert await listed(store) == {}, "what was set aside is no blob"
    assert len(await shop.keys()) == 1, "and is kept to look at"
    await store.put(b"precious", GLB)
    assert await store.get(ref) == b"precious", "doing the step again heals it"


async def test_a_blob_that_is_too_short_is_noticed(shop: Shop) -> None:
    ref = await shop.store.put(b"precious", GLB)
    await shop.write(ref.key, b"pre")
    assert not await shop.store.exists(ref)
    for start in (0, 5):
        with pytest.raises(DamagedBlob):
            await collect(shop.store, ref, start)


async def test_check_writes_and_leaves_no_blob(store: BlobStore) -> None:
    await store.check()
    await store.check()
    assert await listed(store) == {}


async def test_a_signed_address_tells_how_long_it_lives(store: BlobStore) -> None:
    ref = await store.put(b"look", GLB)
    url = await store.signed_url(ref, 600, "ada-lod0.glb")
    assert url is not None and ref.sha256 in url
    assert url != await store.signed_url(ref, 6000, "ada-lod0.glb")
