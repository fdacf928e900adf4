"""Azurite: Microsoft's own stand-in for Azure Blob Storage, as a child process on a free port."""

from __future__ import annotations

import asyncio
import base64
import os
import secrets
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from runtime.toolchain import node_binary, npm_package

ACCOUNT = "people"
PATIENCE_S = 60.0


@dataclass(frozen=True)
class Azurite:
    """A running Azurite, or the address of one that does not run."""

    port: int
    key: str

    def connection(self, *, key: str | None = None, account: str = ACCOUNT) -> str:
        """The connection string; another key or account on request."""
        return (
            f"DefaultEndpointsProtocol=http;AccountName={account};AccountKey={key or self.key};"
            f"BlobEndpoint=http://127.0.0.1:{self.port}/{account};"
        )


def new_key() -> str:
    return base64.b64encode(secrets.token_bytes(32)).decode()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@asynccontextmanager
async def running_azurite(folder: Path, port: int = 0, key: str = "") -> AsyncIterator[Azurite]:
    """Azurite with its data in ``folder``; give port and key of an earlier one to start that one again."""
    azurite = Azurite(port or free_port(), key or new_key())
    log = folder / "azurite.log"
    with log.open("ab") as output:
        process = await asyncio.create_subprocess_exec(
            str(node_binary()),
            str(npm_package("azurite") / "dist/src/blob/main.js"),
            *("--silent", "--location", str(folder), "--blobHost", "127.0.0.1", "--blobPort", str(azurite.port)),
            *("--disableTelemetry", "--skipApiVersionCheck"),
            env={**os.environ, "AZURITE_ACCOUNTS": f"{ACCOUNT}:{azurite.key}"},
            stdout=output,
            stderr=output,
        )
    try:
        async with asyncio.timeout(PATIENCE_S):
            while not await _listens(azurite.port):
                assert process.returncode is None, log.read_text()
                await asyncio.sleep(0.05)
        yield azurite
    finally:
        if process.returncode is None:
            process.terminate()  # it writes its lists of containers and blobs now and then, and at the end
        await process.wait()


async def _listens(port: int) -> bool:
    try:
        _, writer = await asyncio.open_connection("127.0.0.1", port)
    except OSError:
        return False
    writer.close()
    return True
