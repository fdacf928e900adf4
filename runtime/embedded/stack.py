"""The whole stack: servers, workers and API as children of this process, up together and gone together."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
import sysconfig
import time
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import httpx

import runtime
from runtime.deployments import settle
from runtime.embedded.children import Child, Children, Program, make_folder, ready
from runtime.embedded.ports import claim_port, free_port
from runtime.embedded.servers import Servers, all_or_none, plan_servers, start_servers
from runtime.embedded.state import (
    RunningStack,
    prepare_data_folder,
    remove_state,
    sole_use,
    without_password,
    write_state,
)
from runtime.services import connect_temporal
from runtime.settings import EVERY_ADDRESS, LOOPBACK, VARIABLES, Settings
from workflows.policies import Queue

READY_FILE = "AVATAR_READY_FILE"
"""Environment variable that tells a worker which file to make once it takes work."""
PART_READY_WITHIN_S = 180.0  # a busy machine; a part that dies is noticed at once
STOP_GRACE_S = 5.0  # beyond what a worker gives its steps
WORKER_RANK, API_RANK = 1, 2  # the servers have 0 and stop last
STOP_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


@dataclass(frozen=True, slots=True)
class Part:
    """A process of ours: ``python -m`` what. A worker makes its ready file, the API answers /health/ready."""

    name: str
    module: str
    arguments: tuple[str, ...] = ()
    serves_http: bool = False


PARTS: tuple[Part, ...] = (
    Part("worker-control", "workers", ("control",)),
    Part("worker-provider", "workers", ("provider",)),
    Part("worker-mesh", "workers", ("mesh",)),
    Part("api", "api", serves_http=True),
)


@dataclass(frozen=True, slots=True)
class Stack:
    """A stack that is up."""

    settings: Settings
    """With the addresses and ports that are really used."""
    where: RunningStack
    children: Children
    seconds_to_ready: float


@asynccontextmanager
async def embedded_stack(settings: Settings, parts: Sequence[Part] = PARTS) -> AsyncIterator[Stack]:
    """Everything up while the context lasts: Temporal and mongod unless settings name others, then ``parts``.

    A part that ends by itself is started again. Raises SetupProblem (port, program, folder), StorageFull, Conflict
    (another stack on the data folder) or Unavailable (a part does not come up, with the end of its log).
    """
    began = time.monotonic()
    data = settings.data_dir
    prepare_data_folder(data)
    async with sole_use(data) as lock:
        api_port = claim_port(settings.api_port, "API", VARIABLES["api_port"], settings.api_host)
        servers = plan_servers(settings, taken=frozenset({api_port}))
        resolved = resolve(settings, api_port, servers)
        workers = worker_ports(parts, resolved)
        async with Children(hold=[lock]) as children:
            # All at once: our own processes import for as long as the servers boot, and then wait for those.
            await all_or_none(
                start_servers(children, data, servers),
                *(start_part(children, part, of_part(part, resolved, workers)) for part in parts),
            )
            for child in children:
                children.keep_running(child)
            if servers.temporal_port is not None:
                # Nobody else decides which version gets the work. Of a Temporal that was named, its keeper does.
                await settle(await connect_temporal(resolved), resolved.build_id, queues_of(parts))
            where = RunningStack(
                pid=os.getpid(),
                started=datetime.now(UTC),
                api_url=resolved.api_url,
                temporal_address=servers.temporal_address,
                temporal_namespace=servers.temporal_namespace,
                temporal_ui=resolved.temporal_ui_url,
                mongo_uri=without_password(servers.mongo_uri),
                mongo_database=settings.mongo_database,
                logs=str(settings.logs),
                workers={name: http_address(settings.worker_host, port) for name, port in workers.items()},
            )
            write_state(data, where)
            try:
                yield Stack(resolved, where, children, time.monotonic() - began)
            finally:
                remove_state(data)


def resolve(settings: Settings, api_port: int, servers: Servers) -> Settings:
    """``settings`` with the addresses and ports that are really used, as the children are told them."""
    return settings.model_copy(
        update={
            "data": settings.data_dir,
            "api_port": api_port,
            "temporal_address": servers.temporal_address,
            "temporal_ui_url": servers.ui_url or settings.temporal_ui_url,
            "mongo_uri": servers.mongo_uri,
            "temporal_port": servers.temporal_port or settings.temporal_port,
            "temporal_ui_port": servers.ui_port or settings.temporal_ui_port,
            "mongo_port": servers.mongo_port or settings.mongo_port,
        }
    )


def worker_ports(parts: Sequence[Part], settings: Settings) -> dict[str, int]:
    """A free port for each worker among ``parts``, by its name: they could not share the one that may be set."""
    ports: dict[str, int] = {}
    for part in parts:
        if not part.serves_http:
            taken = frozenset((settings.api_port, settings.temporal_port, settings.temporal_ui_port, *ports.values()))
            ports[part.name] = free_port(settings.worker_host, taken=taken | {settings.mongo_port})
    return ports


def of_part(part: Part, settings: Settings, workers: Mapping[str, int]) -> Settings:
    """``settings`` as ``part`` is told them."""
    return settings.model_copy(update={"worker_port": workers.get(part.name)})


def http_address(host: str, port: int) -> str:
    """How this machine reaches a part that listens on ``host``."""
    host = LOOPBACK if host in EVERY_ADDRESS else host
    return f"http://{f'[{host}]' if ':' in host else host}:{port}"


async def start_part(children: Children, part: Part, settings: Settings) -> Child:
    """Start one of our own processes and wait until it works. Raises Unavailable with the end of its log."""
    ready_file = settings.data_dir / "run" / f"{part.name}.ready"
    make_folder(ready_file.parent)
    ready_file.unlink(missing_ok=True)
    program = Program(
        part.name,
        (sys.executable, "-P", "-m", part.module, *part.arguments),
        settings.logs / f"{part.name}.log",
        environment=child_environment(settings) | {READY_FILE: str(ready_file)},
        grace=settings.drain_seconds + STOP_GRACE_S,
        rank=API_RANK if part.serves_http else WORKER_RANK,
    )
    child = await children.start(program)
    if part.serves_http:
        address = f"{http_address(settings.api_host, settings.api_port)}/health/ready"
        async with httpx.AsyncClient(trust_env=False, timeout=2.0) as client:
            await ready(child, lambda: _answers(client, address), within=PART_READY_WITHIN_S)
    else:
        await ready(child, lambda: _exists(ready_file), within=PART_READY_WITHIN_S)
    return child


def queues_of(parts: Sequence[Part]) -> list[Queue]:
    """The queues that the workers among ``parts`` ask for work."""
    return [Queue[role.upper()] for part in parts if part.module == "workers" for role in part.arguments]


def child_environment(settings: Settings) -> dict[str, str]:
    """Our environment with ``settings`` in it, and our packages importable from any working folder."""
    environment = os.environ | settings.environment()
    root = str(Path(runtime.__file__).parents[1])
    if root != sysconfig.get_path("purelib"):
        environment["PYTHONPATH"] = os.pathsep.join(filter(None, (root, os.environ.get("PYTHONPATH"))))
    return environment


@contextmanager
def until_signalled() -> Iterator[None]:
    """Run an async body until SIGINT, SIGTERM or SIGHUP; then its clean-up runs, and the context ends as if finished.

    Enter it in the main thread's task. Further signals are ignored: stopping takes its bounded time.
    """
    task = asyncio.current_task()
    assert task is not None, "enter until_signalled from a coroutine"
    loop = asyncio.get_running_loop()
    signalled = False

    def stop() -> None:
        nonlocal signalled
        if not signalled:
            task.cancel()
        signalled = True

    for number in STOP_SIGNALS:
        loop.add_signal_handler(number, stop)
    try:
        yield
    except asyncio.CancelledError:
        if not signalled or task.uncancel() > 0:
            raise
    finally:
        for number in STOP_SIGNALS:
            loop.remove_signal_handler(number)


async def _answers(client: httpx.AsyncClient, address: str) -> bool:
    with suppress(httpx.HTTPError):
        return (await client.get(address)).status_code == httpx.codes.OK
    return False


async def _exists(path: Path) -> bool:
    return await asyncio.to_thread(path.exists)
