"""What is dropped and what stays, on a real mongod and a real folder of blobs."""

from __future__ import annotations

import os
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from beanie import Document
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from people import a_version, an_order
from publications import a_key, a_lod, publish
from temporalio.testing import ActivityEnvironment

from activities.housekeeping import Housekeeping
from avatar.catalog import avatars, deletion, listing, results, retention, runs
from avatar.catalog.connection import Connection
from avatar.catalog.documents import (
    DOCUMENTS,
    EventDocument,
    ResultDocument,
    RunDocument,
)
from avatar.catalog.events import events_after, record_event
from avatar.event import EventKind
from avatar.retention import KeepRules
from avatar.run import RunKey, RunStatus
from avatar.storage.blob import BlobRef
from avatar.storage.local import LocalBlobs
from workflows import steps

NOW = datetime.now(UTC)


def ago(days: float) -> datetime:
    return NOW - timedelta(days=days)


async def set_date(kind: type[Document], query: dict[str, Any], **dates: datetime) -> None:
    await kind.get_pymongo_collection().update_many(query, {"$set": dates})


async def every_page(drop: Callable[[str | None], Awaitable[retention.Dropped]]) -> int:
    """Page by page to the end; how many."""
    count, after, pages = 0, None, 0
    while True:
        dropped = await drop(after)
        count += dropped.count
        pages += 1
        assert pages < 50
        if (after := dropped.after) is None:
            return count


async def ended_run(agent: str, days: float, tenant: str = "local") -> RunKey:
    key = a_key(agent, tenant)
    await runs.open_run(key, an_order(agent))
    await runs.close_run(key, RunStatus.CANCELLED)
    await set_date(RunDocument, {"run_id": key.run_id}, created_at=ago(days), finished_at=ago(days))
    return key


async def test_old_runs_go_but_never_the_latest_nor_one_under_way(catalog: Connection) -> None:
    for days in (90, 60, 40, 10):
        await ended_run("ada", days)
    for days in (90, 80):
        await ended_run("bob", days)
        await ended_run("ada", days, tenant="other")
    await ended_run("eve", 90)
    going = a_key("eve")
    await runs.open_run(going, an_order("eve"))
    await set_date(RunDocument, {"run_id": going.run_id}, created_at=ago(70))
    would = await every_page(lambda after: retention.drop_runs(ago(30), after, dry_run=True, page=2))
    assert would == 6 and await RunDocument.count() == 10
    assert await every_page(lambda after: retention.drop_runs(ago(30), after, page=2)) == 6
    left = await RunDocument.find_all().to_list()
    told = sorted((run.tenant, run.agent_id, run.status, (NOW - run.created_at).days) for run in left)
    assert told == [
        ("local", "ada", "cancelled", 10),
        ("local", "bob", "cancelled", 80),
        ("local", "eve", "running", 70),
        ("other", "ada", "cancelled", 80),
    ]


async def test_unused_results_go_but_none_of_an_agent_with_a_run_under_way(catalog: Connection) -> None:
    for agent in ("ada", "bob"):
        for number in range(3):
            await results.remember(
                a_key(agent), results.Result("build_lod", str(number), {}, blobs=(f"{number}" * 64,))
            )
    await results.remember(a_key(tenant="other"), results.Result("build_lod", "0", {}))
    await set_date(ResultDocument, {"key": {"$ne": "2"}}, used_at=ago(9))
    paused = a_key("bob")
    await runs.open_run(paused, an_order("bob"))
    assert await results.recall(a_key(), "build_lod", "0") == {}, "and it is young again"
    assert await every_page(lambda after: retention.drop_results(ago(7), after, dry_run=True, page=1)) == 2
    assert await every_page(lambda after: retention.drop_results(ago(7), after, page=1)) == 2
    left = sorted((found.tenant, found.agent_id, found.key) for found in await ResultDocument.find_all().to_list())
    assert left == [
        ("local", agent, key) for agent, key in (("ada", "0"), ("ada", "2"), ("bob", "0"), ("bob", "1"), ("bob", "2"))
    ]
    await runs.close_run(paused, RunStatus.CANCELLED)
    assert await every_page(lambda after: retention.drop_results(ago(7), after)) == 2


async def test_old_events_go_and_numbers_stay(catalog: Connection) -> None:
    for number in range(5):
        await record_event("local", "ada", EventKind.PUBLISHED, key=str(number), version=number)
    await set_date(EventDocument, {"key": {"$lt": "3"}}, at=ago(31))
    assert await every_page(lambda after: retention.drop_events(ago(30), after, dry_run=True, page=2)) == 3
    assert await every_page(lambda after: retention.drop_events(ago(30), after, page=2)) == 3
    await record_event("local", "ada", EventKind.PUBLISHED, key="5", version=5)
    assert [event.version for event in await events_after("local", "ada", "1")] == [3, 4, 5]


async def test_versions_beyond_the_newest_go_but_never_the_one_that_is_served(catalog: Connection) -> None:
    for _ in range(5):
        await publish(catalog)
        await publish(catalog, tenant="other")
    for _ in range(2):
        await publish(catalog, "bob")
    await avatars.roll_back(catalog, "local", "ada", 2, by="")

    async def numbers(agent: str, tenant: str = "local") -> list[int]:
        return [version.number for version in (await listing.list_versions(tenant, agent, limit=9)).items]

    assert await every_page(lambda after: retention.drop_versions(catalog, 2, after, dry_run=True, page=1)) == 5
    assert await numbers("ada") == [5, 4, 3, 2, 1]
    assert await every_page(lambda after: retention.drop_versions(catalog, 2, after, page=1)) == 5
    assert await numbers("ada") == [5, 4, 2]
    assert await numbers("ada", "other") == [5, 4]
    assert await numbers("bob") == [2, 1]
    assert [event.kind for event in await events_after("other", "ada", None)] == [EventKind.VERSION_DELETED] * 3
    assert (await publish(catalog)).number == 6


# --- the sweep ---------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class House:
    """A blob store beside the catalog, and the housekeeping over both."""

    blobs: LocalBlobs
    keeping: Housekeeping

    async def put(self, text: str, days: float = 2) -> BlobRef:
        """A blob that was last used so long ago."""
        ref = await self.blobs.put(text.encode(), "model/gltf-binary")
        self.age(ref, days)
        return ref

    def age(self, ref: BlobRef, days: float) -> None:
        at = (NOW - timedelta(days=days)).timestamp()
        os.utime(self.blobs.path(ref), (at, at))

    async def sweep(self, *, dry_run: bool = False, blobs: Any = None) -> steps.Swept:
        keeping = self.keeping if blobs is None else Housekeeping(self.keeping._connection, blobs)
        given = steps.SweepInput(rules=KeepRules(), dry_run=dry_run, prefix="")
        found: steps.Swept = await ActivityEnvironment().run(keeping.sweep_blobs, given)
        return found

    async def left(self) -> set[str]:
        return {blob.sha256 async for blob in self.blobs.stored()}


@contextmanager
def a_house(catalog: Connection) -> Iterator[House]:
    with TemporaryDirectory() as folder:
        blobs = LocalBlobs(Path(folder))
        yield House(blobs, Housekeeping(catalog, blobs))


@pytest.fixture
def house(catalog: Connection) -> Iterator[House]:
    with a_house(catalog) as opened:
        yield opened


async def test_only_what_nothing_names_and_is_old_is_swept(catalog: Connection, house: House) -> None:
    named = [await house.put(name) for name in ("source", "lod", "picture", "result", "other tenant")]
    await publish(catalog, source=named[0], lods=(a_lod(named[1]), a_lod(named[1], 1)), picture=named[2])
    await results.remember(a_key(), results.Result("build_lod", "k", {}, blobs=(named[3].sha256,)))
    await publish(catalog, tenant="other", source=named[4])
    young = await house.put("made by a run just now", days=0.9)
    orphans = [await house.put("o" * size) for size in (10, 20)]
    would = await house.sweep(dry_run=True)
    assert (would.seen, would.blobs, would.bytes) == (8, 2, 30)
    assert len(await house.left()) == 8
    assert await house.sweep() == would
    assert await house.left() == {blob.sha256 for blob in (*named, young)}
    assert orphans[0].sha256 not in await house.left()
    assert (await house.sweep()).blobs == 0


async def test_bytes_go_with_the_last_version_that_names_them(catalog: Connection, house: House) -> None:
    shared, own = await house.put("shared"), await house.put("own")
    await publish(catalog, source=shared, lods=(a_lod(own),))
    await publish(catalog, source=shared)
    await deletion.delete_version(catalog, "local", "ada", 1, by="")
    assert (await house.sweep()).blobs == 1
    assert await house.left() == {shared.sha256}
    await publish(catalog, tenant="other", source=shared)
    await deletion.delete_avatar(catalog, "local", "ada", by="")
    assert (await house.sweep()).blobs == 0, "the other tenant's avatar has the same bytes"
    await deletion.delete_avatar(catalog, "other", "ada", by="")
    assert (await house.sweep()).blobs == 1


async def test_a_run_that_makes_the_same_bytes_meanwhile_keeps_them(catalog: Connection, house: House) -> None:
    """Between the sweep's look at the names and the removal, a step puts the very same bytes."""
    blob = await house.put("made again")

    class Meanwhile(LocalBlobs):
        async def delete(self, sha256: str, *, unused_since: datetime | None = None) -> bool:
            await house.blobs.put(b"made again", "model/gltf-binary")
            return await super().delete(sha256, unused_since=unused_since)

    assert (await house.sweep(blobs=Meanwhile(house.blobs.root))).blobs == 0
    assert await house.left() == {blob.sha256}


async def test_a_version_that_is_published_meanwhile_keeps_its_bytes(
    catalog: Connection, house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Between the sweep's first look at the names and the second, a version is published with old bytes."""
    blob = await house.put("published meanwhile")
    real, asked = retention.named_blobs, 0

    async def named_blobs(sha256s: Any) -> set[str]:
        nonlocal asked
        asked += 1
        found = await real(sha256s)
        if asked == 1:
            await publish(catalog, source=blob)
        return found

    monkeypatch.setattr(retention, "named_blobs", named_blobs)
    assert (await house.sweep()).blobs == 0
    assert asked == 2 and await house.left() == {blob.sha256}


async def test_bytes_of_a_paused_run_stay_however_long_it_waits(catalog: Connection, house: House) -> None:
    key = a_key()
    await runs.open_run(key, an_order())
    blob = await house.put("source", days=100)
    await results.remember(key, results.Result("build_parametric", "k", {}, blobs=(blob.sha256,)))
    await set_date(ResultDocument, {}, used_at=ago(100))
    await retention.drop_results(ago(7))
    assert (await house.sweep()).blobs == 0
    await avatars.publish_version(catalog, key, lambda slot: a_version(key, slot.number, slot.now, source=blob))
    await runs.close_run(key, RunStatus.PUBLISHED)
    await retention.drop_results(ago(7))
    assert await ResultDocument.count() == 0
    assert (await house.sweep()).blobs == 0, "now the version names it"


NAMES = "abcdef"
TENANTS = ("local", "other")
PICK = st.sampled_from(NAMES)
A_VERSION = st.tuples(
    st.sampled_from(TENANTS), st.sampled_from(("ada", "bob")), PICK, st.lists(PICK, max_size=2), st.none() | PICK
)
A_RESULT = st.tuples(st.sampled_from(TENANTS), st.sampled_from(("ada", "bob")), PICK)


@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
@given(
    versions=st.lists(A_VERSION, max_size=4),
    remembered=st.lists(A_RESULT, max_size=3),
    ages=st.fixed_dictionaries({name: st.sampled_from((0.0, 0.9, 1.1, 50.0)) for name in NAMES}),
)
async def test_exactly_the_unnamed_and_old_go(catalog: Connection, versions: Any, remembered: Any, ages: Any) -> None:
    for kind in DOCUMENTS:
        await kind.delete_all()
    with a_house(catalog) as house:
        refs = {name: await house.put(name, days) for name, days in ages.items()}
        named = set()
        for tenant, agent, source, lods, picture in versions:
            await publish(
                catalog, agent, tenant,
                source=refs[source],
                lods=tuple(a_lod(refs[lod], level) for level, lod in enumerate(lods)),
                picture=refs[picture] if picture else None,
            )  # fmt: skip
            named |= {source, *lods, *([picture] if picture else [])}
        for number, (tenant, agent, name) in enumerate(remembered):
            result = results.Result("build_lod", str(number), {}, blobs=(refs[name].sha256,))
            await results.remember(a_key(agent, tenant), result)
            named.add(name)
        swept = await house.sweep()
        stays = {name for name in NAMES if name in named or ages[name] < 1}
        assert await house.left() == {refs[name].sha256 for name in stays}
        assert (swept.seen, swept.blobs, swept.bytes) == (len(NAMES), len(NAMES) - len(stays), len(NAMES) - len(stays))
