"""Following agents at little cost: what is asked about is kept, and thrown away the moment MongoDB says it changed.

One ``StatusFeed`` for each API process. While its change stream is open, a status that was read once is served from
memory; when the stream breaks everything is forgotten and each question goes to MongoDB until a new stream is open.
Whoever waits for a change holds a ``Listener``: waiting costs neither a thread nor a query.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections import OrderedDict
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Generic, TypeVar

import structlog

from avatar.catalog import avatars, runs
from avatar.catalog.changes import Change, Watched, open_changes
from avatar.errors import AvatarError, Unavailable
from avatar.run import RunRecord, RunStatus
from runtime import generations
from runtime.services import Services

T = TypeVar("T")
R = TypeVar("R")
Agent = tuple[str, str]  # tenant and agent id

log = structlog.get_logger()
KEPT_AGENTS = 10_000
SETTLE_SECONDS = 20.0  # a quiet run is compared with Temporal at most so often
BACK_OFF_S = (0.2, 0.5, 1.0, 2.0, 5.0)
WAKE_ALL_SECONDS = 0.1  # a sweep deletes many documents, and each could concern anybody


class Listener:
    """Hears of changes of one agent. A change that comes while nobody waits is not lost: it stays noted."""

    def __init__(self) -> None:
        self.status = True
        """Whether the status may differ from what was read last; the reader clears it before it reads."""
        self.events = True
        """Whether the log may have grown; the reader clears it before it reads."""
        self._rung = asyncio.Event()

    def ring(self, *, status: bool, events: bool) -> None:
        """Note a change and wake who waits."""
        self.status = self.status or status
        self.events = self.events or events
        self._rung.set()

    async def wait(self, seconds: float) -> bool:
        """Until something happens (True) or the time is over (False)."""
        try:
            async with asyncio.timeout(seconds):
                await self._rung.wait()
        except TimeoutError:
            return False
        self._rung.clear()
        return True


@dataclass(frozen=True, slots=True)
class Standing(Generic[T]):
    """How an agent's latest run stands, and what the feed's owner made of it."""

    run: RunRecord
    shown: T

    @property
    def over(self) -> bool:
        """Whether this run will not change any more."""
        return self.run.status is not RunStatus.RUNNING


@dataclass(slots=True)
class _Kept(Generic[T]):
    standing: Standing[T]
    settle_at: float  # monotonic; infinite when the run is over


class StatusFeed(Generic[T]):
    """The latest run of each agent that is asked about, kept true by a change stream."""

    def __init__(self, show: Callable[[RunRecord, int | None], T], *, limit: int = KEPT_AGENTS) -> None:
        """``show`` makes of a run and the number of the served version what readers want; it is called once a change.

        Until ``running`` is entered every question goes to MongoDB. At most ``limit`` agents are kept.
        """
        self.streams = 0
        """How many event streams are open; their route counts them."""
        self._show = show
        self._limit = limit
        self._open = False
        self._ending = False
        self._closed = False
        self._kept: OrderedDict[Agent, _Kept[T]] = OrderedDict()
        # A read under way may only be joined and kept while it stands here. A change strikes it out, so what it finds
        # is told to those who asked before the change and to nobody else.
        self._reads: dict[Agent, asyncio.Task[Standing[T]]] = {}
        self._settled: OrderedDict[Agent, tuple[str, float]] = OrderedDict()  # run id, and when it was looked up
        self._listeners: dict[Agent, set[Listener]] = {}
        self._tasks: set[asyncio.Task[Any]] = set()
        self._wake_all: asyncio.TimerHandle | None = None

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Follow the catalog while the context lasts."""
        following = asyncio.create_task(self._follow(), name="status feed")
        try:
            yield
        finally:
            self.end()
            self._closed = True
            for task in (following, *self._tasks):
                task.cancel()
            await asyncio.gather(following, *self._tasks, return_exceptions=True)
            if self._wake_all is not None:
                self._wake_all.cancel()
            self._forget_all()

    def end(self) -> None:
        """The process is about to stop: whoever waits is woken, and nobody waits from now on."""
        self._ending = True
        self._ring_all()

    @property
    def ending(self) -> bool:
        """Whether followers should say good-bye."""
        return self._ending

    @property
    def open(self) -> bool:
        """Whether the change stream is open, so that answers come from memory."""
        return self._open

    async def status(self, services: Services, tenant: str, agent_id: str) -> Standing[T]:
        """How the agent's latest run stands now. Raises NotFound, Unavailable."""
        agent = (tenant, agent_id)
        kept = self._kept.get(agent)
        if kept is not None:
            self._kept.move_to_end(agent)
            if kept.settle_at <= time.monotonic():
                kept.settle_at = time.monotonic() + SETTLE_SECONDS
                self._start(self._settle_aside(services, agent, kept.standing.run))
            return kept.standing
        reading = self._reads.get(agent)
        if reading is None:
            reading = self._start(self._read(services, agent))
            self._reads[agent] = reading
            reading.add_done_callback(lambda done: self._keep(agent, done))
        # Shielded: one reader that gives up must not take the answer from the others.
        return await asyncio.shield(reading)

    async def status_after(
        self, services: Services, tenant: str, agent_id: str, differs: Callable[[T], bool], seconds: float
    ) -> Standing[T]:
        """The status as soon as it ``differs``, its run is over, ``seconds`` have passed or the process ends.

        Raises NotFound, Unavailable.
        """
        deadline = time.monotonic() + seconds
        with self.listening(tenant, agent_id) as listener:
            while True:
                standing = await self.status(services, tenant, agent_id)
                left = deadline - time.monotonic()
                if differs(standing.shown) or standing.over or self._ending or left <= 0:
                    return standing
                await listener.wait(left)

    @contextmanager
    def listening(self, tenant: str, agent_id: str) -> Iterator[Listener]:
        """A listener on one agent, from before this returns until the context ends."""
        agent = (tenant, agent_id)
        listener = Listener()
        self._listeners.setdefault(agent, set()).add(listener)
        try:
            yield listener
        finally:
            others = self._listeners[agent]
            others.discard(listener)
            if not others:
                del self._listeners[agent]

    async def _follow(self) -> None:
        failures = 0
        # Asked each time round, because a cancellation can get lost: asyncio.wait_for of Python 3.11, which the driver
        # uses, drops one that comes in the same moment as data.
        while not self._closed:
            try:
                async with open_changes() as changes:
                    # Only what is read from here on can be kept true.
                    self._forget_all()
                    self._open, failures = True, 0
                    self._ring_all()
                    while not self._closed:
                        if (change := await changes.next()) is not None:
                            self._note(change)
            except Unavailable as error:
                if failures == 0:
                    log.warning("following the catalog was interrupted; status comes from MongoDB", reason=str(error))
            except Exception as error:  # without us nobody who waits would ever be woken
                log.error("following the catalog failed; it is tried again", exc_info=error)
            finally:
                if self._open:
                    self._open = False
                    self._forget_all()
                    self._ring_all()
            await asyncio.sleep(BACK_OFF_S[min(failures, len(BACK_OFF_S) - 1)])
            failures += 1

    def _note(self, change: Change) -> None:
        if change.agent is None:
            self._forget_all()
            self._ring_all_soon()
            return
        is_event = change.where is Watched.EVENTS
        if not is_event:
            self._kept.pop(change.agent, None)
            self._reads.pop(change.agent, None)
        for listener in self._listeners.get(change.agent, ()):
            listener.ring(status=not is_event, events=is_event)

    def _forget_all(self) -> None:
        self._kept.clear()
        self._reads.clear()

    def _ring_all(self) -> None:
        self._wake_all = None
        for listeners in self._listeners.values():
            for listener in listeners:
                listener.ring(status=True, events=True)

    def _ring_all_soon(self) -> None:
        if self._wake_all is None:
            self._wake_all = asyncio.get_running_loop().call_later(WAKE_ALL_SECONDS, self._ring_all)

    async def _read(self, services: Services, agent: Agent) -> Standing[T]:
        run = await self._settle(services, agent, await runs.latest_run(*agent))
        return Standing(run, self._show(run, await avatars.served_number(*agent)))

    def _keep(self, agent: Agent, done: asyncio.Task[Standing[T]]) -> None:
        if self._reads.get(agent) is not done:
            return
        del self._reads[agent]
        if not self._open or done.cancelled() or done.exception() is not None:
            return
        standing = done.result()
        self._kept[agent] = _Kept(standing, self._settle_at(agent, standing.run))
        if len(self._kept) > self._limit:
            self._kept.popitem(last=False)

    async def _settle(self, services: Services, agent: Agent, run: RunRecord) -> RunRecord:
        """``run``, compared with Temporal when that is due."""
        if run.status is not RunStatus.RUNNING or self._settle_at(agent, run) > time.monotonic():
            return run
        self._settled[agent] = (run.key.run_id, time.monotonic())
        self._settled.move_to_end(agent)
        if len(self._settled) > self._limit:
            self._settled.popitem(last=False)
        return await generations.settle(services, run)

    def _settle_at(self, agent: Agent, run: RunRecord) -> float:
        """When to compare ``run`` with Temporal (monotonic): once it went quiet, and a while after the last time."""
        if run.status is not RunStatus.RUNNING:
            return float("inf")
        quiet_at = time.monotonic() + (generations.QUIET - (datetime.now(UTC) - run.updated_at)).total_seconds()
        run_id, last = self._settled.get(agent, ("", 0.0))
        return max(quiet_at, last + SETTLE_SECONDS) if run_id == run.key.run_id else quiet_at

    async def _settle_aside(self, services: Services, agent: Agent, run: RunRecord) -> None:
        # What this changes comes back through the change stream.
        with contextlib.suppress(AvatarError):
            await self._settle(services, agent, run)

    def _start(self, work: Coroutine[Any, Any, R]) -> asyncio.Task[R]:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._done)
        return task

    def _done(self, task: asyncio.Task[Any]) -> None:
        self._tasks.discard(task)
        if not task.cancelled():
            task.exception()  # looked at, so that asyncio does not complain when every reader has gone
