"""From settings to the blob store they name."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Literal

import structlog

from avatar.errors import SetupProblem, Unavailable
from avatar.storage.links import Links
from avatar.storage.local import LocalBlobs
from avatar.storage.port import BlobStore
from runtime.settings import Settings

log = structlog.get_logger()


@asynccontextmanager
async def open_blobs(settings: Settings) -> AsyncIterator[BlobStore]:
    """The store that ``settings`` name: Azure's where there is a connection string, else the local folder.

    A store that does not answer now is no reason to stop; one that refuses the key is. Raises SetupProblem.
    """
    if settings.azure_connection is None:
        yield local_blobs(settings)
        return
    async with open_azure_blobs(settings) as blobs:
        yield blobs


@asynccontextmanager
async def open_azure_blobs(
    settings: Settings,
    container: str | None = None,
    *,
    retries: int = 1,
    missing: Literal["create", "refuse", "leave"] = "create",
) -> AsyncIterator[BlobStore]:
    """The container in the storage account of ``settings``; ``missing`` says what is done when it is not there.

    Raises SetupProblem, NotFound.
    """
    # Here and not above: who keeps blobs in a folder need not wait for Azure's library to be imported.
    from avatar.storage.azure import VARIABLE, open_azure

    if settings.azure_connection is None:
        raise SetupProblem(f"{VARIABLE} is not set", mend="Set it to the connection string of the storage account")
    logging.getLogger("azure").setLevel(logging.WARNING)  # it tells of every request
    connection = settings.azure_connection.get_secret_value()
    async with open_azure(connection, container or settings.blob_container, retries=retries) as blobs:
        try:
            if missing != "leave":
                await blobs.prepare(create=missing == "create")
        except Unavailable as error:
            log.warning("the blob store does not answer yet", reason=str(error))
        yield blobs


def local_blobs(settings: Settings, folder: Path | None = None) -> LocalBlobs:
    """The store in ``folder``, by default the one of the data folder."""
    return LocalBlobs(folder or settings.blobs, file_links(settings))


def file_links(settings: Settings) -> Links:
    """Signed addresses of files that our own API serves."""
    return Links(f"{settings.api_url}/files", settings.blob_signing_key)
