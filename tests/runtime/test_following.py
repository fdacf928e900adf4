"""The status feed on a real mongod: what it keeps is true, and whoever waits is woken."""

from __future__ import annotations

import asyncio
import contextlib
import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
import pytest_asyncio
from patience import until
from people import a_version, an_order
from pymongo.errors import AutoReconnect

from avatar.catalog import avatars, changes, runs
from avatar.catalog.changes import Change, Changes, Watched
from avatar.catalog.connection import Connection, answers_or_unavailable
from avatar.catalog.documents import RunDocument
from avatar.catalog.events import record_event
from avatar.errors import NotFound, Unavailable
from avatar.event import EventKind
from avatar.run import RunKey, RunRecord, RunStatus
from avatar.stage import Stage
from runtime import following, generations
from runtime.following import StatusFeed
from runtime.services import Services

Shown = tuple[str, int, int | None]  # run id, steps begun, served version
ADA = ("local", "ada")
HERE: Services = None  # type: ignore[assignment]  # only Temporal is asked for through it, and here that is replaced
SOON = 20.0


def show(run: RunRecord, current: int | None) -> Shown:
    return (run.key.run_id, len(run.steps), current)


class Reads:
    """Counts the reads of runs, and can hold them after MongoDB has answered."""

    def __init__(self) -> None:
        self.count = 0
        self.go_on = asyncio.Event()
        self.go_on.set()
        self.held = asyncio.Event()


@pytest.fixture
def reads(monkeypatch: pytest.MonkeyPatch) -> Reads:
    counted, read = Reads(), runs.latest_run

    async def latest_run(tenant: str, agent_id: str) -> RunRecord:
        counted.count += 1
        found = await read(tenant, agent_id)
        if not counted.go_on.is_set():
            counted.held.set()
            await counted.go_on.wait()
        return found

    monkeypatch.setattr(runs, "latest_run", latest_run)
    return counted


@asynccontextmanager
async def opened(**options: Any) -> AsyncIterator[StatusFeed[Shown]]:
    feed = StatusFeed(show, **options)
    async with feed.running():
        await until_open(feed)
        yield feed


@pytest_asyncio.fixture
async def feed(catalog: Connection) -> AsyncIterator[StatusFeed[Shown]]:
    async with opened() as feed:
        yield feed


async def until_open(feed: StatusFeed[Shown], wanted: bool = True) -> None:
    await until(lambda: feed.open is wanted)


async def a_run(agent: str = "ada") -> RunKey:
    key = RunKey(tenant="local", agent_id=agent, run_id=uuid.uuid4().hex)
    await runs.open_run(key, an_order())
    return key


async def seen(feed: StatusFeed[Shown], agent: str = "ada") -> Shown:
    return (await feed.status(HERE, "local", agent)).shown


async def caught_up(feed: StatusFeed[Shown]) -> None:
    """Everything that was written before has been told: changes come in order, and this one is the last."""
    with feed.listening("local", "marker") as listener:
        await record_event("local", "marker", EventKind.RUN_STARTED, key=uuid.uuid4().hex)
        assert await listener.wait(SOON)


async def begin(key: RunKey, number: int) -> None:
    await runs.step_started(key, f"step{number}", Stage.MODEL, 1)


async def test_what_does_not_change_is_read_once_and_what_changes_is_read_again(
    feed: StatusFeed[Shown], catalog: Connection, reads: Reads
) -> None:
    key = await a_run()
    await caught_up(feed)
    assert {await seen(feed) for _ in range(50)} == {(key.run_id, 0, None)}
    assert reads.count == 1
    await begin(key, 1)
    await caught_up(feed)
    assert await seen(feed) == (key.run_id, 1, None)
    await avatars.publish_version(catalog, key, lambda slot: a_version(key, slot.number, slot.now))
    await caught_up(feed)
    assert await seen(feed) == (key.run_id, 1, 1)
    await runs.close_run(key, RunStatus.PUBLISHED)
    following_run = await a_run()
    await caught_up(feed)
    assert await seen(feed) == (following_run.run_id, 0, 1)


async def test_those_who_ask_at_the_same_time_share_one_read(feed: StatusFeed[Shown], reads: Reads) -> None:
    await a_run()
    reads.go_on.clear()
    asking = [asyncio.create_task(seen(feed)) for _ in range(20)]
    await reads.held.wait()
    asking[0].cancel()  # a client that goes away must not take the answer from the others
    reads.go_on.set()
    answers = await asyncio.gather(*asking, return_exceptions=True)
    assert isinstance(answers[0], asyncio.CancelledError)
    assert len(set(answers[1:])) == 1 and reads.count == 1


async def test_a_change_during_a_read_leaves_nothing_stale(feed: StatusFeed[Shown], reads: Reads) -> None:
    key = await a_run()
    await caught_up(feed)
    reads.go_on.clear()
    before = asyncio.create_task(seen(feed))
    await reads.held.wait()  # MongoDB has answered, the feed does not know yet
    with feed.listening(*ADA) as listener:
        await begin(key, 1)
        assert await listener.wait(SOON), "told of the change"
    after = asyncio.create_task(seen(feed))
    await asyncio.sleep(0)
    reads.go_on.set()
    assert await before == (key.run_id, 0, None), "asked before the change: either answer is right"
    assert await after == (key.run_id, 1, None), "asked after it: must not join the older read"
    assert await seen(feed) == (key.run_id, 1, None), "and the older answer is not kept"


async def test_writers_and_readers_at_once_end_with_the_truth(feed: StatusFeed[Shown]) -> None:
    keys = [await a_run(f"agent{number}") for number in range(3)]
    done = asyncio.Event()

    async def write(key: RunKey) -> None:
        for number in range(25):
            await begin(key, number)

    async def read(key: RunKey) -> list[int]:
        steps = []
        while not done.is_set():
            steps.append((await seen(feed, key.agent_id))[1])
            await asyncio.sleep(0.001)
        return steps

    reading = [asyncio.create_task(read(key)) for key in keys for _ in range(3)]
    await asyncio.gather(*(write(key) for key in keys))
    await caught_up(feed)
    for key in keys:
        assert (await seen(feed, key.agent_id))[1] == 25
    done.set()
    for steps in await asyncio.gather(*reading):
        assert steps == sorted(steps), "nobody goes back in time"


async def test_a_run_that_is_deleted_is_forgotten(feed: StatusFeed[Shown]) -> None:
    key = await a_run()
    await seen(feed)
    await runs.drop_run(key)
    await caught_up(feed)
    with pytest.raises(NotFound):
        await seen(feed)


async def test_only_so_many_agents_are_kept(catalog: Connection, reads: Reads) -> None:
    for agent in ("a", "b", "c"):
        await a_run(agent)
    async with opened(limit=2) as feed:
        for agent in ("a", "b", "a", "c"):
            await seen(feed, agent)
        assert reads.count == 3
        await seen(feed, "a")
        assert reads.count == 3, "used lately, so kept"
        await seen(feed, "b")
        assert reads.count == 4


class Cable:
    """The feed's change stream, to be pulled out and put back."""

    def __init__(self) -> None:
        self.plugged = asyncio.Event()
        self.plugged.set()
        self.pulled = asyncio.Event()
        self.real = changes.open_changes

    def pull(self) -> None:
        self.plugged.clear()
        self.pulled.set()

    @asynccontextmanager
    async def open_changes(self) -> AsyncIterator[Cable]:
        await self.plugged.wait()
        self.pulled.clear()
        async with self.real() as self.stream:
            yield self

    async def next(self) -> Change | None:
        change = asyncio.ensure_future(self.stream.next())
        pulled = asyncio.create_task(self.pulled.wait())
        await asyncio.wait((change, pulled), return_when=asyncio.FIRST_COMPLETED)
        pulled.cancel()
        if self.pulled.is_set():
            change.cancel()
            raise Unavailable("pulled")
        return change.result()


async def test_while_the_stream_is_broken_answers_come_from_mongodb(
    catalog: Connection, reads: Reads, monkeypatch: pytest.MonkeyPatch
) -> None:
    cable = Cable()
    monkeypatch.setattr(following, "open_changes", cable.open_changes)
    async with opened() as feed:
        key = await a_run()
        await seen(feed)
        cable.pull()
        await until_open(feed, False)
        for number in range(3):
            await begin(key, number)
            assert (await seen(feed))[1] == number + 1, "true at once, because it is not kept"
        before = reads.count
        await seen(feed)
        assert reads.count == before + 1
        with feed.listening(*ADA) as listener:
            listener.status = False
            await begin(key, 3)  # nobody hears this
            cable.plugged.set()
            assert await listener.wait(SOON) and listener.status, "woken when the stream is back"
            assert (await seen(feed))[1] == 4
        await begin(key, 4)
        await caught_up(feed)
    assert await seen(feed) == (key.run_id, 5, None)


async def test_a_stream_that_mongodb_ends_is_opened_again(feed: StatusFeed[Shown]) -> None:
    key = await a_run()
    await seen(feed)
    # Dropping the database ends every stream on it.
    await RunDocument.get_pymongo_collection().database.client.drop_database(
        RunDocument.get_pymongo_collection().database.name
    )
    await until_open(feed, False)
    with pytest.raises(NotFound):
        await seen(feed)
    await until_open(feed)
    await runs.open_run(key, an_order())
    await caught_up(feed)
    assert await seen(feed) == (key.run_id, 0, None)


async def test_the_feed_ends_even_when_its_cancellation_gets_lost(
    catalog: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    """asyncio.wait_for of Python 3.11 drops a cancellation that comes in the same moment as data."""
    real = Changes.next

    async def deaf(stream: Changes) -> Change | None:
        following_one = asyncio.ensure_future(real(stream))
        while not following_one.done():
            with contextlib.suppress(asyncio.CancelledError):
                await asyncio.shield(following_one)
        return following_one.result()

    monkeypatch.setattr(Changes, "next", deaf)
    async with asyncio.timeout(SOON):
        async with opened() as feed:
            await a_run()
            await seen(feed)
    assert not feed.open


async def test_mongodb_away_is_unavailable(feed: StatusFeed[Shown], monkeypatch: pytest.MonkeyPatch) -> None:
    await a_run()
    await seen(feed)

    async def away(*_: object) -> None:
        raise AutoReconnect("connection closed")

    monkeypatch.setattr(changes, "_watch", answers_or_unavailable(away))
    monkeypatch.setattr(Changes, "next", answers_or_unavailable(away))
    monkeypatch.setattr(RunDocument, "find", lambda *_: (_ for _ in ()).throw(AutoReconnect("connection closed")))
    await until_open(feed, False)
    with pytest.raises(Unavailable):
        await seen(feed)


async def test_waiting_ends_with_the_first_difference(feed: StatusFeed[Shown]) -> None:
    key = await a_run()
    await caught_up(feed)
    now = await seen(feed)
    waiting = [asyncio.create_task(feed.status_after(HERE, *ADA, lambda shown: shown != now, SOON)) for _ in range(10)]
    await asyncio.sleep(0.1)
    assert not any(task.done() for task in waiting)
    await begin(key, 1)
    assert {standing.shown for standing in await asyncio.gather(*waiting)} == {(key.run_id, 1, None)}
    assert feed._listeners == {}, "nobody is left behind"


async def test_waiting_ends_with_the_time_with_the_run_and_with_the_process(feed: StatusFeed[Shown]) -> None:
    def never(_: Shown) -> bool:
        return False

    key = await a_run()
    assert not (await feed.status_after(HERE, *ADA, never, 0.05)).over
    waiting = asyncio.create_task(feed.status_after(HERE, *ADA, never, SOON))
    await runs.close_run(key, RunStatus.CANCELLED)
    assert (await waiting).over
    assert (await feed.status_after(HERE, *ADA, never, SOON)).over, "a run that is over has nothing to wait for"
    key = await a_run()
    await caught_up(feed)
    assert await seen(feed) == (key.run_id, 0, None)
    waiting = asyncio.create_task(feed.status_after(HERE, *ADA, never, SOON))
    await asyncio.sleep(0.05)
    feed.end()
    assert not (await waiting).over


async def test_an_event_rings_for_the_log_and_leaves_the_status_kept(feed: StatusFeed[Shown], reads: Reads) -> None:
    await a_run()
    await caught_up(feed)
    await seen(feed)
    with feed.listening(*ADA) as listener, feed.listening("local", "ben") as other:
        listener.status = listener.events = other.events = False
        await record_event(*ADA, EventKind.RUN_PAUSED, key="k")
        assert await listener.wait(SOON)
        assert (listener.status, listener.events, other.events) == (False, True, False)
    await seen(feed)
    assert reads.count == 1


async def test_a_quiet_run_is_compared_with_temporal_once_in_a_while_and_nobody_waits_for_that(
    feed: StatusFeed[Shown], monkeypatch: pytest.MonkeyPatch
) -> None:
    asked, go_on = [], asyncio.Event()

    async def settle(_: Services, run: RunRecord) -> RunRecord:
        asked.append(run.key.run_id)
        await go_on.wait()
        return await runs.close_run(run.key, RunStatus.CANCELLED)

    monkeypatch.setattr(generations, "settle", settle)
    key = await a_run()
    await caught_up(feed)
    await seen(feed)
    assert asked == [], "not quiet yet"
    monkeypatch.setattr(generations, "QUIET", generations.QUIET * 0)
    feed._kept[ADA].settle_at = 0.0
    for _ in range(5):
        assert await seen(feed) == (key.run_id, 0, None), "served while Temporal is asked"
        await asyncio.sleep(0)
    assert asked == [key.run_id]
    with feed.listening(*ADA) as listener:
        go_on.set()
        await listener.wait(SOON)
    assert (await feed.status(HERE, *ADA)).over, "what came of it is told like any other change"


async def test_a_run_that_is_found_quiet_is_settled_before_it_is_told(
    feed: StatusFeed[Shown], monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = []

    async def settle(_: Services, run: RunRecord) -> RunRecord:
        asked.append(run.key.run_id)
        return run

    monkeypatch.setattr(generations, "settle", settle)
    monkeypatch.setattr(generations, "QUIET", generations.QUIET * 0)
    await a_run()
    for _ in range(3):
        await seen(feed)
        feed._kept.clear()
    assert len(asked) == 1, "at most once in twenty seconds, even when it is read each time"


async def test_changes_name_whose_they_are(catalog: Connection) -> None:
    async with changes.open_changes() as stream:
        key = await a_run()
        await record_event(*ADA, EventKind.RUN_STARTED, key="k")
        await avatars.publish_version(catalog, key, lambda slot: a_version(key, slot.number, slot.now))
        await runs.drop_run(key)
        told: list[Change] = []
        async with asyncio.timeout(SOON):
            while len(told) < 5:
                if (change := await stream.next()) is not None:
                    told.append(change)
    assert told[:2] == [Change(Watched.RUNS, ADA), Change(Watched.EVENTS, ADA)]
    assert Change(Watched.AVATARS, ADA) in told[2:4]
    assert told[-1] == changes.ANYTHING, "a deleted document does not say whose it was"
