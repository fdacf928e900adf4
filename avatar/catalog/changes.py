"""What changes in the catalog, as it happens: MongoDB's change streams on avatars, runs and events."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from pymongo.asynchronous.command_cursor import AsyncCommandCursor

from avatar.catalog.connection import answers_or_unavailable
from avatar.catalog.documents import AvatarDocument, EventDocument, RunDocument
from avatar.errors import Unavailable

SILENCE_SECONDS = 10.0  # the server answers each second, news or not; after this a connection is thought dead


class Watched(StrEnum):
    """Where the change is; the values are the names of the collections."""

    AVATARS = AvatarDocument.Settings.name
    RUNS = RunDocument.Settings.name
    EVENTS = EventDocument.Settings.name


@dataclass(frozen=True, slots=True)
class Change:
    """Something of one agent is not what it was; with None of any: a deleted document does not say whose it was."""

    where: Watched | None
    agent: tuple[str, str] | None  # tenant and agent id


ANYTHING = Change(None, None)
PIPELINE: list[dict[str, Any]] = [
    {"$changeStream": {"fullDocument": "updateLookup"}},
    {
        "$match": {
            "$or": [
                {"ns.coll": {"$in": [Watched.AVATARS.value, Watched.RUNS.value]}},
                # The log is only ever added to; what a sweep takes away nobody needs to hear.
                {"ns.coll": Watched.EVENTS.value, "operationType": {"$in": ["insert", "drop", "rename"]}},
                {"operationType": {"$in": ["dropDatabase", "invalidate"]}},
            ]
        }
    },
    {"$project": {"ns": 1, "operationType": 1, "fullDocument.tenant": 1, "fullDocument.agent_id": 1}},
]


class Changes:
    """An open change stream: it tells of every change that is committed after it was opened."""

    def __init__(self, cursor: AsyncCommandCursor[dict[str, Any]]) -> None:
        self._cursor = cursor

    @answers_or_unavailable
    async def next(self) -> Change | None:
        """The next change, or None after about a second without one.

        Raises Unavailable when the stream broke: changes may have been missed, only a new stream and reading anew help.
        It does not resume by itself, because whoever caches must know of the gap at once.
        """
        if not self._cursor.alive:
            raise Unavailable("MongoDB ended the change stream")
        try:
            async with asyncio.timeout(SILENCE_SECONDS):
                found = await self._cursor.try_next()
        except TimeoutError as error:
            raise Unavailable(f"MongoDB said nothing for {SILENCE_SECONDS:.0f} s") from error
        return _change(found) if found is not None else None


@asynccontextmanager
async def open_changes() -> AsyncIterator[Changes]:
    """A change stream from now on. Raises Unavailable."""
    cursor = await _watch()
    try:
        yield Changes(cursor)
    finally:
        await cursor.close()


@answers_or_unavailable
async def _watch() -> AsyncCommandCursor[dict[str, Any]]:
    # Not pymongo's watch(): that one resumes silently after an error, and what is cached meanwhile would be stale.
    return await RunDocument.get_pymongo_collection().database.aggregate(PIPELINE)


def _change(found: dict[str, Any]) -> Change:
    document = found.get("fullDocument")
    if not document:
        return ANYTHING
    return Change(Watched(found["ns"]["coll"]), (document["tenant"], document["agent_id"]))
