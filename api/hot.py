"""What is downloaded again and again, kept in memory: where an address leads, and the bytes of small files.

Where an address leads is kept while the feed of the process hears of changes, and thrown away the moment it hears that
something of the agent has changed: a moved, rolled back or deleted version is seen at once. Bytes are named by their
content, so they cannot be wrong.
"""

from __future__ import annotations

import asyncio
import time
from collections import OrderedDict
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import Depends, FastAPI, Request

from avatar.catalog import wishes
from avatar.errors import Unavailable
from avatar.storage.blob import BlobRef
from avatar.storage.port import BlobStore
from runtime.following import Listener, StatusFeed

KEPT_AGENTS = 2_000
KEPT_ANSWERS = 200  # of one agent
SMALL = 1_000_000  # bytes; larger files are streamed
KEPT_BYTES = 64_000_000

Asked = tuple[str, tuple[tuple[str, str], ...]]
"""What finds the file, and the parameters of its address."""


@dataclass(slots=True)
class Served:
    """Where an address leads. ``lasting``: it will always mean this version."""

    ref: BlobRef
    file: str
    lasting: bool
    wish: str | None = None  # its key; None for what was published
    touch_at: float = 0.0  # monotonic: when its use is to be noted next

    def __post_init__(self) -> None:
        self.touch_at = time.monotonic() + wishes.TOUCH_EVERY.total_seconds()


@dataclass(slots=True)
class _Agent:
    listener: Listener
    leave: ExitStack
    answers: dict[Asked, Served]


class HotAnswers:
    """Where addresses lead, for each agent."""

    def __init__(self, feed: StatusFeed[Any]) -> None:
        self._feed = feed
        self._agents: OrderedDict[tuple[str, str], _Agent] = OrderedDict()
        self._touching: set[asyncio.Task[None]] = set()

    def of(self, tenant: str, agent_id: str) -> dict[Asked, Served]:
        """What is known of the agent's addresses. Take it before reading, add to it what was read: when something
        changes in between, the next caller gets another one."""
        if not self._feed.open:
            return {}
        agent = self._agents.get((tenant, agent_id))
        if agent is None:
            leave = ExitStack()
            agent = _Agent(leave.enter_context(self._feed.listening(tenant, agent_id)), leave, {})
            self._agents[(tenant, agent_id)] = agent
            if len(self._agents) > KEPT_AGENTS:
                self._agents.popitem(last=False)[1].leave.close()
        self._agents.move_to_end((tenant, agent_id))
        if agent.listener.status or len(agent.answers) > KEPT_ANSWERS:
            agent.listener.status = False
            agent.answers = {}
        return agent.answers

    def note_use(self, tenant: str, served: Served) -> None:
        """Let the catalog know now and then that a wish is in use, so that it is not evicted."""
        if served.wish is None or time.monotonic() < served.touch_at:
            return
        served.touch_at = time.monotonic() + wishes.TOUCH_EVERY.total_seconds()
        task = asyncio.create_task(_touch(tenant, served.wish))
        self._touching.add(task)
        task.add_done_callback(self._touching.discard)


async def _touch(tenant: str, key: str) -> None:
    with suppress(Unavailable):
        await wishes.touch_wish(tenant, key)


class HotFiles:
    """The bytes of small files that were sent lately."""

    def __init__(self) -> None:
        self._kept: OrderedDict[str, bytes] = OrderedDict()
        self._bytes = 0

    async def read(self, blobs: BlobStore, ref: BlobRef) -> bytes | None:
        """All of a small file; None for one that is to be streamed. Raises NotFound, DamagedBlob, Unavailable."""
        if ref.size > SMALL:
            return None
        data = self._kept.get(ref.sha256)
        if data is not None:
            self._kept.move_to_end(ref.sha256)
            return data
        data = await blobs.get(ref)
        if ref.sha256 not in self._kept:
            self._kept[ref.sha256] = data
            self._bytes += len(data)
            while self._bytes > KEPT_BYTES:
                self._bytes -= len(self._kept.popitem(last=False)[1])
        return data


@dataclass(frozen=True, slots=True)
class Hot:
    answers: HotAnswers
    files: HotFiles


def new_hot(feed: StatusFeed[Any]) -> Hot:
    """The memory of one API process."""
    return Hot(HotAnswers(feed), HotFiles())


async def hot_of(request: Request) -> Hot:
    """The memory that the application was made with."""
    app: FastAPI = request.app
    hot: Hot = app.state.hot
    return hot


CurrentHot = Annotated[Hot, Depends(hot_of)]
