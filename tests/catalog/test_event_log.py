"""The event log: numbers follow the order in which events become visible, whoever writes them and however slowly."""

from __future__ import annotations

import asyncio
import uuid

from pymongo.asynchronous.client_session import AsyncClientSession

from avatar.catalog.connection import Connection
from avatar.catalog.events import events_after, newest_event_id, record_event
from avatar.event import EventKind


async def write(key: str, agent: str = "ada", session: AsyncClientSession | None = None) -> None:
    await record_event("local", agent, EventKind.RUN_STARTED, key=key, session=session)


async def test_events_are_numbered_for_each_agent_and_written_once(catalog: Connection) -> None:
    assert await newest_event_id("local", "ada") is None
    await write("a")
    await write("b")
    await write("a")
    await write("c", agent="ben")
    assert [event.id for event in await events_after("local", "ada", None)] == ["1", "2"]
    assert [event.id for event in await events_after("local", "ada", "1")] == ["2"]
    assert await events_after("local", "ada", "2") == []
    assert await newest_event_id("local", "ada") == "2"
    assert await newest_event_id("local", "ben") == "1"


async def test_many_at_once_leave_no_gap_and_none_out(catalog: Connection) -> None:
    keys = [uuid.uuid4().hex for _ in range(12)]
    await asyncio.gather(*(write(key) for key in keys for _ in range(2)))
    written = await events_after("local", "ada", None)
    assert [event.id for event in written] == [str(number) for number in range(1, 13)]


async def test_an_event_that_is_begun_first_and_committed_last_comes_last(catalog: Connection) -> None:
    """A reader that goes on after the last event it saw must not miss one that was slow to commit."""
    begun, go_on = asyncio.Event(), asyncio.Event()
    await write("before")

    async def slow(session: AsyncClientSession) -> None:
        await write("slow", session=session)
        begun.set()
        await go_on.wait()

    publishing = asyncio.create_task(catalog.in_transaction(slow))
    await begun.wait()
    quick = asyncio.create_task(write("quick"))
    await asyncio.sleep(0.1)
    assert [event.id for event in await events_after("local", "ada", None)] == ["1"], "nobody overtakes"
    go_on.set()
    await asyncio.gather(publishing, quick)
    assert [event.id for event in await events_after("local", "ada", "1")] == ["2", "3"]


async def test_a_transaction_that_fails_takes_its_event_and_its_number_back(catalog: Connection) -> None:
    async def fails(session: AsyncClientSession) -> None:
        await write("never", session=session)
        raise ZeroDivisionError

    await write("before")
    try:
        await catalog.in_transaction(fails)
    except ZeroDivisionError:
        await write("after")
    assert [event.id for event in await events_after("local", "ada", None)] == ["1", "2"]
