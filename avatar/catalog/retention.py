"""What has outlived its use: dropping it page by page, and finding blobs that nothing names any more.

These queries look at all tenants. Each function takes one page after the document ``after`` and says where the next
begins, so that nothing takes long and everything can be done again.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from beanie import Document
from bson import ObjectId

from avatar.catalog.connection import Connection, answers_or_unavailable
from avatar.catalog.deletion import delete_version
from avatar.catalog.documents import (
    AvatarDocument,
    EventDocument,
    ResultDocument,
    RunDocument,
    VersionDocument,
    WishDocument,
)
from avatar.errors import Conflict, NotFound
from avatar.run import RunStatus

PAGE = 200
BY = "housekeeping"
RUNNING = {"status": RunStatus.RUNNING.value}
VERSION_BLOBS = ("record.source.sha256", "record.lods.blob.sha256", "record.picture.sha256")


@dataclass(frozen=True, slots=True)
class Dropped:
    """How many, and where to go on; ``after`` is None when that was the last page."""

    count: int
    after: str | None


@answers_or_unavailable
async def drop_runs(older: datetime, after: str | None = None, *, dry_run: bool = False, page: int = PAGE) -> Dropped:
    """Records of runs that ended before ``older``; never an agent's latest run, never one under way."""
    found = await _page(RunDocument, {"finished_at": {"$lt": older}, "status": {"$ne": RUNNING["status"]}}, after, page)
    count = 0
    for run in found:
        agent = {"tenant": run["tenant"], "agent_id": run["agent_id"]}
        newer = await RunDocument.get_pymongo_collection().find_one(
            {**agent, "created_at": {"$gt": run["created_at"]}}, {"_id": 1}
        )
        if newer is not None:
            count += await _delete_one(RunDocument, {"_id": run["_id"]}, dry_run)
    return Dropped(count, _next(found, page))


@answers_or_unavailable
async def drop_results(
    older: datetime, after: str | None = None, *, dry_run: bool = False, page: int = PAGE
) -> Dropped:
    """Results not used since ``older``; none of an agent that has a run under way, which may be paused for weeks."""
    found = await _page(ResultDocument, {"used_at": {"$lt": older}}, after, page)
    agents = [{"tenant": tenant, "agent_id": agent} for tenant, agent in {_agent(result) for result in found}]
    busy: set[tuple[str, str]] = set()
    if agents:
        under_way = RunDocument.get_pymongo_collection().find({**RUNNING, "$or": agents}, {"tenant": 1, "agent_id": 1})
        busy = {_agent(run) async for run in under_way}
    count = 0
    for result in found:
        if _agent(result) not in busy:
            # Its age once more: a run that was started meanwhile and took it has made it young.
            unused = {"_id": result["_id"], "used_at": {"$lt": older}}
            count += await _delete_one(ResultDocument, unused, dry_run)
    return Dropped(count, _next(found, page))


@answers_or_unavailable
async def drop_events(older: datetime, after: str | None = None, *, dry_run: bool = False, page: int = PAGE) -> Dropped:
    """Events from before ``older``."""
    found = await _page(EventDocument, {"at": {"$lt": older}}, after, page)
    if found and not dry_run:
        await EventDocument.get_pymongo_collection().delete_many({"_id": {"$in": [event["_id"] for event in found]}})
    return Dropped(len(found), _next(found, page))


@answers_or_unavailable
async def drop_versions(
    connection: Connection, keep: int, after: str | None = None, *, dry_run: bool = False, page: int = PAGE
) -> Dropped:
    """Versions beyond the newest ``keep`` of each avatar; never the one that is served. A page is so many avatars."""
    found = await _page(AvatarDocument, {"latest": {"$gt": keep}}, after, page)
    count = 0
    for avatar in found:
        tenant, agent_id = _agent(avatar)
        numbers = (
            VersionDocument.get_pymongo_collection()
            .find({"tenant": tenant, "agent_id": agent_id}, {"number": 1, "_id": 0})
            .sort("number", -1)
            .skip(keep)
        )
        for number in [version["number"] async for version in numbers]:
            if number == avatar["current"]:
                continue
            if not dry_run:
                try:
                    await delete_version(
                        connection, tenant, agent_id, number, by=BY, detail=f"the newest {keep} are kept"
                    )
                except (Conflict, NotFound):
                    continue  # somebody rolled back to it, or deleted it, just now
            count += 1
    return Dropped(count, _next(found, page))


@answers_or_unavailable
async def drop_wishes(
    older: datetime, quiet: datetime, after: str | None = None, *, dry_run: bool = False, page: int = PAGE
) -> Dropped:
    """Wishes not used since ``older``, and those not used since ``quiet`` whose model no version names any more."""
    found = await _page(WishDocument, {"used_at": {"$lt": max(older, quiet)}}, after, page)
    named: set[tuple[str, str]] = set()
    if found:
        among = {"record.source.sha256": {"$in": sorted({wish["source"] for wish in found})}}
        versions = VersionDocument.get_pymongo_collection().find(among, {"tenant": 1, "record.source.sha256": 1})
        named = {(version["tenant"], version["record"]["source"]["sha256"]) async for version in versions}
    count = 0
    for wish in found:
        orphan = (wish["tenant"], wish["source"]) not in named
        # Its age once more: somebody may have asked for it meanwhile.
        unused = {"_id": wish["_id"], "used_at": {"$lt": max(older, quiet) if orphan else older}}
        if orphan or wish["used_at"] < older:
            count += await _delete_one(WishDocument, unused, dry_run)
    return Dropped(count, _next(found, page))


@answers_or_unavailable
async def named_blobs(sha256s: Iterable[str]) -> set[str]:
    """Which of these blobs a version, a result or a wish of any tenant names."""
    asked = set(sha256s)
    among = {"$in": sorted(asked)}
    named: set[str] = set(await ResultDocument.get_pymongo_collection().distinct("blobs", {"blobs": among}))
    named |= set(await WishDocument.get_pymongo_collection().distinct("blob.sha256", {"blob.sha256": among}))
    for field in VERSION_BLOBS:
        named |= set(await VersionDocument.get_pymongo_collection().distinct(field, {field: among}))
    return named & asked


async def _page(kind: type[Document], query: dict[str, Any], after: str | None, page: int) -> list[Mapping[str, Any]]:
    if after is not None:
        query = {**query, "_id": {"$gt": ObjectId(after)}}
    fields = {"tenant": 1, "agent_id": 1, "created_at": 1, "current": 1, "source": 1, "used_at": 1}
    return await kind.get_pymongo_collection().find(query, fields).sort("_id", 1).limit(page).to_list()


def _next(found: list[Mapping[str, Any]], page: int) -> str | None:
    return str(found[-1]["_id"]) if len(found) == page else None


def _agent(document: Mapping[str, Any]) -> tuple[str, str]:
    return document["tenant"], document["agent_id"]


async def _delete_one(kind: type[Document], query: dict[str, Any], dry_run: bool) -> int:
    if dry_run:
        return 1
    return (await kind.get_pymongo_collection().delete_one(query)).deleted_count
