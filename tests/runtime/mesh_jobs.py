"""Jobs for the mesh pool; in a module of their own, as its processes import them."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from activities.pool import MeshTools


def pid(tools: MeshTools) -> int:
    return os.getpid()


def nap(tools: MeshTools, seconds: float, begun: Path | None = None) -> int:
    """Sleep; ``begun`` is touched at the start. Gives the process id."""
    if begun is not None:
        begun.write_text(str(os.getpid()))
    time.sleep(seconds)
    return os.getpid()


def wait_for(tools: MeshTools, path: Path) -> int:
    """Work until ``path`` exists. Gives the process id."""
    while not path.exists():
        time.sleep(0.01)
    return os.getpid()


def die(tools: MeshTools) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def fail(tools: MeshTools) -> None:
    raise ValueError("no such shape")


def hoard(tools: MeshTools, megabytes: int, *, in_a_guest: bool = False) -> None:
    """Take memory and keep it for long."""
    if in_a_guest:
        code = f"import time; kept = bytearray(b'x') * {megabytes * 10**6}; time.sleep(60)"
        subprocess.run([sys.executable, "-c", code], check=True)
    kept = bytearray(b"x") * (megabytes * 10**6)
    time.sleep(60)
    del kept


_kept: list[bytearray] = []


def leak(tools: MeshTools, megabytes: int) -> int:
    """Keep memory after the job is done. Gives the process id."""
    _kept.append(bytearray(b"x") * (megabytes * 10**6))
    return os.getpid()


def warm(tools: MeshTools) -> None:
    _kept.append(bytearray(1))


def warmth(tools: MeshTools) -> int:
    """How often this process was warmed up."""
    return len(_kept)
