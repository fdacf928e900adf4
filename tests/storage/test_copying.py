"""Copies between stores, with every byte checked, and checks of a whole store; as functions and as commands."""

from __future__ import annotations

import asyncio
import json
import os
import uuid
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from azurites import Azurite
from typer.testing import CliRunner

from avatar.errors import InvalidInput, NotFound, SetupProblem, Unavailable
from avatar.storage.azure import AzureBlobs, open_azure
from avatar.storage.blob import BlobRef, StoredBlob
from avatar.storage.copying import check_blobs, copy_blobs, media_type
from avatar.storage.local import LocalBlobs
from avatar.storage.port import BlobStore
from cli.main import app
from cli.storage import Place, place

GLB = "model/gltf-binary"


@pytest.fixture
def local(tmp_path: Path) -> LocalBlobs:
    return LocalBlobs(tmp_path / "here" / "blobs")


@pytest_asyncio.fixture
async def azure(azurite: Azurite) -> AsyncIterator[AzureBlobs]:
    async with open_azure(azurite.connection(), f"test-{uuid.uuid4().hex}") as opened:
        yield opened


async def filled(store: BlobStore, count: int) -> list[BlobRef]:
    return [await store.put(b"glTF" + os.urandom(100 * (n + 1)), GLB) for n in range(count)]


async def names(store: BlobStore) -> set[str]:
    return {blob.sha256 async for blob in store.stored()}


async def test_there_and_back_again(local: LocalBlobs, azure: AzureBlobs, tmp_path: Path) -> None:
    refs = await filled(local, 30)
    planned = await copy_blobs(local, azure, dry_run=True)
    assert (planned.copied, planned.copied_bytes) == (30, sum(ref.size for ref in refs))
    assert await names(azure) == set(), "a dry run changes nothing"
    done = await copy_blobs(local, azure)
    assert done == planned.model_copy(update={"dry_run": False})
    assert [await azure.get(ref) for ref in refs] == [await local.get(ref) for ref in refs]
    back = LocalBlobs(tmp_path / "back")
    assert (await copy_blobs(azure, back)).copied == 30
    assert await names(back) == await names(local)
    again = await copy_blobs(azure, back)
    assert (again.copied, again.skipped, again.copied_bytes) == (0, 30, 0)


async def test_an_interrupted_copy_goes_on_where_it_was(local: LocalBlobs, azure: AzureBlobs) -> None:
    await filled(local, 40)
    seen: list[StoredBlob] = []

    def stop(blob: StoredBlob) -> None:
        seen.append(blob)
        if len(seen) == 10:
            raise Unavailable("the network is gone")

    with pytest.raises(Unavailable, match="network"):
        await copy_blobs(local, azure, look=stop)
    there = len(await names(azure))
    assert 10 <= there < 40
    resumed = await copy_blobs(local, azure)
    assert resumed.copied > 0 and resumed.skipped >= there, "uploads that were under way may have arrived"
    assert resumed.copied + resumed.skipped == 40
    assert await names(azure) == await names(local)


async def test_a_damaged_blob_is_named_and_stops_no_other(local: LocalBlobs, azure: AzureBlobs) -> None:
    refs = await filled(local, 12)
    local.path(refs[3]).write_bytes(b"x" * refs[3].size)
    local.path(refs[7]).write_bytes(b"short")
    bad = tuple(sorted((refs[3].sha256, refs[7].sha256)))
    report = await copy_blobs(local, azure)
    assert (report.copied, report.damaged) == (10, bad)
    assert await names(azure) == {ref.sha256 for ref in refs} - set(bad)
    looked = await check_blobs(local)
    assert (looked.sound, looked.damaged) == (10, bad)
    assert await names(local) == {ref.sha256 for ref in refs}, "looking changes nothing"
    assert (await check_blobs(local, set_aside=True)).damaged == bad
    assert (await check_blobs(local)).damaged == ()
    assert await names(local) == await names(azure)


async def test_what_is_deleted_meanwhile_is_no_error(local: LocalBlobs, azure: AzureBlobs) -> None:
    await filled(local, 20)

    def sweep(_blob: StoredBlob) -> None:
        for path in local.root.rglob("*"):
            if path.is_file():
                path.unlink()

    report = await copy_blobs(local, azure, look=sweep)
    assert 1 <= report.copied < 20 and report.damaged == ()


@pytest.mark.parametrize(
    ("beginning", "kind"),
    [
        (b"glTF\x02\0\0\0", "model/gltf-binary"),
        (b"\x89PNG\r\n\x1a\n...", "image/png"),
        (b"\xff\xd8\xff\xe0", "image/jpeg"),
        (b"RIFF\0\0\0\0WEBPVP8 ", "image/webp"),
        (b"RIFF\0\0\0\0WAVEfmt ", "audio/wav"),
        (b"RIFF\0\0\0\0AVI ", "application/octet-stream"),
        (b"", "application/octet-stream"),
        (b'{"a": 1}', "application/json"),
    ],
)
def test_what_bytes_say_they_are(beginning: bytes, kind: str) -> None:
    assert media_type(beginning) == kind


# --------------------------------------------------------------------------------------------------------- commands


def run(*arguments: str, connection: str = "", data: Path) -> tuple[int, dict[str, object]]:
    """Exit code and JSON of ``avatar storage ...``."""
    environment = {"AVATAR_DATA": str(data), "AZURE_STORAGE_CONNECTION_STRING": connection}
    done = CliRunner().invoke(app, ["storage", *arguments, "--json"], env=environment)
    if done.exception and not isinstance(done.exception, SystemExit):
        raise done.exception
    return done.exit_code, json.loads(done.stdout)


async def command(*arguments: str, connection: str = "", data: Path) -> tuple[int, dict[str, object]]:
    return await asyncio.to_thread(run, *arguments, connection=connection, data=data)


async def test_the_commands(local: LocalBlobs, azurite: Azurite, tmp_path: Path) -> None:
    data, connection, container = tmp_path / "here", azurite.connection(), f"test-{uuid.uuid4().hex}"
    refs = await filled(local, 5)
    into = ("--container", container)

    async def avatar_storage(*arguments: str) -> tuple[int, dict[str, object]]:
        return await command(*arguments, connection=connection, data=data)

    code, report = await avatar_storage("copy", "--from", "local", "--to", "azure", *into, "--dry-run")
    assert (code, report["copied"], report["dryRun"]) == (0, 5, True)
    with pytest.raises(NotFound, match="no container"):
        await avatar_storage("copy", "--from", "azure", "--to", f"local:{tmp_path / 'back'}", *into)
    code, report = await avatar_storage("copy", "--from", "local", "--to", "azure", *into)
    assert (code, report["copied"], report["copiedBytes"]) == (0, 5, sum(ref.size for ref in refs))
    assert (await avatar_storage("check", *into))[1]["sound"] == 5, "the store in use is checked"
    local.path(refs[0]).write_bytes(b"broken")
    code, report = await avatar_storage("check", "--store", "local")
    assert (code, report["damaged"]) == (7, [refs[0].sha256])
    code, report = await avatar_storage("copy", "--from", "local", "--to", f"local:{tmp_path / 'other'}")
    assert (code, report["copied"], report["damaged"]) == (7, 4, [refs[0].sha256])
    code, report = await avatar_storage("check", "--store", "local", "--set-aside")
    assert code == 7
    code, report = await avatar_storage("copy", "--from", "azure", "--to", "local", *into)
    assert (code, report["copied"], report["skipped"]) == (0, 1, 4), "a sound copy mends what was set aside"


async def test_commands_that_make_no_sense_are_refused(tmp_path: Path) -> None:
    for arguments in (("--from", "local", "--to", f"local:{tmp_path / 'blobs'}"), ("--from", "s3", "--to", "local")):
        with pytest.raises(InvalidInput):
            await command("copy", *arguments, data=tmp_path)
    with pytest.raises(NotFound, match="no folder"):
        await command("copy", "--from", "local:/nowhere/at/all", "--to", "local", data=tmp_path)
    with pytest.raises(SetupProblem, match="AZURE_STORAGE_CONNECTION_STRING"):
        await command("check", "--store", "azure", data=tmp_path)


@pytest.mark.parametrize("text", ["", "azure:", "azure:x", "local:", "/folder", "Local"])
def test_stores_are_named_exactly(text: str) -> None:
    with pytest.raises(InvalidInput, match="local:FOLDER"):
        place(text)
    assert place("azure") == Place(azure=True)
