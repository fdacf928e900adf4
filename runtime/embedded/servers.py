"""Only the servers of the stack, Temporal and mongod: what tests need, and the first half of the whole stack."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from runtime.embedded.children import Child, Children
from runtime.embedded.mongod import mongo_uri, start_mongod
from runtime.embedded.ports import claim_port
from runtime.embedded.temporal_server import start_temporal
from runtime.settings import LOOPBACK, VARIABLES


@dataclass(frozen=True, slots=True)
class Servers:
    """Where the servers are reached, and their processes (None: not ours)."""

    temporal_address: str
    temporal_namespace: str
    ui_url: str | None
    mongo_uri: str
    temporal: Child | None
    mongod: Child | None


async def start_servers(
    children: Children,
    data_dir: Path,
    *,
    temporal_address: str | None = None,
    external_mongo_uri: str | None = None,
    namespace: str = "default",
    temporal_port: int = 0,
    ui_port: int = 0,
    mongo_port: int = 0,
) -> Servers:
    """Start Temporal and mongod side by side, each unless its address is given; ports of 0 mean any free one.

    Raises SetupProblem for a busy port and Unavailable for a server that does not come up.
    """
    taken: set[int] = set()

    def claim(port: int, part: str, field: str) -> int:
        taken.add(chosen := claim_port(port, part, VARIABLES[field], taken=frozenset(taken)))
        return chosen

    logs = data_dir / "logs"
    temporal = mongod = ui_url = None
    starts = []
    if temporal_address is None:
        temporal_port = claim(temporal_port, "Temporal", "temporal_port")
        ui_port = claim(ui_port, "Temporal Web UI", "temporal_ui_port")
        temporal_address, ui_url = f"{LOOPBACK}:{temporal_port}", f"http://{LOOPBACK}:{ui_port}"
        temporal = asyncio.create_task(
            start_temporal(
                children,
                data_dir / "temporal",
                logs / "temporal.log",
                port=temporal_port,
                ui_port=ui_port,
                namespace=namespace,
            )
        )
        starts.append(temporal)
    if external_mongo_uri is None:
        mongo_port = claim(mongo_port, "MongoDB", "mongo_port")
        mongod = asyncio.create_task(start_mongod(children, data_dir / "mongo", logs / "mongod.log", port=mongo_port))
        starts.append(mongod)
    try:
        await asyncio.gather(*starts)
    except BaseException:
        for start in starts:
            start.cancel()
        await asyncio.gather(*starts, return_exceptions=True)
        raise
    return Servers(
        temporal_address=temporal_address,
        temporal_namespace=namespace,
        ui_url=ui_url,
        mongo_uri=external_mongo_uri or mongo_uri(mongo_port),
        temporal=temporal.result() if temporal else None,
        mongod=mongod.result() if mongod else None,
    )


@asynccontextmanager
async def embedded_servers(
    data_dir: Path,
    *,
    namespace: str = "default",
    temporal_port: int = 0,
    ui_port: int = 0,
    mongo_port: int = 0,
) -> AsyncIterator[Servers]:
    """Temporal and mongod with their data in ``data_dir`` while the context lasts; logs in ``data_dir/logs``."""
    async with Children() as children:
        yield await start_servers(
            children,
            data_dir,
            namespace=namespace,
            temporal_port=temporal_port,
            ui_port=ui_port,
            mongo_port=mongo_port,
        )
