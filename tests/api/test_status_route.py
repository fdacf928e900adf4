"""GET /api/avatars/{agentId}/status: an ETag that only means what a client can see, and answers that wait for news."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
import pytest_asyncio
from gateways import Gateway
from patience import until
from people import an_order

from avatar.catalog import runs
from avatar.errors import Unavailable
from avatar.manifest import GenerationStatus
from avatar.run import Pause, RunError, RunKey, RunStatus
from avatar.stage import Stage
from runtime.following import StatusFeed

STATUS = "/api/avatars/ada/status"


@pytest_asyncio.fixture
async def live(gateway: Gateway) -> AsyncIterator[Gateway]:
    """The gateway with its feed running, as it is in a real process."""
    feed = feed_of(gateway)
    async with feed.running():
        await until(lambda: feed.open)
        yield gateway


def feed_of(gateway: Gateway) -> StatusFeed[Any]:
    feed: StatusFeed[Any] = gateway.app.state.feed
    return feed


async def a_run() -> RunKey:
    key = RunKey(tenant="local", agent_id="ada", run_id=uuid.uuid4().hex)
    await runs.open_run(key, an_order())
    return key


async def begin(key: RunKey, step: str) -> None:
    await runs.step_started(key, step, Stage.MODEL, 1)


async def ask(gateway: Gateway, etag: str | None = None, wait: float | None = None) -> httpx.Response:
    return await gateway.http.get(
        STATUS,
        headers={} if etag is None else {"If-None-Match": etag},
        params={} if wait is None else {"wait": wait},
    )


async def newest(gateway: Gateway) -> str:
    """The ETag once nothing more is about to be told."""
    run = await runs.latest_run("local", "ada")
    async with asyncio.timeout(20):
        while True:
            answer = await ask(gateway)
            if GenerationStatus.model_validate_json(answer.content).updated_at == run.updated_at:
                return answer.headers["etag"]
            await asyncio.sleep(0.01)  # answers from memory never let the loop go: the stream needs its turn


async def test_a_poll_that_finds_nothing_new_has_no_body(live: Gateway) -> None:
    key = await a_run()
    first = await ask(live)
    etag = first.headers["etag"]
    assert etag.startswith('W/"') and first.headers["cache-control"] == "no-cache"
    for header in (etag, etag.removeprefix("W/"), f'"other", {etag}', "*"):
        again = await ask(live, header)
        assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", etag)
        assert again.headers["cache-control"] == "no-cache"
    assert (await ask(live, '"other"')).status_code == 200
    later = await ask(live)
    assert later.headers["etag"] == etag and later.json()["elapsedSeconds"] > first.json()["elapsedSeconds"]
    await begin(key, "build_parametric")
    changed = await ask(live, etag, wait=20)
    assert changed.status_code == 200 and changed.headers["etag"] != etag
    assert [step["step"] for step in changed.json()["steps"]] == ["build_parametric"]


async def test_without_a_change_stream_the_answers_are_the_same(gateway: Gateway) -> None:
    key = await a_run()
    etag = (await ask(gateway)).headers["etag"]
    assert (await ask(gateway, etag)).status_code == 304
    await begin(key, "describe")
    assert (await ask(gateway, etag)).status_code == 200


async def test_the_status_is_whole(live: Gateway) -> None:
    key = await a_run()
    await runs.steps_reused(key, [("describe", Stage.DESCRIBE)])
    await begin(key, "build_parametric")
    nasty = 'it said "elapsedSeconds":7, and {"elapsedSeconds":8}'
    await runs.step_failed(key, "build_parametric", nasty)
    run = await runs.latest_run("local", "ada")
    await runs.set_paused(key, Pause(by="ada", reason="lunch", at=run.created_at))
    await newest(live)
    status = GenerationStatus.model_validate_json((await ask(live)).content)
    assert (status.kind, status.status, status.paused and status.paused.reason) == ("generate", "running", "lunch")
    assert [(step.step, step.reused, step.last_error) for step in status.steps] == [
        ("describe", True, None),
        ("build_parametric", False, nasty),
    ]


async def test_an_answer_can_be_waited_for(live: Gateway) -> None:
    key = await a_run()
    etag = await newest(live)
    waiting = [asyncio.create_task(ask(live, etag, wait=25)) for _ in range(5)]
    await until(lambda: len(feed_of(live)._listeners) == 1)
    assert not any(task.done() for task in waiting)
    await begin(key, "describe")
    answers = await asyncio.gather(*waiting)
    assert {answer.status_code for answer in answers} == {200}
    assert {len(answer.json()["steps"]) for answer in answers} == {1}
    assert (await ask(live, await newest(live), wait=0.05)).status_code == 304, "the time is over"


async def test_what_has_nothing_to_wait_for_is_answered_at_once(live: Gateway) -> None:
    key = await a_run()
    assert (await ask(live, None, wait=25)).status_code == 200, "who has nothing yet gets what there is"
    error = RunError(code="cancelled", title="t", detail="d", stage=Stage.MODEL, retryable=True)
    await runs.close_run(key, RunStatus.CANCELLED, error=error)
    etag = await newest(live)
    assert (await ask(live, etag, wait=25)).status_code == 304, "the run is over"
    feed_of(live).end()
    await a_run()
    assert (await ask(live, await newest(live), wait=25)).status_code == 304, "the process is about to stop"


@pytest.mark.parametrize("wait", ["-1", "25.1", "nan", "inf", "soon", ""])
async def test_a_wait_that_makes_no_sense_is_refused_by_name(live: Gateway, wait: str) -> None:
    await a_run()
    answer = await live.http.get(STATUS, params={"wait": wait})
    assert answer.status_code == 422 and "wait" in answer.json()["detail"]


async def test_a_client_that_goes_is_not_waited_for(live: Gateway) -> None:
    await a_run()
    etag = await newest(live)
    feed, gone, sent = feed_of(live), asyncio.Event(), []
    asked = False

    async def receive() -> dict[str, Any]:
        nonlocal asked
        if not asked:
            asked = True
            return {"type": "http.request", "body": b"", "more_body": False}
        await gone.wait()
        return {"type": "http.disconnect"}

    async def send(message: Any) -> None:
        sent.append(message)

    scope = {
        "type": "http",
        "asgi": {"version": "3.0", "spec_version": "2.3"},
        "http_version": "1.1",
        "method": "GET",
        "scheme": "http",
        "path": STATUS,
        "raw_path": STATUS.encode(),
        "root_path": "",
        "query_string": b"wait=25",
        "headers": [(b"if-none-match", etag.encode()), (b"host", b"gateway")],
        "client": ("127.0.0.1", 1),
        "server": ("gateway", 80),
    }
    asking = asyncio.create_task(live.app(scope, receive, send))
    await until(lambda: bool(feed._listeners))
    gone.set()
    await asking
    assert not feed._listeners


async def test_a_catalog_that_goes_away_ends_the_waiting(live: Gateway, monkeypatch: pytest.MonkeyPatch) -> None:
    await a_run()
    etag = await newest(live)
    waiting = asyncio.create_task(ask(live, etag, wait=25))
    await until(lambda: bool(feed_of(live)._listeners))

    async def away(*_: object) -> None:
        raise Unavailable("MongoDB: connection closed")

    monkeypatch.setattr(runs, "latest_run", away)
    feed_of(live)._forget_all()
    feed_of(live)._ring_all()
    answer = await waiting
    assert (answer.status_code, answer.json()["code"]) == (503, "unavailable")
