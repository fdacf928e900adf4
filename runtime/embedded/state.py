"""One stack to a data folder: the lock that says so, and the file that says where it is."""

from __future__ import annotations

import asyncio
import contextlib
import fcntl
import os
import shutil
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

from pydantic import Field, ValidationError

from avatar.errors import Conflict, SetupProblem, StorageFull
from avatar.frozen import Frozen
from runtime.embedded.children import REAPER_GRACE_S, make_folder

LOCK = "stack.lock"
STATE = "stack.json"
MINIMUM_FREE_BYTES = 300_000_000
WAIT_FOR_REAPER_S = REAPER_GRACE_S + 2


class RunningStack(Frozen):
    """Where a running stack is: the content of ``stack.json``."""

    pid: int
    started: datetime
    api_url: str
    temporal_address: str
    temporal_namespace: str
    temporal_ui: str | None
    mongo_uri: str
    mongo_database: str
    logs: str
    workers: dict[str, str] = Field(default_factory=dict)
    """Name of each worker -> address of its /metrics and /health."""


def running_stack(data_dir: Path) -> RunningStack | None:
    """The stack that serves ``data_dir``; None when there is none (a file left by a killed one does not count)."""
    try:
        lock = os.open(data_dir / LOCK, os.O_RDONLY)
    except OSError:
        return None
    try:
        fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
        return None
    except BlockingIOError:
        return read_state(data_dir)
    finally:
        os.close(lock)


def read_state(data_dir: Path) -> RunningStack | None:
    """What ``stack.json`` says; None when it is missing or not readable as one."""
    with contextlib.suppress(OSError, ValidationError):
        return RunningStack.model_validate_json((data_dir / STATE).read_bytes())
    return None


def write_state(data_dir: Path, state: RunningStack) -> None:
    """Replace ``stack.json`` in one step; readable by its owner alone."""
    part = data_dir / f"{STATE}.part"
    part.touch(mode=0o600)
    part.write_text(state.model_dump_json(indent=2) + "\n")
    part.replace(data_dir / STATE)


def remove_state(data_dir: Path) -> None:
    """Take ``stack.json`` away."""
    (data_dir / STATE).unlink(missing_ok=True)


@asynccontextmanager
async def sole_use(data_dir: Path) -> AsyncIterator[int]:
    """Hold ``data_dir`` against other stacks; gives the lock's file descriptor.

    Raises Conflict that says where the other stack is. The children of a killed stack need a few seconds to end, and
    hold the lock until then; those are waited for.
    """
    lock = os.open(data_dir / LOCK, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        deadline = time.monotonic() + WAIT_FOR_REAPER_S
        while not _try_lock(lock):
            other = read_state(data_dir)
            if (other is not None and _alive(other.pid)) or time.monotonic() > deadline:
                raise Conflict(
                    "A stack is already up on this data folder"
                    + (f", at {other.api_url} (pid {other.pid})" if other else ""),
                    where=str(data_dir),
                    mend="Use that one, stop it, or set AVATAR_DATA to another folder.",
                )
            await asyncio.sleep(0.1)
        remove_state(data_dir)
        yield lock
    finally:
        os.close(lock)


def prepare_data_folder(data_dir: Path, *, minimum_free: int = MINIMUM_FREE_BYTES) -> None:
    """Make the folder (for its owner alone) and check that it can be written and has room.

    Raises SetupProblem or StorageFull.
    """
    if not data_dir.exists():
        make_folder(data_dir.parent)
        with contextlib.suppress(FileExistsError, OSError):
            data_dir.mkdir(mode=0o700)
    probe = data_dir / f".writable-{os.getpid()}"
    try:
        probe.write_bytes(b"x")
        probe.unlink()
    except OSError as problem:
        raise SetupProblem(
            f"The data folder cannot be written: {problem.strerror}",
            where=str(data_dir),
            mend="Make it writable, or set AVATAR_DATA to another folder.",
        ) from problem
    free = shutil.disk_usage(data_dir).free
    if free < minimum_free:
        raise StorageFull(
            f"Only {free // 1_000_000} MB are free for the data folder and {minimum_free // 1_000_000} MB are needed",
            where=str(data_dir),
            mend="Make room, or set AVATAR_DATA to a folder on another disk.",
        )


def without_password(uri: str) -> str:
    """The connection string without user and password."""
    parts = urlsplit(uri)
    return urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2]))


def _try_lock(lock: int) -> bool:
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
