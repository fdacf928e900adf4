"""Five hundred status polls a second on one API process while avatars are made, beside the same route without a feed.

    python -m bench.polls

The load comes from a process of its own, on keep-alive connections, at moments that are fixed beforehand: latency
counts from the moment a poll was due, so a server that falls behind cannot hide it. Every client follows one agent
and sends the ETag it saw last; one client in four follows the agent whose avatar is being made, the others agents
whose runs are over. The peer is the same application with the route as it was before: it reads the run and the served
version from MongoDB each time, and always sends the whole status.
"""

from __future__ import annotations

import asyncio
import json
import signal
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import asdict, dataclass
from typing import Annotated

import httpx
import psutil
import uvicorn
import uvloop
from fastapi import Path as InPath
from fastapi import Response
from fastapi.routing import APIRoute

from api.app import create_app
from api.principal import CurrentPrincipal
from api.services import CurrentServices
from api.shapes import status_of
from avatar.catalog import avatars, runs
from avatar.catalog.connection import open_catalog
from avatar.manifest import GenerationStatus
from avatar.profile import AgentProfile
from avatar.request import AvatarRequest, Order
from avatar.run import STEP_WEIGHTS, RunKey, RunStatus
from avatar.stage import Stage
from bench.main_job import ADA
from runtime import generations
from runtime.embedded.ports import claim_port
from runtime.embedded.stack import Stack, child_environment, embedded_stack
from runtime.logs import set_up_logging
from runtime.settings import LOOPBACK, Settings, load_settings

RATE = 500  # polls a second
SECONDS = 20.0
CLIENTS = 64
LIVE, RESTING = "ada", tuple(f"resting{number}" for number in range(48))


@dataclass(frozen=True, slots=True)
class Fired:
    """What the load generator saw. Milliseconds count from when a poll was due."""

    polls: int
    seconds: float  # from the first one due to the last answer
    statuses: dict[str, int]
    p50: float
    p95: float
    p99: float
    longest: float
    sent_late: float  # 99th percentile of how late the generator itself was with what was due, ms


@dataclass(frozen=True, slots=True)
class Polled:
    """One server under this load."""

    name: str
    fired: Fired
    cpu_percent: float  # of one core
    published: int  # runs that ended meanwhile


class Shots:
    """What all clients of one load have seen."""

    def __init__(self) -> None:
        self.latencies: list[float] = []
        self.late: list[float] = []
        self.statuses: dict[str, int] = {}


async def fire(port: int, rate: float = RATE, seconds: float = SECONDS) -> Fired:
    """Poll at ``rate`` for ``seconds``."""
    due: asyncio.Queue[float] = asyncio.Queue()
    shots = Shots()
    agents = [LIVE] * (CLIENTS - len(RESTING)) + list(RESTING)
    clients = [asyncio.create_task(_client(port, agent, due, shots)) for agent in agents]
    began = time.perf_counter() + 0.5
    for number in range(int(rate * seconds)):
        moment = began + number / rate
        if (pause := moment - time.perf_counter()) > 0:
            await asyncio.sleep(pause)
        shots.late.append((time.perf_counter() - moment) * 1000)
        due.put_nowait(moment)
    for _ in clients:
        due.put_nowait(0.0)  # no more
    await asyncio.gather(*clients)
    took = time.perf_counter() - began
    shots.latencies.sort()
    shots.late.sort()

    def share(values: Sequence[float], of: float) -> float:
        return values[min(len(values) - 1, int(len(values) * of))]

    return Fired(
        len(shots.latencies),
        took,
        shots.statuses,
        p50=share(shots.latencies, 0.5),
        p95=share(shots.latencies, 0.95),
        p99=share(shots.latencies, 0.99),
        longest=shots.latencies[-1],
        sent_late=share(shots.late, 0.99),
    )


async def _client(port: int, agent: str, due: asyncio.Queue[float], shots: Shots) -> None:
    reader, writer = await asyncio.open_connection(LOOPBACK, port)
    etag = b""
    while moment := await due.get():
        known = b"If-None-Match: %s\r\n" % etag if etag else b""
        writer.write(b"GET %s HTTP/1.1\r\nHost: %s\r\n%s\r\n" % (path(agent).encode(), LOOPBACK.encode(), known))
        head = await reader.readuntil(b"\r\n\r\n")
        first, *lines = head.decode("latin-1").split("\r\n")
        fields = {name.lower(): value for name, _, value in (line.partition(": ") for line in lines)}
        await reader.readexactly(int(fields.get("content-length", "0")))
        shots.latencies.append((time.perf_counter() - moment) * 1000)
        status = first.split(" ")[1]
        shots.statuses[status] = shots.statuses.get(status, 0) + 1
        etag = fields.get("etag", "").encode()
    writer.close()


def path(agent: str) -> str:
    """Where the agent's status is."""
    return f"/api/avatars/{agent}/status"


def serve_peer(settings: Settings) -> None:
    """The application with the status route as it was before the feed."""

    async def status(
        agent_id: Annotated[str, InPath(alias="agentId")], principal: CurrentPrincipal, services: CurrentServices
    ) -> Response:
        run = await generations.settle(services, await runs.latest_run(principal.tenant, agent_id))
        current = await avatars.served_number(principal.tenant, agent_id)
        body = status_of(services.settings, run, current).model_dump_json()
        return Response(body, media_type="application/json", headers={"Cache-Control": "no-store"})

    set_up_logging(settings.log_level, "api")
    app = create_app(settings)
    app.router.routes.insert(0, APIRoute("/api/avatars/{agentId}/status", status, methods=["GET"]))
    uvicorn.run(app, host=LOOPBACK, port=settings.api_port, log_config=None, access_log=False, server_header=False)


async def measure() -> list[Polled]:
    """Ours and the peer, one after the other on one stack, each while avatars are made."""
    with tempfile.TemporaryDirectory(prefix="avatar-bench-") as folder:
        settings = load_settings({}, data=folder, api_port=0, temporal_port=0, temporal_ui_port=0, mongo_port=0)
        async with (
            embedded_stack(settings) as stack,
            httpx.AsyncClient(base_url=stack.where.api_url, timeout=60) as http,
        ):
            (await http.post("/api/avatars/generate", content=ADA.read_bytes())).raise_for_status()
            await until_over(http)
            await lay_to_rest(stack.settings)
            ours = next(child.pid for child in stack.children if child.program.name == "api")
            measured = [await polled("ours: feed, ETag", http, stack.settings.api_port, ours)]
            async with peer(stack) as (port, pid):
                measured.append(await polled("peer: MongoDB each time", http, port, pid))
            return measured


async def polled(name: str, http: httpx.AsyncClient, port: int, pid: int) -> Polled:
    """The server on ``port`` under load, while one avatar after the other is made."""
    process, made = psutil.Process(pid), 0

    async def make() -> None:
        nonlocal made
        while True:
            (await http.post(f"/api/avatars/{LIVE}/regenerate", json={})).raise_for_status()
            await until_over(http)
            made += 1

    making = asyncio.create_task(make())
    try:
        before, began = sum(process.cpu_times()[:2]), time.monotonic()
        load = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "bench.polls", "fire", str(port)), stdout=asyncio.subprocess.PIPE
        )
        told, _ = await load.communicate()
        cpu = (sum(process.cpu_times()[:2]) - before) / (time.monotonic() - began)
    finally:
        making.cancel()
        with suppress(asyncio.CancelledError):
            await making
    await until_over(http)
    return Polled(name, Fired(**json.loads(told)), cpu * 100, made)


async def lay_to_rest(settings: Settings) -> None:
    """A finished run for each of the agents whose clients have nothing to wait for."""
    assert settings.mongo_uri
    order = Order(request=AvatarRequest(profile=AgentProfile.model_validate_json(ADA.read_bytes())))
    async with open_catalog(settings.mongo_uri, settings.mongo_database):
        for agent in RESTING:
            key = RunKey(tenant="local", agent_id=agent, run_id=f"run-of-{agent}")
            await runs.open_run(key, order)
            await runs.steps_reused(key, [(name, Stage.MODEL) for name in STEP_WEIGHTS])
            await runs.close_run(key, RunStatus.CANCELLED)


async def until_over(http: httpx.AsyncClient) -> None:
    """Wait for the latest run, as a client should."""
    etag = ""
    while True:
        answer = await http.get(path(LIVE), params={"wait": 20}, headers={"If-None-Match": etag} if etag else {})
        if answer.status_code == httpx.codes.NOT_MODIFIED:
            continue
        etag = answer.headers["etag"]
        status = GenerationStatus.model_validate_json(answer.content).status
        if status is RunStatus.PUBLISHED:
            return
        if status is not RunStatus.RUNNING:
            raise SystemExit(f"a run ended as {status}: {answer.text}")


@asynccontextmanager
async def peer(stack: Stack) -> AsyncIterator[tuple[int, int]]:
    """The peer on the stack's servers: its port and process id."""
    port = claim_port(0, "peer", "")
    environment = child_environment(stack.settings.model_copy(update={"api_port": port}))
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "bench.polls", "peer"), env=environment, stdout=asyncio.subprocess.DEVNULL
    )
    try:
        async with httpx.AsyncClient(base_url=f"http://{LOOPBACK}:{port}") as http, asyncio.timeout(60):
            while True:
                try:
                    (await http.get(path(LIVE))).raise_for_status()
                    break
                except httpx.TransportError:
                    await asyncio.sleep(0.1)
        yield port, process.pid
    finally:
        process.send_signal(signal.SIGTERM)
        await process.wait()


def report(measured: Sequence[Polled]) -> str:
    """Markdown."""
    lines = [
        f"{RATE} polls a second for {SECONDS:.0f} s from {CLIENTS} clients, one API process; one avatar is made anew "
        "again and again meanwhile, and one client in four follows it. Milliseconds from when a poll was due; CPU of "
        "the API process in % of one core.",
        "",
        "| server | answers a second | 304, % | p50 | p95 | p99 (goal 60) | max | CPU | runs meanwhile |",
        "|---|---|---|---|---|---|---|---|---|",
    ]
    for server in measured:
        fired = server.fired
        unchanged = 100 * fired.statuses.get("304", 0) / fired.polls
        times = " | ".join(f"{value:.1f}" for value in (fired.p50, fired.p95, fired.p99, fired.longest))
        lines.append(
            f"| {server.name} | {fired.polls / fired.seconds:.0f} | {unchanged:.1f} | {times} | "
            f"{server.cpu_percent:.0f} | {server.published} |"
        )
    late = max(server.fired.sent_late for server in measured)
    strange = {status for server in measured for status in server.fired.statuses} - {"200", "304"}
    lines += ["", f"The generator itself was at most {late:.1f} ms late (99th percentile)."]
    if strange:
        lines.append(f"Other answers: {', '.join(sorted(strange))}.")
    return "\n".join(lines)


def main(arguments: Sequence[str]) -> int:
    match arguments:
        case ["fire", port]:
            print(json.dumps(asdict(uvloop.run(fire(int(port))))))
        case ["peer"]:
            serve_peer(load_settings())
        case _:
            print(report(asyncio.run(measure())))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
