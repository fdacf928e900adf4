"""Variants and pictures in the catalog: shared starts, ages, and that they go with their versions. On a real mongod."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from publications import publish
from temporalio.testing import ActivityEnvironment

from activities.housekeeping import Housekeeping
from avatar.catalog import deletion, retention, wishes
from avatar.catalog.connection import Connection
from avatar.catalog.documents import WishDocument, WishStartsDocument
from avatar.retention import KeepRules
from avatar.shot import Framing, Shot
from avatar.storage.blob import BlobRef, name_bytes
from avatar.storage.local import LocalBlobs
from avatar.variant import TextureFormat, Variant
from avatar.wish import MadeFile, PictureFacts, VariantFacts, WishFailure, WishState
from workflows import steps

NOW = datetime.now(UTC)
GLB = "model/gltf-binary"
WANTED = Variant(lod=1, texture_format=TextureFormat.KTX2)
FACTS = VariantFacts(triangles=8_000, vertices=5_000, draw_calls=9, morphs=72, textures=())


async def begin(key: str, source: BlobRef, tenant: str = "local") -> None:
    await wishes.begin_wish(tenant, key, agent_id="ada", source=source.sha256, wish=WANTED, query="lod=1")


async def made(key: str, source: BlobRef, data: bytes = b"variant", tenant: str = "local") -> MadeFile:
    built = MadeFile(blob=name_bytes(data, GLB), facts=FACTS)
    await begin(key, source, tenant)
    assert await wishes.end_wish(tenant, key, built)
    return built


async def used(key: str, days: float) -> None:
    at = NOW - timedelta(days=days)
    await WishDocument.get_pymongo_collection().update_many({"key": key}, {"$set": {"used_at": at}})


async def left(tenant: str = "local") -> set[str]:
    return {found.key for found in await WishDocument.find({"tenant": tenant}).to_list()}


async def drop(older: float = 30, *, dry_run: bool = False, page: int = 200) -> int:
    count, after = 0, None
    while True:
        ages = NOW - timedelta(days=older), NOW - timedelta(days=1)
        dropped = await retention.drop_wishes(*ages, after, dry_run=dry_run, page=page)
        count += dropped.count
        if (after := dropped.after) is None:
            return count


async def test_a_variant_is_begun_made_lost_and_failed(catalog: Connection) -> None:
    source = name_bytes(b"source", GLB)
    assert await wishes.find_wish("local", "k") is None
    await begin("k", source)
    known = await wishes.find_wish("local", "k")
    assert known is not None and (known.state, known.wish) == (WishState.BUILDING, WANTED)
    built = await made("k", source)
    await begin("k", source)
    known = (await wishes.find_wishes("local", ["k", "none"]))["k"]
    assert (known.state, known.built) == (WishState.READY, built), "beginning again takes nothing away"
    await wishes.lose_wish("local", "k", "0" * 64)
    assert (await wishes.variants_of("local", source.sha256))[0].built == built, "other bytes were lost"
    await wishes.lose_wish("local", "k", built.blob.sha256)
    failure = WishFailure(code="invalid_model", title="t", detail="d", retryable=False)
    assert await wishes.end_wish("local", "k", failure)
    known = await wishes.find_wish("local", "k")
    assert known is not None and (known.state, known.failure) == (WishState.FAILED, failure)
    assert await wishes.find_wish("other", "k") is None


async def test_pictures_are_kept_beside_variants(catalog: Connection) -> None:
    source, shot = name_bytes(b"source", GLB), Shot(framing=Framing.FACE, morphs={"jawOpen": 0.5})
    await publish(catalog, source=source)
    await made("variant", source)
    await wishes.begin_wish("local", "p", agent_id="ada", source=source.sha256, wish=shot, query="camera=face")
    picture = MadeFile(blob=name_bytes(b"png", "image/png"), facts=PictureFacts(width=768, height=1024))
    assert await wishes.end_wish("local", "p", picture)
    known = await wishes.find_wish("local", "p")
    assert known is not None and (known.wish, known.built) == (shot, picture)
    assert [each.key for each in await wishes.variants_of("local", source.sha256)] == ["variant"]
    assert await retention.named_blobs([picture.blob.sha256]) == {picture.blob.sha256}
    await used("p", 31)
    assert await drop() == 1 and await left() == {"variant"}, "nobody has asked for the picture"


async def test_what_was_deleted_meanwhile_stays_deleted(catalog: Connection) -> None:
    assert not await wishes.end_wish("local", "k", MadeFile(blob=name_bytes(b"", GLB), facts=FACTS))
    assert await left() == set()


async def test_use_is_noted_once_an_hour(catalog: Connection) -> None:
    await made("k", name_bytes(b"source", GLB))

    async def age() -> timedelta:
        known = await wishes.find_wish("local", "k")
        assert known is not None
        return datetime.now(UTC) - known.used_at

    await used("k", 0.03)
    await wishes.touch_wish("local", "k")
    assert await age() > timedelta(minutes=30), "not an hour ago"
    await used("k", 0.05)
    await wishes.touch_wish("local", "k")
    assert await age() < timedelta(minutes=5)


async def test_a_tenants_starts_are_counted_across_all_who_ask(catalog: Connection) -> None:
    """Even when the minute ends in the middle of the test, no minute has more than its share."""
    asked = [f"key{number}" for number in range(30)]
    pauses = await asyncio.gather(*(wishes.take_start("local", key, 10) for key in asked))
    minutes = await WishStartsDocument.find({"tenant": "local"}).to_list()
    assert max(len(minute.keys) for minute in minutes) == 10
    assert sum(len(minute.keys) for minute in minutes) == pauses.count(None)
    assert all(pause is None or 1 <= pause <= 60 for pause in pauses)
    if len(minutes) == 1:
        begun = asked[pauses.index(None)]
        assert await wishes.take_start("local", begun, 10) is None, "the same one counts once"
        assert await wishes.take_start("other", "key", 10) is None, "others have a share of their own"


async def test_variants_that_nobody_uses_go(catalog: Connection) -> None:
    source = name_bytes(b"source", GLB)
    await publish(catalog, source=source)
    for key, days in (("young", 0), ("old", 29), ("older", 31), ("oldest", 90)):
        await made(key, source)
        await used(key, days)
    assert await drop(dry_run=True, page=1) == 2 and len(await left()) == 4
    assert await drop(page=1) == 2
    assert await left() == {"young", "old"}


async def test_variants_of_models_that_no_version_names_go(catalog: Connection) -> None:
    source, orphan = name_bytes(b"source", GLB), name_bytes(b"orphan", GLB)
    await publish(catalog, source=source)
    await publish(catalog, tenant="other", source=orphan)
    await made("kept", source)
    await made("orphan", orphan)
    await made("just begun", orphan)
    await made("kept", orphan, tenant="other")
    for key in ("kept", "orphan"):
        await used(key, 2)
    assert await drop() == 1
    assert await left() == {"kept", "just begun"} and await left("other") == {"kept"}


async def test_variants_go_with_the_last_version_of_their_model(catalog: Connection) -> None:
    shared, own = name_bytes(b"shared", GLB), name_bytes(b"own", GLB)
    await publish(catalog, source=own)
    await publish(catalog, source=shared)
    await publish(catalog, source=shared)
    await publish(catalog, "bob", source=shared)
    await publish(catalog, tenant="other", source=shared)
    await made("own", own)
    await made("shared", shared)
    await made("theirs", shared, tenant="other")
    await deletion.delete_version(catalog, "local", "ada", 1, by="")
    assert await left() == {"shared"}
    await deletion.delete_version(catalog, "local", "ada", 2, by="")
    assert await left() == {"shared"}, "version 3 has the same model"
    await deletion.delete_avatar(catalog, "local", "ada", by="")
    assert await left() == {"shared"}, "and so has bob"
    await deletion.delete_avatar(catalog, "local", "bob", by="")
    assert await left() == set() and await left("other") == {"theirs"}


async def sweep(catalog: Connection, blobs: LocalBlobs) -> steps.Swept:
    given = steps.SweepInput(rules=KeepRules(), dry_run=False, prefix="")
    found: steps.Swept = await ActivityEnvironment().run(Housekeeping(catalog, blobs).sweep_blobs, given)
    return found


async def old_blob(blobs: LocalBlobs, data: bytes) -> BlobRef:
    ref = await blobs.put(data, GLB)
    at = (NOW - timedelta(days=50)).timestamp()
    os.utime(blobs.path(ref), (at, at))
    return ref


async def test_the_sweep_leaves_the_bytes_of_variants(catalog: Connection, tmp_path: Path) -> None:
    blobs = LocalBlobs(tmp_path)
    ref = await old_blob(blobs, b"variant")
    await made("k", name_bytes(b"source", GLB))
    assert (await sweep(catalog, blobs)).blobs == 0
    await WishDocument.delete_all()
    assert (await sweep(catalog, blobs)).blobs == 1
    assert not await blobs.exists(ref)


async def test_a_variant_that_is_written_down_meanwhile_keeps_its_bytes(
    catalog: Connection, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Between the sweep's first look at the names and the second, a variant with these old bytes is written down."""
    blobs = LocalBlobs(tmp_path)
    ref = await old_blob(blobs, b"variant")
    real, asked = retention.named_blobs, 0

    async def named_blobs(sha256s: Iterable[str]) -> set[str]:
        nonlocal asked
        asked += 1
        found = await real(sha256s)
        if asked == 1:
            await made("k", name_bytes(b"source", GLB))
        return found

    monkeypatch.setattr(retention, "named_blobs", named_blobs)
    assert (await sweep(catalog, blobs)).blobs == 0
    assert asked == 2 and await blobs.exists(ref)


async def test_a_variant_that_is_used_meanwhile_is_not_dropped(
    catalog: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = name_bytes(b"source", GLB)
    await publish(catalog, source=source)
    await made("k", source)
    await used("k", 40)
    real = retention._delete_one

    async def touched_first(kind: Any, query: dict[str, Any], dry_run: bool) -> int:
        await wishes.touch_wish("local", "k")
        return await real(kind, query, dry_run)

    monkeypatch.setattr(retention, "_delete_one", touched_first)
    assert await drop() == 0 and await left() == {"k"}


async def test_the_housekeeping_drops_by_its_rules(catalog: Connection, tmp_path: Path) -> None:
    source = name_bytes(b"source", GLB)
    await publish(catalog, source=source)
    await made("k", source)
    await used("k", 3)
    keeping = Housekeeping(catalog, LocalBlobs(tmp_path))
    for days, count in ((7, 0), (2, 1)):
        given = steps.DropInput(rules=KeepRules(variants_days=days), dry_run=False, what=steps.Old.VARIANTS)
        dropped: steps.Dropped = await ActivityEnvironment().run(keeping.drop_old, given)
        assert (dropped.count, dropped.after) == (count, None)
