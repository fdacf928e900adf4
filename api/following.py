"""What followers of a run share: the feed of this process, and the status in the form in which it is sent."""

from __future__ import annotations

import asyncio
import hashlib
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from types import FrameType
from typing import Annotated

from fastapi import Depends, FastAPI, Request

from api.shapes import status_of
from avatar.run import RunRecord
from runtime.following import StatusFeed
from runtime.settings import Settings

STOP_SIGNALS = (signal.SIGINT, signal.SIGTERM)
ELAPSED = b'"elapsedSeconds":'  # inside a JSON string its quotes would be escaped, so this occurs once


@dataclass(frozen=True, slots=True)
class ShownStatus:
    """A GenerationStatus, ready to be sent: only the seconds that have passed are put in each time."""

    etag: str
    """Weak, as a header has it: over everything but ``elapsedSeconds``."""
    before: bytes
    after: bytes
    began: datetime
    ended: datetime | None

    def body(self) -> bytes:
        """The JSON as it is now."""
        end = self.ended or datetime.now(UTC)
        return b"%s%.3f%s" % (self.before, (end - self.began).total_seconds(), self.after)


def show_status(settings: Settings, run: RunRecord, current: int | None) -> ShownStatus:
    """``run`` as followers get it; equal runs have equal ETags in every process."""
    document = status_of(settings, run, current).model_dump_json().encode()
    before, key, rest = document.partition(ELAPSED)
    _, comma, after = rest.partition(b",")
    before, after = before + key, comma + after
    digest = hashlib.sha256(before + after).hexdigest()[:32]
    return ShownStatus(f'W/"{digest}"', before, after, run.created_at, run.finished_at)


def new_feed(settings: Settings) -> StatusFeed[ShownStatus]:
    """The feed of one API process; it serves from memory once its ``running`` is entered."""
    return StatusFeed(lambda run, current: show_status(settings, run, current))


async def feed_of(request: Request) -> StatusFeed[ShownStatus]:
    """The feed that the application was made with."""
    app: FastAPI = request.app
    feed: StatusFeed[ShownStatus] = app.state.feed
    return feed


CurrentFeed = Annotated[StatusFeed[ShownStatus], Depends(feed_of)]


async def client_gone(request: Request) -> None:
    """Returns when the client has closed the connection. Only for requests whose body nobody reads."""
    while (await request.receive())["type"] != "http.disconnect":
        pass


@contextmanager
def on_stop(tell: Callable[[], None]) -> Iterator[None]:
    """While the context lasts, ``tell`` the moment the server is asked to stop.

    The server first waits for open answers and only then ends the application: answers that last need an earlier word.
    Its own handlers, which must be set by now, are called too; without them (tests, threads) nothing is done.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    loop = asyncio.get_running_loop()
    servers: dict[int, Callable[[int, FrameType | None], object]] = {}

    def stopping(number: int, frame: FrameType | None) -> None:
        loop.call_soon_threadsafe(tell)
        servers[number](number, frame)

    for number in STOP_SIGNALS:
        handler = signal.getsignal(number)
        if callable(handler) and handler is not signal.default_int_handler:
            servers[number] = handler
            signal.signal(number, stopping)
    try:
        yield
    finally:
        for taken, server in servers.items():
            signal.signal(taken, server)
