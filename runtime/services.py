"""Where ports meet adapters: what a process of this project works with."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from typing import TypeVar

import structlog
from temporalio.client import Client
from temporalio.contrib.pydantic import pydantic_data_converter
from temporalio.plugin import SimplePlugin
from temporalio.service import RPCError

from avatar.catalog.connection import Connection, open_catalog
from avatar.errors import SetupProblem, Unavailable
from avatar.storage.port import BlobStore
from runtime.blobs import open_blobs
from runtime.observed import Observed
from runtime.settings import Settings
from runtime.telemetry import temporal_plugins

T = TypeVar("T")

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Services:
    """The open connections of one process."""

    settings: Settings
    connection: Connection
    blobs: BlobStore
    temporal: Client


@asynccontextmanager
async def open_services(settings: Settings, *, reach_temporal: bool = False) -> AsyncIterator[Services]:
    """Connect to everything ``settings`` names, waiting for MongoDB until it is up, and saying so.

    With ``reach_temporal`` (workers need it) also wait for Temporal; otherwise its client connects when first used,
    and callers get Unavailable until then. Raises SetupProblem when an address is missing.
    """
    mongo_uri = settings.mongo_uri
    if not mongo_uri or not settings.temporal_address:
        raise SetupProblem(
            "this process does not know where MongoDB and Temporal are",
            mend="Start everything with `avatar up`, or set MONGO_URI and TEMPORAL_ADDRESS",
        )
    async with AsyncExitStack() as stack:
        connection = await _patiently(
            lambda: stack.enter_async_context(open_catalog(mongo_uri, settings.mongo_database))
        )
        temporal = await _patiently(lambda: connect_temporal(settings, lazy=not reach_temporal))
        blobs = await stack.enter_async_context(open_blobs(settings))
        yield Services(settings, connection, blobs, temporal)


async def _patiently(connect: Callable[[], Awaitable[T]]) -> T:
    while True:
        try:
            return await connect()
        except Unavailable as error:
            log.warning("waiting", reason=str(error))
            await asyncio.sleep(1)


async def connect_temporal(settings: Settings, *, lazy: bool = False) -> Client:
    """A Temporal client that speaks our models. Raises Unavailable."""
    assert settings.temporal_address
    try:
        return await Client.connect(
            settings.temporal_address,
            namespace=settings.temporal_namespace,
            data_converter=pydantic_data_converter,
            # As plugins, so that the trace's interceptor is the outer one: what is observed is told to its span.
            plugins=[*temporal_plugins(), SimplePlugin("avatar.observed", interceptors=[Observed()])],
            lazy=lazy,
        )
    except (RPCError, RuntimeError) as error:
        raise Unavailable(
            f"Temporal at {settings.temporal_address}: {error}", mend="See `avatar doctor`; TEMPORAL_ADDRESS names it"
        ) from error
