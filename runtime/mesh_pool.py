"""Processes for CPU-bound work, kept warm, replaced when they die.

The pool is niced below speech and API. Each process keeps its own codec sidecar: a crash there costs one attempt, a
crash of the process itself costs the attempts that were running in the pool.
"""

from __future__ import annotations

import asyncio
import multiprocessing
import os
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from typing import Any, Concatenate, ParamSpec, TypeVar

import structlog

from activities.pool import MeshTools
from avatar.errors import CodecFailed
from avatar.gltf.sidecar import Sidecar, Toolchain
from avatar.picture import Studio

P = ParamSpec("P")
T = TypeVar("T")

log = structlog.get_logger()
NICENESS = 5
JOBS_PER_PROCESS = 200  # then a fresh one: whatever a codec leaks stays bounded


class ProcessTools:
    """What one mesh process keeps: its guests, started when first needed."""

    def __init__(self, toolchain: Toolchain) -> None:
        self._toolchain = toolchain
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


def _start_process(toolchain: Toolchain) -> None:
    global _tools
    os.nice(NICENESS)
    _tools = ProcessTools(toolchain)


def _run_job(job: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    assert _tools is not None, "the pool starts every process with its tools"
    return job(_tools, *args, **kwargs)


class ProcessMeshPool:
    """``activities.pool.MeshPool`` on ``ProcessPoolExecutor``."""

    def __init__(self, toolchain: Toolchain, processes: int) -> None:
        # Before any of them imports numpy: the processes share the cores already, BLAS threads on top only spin.
        os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
        self._toolchain = toolchain
        self._processes = processes
        self._executor = self._fresh()

    async def run(self, job: Callable[Concatenate[MeshTools, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        executor = self._executor
        future = None
        try:
            future = executor.submit(_run_job, job, args, kwargs)
            return await asyncio.wrap_future(future)
        except BrokenProcessPool as error:
            self._replace(executor)
            raise CodecFailed(f"a mesh process died during {job.__name__}", mend="It was replaced") from error
        except asyncio.CancelledError:
            if future is not None and not future.cancel():
                # It runs already, and a busy process can only be ended.
                self._replace(executor)
            raise

    async def warm_up(self, job: Callable[[MeshTools], None]) -> None:
        """Run ``job`` once in (about) every process, so that the first avatar does not pay for loading."""
        outcomes = await asyncio.gather(*(self.run(job) for _ in range(self._processes)), return_exceptions=True)
        for problem in filter(None, outcomes):
            # Not fatal: whatever is wrong will be said by the first step that needs it.
            log.warning("a mesh process did not warm up", problem=str(problem))

    def close(self) -> None:
        """End all processes now."""
        self._end(self._executor)

    def _fresh(self) -> ProcessPoolExecutor:
        return ProcessPoolExecutor(
            max_workers=self._processes,
            mp_context=multiprocessing.get_context("spawn"),
            initializer=_start_process,
            initargs=(self._toolchain,),
            max_tasks_per_child=JOBS_PER_PROCESS,
        )

    def _replace(self, broken: ProcessPoolExecutor) -> None:
        if self._executor is broken:
            log.warning("replacing the mesh pool")
            self._executor = self._fresh()
            self._end(broken)

    @staticmethod
    def _end(executor: ProcessPoolExecutor) -> None:
        processes = list((executor._processes or {}).values())  # no public way to reach a busy process
        for process in processes:
            process.terminate()
        executor.shutdown(wait=False, cancel_futures=True)
