"""From one blob store to another, and whether what a store holds is what its names say."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import AsyncIterator, Awaitable, Callable

from avatar.errors import DamagedBlob, NotFound
from avatar.frozen import Frozen
from avatar.storage.blob import BlobRef, StoredBlob
from avatar.storage.port import BlobStore

AT_ONCE = 8
UNKNOWN = "application/octet-stream"
BEGINNINGS = (
    (b"glTF", "model/gltf-binary"),
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"\xabKTX 20\xbb\r\n\x1a\n", "image/ktx2"),
    (b"{", "application/json"),
)
Look = Callable[[StoredBlob], None]


class CopyReport(Frozen):
    """What a copy did, or with ``dry_run`` would have done."""

    dry_run: bool
    copied: int
    copied_bytes: int
    skipped: int
    """Already there."""
    damaged: tuple[str, ...]
    """sha256 of those whose bytes do not match their name: not copied."""


class CheckReport(Frozen):
    """What a check of a whole store found."""

    sound: int
    sound_bytes: int
    damaged: tuple[str, ...]
    """sha256 of those whose bytes do not match their name."""


async def copy_blobs(
    source: BlobStore, target: BlobStore, *, dry_run: bool = False, look: Look | None = None
) -> CopyReport:
    """Copy every blob that ``target`` does not have, several at once; the bytes are checked against the name on the
    way. A damaged blob is named in the report and the rest go on. ``look`` is told of each blob when it is done.

    Doing it again after an interruption copies what is missing. Raises Unavailable, StorageFull, SetupProblem.
    """
    copied = copied_bytes = skipped = 0
    damaged: list[str] = []

    async def one(blob: StoredBlob) -> None:
        nonlocal copied, copied_bytes, skipped
        if await target.exists(_ref(blob)):
            skipped += 1
            return
        if not dry_run:
            try:
                data = await read_checked(source, blob)
            except DamagedBlob:
                damaged.append(blob.sha256)
                return
            await target.put(data, media_type(data))
        copied += 1
        copied_bytes += blob.size

    await _each(source.stored(), one, look)
    return CopyReport(
        dry_run=dry_run, copied=copied, copied_bytes=copied_bytes, skipped=skipped, damaged=tuple(sorted(damaged))
    )


async def check_blobs(store: BlobStore, *, set_aside: bool = False, look: Look | None = None) -> CheckReport:
    """Read every blob and compare it with its name. With ``set_aside`` damaged ones are moved out of the way, so that
    generating again writes them anew; without, nothing is changed. Raises Unavailable, SetupProblem."""
    sound = sound_bytes = 0
    damaged: list[str] = []

    async def one(blob: StoredBlob) -> None:
        nonlocal sound, sound_bytes
        try:
            if set_aside:
                await store.get(_ref(blob))
            else:
                await read_checked(store, blob)
        except DamagedBlob:
            damaged.append(blob.sha256)
            return
        sound += 1
        sound_bytes += blob.size

    await _each(store.stored(), one, look)
    return CheckReport(sound=sound, sound_bytes=sound_bytes, damaged=tuple(sorted(damaged)))


async def read_checked(store: BlobStore, blob: StoredBlob) -> bytes:
    """The bytes of a blob; unlike ``get`` this leaves a damaged one where it is. Raises NotFound, DamagedBlob,
    Unavailable."""
    data = b"".join([chunk async for chunk in store.stream(_ref(blob))])
    digest = await asyncio.to_thread(lambda: hashlib.sha256(data).hexdigest())
    if digest != blob.sha256:
        raise DamagedBlob(f"the bytes of blob {blob.sha256} do not match their name")
    return data


def media_type(data: bytes) -> str:
    """What the bytes say they are; a store that is listed does not tell."""
    if data[:4] == b"RIFF":
        return {b"WEBP": "image/webp", b"WAVE": "audio/wav"}.get(data[8:12], UNKNOWN)
    return next((kind for beginning, kind in BEGINNINGS if data.startswith(beginning)), UNKNOWN)


def _ref(blob: StoredBlob) -> BlobRef:
    return BlobRef(sha256=blob.sha256, size=blob.size, media_type=UNKNOWN)


async def _each(
    blobs: AsyncIterator[StoredBlob], one: Callable[[StoredBlob], Awaitable[None]], look: Look | None
) -> None:
    """Do ``one`` for every blob, ``AT_ONCE`` of them at a time; the first error stops all and is raised as it is."""
    turn = asyncio.Lock()

    async def work() -> None:
        while True:
            async with turn:
                blob = await anext(blobs, None)
            if blob is None:
                return
            try:
                await one(blob)
            except NotFound:
                continue  # deleted since it was listed
            if look:
                look(blob)

    try:
        async with asyncio.TaskGroup() as group:
            for _ in range(AT_ONCE):
                group.create_task(work())
    except ExceptionGroup as several:
        raise several.exceptions[0] from several
