"""Opening the catalog: one client, Beanie initialised, indexes there."""

from __future__ import annotations

import functools
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, ParamSpec, TypeVar

import pymongo
from beanie import init_beanie
from pymongo import AsyncMongoClient
from pymongo.asynchronous.client_session import AsyncClientSession
from pymongo.errors import ConfigurationError, PyMongoError

from avatar.catalog.documents import DOCUMENTS
from avatar.errors import Unavailable

P = ParamSpec("P")
T = TypeVar("T")

DATABASE = "avatar"
ANSWER_SECONDS = 6.0  # a server that is there but hangs must not hold requests and steps for ever
SERVER_SELECTION_MS = 3_000  # a request that cannot reach MongoDB gets its 503 after this


@dataclass(frozen=True, slots=True)
class Connection:
    """An open catalog."""

    client: AsyncMongoClient[dict[str, Any]]

    async def ping(self) -> None:
        """Raise Unavailable unless a primary answers."""
        try:
            await self.client.admin.command("ping")
        except PyMongoError as error:
            raise _unavailable(error) from error

    async def in_transaction(self, work: Callable[[AsyncClientSession], Awaitable[T]]) -> T:
        """Run ``work`` atomically; the driver repeats it on transient conflicts. Raises Unavailable."""
        try:
            with pymongo.timeout(ANSWER_SECONDS):
                async with self.client.start_session() as session:
                    result: T = await session.with_transaction(work)
                    return result
        except PyMongoError as error:
            raise _unavailable(error) from error


@asynccontextmanager
async def open_catalog(uri: str, database: str = DATABASE) -> AsyncIterator[Connection]:
    """Connect to MongoDB at ``uri``, create what is missing, yield the connection. Raises Unavailable."""
    client: AsyncMongoClient[dict[str, Any]] | None = None
    try:
        client = AsyncMongoClient(
            uri, serverSelectionTimeoutMS=SERVER_SELECTION_MS, tz_aware=True, appname="ar-avatar", retryWrites=True
        )
        await init_beanie(database=client[database], document_models=list(DOCUMENTS))
    except (PyMongoError, ConfigurationError) as error:
        if client is not None:
            await client.close()
        raise _unavailable(error) from error
    try:
        yield Connection(client)
    finally:
        await client.close()


def answers_or_unavailable(call: Callable[P, Awaitable[T]]) -> Callable[P, Awaitable[T]]:
    """Turn what the driver raises when MongoDB is away into Unavailable."""

    @functools.wraps(call)
    async def wrapped(*args: P.args, **kwargs: P.kwargs) -> T:
        try:
            with pymongo.timeout(ANSWER_SECONDS):
                return await call(*args, **kwargs)
        except PyMongoError as error:
            raise _unavailable(error) from error

    return wrapped


def _unavailable(error: PyMongoError) -> Unavailable:
    first_line = str(error).split(", Timeout:")[0].splitlines()[0]
    return Unavailable(f"MongoDB: {first_line}", mend="See `avatar doctor`; MONGO_URI names the server")
