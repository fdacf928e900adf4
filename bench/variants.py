"""Variants by address: what a cold one costs, and how a cached one is served by one API process.

    python -m bench.variants

On the real stack with the avatar of examples/ada.json. Cold: one request for each of a few variants that nobody has
asked for, from the request to the last byte. Cached: LOD2 at 256 px, asked for by a process of its own on keep-alive
connections; one client after the other first, then at moments that are fixed beforehand, so that a server which falls
behind cannot hide it.
"""

from __future__ import annotations

import asyncio
import json
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from urllib.parse import unquote

import httpx
import psutil
import uvloop
from temporalio.api.enums.v1 import EventType
from temporalio.client import Client

from bench.main_job import ADA
from bench.polls import until_over
from runtime.embedded.stack import embedded_stack
from runtime.settings import LOOPBACK, load_settings

COLD = (
    "lod=2&textureSizeLimit=128",
    "lod=2&morphTargets=ARKit,Oculus%20Visemes&useMeshOptCompression=true",
    "lod=1&textureAtlas=512",
    "lod=0&textureFormat=webp",
    "lod=0&morphTargets=ARKit&pose=A&useDracoMeshCompression=true",
    "lod=2&textureFormat=ktx2",
    "lod=0&textureFormat=ktx2&useMeshOptCompression=true",
)
HOT = "/avatars/ada.glb?quality=low&morphTargets=ARKit,Oculus%20Visemes"
RATE = 300  # requests a second
SECONDS = 10.0
CLIENTS = 16
ALONE = 300  # requests of one client after the other


@dataclass(frozen=True, slots=True)
class Cold:
    """One variant that had to be made. ``seconds`` from the request to the last byte, ``building`` of them in the mesh
    process; with ``problem`` it was not made."""

    query: str
    seconds: float
    building: float
    bytes: int
    problem: str = ""


@dataclass(frozen=True, slots=True)
class Fired:
    """What a load saw, in milliseconds from when a request was due."""

    name: str
    requests: int
    per_second: float
    p50: float
    p99: float
    longest: float
    strange: int  # answers other than 200 with all bytes
    cpu_ms: float = 0.0  # of the API process, for each request


@dataclass(frozen=True, slots=True)
class Measured:
    cold: tuple[Cold, ...]
    hot_bytes: int
    fired: tuple[Fired, ...]


async def measure() -> Measured:
    """Cold ones, then the cached one under load."""
    with tempfile.TemporaryDirectory(prefix="avatar-bench-") as folder:
        settings = load_settings({}, data=folder, api_port=0, temporal_port=0, temporal_ui_port=0, mongo_port=0)
        async with (
            embedded_stack(settings) as stack,
            httpx.AsyncClient(base_url=stack.where.api_url, timeout=90) as http,
        ):
            (await http.post("/api/avatars/generate", content=ADA.read_bytes())).raise_for_status()
            await until_over(http)
            await asyncio.sleep(2)  # what starts a stack is done
            temporal = await Client.connect(stack.where.temporal_address)
            cold = [await asked_cold(http, temporal, query) for query in COLD]
            hot = await http.get(HOT)
            hot.raise_for_status()
            api = psutil.Process(next(child.pid for child in stack.children if child.program.name == "api"))
            fired = [await load(api, stack.settings.api_port, how) for how in ("alone", "rate", "flood")]
            return Measured(tuple(cold), len(hot.content), tuple(fired))


async def asked_cold(http: httpx.AsyncClient, temporal: Client, query: str) -> Cold:
    """The first request for a variant."""
    began = time.perf_counter()
    answer = await http.get(f"/avatars/ada.glb?{query}")
    seconds = time.perf_counter() - began
    problem = "" if answer.is_success else f"{answer.status_code}: {answer.json()['detail'][:200]}"
    return Cold(query, seconds, await building(http, temporal, query), len(answer.content), problem)


async def building(http: httpx.AsyncClient, temporal: Client, query: str) -> float:
    """How long the step took that made the variant, as its history tells."""
    listed = await http.get("/api/avatars/ada/variants", params={"variant": unquote(query)})
    history = await temporal.get_workflow_handle(f"variant/local/{listed.json()['variants'][0]['key']}").fetch_history()
    times = {
        event.event_type: event.event_time.ToDatetime().timestamp()
        for event in reversed(history.events)  # the first of each kind is the build's
    }
    ended = times.get(EventType.EVENT_TYPE_ACTIVITY_TASK_COMPLETED, 0.0)
    return ended - times[EventType.EVENT_TYPE_ACTIVITY_TASK_STARTED]


async def load(api: psutil.Process, port: int, how: str) -> Fired:
    """One load, from a process of its own."""
    before = sum(api.cpu_times()[:2])
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "bench.variants", how, str(port)), stdout=asyncio.subprocess.PIPE
    )
    told, _ = await process.communicate()
    cpu = sum(api.cpu_times()[:2]) - before
    fired = json.loads(told)
    return Fired(**{**fired, "cpu_ms": cpu * 1000 / fired["requests"]})


class Shots:
    """What all clients of one load have seen."""

    def __init__(self) -> None:
        self.latencies: list[float] = []
        self.strange = 0

    def told(self, name: str, seconds: float) -> Fired:
        found = sorted(self.latencies)

        def share(of: float) -> float:
            return found[min(len(found) - 1, int(len(found) * of))]

        return Fired(name, len(found), len(found) / seconds, share(0.5), share(0.99), found[-1], self.strange)


async def fire(port: int, how: str) -> Fired:
    """``alone``: one client, one request after the other; ``rate``: at fixed moments; ``flood``: as fast as it goes."""
    shots, due = Shots(), asyncio.Queue[float]()
    clients = [asyncio.create_task(_client(port, due, shots)) for _ in range(1 if how == "alone" else CLIENTS)]
    began = time.perf_counter()
    if how == "rate":
        for number in range(int(RATE * SECONDS)):
            moment = began + number / RATE
            if (pause := moment - time.perf_counter()) > 0:
                await asyncio.sleep(pause)
            due.put_nowait(moment)
    else:
        for _ in range(ALONE if how == "alone" else int(RATE * SECONDS)):
            due.put_nowait(-1.0)  # whenever somebody is free
    for _ in clients:
        due.put_nowait(0.0)  # no more
    await asyncio.gather(*clients)
    names = {
        "alone": "one client",
        "rate": f"{RATE} a second, {CLIENTS} clients",
        "flood": f"as fast as it goes, {CLIENTS} clients",
    }
    return shots.told(names[how], time.perf_counter() - began)


async def _client(port: int, due: asyncio.Queue[float], shots: Shots) -> None:
    reader, writer = await asyncio.open_connection(LOOPBACK, port, limit=2**22)
    request = f"GET {HOT} HTTP/1.1\r\nHost: {LOOPBACK}\r\n\r\n".encode()
    while moment := await due.get():
        asked = time.perf_counter() if moment < 0 else moment
        writer.write(request)
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").lower()
        length = int(head.partition("content-length: ")[2].partition("\r")[0])
        body = await reader.readexactly(length)
        shots.latencies.append((time.perf_counter() - asked) * 1000)
        shots.strange += not (head.startswith("http/1.1 200") and body[:4] == b"glTF")
    writer.close()


def report(measured: Measured) -> str:
    """Markdown."""
    lines = [
        "| cold variant | seconds, request to last byte | of which building | KiB |",
        "|---|---|---|---|",
        *(
            f"| `{cold.query}` | {cold.problem or f'{cold.seconds:.2f}'} | {cold.building:.2f} | "
            f"{cold.bytes / 1024:,.0f} |"
            for cold in measured.cold
        ),
        "",
        f"Cached: `{HOT}`, {measured.hot_bytes / 1024:,.0f} KiB, one API process; milliseconds to the last byte.",
        "",
        "| load | answers a second | p50 | p99 | max | CPU of the API for each, ms |",
        "|---|---|---|---|---|---|",
        *(
            f"| {fired.name} | {fired.per_second:.0f} | {fired.p50:.1f} | {fired.p99:.1f} | {fired.longest:.1f} | "
            f"{fired.cpu_ms:.2f} |"
            for fired in measured.fired
        ),
    ]
    if strange := sum(fired.strange for fired in measured.fired):
        lines += ["", f"{strange} answers were not the file."]
    return "\n".join(lines)


def main(arguments: Sequence[str]) -> int:
    match arguments:
        case [how, port]:
            print(json.dumps(asdict(uvloop.run(fire(int(port), how)))))
        case _:
            print(report(asyncio.run(measure())))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
