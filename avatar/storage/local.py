"""Blobs in a local folder: ``root/ab/abcdef...``, written whole or not at all."""

from __future__ import annotations

import asyncio
import errno
import os
import stat
import tempfile
import uuid
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path

from avatar.errors import DamagedBlob, NotFound, StorageFull, Unavailable
from avatar.storage.blob import BlobRef, StoredBlob, blob_key, name_bytes, named_by
from avatar.storage.links import Links

CHUNK = 256 * 1024
NO_ROOM = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}


class LocalBlobs:
    """The local-folder adapter of ``BlobStore``. Safe for many processes: a blob appears by one atomic rename.

    With ``links`` it has signed addresses, which our own API serves.
    """

    def __init__(self, root: Path, links: Links | None = None) -> None:
        self.root = root
        self.links = links

    def path(self, ref: BlobRef) -> Path:
        """Where the bytes of ``ref`` are or would be."""
        return self.root / ref.key

    async def put(self, data: bytes, media_type: str) -> BlobRef:
        return await asyncio.to_thread(self._put, data, media_type)

    async def get(self, ref: BlobRef) -> bytes:
        return await asyncio.to_thread(self._get, ref)

    async def stream(self, ref: BlobRef, start: int = 0, stop: int | None = None) -> AsyncIterator[bytes]:
        end = ref.size if stop is None else min(stop, ref.size)
        with _said(f"reading blob {ref.sha256}"):
            file = await asyncio.to_thread(self.path(ref).open, "rb")
        with file:
            file.seek(start)
            left = end - start
            while left > 0:
                with _said(f"reading blob {ref.sha256}"):
                    chunk = await asyncio.to_thread(file.read, min(CHUNK, left))
                if not chunk:
                    raise DamagedBlob(f"blob {ref.sha256} is shorter than its {ref.size} bytes")
                left -= len(chunk)
                yield chunk

    async def exists(self, ref: BlobRef) -> bool:
        return await asyncio.to_thread(self._has, ref)

    async def stored(self, prefix: str = "") -> AsyncIterator[StoredBlob]:
        with _said(f"listing {self.root}"):
            folders = await asyncio.to_thread(_folders, self.root, prefix[:2])
        for folder in folders:
            found = await asyncio.to_thread(_blobs_in, folder)
            for blob in found:
                if blob.sha256.startswith(prefix):
                    yield blob

    async def delete(self, sha256: str, *, unused_since: datetime | None = None) -> bool:
        return await asyncio.to_thread(self._delete, sha256, unused_since)

    async def signed_url(self, ref: BlobRef, seconds: int, file_name: str) -> str | None:
        return await self.links.url(ref, seconds, file_name) if self.links else None

    async def check(self) -> None:
        await asyncio.to_thread(self._check)

    def _has(self, ref: BlobRef) -> bool:
        try:
            return self.path(ref).stat().st_size == ref.size
        except OSError:
            return False

    def _put(self, data: bytes, media_type: str) -> BlobRef:
        ref = name_bytes(data, media_type)
        target = self.path(ref)
        if self._has(ref):
            with _said(f"using blob {ref.sha256} again"), suppress(FileNotFoundError):
                os.utime(target)
                return ref
        with _said(f"writing {len(data)} bytes to {self.root}"):
            target.parent.mkdir(parents=True, exist_ok=True)
            write_atomically(target, data)
        return ref

    def _get(self, ref: BlobRef) -> bytes:
        path = self.path(ref)
        with _said(f"reading blob {ref.sha256}"):
            data = path.read_bytes()
        if name_bytes(data, ref.media_type).sha256 != ref.sha256:
            # Out of the way, so that doing the step again writes it anew; kept, so that somebody can look.
            with _said(f"setting damaged blob {ref.sha256} aside"):
                path.replace(path.with_name(f"{path.name}.damaged"))
            raise DamagedBlob(
                f"the bytes of blob {ref.sha256} do not match their name",
                where=str(path),
                mend="The file was set aside as .damaged; generate the avatar again",
            )
        return data

    def _delete(self, sha256: str, unused_since: datetime | None) -> bool:
        path = self.root / blob_key(sha256)
        with _said(f"removing blob {sha256}"):
            try:
                if unused_since and _used_at(path.stat()) > unused_since:
                    return False
                path.unlink()
            except FileNotFoundError:
                return False
        return True

    def _check(self) -> None:
        with _said(f"writing to {self.root}"):
            self.root.mkdir(parents=True, exist_ok=True)
            with tempfile.NamedTemporaryFile(dir=self.root, prefix=".check-") as probe:
                probe.write(b"\0" * 4096)
                probe.flush()


def write_atomically(target: Path, data: bytes) -> None:
    """Write ``data`` to ``target`` so that a reader or a crash sees the old file or the new one, never a part."""
    part = target.with_name(f".part-{uuid.uuid4().hex}")
    try:
        with part.open("xb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        part.replace(target)
    except BaseException:
        part.unlink(missing_ok=True)
        raise


def _folders(root: Path, prefix: str) -> list[Path]:
    try:
        return [
            path for path in root.iterdir() if len(path.name) == 2 and path.name.startswith(prefix) and path.is_dir()
        ]
    except FileNotFoundError:
        return []  # nobody has put anything yet


def _blobs_in(folder: Path) -> list[StoredBlob]:
    """What is whole: parts under way, probes and damaged files have other names."""
    found = []
    with _said(f"listing {folder}"), os.scandir(folder) as entries:
        for entry in entries:
            sha256 = named_by(f"{folder.name}/{entry.name}")
            if sha256 is None:
                continue
            try:
                facts = entry.stat(follow_symlinks=False)
            except FileNotFoundError:
                continue  # removed meanwhile
            if stat.S_ISREG(facts.st_mode):
                found.append(StoredBlob(sha256=sha256, size=facts.st_size, used_at=_used_at(facts)))
    return found


def _used_at(facts: os.stat_result) -> datetime:
    return datetime.fromtimestamp(facts.st_mtime, UTC)


@contextmanager
def _said(doing: str) -> Iterator[None]:
    """Turn OSErrors into the tree's own, saying what was being done."""
    try:
        yield
    except FileNotFoundError as error:
        raise NotFound(f"{doing}: it is not there") from error
    except OSError as error:
        if error.errno in NO_ROOM:
            raise StorageFull(
                f"{doing}: {error.strerror}", mend="Make room on that disk or point AVATAR_DATA elsewhere"
            ) from error
        raise Unavailable(f"{doing}: {error.strerror or error}") from error


def write_whole(target: Path, data: bytes) -> None:
    """Write a file for a user, creating its folder: whole or not at all. Raises StorageFull, Unavailable."""
    with _said(f"writing {target}"):
        target.parent.mkdir(parents=True, exist_ok=True)
        write_atomically(target, data)
