"""What only the Azure store does: signed addresses, containers, and errors that keep the key to themselves."""

from __future__ import annotations

import asyncio
import os
import re
import uuid
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
import pytest_asyncio
from azure.storage.blob import AccountSasPermissions, ResourceTypes, generate_account_sas
from azure.storage.blob.aio import BlobServiceClient
from azurites import ACCOUNT, Azurite, free_port, new_key, running_azurite

from avatar.errors import SetupProblem, Unavailable
from avatar.storage.azure import AzureBlobs, open_azure
from avatar.storage.blob import name_bytes

GLB = "model/gltf-binary"


def new_container() -> str:
    return f"test-{uuid.uuid4().hex}"


@pytest_asyncio.fixture
async def store(azurite: Azurite) -> AsyncIterator[AzureBlobs]:
    async with open_azure(azurite.connection(), new_container()) as opened:
        yield opened


@pytest_asyncio.fixture
async def http() -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(trust_env=False) as client:
        yield client


async def test_whoever_has_a_signed_address_can_read_that_blob_and_nothing_else(
    store: AzureBlobs, http: httpx.AsyncClient
) -> None:
    data = os.urandom(10_000)
    ref, other = await store.put(data, GLB), await store.put(b"other", GLB)
    url = await store.signed_url(ref, 300, "ada-lod0.glb")
    assert url is not None
    answer = await http.get(url)
    assert (answer.status_code, answer.content) == (200, data)
    assert answer.headers["content-type"] == GLB
    assert answer.headers["content-disposition"] == 'inline; filename="ada-lod0.glb"'
    assert answer.headers["cache-control"].startswith("private")
    part = await http.get(url, headers={"Range": "bytes=10-19"})
    assert (part.status_code, part.content) == (206, data[10:20])
    assert (await http.head(url)).status_code == 200
    assert (await http.get(url.replace(ref.key, other.key))).status_code == 403
    assert (await http.get(re.sub(r"sig=[^&]{4}", "sig=AAAA", url))).status_code == 403
    assert (await http.get(url.partition("?")[0])).status_code in (403, 404)
    write = await http.put(url, content=b"evil", headers={"x-ms-blob-type": "BlockBlob"})
    assert write.status_code == 403
    assert (await http.delete(url)).status_code == 403
    assert await store.get(ref) == data


async def test_a_signed_address_expires_and_began_a_little_earlier(store: AzureBlobs, http: httpx.AsyncClient) -> None:
    ref = await store.put(b"soon gone", GLB)
    url = await store.signed_url(ref, 300, "x.glb")
    assert url is not None
    times = {name: datetime.fromisoformat(parse_qs(urlsplit(url).query)[name][0]) for name in ("st", "se")}
    assert times["st"] < datetime.now(UTC) - timedelta(minutes=2), "clocks differ"
    expired = await store.signed_url(ref, -1, "x.glb")
    assert expired is not None and (await http.get(expired)).status_code == 403


async def test_blobs_tell_type_and_caching_to_whoever_reads_them_directly(store: AzureBlobs, azurite: Azurite) -> None:
    ref = await store.put(b"\x89PNG", "image/png")
    async with BlobServiceClient.from_connection_string(azurite.connection()) as raw:
        found = await raw.get_blob_client(store.name, ref.key).get_blob_properties()
    assert found.content_settings.content_type == "image/png"
    assert "immutable" in str(found.content_settings.cache_control)


async def test_a_store_that_was_reached_by_a_signature_signs_no_addresses(azurite: Azurite) -> None:
    signature = generate_account_sas(
        ACCOUNT,
        azurite.key,
        resource_types=ResourceTypes(service=True, container=True, object=True),
        permission=AccountSasPermissions(read=True, write=True, delete=True, list=True, create=True, add=True),
        expiry=datetime.now(UTC) + timedelta(hours=1),
    )
    connection = f"BlobEndpoint=http://127.0.0.1:{azurite.port}/{ACCOUNT};SharedAccessSignature={signature}"
    async with open_azure(connection, new_container()) as store:
        ref = await store.put(b"by signature", GLB)
        assert await store.get(ref) == b"by signature"
        assert await store.signed_url(ref, 60, "x.glb") is None


async def test_the_container_is_made_when_first_needed(azurite: Azurite) -> None:
    for need in (AzureBlobs.prepare, AzureBlobs.check, lambda store: store.put(b"first", GLB)):
        async with open_azure(azurite.connection(), new_container()) as store:
            await asyncio.gather(*(need(store) for _ in range(3)))
            await need(store)


@pytest.mark.parametrize(
    ("connection", "hint"),
    [
        (lambda azurite: azurite.connection(key=new_key()), "must be of that account"),
        (lambda azurite: azurite.connection(account="strangers"), "storage account"),
        (lambda azurite: azurite.connection(key="this is no base64"), "not a key"),
        (lambda azurite: "nonsense", "connection string"),
    ],
    ids=["another key", "another account", "no key", "no connection string"],
)
async def test_a_bad_key_is_said_and_not_shown(azurite: Azurite, connection: object, hint: str) -> None:
    assert callable(connection)
    given = connection(azurite)
    for name in ("prepare", "put", "check", "list"):
        with pytest.raises(SetupProblem, match=hint) as caught:
            async with open_azure(given, "avatars") as store:
                if name == "put":
                    await store.put(b"x", GLB)
                elif name == "list":
                    assert [blob async for blob in store.stored()] == []
                else:
                    await getattr(store, name)()
        problem: BaseException | None = caught.value
        while problem is not None:
            assert not any(secret in f"{problem} {problem.args}" for secret in secrets_in(given))
            problem = problem.__cause__


def secrets_in(connection: str) -> list[str]:
    return [part.partition("=")[2] for part in connection.split(";") if part.startswith("AccountKey=")] + [connection]


async def test_a_server_that_is_away_is_unavailable_at_once() -> None:
    nobody = Azurite(free_port(), new_key())
    ref = name_bytes(b"x", GLB)
    async with asyncio.timeout(60), open_azure(nobody.connection(), "avatars") as store:  # no long row of retries
        for call in (store.put(b"x", GLB), store.get(ref), store.exists(ref), store.check(), store.prepare()):
            with pytest.raises(Unavailable, match="does not answer") as caught:
                await call
            assert caught.value.retryable
        with pytest.raises(Unavailable):
            async for _ in store.stream(ref):
                pass
        with pytest.raises(Unavailable):
            async for _ in store.stored():
                pass
        with pytest.raises(Unavailable):
            await store.delete(ref.sha256)


async def test_a_server_that_says_nothing_is_unavailable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("avatar.storage.azure.READ_S", 1)
    asked: list[asyncio.StreamWriter] = []
    server = await asyncio.start_server(lambda _, writer: asked.append(writer), "127.0.0.1", 0)
    silent = Azurite(server.sockets[0].getsockname()[1], new_key())
    async with server, asyncio.timeout(60), open_azure(silent.connection(), "avatars") as store:
        with pytest.raises(Unavailable, match="does not answer"):
            await store.get(name_bytes(b"x", GLB))
        assert len(asked) == 1, "it has the request: asking again only makes everybody wait longer"
        for writer in asked:
            writer.close()


async def test_what_was_put_survives_a_restart_and_the_client_notices_nothing_more(tmp_path: Path) -> None:
    async with running_azurite(tmp_path) as azurite, open_azure(azurite.connection(), "avatars") as store:
        refs = [await store.put(os.urandom(1000), GLB) for _ in range(5)]
    async with open_azure(azurite.connection(), "avatars") as store:
        with pytest.raises(Unavailable):
            await store.get(refs[0])
        async with running_azurite(tmp_path, azurite.port, azurite.key):
            for ref in refs:
                assert name_bytes(await store.get(ref), GLB) == ref


async def test_last_modified_is_what_azure_says(store: AzureBlobs, http: httpx.AsyncClient) -> None:
    ref = await store.put(b"when", GLB)
    url = await store.signed_url(ref, 60, "x")
    assert url is not None
    said = parsedate_to_datetime((await http.head(url)).headers["last-modified"])
    assert [blob.used_at async for blob in store.stored()] == [said]
