"""Processes for CPU-bound work, kept warm, watched, replaced one at a time.

The pool is niced below speech and API. Each process is an executor of its own, with its own guests (codec sidecar,
renderer): whatever ends it (a crash, a cancelled job, too much memory) costs the attempt that ran in it and no other.
"""

from __future__ import annotations

import asyncio
import contextlib
import multiprocessing
import os
import time
from collections.abc import Callable, Iterable
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from enum import StrEnum
from types import TracebackType
from typing import Any, Concatenate, ParamSpec, Self, TypeVar

import psutil
import structlog

from activities.pool import MeshTools
from avatar.errors import CodecFailed
from avatar.gltf.encoded import EncodedImages
from avatar.gltf.guests.sidecar import Toolchain
from runtime import metrics
from runtime.mesh_process import run_job, start_process
from runtime.telemetry import span

P = ParamSpec("P")
T = TypeVar("T")

log = structlog.get_logger()
JOBS_PER_PROCESS = 200  # then a fresh one: whatever a codec leaks stays bounded
WATCH_SECONDS = 1.0  # a look costs about 5 ms of CPU
IDLE_LOOKS = 10  # while nothing runs, one look in so many is enough
MB = 10**6


class Replaced(StrEnum):
    """Why a process was replaced: the label of a metric."""

    DIED = "died"
    CANCELLED = "cancelled"
    OUTGROWN = "outgrown"  # ended over the limit of memory, its job with it
    GROWN = "grown"  # above two thirds of the limit after a job
    WORN = "worn"  # after JOBS_PER_PROCESS


@dataclass(slots=True, eq=False)
class _Place:
    """Room for one process; the executor in it changes when the process is replaced."""

    number: int
    executor: ProcessPoolExecutor
    jobs: int = 0
    busy: bool = False
    outgrown: bool = False

    @property
    def pid(self) -> int | None:
        """Of the process, once it has been started."""
        # There is no public way to a process that is busy or still starting.
        return next(iter(self.executor._processes or ()), None)


class ProcessMeshPool:
    """``activities.pool.MeshPool`` on processes; an async context, which ends them all at once when it is left."""

    def __init__(self, toolchain: Toolchain, encoded: EncodedImages, processes: int, memory_mb: int) -> None:
        """``encoded`` is shared by all processes; ``memory_mb`` is what one and its guests may hold."""
        # Before any of them imports numpy: the processes share the cores already, BLAS threads on top only spin.
        os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
        self._toolchain = toolchain
        self._encoded = encoded
        self._memory_mb = memory_mb
        self._places = [_Place(number, self._fresh()) for number in range(processes)]
        self._idle: asyncio.Queue[_Place] = asyncio.Queue()
        for place in self._places:
            self._idle.put_nowait(place)
        self._warming: Callable[[MeshTools], None] | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self._shown = contextlib.ExitStack()

    async def __aenter__(self) -> Self:
        self._shown.enter_context(metrics.mesh_pool_shown(len(self._places)))
        self._begin(self._watch())
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._shown.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        for place in self._places:
            _end(place.executor)

    async def run(self, job: Callable[Concatenate[MeshTools, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        asked = time.perf_counter()
        place = await self._idle.get()
        waited = time.perf_counter() - asked
        metrics.JOB_WAIT.observe(waited)
        replaced: Replaced | None = None
        future: Future[T] | None = None
        place.busy = True
        metrics.POOL_BUSY.inc()
        try:
            with span(
                f"mesh {job.__name__}",
                {"avatar.mesh.wait_seconds": round(waited, 6), "avatar.mesh.process": place.number},
            ):
                future = self._submit(place, job, args, kwargs)
                return await asyncio.wrap_future(future)
        except BrokenProcessPool as error:
            replaced = Replaced.DIED
            if place.outgrown:
                raise CodecFailed(
                    f"a mesh process grew over {self._memory_mb} MB during {job.__name__}",
                    mend="It was replaced. AVATAR_MESH_MEMORY_MB is its limit",
                ) from error
            raise CodecFailed(f"a mesh process died during {job.__name__}", mend="It was replaced") from error
        except asyncio.CancelledError:
            if future is not None and not future.done() and not future.cancel():
                replaced = Replaced.CANCELLED  # it runs already, and a busy process can only be ended
            raise
        finally:
            metrics.POOL_BUSY.dec()
            place.busy = False
            place.jobs += 1
            if place.outgrown:
                replaced = Replaced.OUTGROWN  # also when the job was done a moment before its process was ended
            if replaced is not None:
                self._replace(place, replaced)
            self._begin(self._settle(place, fresh=replaced is not None))

    async def warm_up(self, job: Callable[[MeshTools], None]) -> None:
        """Run ``job`` once in every process, so that the first avatar does not pay for loading.

        From now on every process that replaces another is warmed up so before it takes work.
        """
        self._warming = job
        places = [self._idle.get_nowait() for _ in range(self._idle.qsize())]
        try:
            await asyncio.gather(*(self._warm(place) for place in places))
        finally:
            for place in places:
                self._idle.put_nowait(place)

    def _submit(self, place: _Place, job: Callable[..., T], args: tuple[Any, ...], kwargs: dict[str, Any]) -> Future[T]:
        try:
            return place.executor.submit(run_job, job, args, kwargs)
        except BrokenProcessPool:
            # It died while it had nothing to do, so no attempt is lost.
            self._replace(place, Replaced.DIED)
            return place.executor.submit(run_job, job, args, kwargs)

    async def _settle(self, place: _Place, *, fresh: bool) -> None:
        """Give ``place`` back: at once when its process stays, after a warm-up when it is another."""
        if not fresh and (why := await self._worn_out(place)) is not None:
            self._replace(place, why)
            fresh = True
        if fresh:
            await self._warm(place)
        self._idle.put_nowait(place)

    async def _worn_out(self, place: _Place) -> Replaced | None:
        if place.jobs >= JOBS_PER_PROCESS:
            return Replaced.WORN
        for pause in (0.0, WATCH_SECONDS):  # what a job has just let go may take a moment to go
            await asyncio.sleep(pause)
            memory = await asyncio.to_thread(_resident_bytes, [place.pid])
            if memory.get(place.pid, 0) * 3 <= self._memory_mb * MB * 2:
                return None
        return Replaced.GROWN

    async def _warm(self, place: _Place) -> None:
        if self._warming is None:
            return
        try:
            await asyncio.wrap_future(self._submit(place, self._warming, (), {}))
        except Exception as problem:
            # Not fatal: whatever is wrong will be said by the first step that needs it.
            log.warning("a mesh process did not warm up", process=place.number, problem=str(problem))
            if isinstance(problem, BrokenProcessPool):
                self._replace(place, Replaced.DIED)

    async def _watch(self) -> None:
        """Measure every process while jobs run (and now and then), and end the one that grows over the limit."""
        idle = 0
        while True:
            await asyncio.sleep(WATCH_SECONDS)
            idle = 0 if any(place.busy for place in self._places) else idle + 1
            if idle % IDLE_LOOKS:
                continue
            memory = await asyncio.to_thread(_resident_bytes, [place.pid for place in self._places])
            for place in self._places:
                used = memory.get(place.pid, 0)
                metrics.PROCESS_MEMORY.labels(str(place.number)).set(used)
                if used > self._memory_mb * MB and place.busy and not place.outgrown:
                    log.warning("a mesh process grew over its limit", process=place.number, megabytes=used // MB)
                    place.outgrown = True
                    _end_processes(place.executor)

    def _replace(self, place: _Place, why: Replaced) -> None:
        log.warning("replacing a mesh process", process=place.number, reason=why.value, jobs=place.jobs)
        metrics.PROCESSES_REPLACED.labels(why.value).inc()
        old, place.executor = place.executor, self._fresh()
        place.jobs, place.outgrown = 0, False
        _end(old)

    def _fresh(self) -> ProcessPoolExecutor:
        # A process that is ended leaves its semaphores to multiprocessing's tracker, which frees them and would tell
        # of it amid the lines of the log.
        os.environ.setdefault("PYTHONWARNINGS", "ignore:resource_tracker:UserWarning")
        return ProcessPoolExecutor(
            max_workers=1,
            mp_context=multiprocessing.get_context("spawn"),
            initializer=start_process,
            initargs=(self._toolchain, self._encoded),
        )

    def _begin(self, work: Any) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


def _end(executor: ProcessPoolExecutor) -> None:
    _end_processes(executor)
    executor.shutdown(wait=False, cancel_futures=True)


def _end_processes(executor: ProcessPoolExecutor) -> None:
    """Kill the process and its guests: one that computes hears nothing else, and a guest would first finish."""
    for pid in list(executor._processes or ()):
        with contextlib.suppress(psutil.Error):
            process = psutil.Process(pid)
            guests = process.children(recursive=True)
            for one in (process, *guests):
                with contextlib.suppress(psutil.Error):
                    one.kill()


def _resident_bytes(pids: Iterable[int | None]) -> dict[int | None, int]:
    """Resident memory of each of these processes of ours, with all that it has started."""
    parents: dict[int, int] = {}
    resident: dict[int, int] = {}
    for process in psutil.Process().children(recursive=True):
        with contextlib.suppress(psutil.Error), process.oneshot():
            parents[process.pid] = process.ppid()
            resident[process.pid] = process.memory_info().rss
    total: dict[int | None, int] = dict.fromkeys(pids, 0)
    for pid, size in resident.items():
        root: int | None = pid
        while root is not None and root not in total:
            root = parents.get(root)
        if root is not None:
            total[root] += size
    return total
