"""GET /api/avatars/{agentId}/events over real connections: nothing is lost, nothing comes twice, everything ends."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import random
import signal
import sys
import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import httpx
import pytest
import pytest_asyncio
import uvicorn
from fastapi import FastAPI
from gateways import Gateway
from patience import until
from people import an_order

from api.app import create_app
from api.routes import events as events_route
from avatar.catalog import runs
from avatar.catalog.events import record_event
from avatar.errors import Unavailable
from avatar.event import AvatarEvent, EventKind
from avatar.manifest import GenerationStatus
from avatar.run import RunKey
from avatar.stage import Stage

EVENTS = "/api/avatars/ada/events"
SOON = 20.0


@dataclass(frozen=True)
class Message:
    kind: str
    data: dict[str, Any]
    id: str


class Reader:
    """Reads one event stream, as a browser would."""

    def __init__(self, answer: httpx.Response) -> None:
        self.answer = answer
        self._lines = answer.aiter_lines()
        self.retry = ""
        self.comments = 0

    async def message(self) -> Message:
        """The next message; StopAsyncIteration when the stream ends."""
        fields: dict[str, str] = {}
        async with asyncio.timeout(SOON):
            while True:
                line = await anext(self._lines)
                if line.startswith(":"):
                    self.comments += 1
                elif line:
                    name, _, value = line.partition(": ")
                    fields[name] = value
                elif "data" in fields:
                    return Message(fields["event"], json.loads(fields["data"]), fields["id"])
                else:
                    self.retry = fields.get("retry", self.retry)
                    fields = {}

    async def until_kind(self, kind: str) -> Message:
        while (found := await self.message()).kind != kind:
            pass
        return found


class Server(uvicorn.Server):
    """Uvicorn inside the tests: signals stay pytest's."""

    def capture_signals(self) -> contextlib.AbstractContextManager[None]:  # type: ignore[override]  # theirs is a generator
        return contextlib.nullcontext()


@asynccontextmanager
async def served(app: FastAPI) -> AsyncIterator[str]:
    """``app`` on a free port, its feed running; its address."""
    config = uvicorn.Config(app, port=0, lifespan="off", log_config=None, timeout_graceful_shutdown=5)
    server = Server(config)
    async with app.state.feed.running():
        serving = asyncio.create_task(server.serve())
        await until(lambda: server.started and app.state.feed.open)
        yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
        app.state.feed.end()
        server.should_exit = True
        await serving


@pytest_asyncio.fixture
async def api(gateway: Gateway) -> AsyncIterator[str]:
    async with served(gateway.app) as address:
        yield address


@asynccontextmanager
async def reading(api: str, last: str | None = None, **params: str) -> AsyncIterator[Reader]:
    headers = {} if last is None else {"Last-Event-ID": last}
    async with (
        httpx.AsyncClient(base_url=api, timeout=SOON, trust_env=False) as http,
        http.stream("GET", EVENTS, headers=headers, params=params) as answer,
    ):
        assert answer.status_code == 200, await answer.aread()
        yield Reader(answer)


async def refused(api: str, headers: dict[str, str] | None = None, path: str = EVENTS) -> httpx.Response:
    async with httpx.AsyncClient(base_url=api, timeout=SOON, trust_env=False) as http:
        return await http.get(path, headers=headers)


async def a_run() -> RunKey:
    key = RunKey(tenant="local", agent_id="ada", run_id=uuid.uuid4().hex)
    await runs.open_run(key, an_order())
    return key


async def write(number: int) -> None:
    await record_event("local", "ada", EventKind.RUN_PAUSED, key=str(number), detail=f"the {number}th")


async def test_the_status_comes_at_once_and_again_when_it_changes(api: str) -> None:
    key = await a_run()
    await write(1)
    async with reading(api) as reader:
        assert reader.answer.headers["content-type"].startswith("text/event-stream")
        assert reader.answer.headers["cache-control"] == "no-cache"
        first = await reader.message()
        assert (first.kind, first.id, reader.retry) == ("status", "1", "2000"), "what was logged before is not told"
        assert GenerationStatus.model_validate(first.data).run_id == key.run_id
        await write(2)
        logged = await reader.message()
        event = AvatarEvent.model_validate(logged.data)
        assert (logged.kind, logged.id, event.id, event.detail) == ("run.paused", "2", "2", "the 2th")
        await runs.step_started(key, "describe", Stage.DESCRIBE, 1)
        second = await reader.until_kind("status")
        assert (len(second.data["steps"]), second.id) == (1, "2"), "a status repeats the id of the log"


async def test_the_log_can_be_read_from_anywhere(api: str) -> None:
    await a_run()
    for number in range(1, 6):
        await write(number)

    async def logged(count: int, last: str | None = None, **params: str) -> list[str]:
        async with reading(api, last, **params) as reader:
            return [(await reader.message()).id for _ in range(count)]

    assert await logged(6, "0") == ["1", "2", "3", "4", "5", "5"]
    assert await logged(3, after="3") == ["4", "5", "5"]
    assert await logged(2, "4", after="1") == ["5", "5"], "a browser sends its header with the old address"
    assert await logged(1, "", after="5") == ["5"]
    assert await logged(6, "99") == ["1", "2", "3", "4", "5", "5"], "an id from a log that is no more"


async def test_many_pages_of_log_are_told_whole(api: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(events_route, "PAGE", 2)
    await a_run()
    for number in range(5):
        await write(number)
    async with reading(api, "0") as reader:
        assert [(await reader.message()).id for _ in range(5)] == ["1", "2", "3", "4", "5"]


@pytest.mark.parametrize("last", ["x", "-1", "1.5", "65f0c1d2e3f4a5b6c7d8e9f0", "1" * 30])
async def test_an_id_that_is_none_is_refused(api: str, last: str) -> None:
    await a_run()
    for answer in (await refused(api, {"Last-Event-ID": last}), await refused(api, path=f"{EVENTS}?after={last}")):
        assert (answer.status_code, answer.json()["code"]) == (422, "invalid_input")


async def test_an_agent_that_nobody_knows_is_not_followed(api: str) -> None:
    answer = await refused(api)
    assert (answer.status_code, answer.json()["code"]) == (404, "not_found")


async def test_a_log_without_runs_is_still_told(api: str) -> None:
    await write(1)
    async with reading(api, "0") as reader:
        assert (await reader.message()).id == "1"
        await write(2)
        assert (await reader.message()).id == "2"


async def test_there_are_only_so_many_streams_and_a_client_that_goes_makes_room(
    api: str, gateway: Gateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(events_route, "MAX_STREAMS", 2)
    await a_run()
    async with reading(api) as one:
        await one.message()
        async with reading(api) as two:
            await two.message()
            answer = await refused(api)
            assert (answer.status_code, answer.json()["code"]) == (503, "unavailable")
            assert answer.headers["retry-after"]
        await until(lambda: gateway.app.state.feed.streams == 1)
        async with reading(api) as three:
            await three.message()
    await until(lambda: gateway.app.state.feed.streams == 0)
    assert not gateway.app.state.feed._listeners


async def test_silence_is_filled(api: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(events_route, "HEARTBEAT_SECONDS", 0.02)
    await a_run()
    async with reading(api) as reader:
        await reader.message()
        await asyncio.sleep(0.2)
        await write(1)
        await reader.until_kind("run.paused")
        assert reader.comments


async def test_a_catalog_that_is_away_for_a_while_costs_nothing(api: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(events_route, "HEARTBEAT_SECONDS", 0.1)
    read, away = events_route.events_after, [True, False, True, True]

    async def sometimes(*asked: Any) -> list[AvatarEvent]:
        if away and away.pop(0):
            raise Unavailable("MongoDB: connection closed")
        return await read(*asked)

    monkeypatch.setattr(events_route, "events_after", sometimes)
    await a_run()
    async with reading(api) as reader:
        await reader.until_kind("status")
        await write(1)
        assert (await reader.until_kind("run.paused")).id == "1"


async def test_nothing_is_lost_and_nothing_comes_twice_across_processes(gateway: Gateway) -> None:
    """A client that is thrown off again and again, and each time goes on at another API, while several write."""
    await a_run()
    other = create_app(gateway.services.settings)
    other.state.services = gateway.services
    dice, seen = random.Random(7), list[str]()

    async def writing(first: int) -> None:
        for number in range(first, first + 10):
            await write(number)
            await asyncio.sleep(dice.random() * 0.03)

    async with served(gateway.app) as one, served(other) as two:
        writers = [asyncio.create_task(writing(first)) for first in (0, 100, 200, 300)]
        last = "0"
        while len(seen) < 40:
            async with reading(dice.choice((one, two)), last) as reader:
                for _ in range(dice.randint(1, 4)):
                    message = await reader.message()
                    last = message.id
                    if message.kind != "status":
                        seen.append(message.id)
                    if len(seen) == 40:
                        break
                    if message.kind == "status" and dice.random() < 0.5:
                        break  # nothing may follow soon
        await asyncio.gather(*writers)
    assert seen == [str(number) for number in range(1, 41)]


async def test_a_process_that_is_asked_to_stop_says_good_bye(gateway: Gateway, unused_port: int) -> None:
    settings = gateway.services.settings
    environment = {
        **os.environ,
        "AVATAR_DATA": str(settings.data_dir),
        "MONGO_URI": settings.mongo_uri or "",
        "AVATAR_MONGO_DATABASE": settings.mongo_database,
        "TEMPORAL_ADDRESS": settings.temporal_address or "",
        "AVATAR_API_PORT": str(unused_port),
    }
    await a_run()
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "api", env=environment, stdout=asyncio.subprocess.DEVNULL
    )
    try:
        api = f"http://127.0.0.1:{unused_port}"
        async with httpx.AsyncClient(base_url=api, timeout=SOON, trust_env=False) as http:
            async with asyncio.timeout(30):
                while True:
                    try:
                        etag = (await http.get("/api/avatars/ada/status")).headers["etag"]
                        break
                    except httpx.TransportError:
                        await asyncio.sleep(0.1)
            async with reading(api) as reader:
                await reader.message()
                held = asyncio.create_task(
                    http.get("/api/avatars/ada/status", params={"wait": 25}, headers={"If-None-Match": etag})
                )
                await asyncio.sleep(0.3)
                process.send_signal(signal.SIGTERM)
                with pytest.raises(StopAsyncIteration):  # an end, not a broken connection
                    await reader.message()
                assert (await held).status_code == 304
        async with asyncio.timeout(SOON):
            assert await process.wait() == -signal.SIGTERM
    finally:
        with contextlib.suppress(ProcessLookupError):
            process.kill()
        await process.wait()
