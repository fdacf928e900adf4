"""Images that were encoded before, kept on disk and shared by all processes: nothing is encoded twice.

One file an image: a line that says media type and sha256, then the bytes. Files appear whole (rename), damaged ones
are made again, the least recently used go when the folder outgrows its limit. A cache that cannot be read or written
costs time, never a result.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import os
import struct
import time
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

Encoded = tuple[bytes, str]  # an image and its media type

_LOCK_FILE: Final = "locks"
_SUFFIX: Final = ".image"
_WAIT_SECONDS = 30.0  # for another process that encodes the same image; then we do it as well
_POLL_SECONDS = 0.02
_SWEEPS: Final = 16  # the folder is measured whenever this process has written a 16th of the limit
_STALE_SECONDS = 3600.0  # a temporary file so old belongs to a process that was killed


class EncodedImages:
    """The cache in ``folder`` (made when needed), of about ``most_bytes`` at most. For threads and processes alike."""

    def __init__(self, folder: Path, most_bytes: int) -> None:
        self._folder = folder
        self._most = most_bytes
        self._unmeasured = most_bytes  # the first image that is written measures the folder

    def get_or_make(self, key: str, make: Callable[[], Encoded]) -> tuple[Encoded, bool]:
        """The image of ``key`` (hex), and whether it was there; ``make`` is called when it was not.

        Of several that ask for one key at once, one makes it and the others wait for it. Raises what ``make`` raises.
        """
        found = self._read(key)
        if found is not None:
            return found, True
        with self._alone(key):
            if (found := self._read(key)) is not None:
                return found, True
            made = make()
            self._write(key, made)
        return made, False

    def _path(self, key: str) -> Path:
        return self._folder / key[:2] / f"{key}{_SUFFIX}"

    def _read(self, key: str) -> Encoded | None:
        path = self._path(key)
        try:
            head, _, data = path.read_bytes().partition(b"\n")
        except OSError:
            return None
        mime, _, digest = head.decode("ascii", "replace").partition(" ")
        if hashlib.sha256(data).hexdigest() != digest:
            with contextlib.suppress(OSError):
                path.unlink()
            return None
        with contextlib.suppress(OSError):
            os.utime(path)  # used now
        return data, mime

    def _write(self, key: str, made: Encoded) -> None:
        data, mime = made
        if len(data) > self._most:
            return
        path = self._path(key)
        unfinished = path.with_name(f".{uuid.uuid4().hex}")
        with contextlib.suppress(OSError):
            path.parent.mkdir(parents=True, exist_ok=True)
            try:
                unfinished.write_bytes(f"{mime} {hashlib.sha256(data).hexdigest()}\n".encode() + data)
                unfinished.replace(path)
            finally:
                unfinished.unlink(missing_ok=True)
        self._unmeasured += len(data)
        if self._unmeasured * _SWEEPS >= self._most:
            self._unmeasured = 0
            self._sweep()

    def _sweep(self) -> None:
        """Remove what was used least recently, until the folder is within its limit by as much as may come unseen."""
        files: list[tuple[float, int, Path]] = []
        now = time.time()
        for path in self._folder.glob("??/*"):
            with contextlib.suppress(OSError):
                said = path.stat()
                if path.suffix == _SUFFIX:
                    files.append((said.st_mtime, said.st_size, path))
                elif now - said.st_mtime > _STALE_SECONDS:
                    path.unlink()
        left = sum(size for _, size, _ in files)
        goal = self._most - self._most // _SWEEPS
        for _, size, path in sorted(files):
            if left <= goal:
                break
            with contextlib.suppress(OSError):
                path.unlink()
            left -= size

    @contextlib.contextmanager
    def _alone(self, key: str) -> Iterator[None]:
        """Hold the lock of ``key``, or go without when another holds it for too long.

        One byte of one file for each key, locked by open file description: nothing to clean up, threads exclude each
        other too, and the lock of a process that is killed is gone with it.
        """
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            handle = os.open(self._folder / _LOCK_FILE, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError:
            yield
            return
        try:
            until = time.monotonic() + _WAIT_SECONDS
            while not _lock(handle, int(key[:15], 16)) and time.monotonic() < until:
                time.sleep(_POLL_SECONDS)
            yield
        finally:
            os.close(handle)


def _lock(handle: int, at: int) -> bool:
    """Try to lock byte ``at``; True where locks are not to be had."""
    wanted = struct.pack("hhqqi0q", fcntl.F_WRLCK, os.SEEK_SET, at, 1, 0)
    try:
        fcntl.fcntl(handle, fcntl.F_OFD_SETLK, wanted)
    except (BlockingIOError, PermissionError):
        return False
    except OSError:
        return True
    return True
