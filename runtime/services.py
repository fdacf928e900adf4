"""Where ports meet adapters: what a process of this project works with."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass

import structlog
from temporalio.client import Client
from temporalio.contrib.pydantic import pydantic_data_converter
from temporalio.service import RPCError

from avatar.catalog.connection import Connection, open_catalog
from avatar.errors import SetupProblem, Unavailable
from avatar.storage.local import LocalBlobs
from avatar.storage.port import BlobStore
from runtime.settings import Settings

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Services:
    """The open connections of one process."""

    settings: Settings
    connection: Connection
    blobs: BlobStore
    temporal: Client


@asynccontextmanager
async def open_services(settings: Settings) -> AsyncIterator[Services]:
    """Connect to everything ``settings`` names, waiting for what is not up yet.

    Raises SetupProblem when an address is missing; waits for ever for a server that does not answer, and says so.
    """
    if not settings.mongo_uri or not settings.temporal_address:
        raise SetupProblem(
            "this process does not know where MongoDB and Temporal are",
            mend="Start everything with `avatar up`, or set MONGO_URI and TEMPORAL_ADDRESS",
        )
    # Lazily: a process is up before Temporal is, and its callers get Unavailable until then.
    temporal = await connect_temporal(settings, lazy=True)
    async with AsyncExitStack() as stack:
        connection = None
        while connection is None:
            try:
                connection = await stack.enter_async_context(open_catalog(settings.mongo_uri, settings.mongo_database))
            except Unavailable as error:
                log.warning("waiting", reason=str(error))
                await asyncio.sleep(1)
        yield Services(settings, connection, LocalBlobs(settings.blobs), temporal)


async def connect_temporal(settings: Settings, *, lazy: bool = False) -> Client:
    """A Temporal client that speaks our models. Raises Unavailable."""
    assert settings.temporal_address
    try:
        return await Client.connect(
            settings.temporal_address,
            namespace=settings.temporal_namespace,
            data_converter=pydantic_data_converter,
            lazy=lazy,
        )
    except (RPCError, RuntimeError) as error:
        raise Unavailable(
            f"Temporal at {settings.temporal_address}: {error}", mend="See `avatar doctor`; TEMPORAL_ADDRESS names it"
        ) from error
