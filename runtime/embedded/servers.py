"""Only the servers of the stack, Temporal and mongod: what tests need, and the first half of the whole stack."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from runtime.embedded.children import Children
from runtime.embedded.mongod import mongo_uri, start_mongod
from runtime.embedded.ports import claim_port
from runtime.embedded.temporal_server import start_temporal
from runtime.settings import LOOPBACK, VARIABLES, Settings, load_settings


@dataclass(frozen=True, slots=True)
class Servers:
    """Where the servers are reached. A port of None: that server is not ours to start."""

    temporal_address: str
    temporal_namespace: str
    temporal_port: int | None
    ui_port: int | None
    mongo_uri: str
    mongo_port: int | None

    @property
    def ui_url(self) -> str | None:
        """The Temporal Web UI, when it is ours."""
        return f"http://{LOOPBACK}:{self.ui_port}" if self.ui_port else None


def plan_servers(settings: Settings, *, taken: frozenset[int] = frozenset()) -> Servers:
    """Ports for the servers that ``settings`` does not place elsewhere; none of them from ``taken``.

    Raises SetupProblem for a busy port.
    """
    used = set(taken)

    def claim(port: int, part: str, field: str) -> int:
        used.add(chosen := claim_port(port, part, VARIABLES[field], taken=frozenset(used)))
        return chosen

    temporal_port = ui_port = mongo_port = None
    if settings.temporal_address is None:
        temporal_port = claim(settings.temporal_port, "Temporal", "temporal_port")
        ui_port = claim(settings.temporal_ui_port, "Temporal Web UI", "temporal_ui_port")
    if settings.mongo_uri is None:
        mongo_port = claim(settings.mongo_port, "MongoDB", "mongo_port")
    return Servers(
        temporal_address=settings.temporal_address or f"{LOOPBACK}:{temporal_port}",
        temporal_namespace=settings.temporal_namespace,
        temporal_port=temporal_port,
        ui_port=ui_port,
        mongo_uri=settings.mongo_uri or mongo_uri(mongo_port or 0),
        mongo_port=mongo_port,
    )


async def start_servers(children: Children, data_dir: Path, servers: Servers) -> None:
    """Start what is ours of ``servers`` side by side, and wait until it serves.

    Raises SetupProblem or Unavailable (with the end of the log) for a server that does not come up.
    """
    starts: list[Awaitable[object]] = []
    if servers.temporal_port is not None and servers.ui_port is not None:
        starts.append(
            start_temporal(
                children,
                data_dir / "temporal",
                data_dir / "logs" / "temporal.log",
                port=servers.temporal_port,
                ui_port=servers.ui_port,
                namespace=servers.temporal_namespace,
            )
        )
    if servers.mongo_port is not None:
        starts.append(
            start_mongod(children, data_dir / "mongo", data_dir / "logs" / "mongod.log", port=servers.mongo_port)
        )
    await all_or_none(*starts)


async def all_or_none(*starts: Awaitable[object]) -> None:
    """Await all side by side; when one fails, cancel the others, wait for them and raise the failure."""
    tasks = [asyncio.ensure_future(start) for start in starts]
    try:
        await asyncio.gather(*tasks)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


@asynccontextmanager
async def embedded_servers(
    data_dir: Path,
    *,
    namespace: str = "default",
    temporal_port: int = 0,
    ui_port: int = 0,
    mongo_port: int = 0,
) -> AsyncIterator[Servers]:
    """Temporal and mongod with their data in ``data_dir`` while the context lasts; logs in ``data_dir/logs``.

    Ports of 0 mean any free one. Raises what ``plan_servers`` and ``start_servers`` raise.
    """
    settings = load_settings(
        {},
        data=data_dir,
        temporal_namespace=namespace,
        temporal_port=temporal_port,
        temporal_ui_port=ui_port,
        mongo_port=mongo_port,
    )
    servers = plan_servers(settings)
    async with Children() as children:
        await start_servers(children, settings.data_dir, servers)
        yield servers
