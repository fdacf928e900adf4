"""The inside of a mesh process: what it keeps between jobs. Imports little, as each process pays for it anew."""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
from collections.abc import Callable
from typing import Any

from avatar.gltf.encoded import EncodedImages
from avatar.gltf.guests.sidecar import Sidecar, Toolchain
from avatar.picture import Studio

NICENESS = 15  # below speech and API: on a full machine those answer first


class ProcessTools:
    """What one mesh process keeps: its guests, started when first needed."""

    def __init__(self, toolchain: Toolchain, encoded: EncodedImages) -> None:
        self._toolchain = toolchain
        self.encoded = encoded
        self._sidecar: Sidecar | None = None
        self._studio: Studio | None = None

    @property
    def sidecar(self) -> Sidecar:
        if self._sidecar is None:
            self._sidecar = Sidecar(self._toolchain)
        return self._sidecar

    @property
    def studio(self) -> Studio:
        if self._studio is None:
            self._studio = Studio()
        return self._studio


_tools: ProcessTools | None = None


def start_process(toolchain: Toolchain, encoded: EncodedImages) -> None:
    """The first thing a mesh process does."""
    global _tools
    os.nice(NICENESS)
    # Ctrl-C at a terminal reaches the whole group; the worker decides when its processes end.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    _tools = ProcessTools(toolchain, encoded)
    # A pool's processes outlive a worker that is killed, and would wait for work for ever.
    threading.Thread(target=_end_with_parent, name="end with parent", daemon=True).start()


def _end_with_parent() -> None:
    parent = multiprocessing.parent_process()
    assert parent is not None, "the pool starts this process"
    parent.join()
    os._exit(1)


def run_job(job: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """Run ``job`` with what this process keeps."""
    assert _tools is not None, "the pool starts every process with its tools"
    return job(_tools, *args, **kwargs)
