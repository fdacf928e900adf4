"""Lists: many avatars at once, searched by words; an avatar's versions."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from beanie import SortDirection

from avatar.catalog.avatars import words_of
from avatar.catalog.connection import answers_or_unavailable
from avatar.catalog.cursors import cursor, position_of
from avatar.catalog.documents import AvatarDocument, VersionDocument
from avatar.errors import NotFound
from avatar.manifest import VersionRecord
from avatar.profile import AvatarStyle


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which avatars. Every word of ``text`` must begin a word of the name, id, role, tags, style or provider."""

    text: str = ""
    style: AvatarStyle | None = None
    tag: str | None = None
    provider: str | None = None


@dataclass(frozen=True, slots=True)
class Card:
    """An avatar in a list."""

    agent_id: str
    name: str
    style: AvatarStyle
    provider: str
    summary: str
    tags: tuple[str, ...]
    version: int
    has_picture: bool
    created_at: datetime
    updated_at: datetime


@dataclass(frozen=True, slots=True)
class Cards:
    """A page; ``next`` is the cursor of the one that follows, None on the last."""

    items: tuple[Card, ...]
    next: str | None


@dataclass(frozen=True, slots=True)
class Versions:
    """A page of an avatar's versions, and which of all is served."""

    items: tuple[VersionRecord, ...]
    current: int
    next: str | None


NEWEST_FIRST = [("created_at", SortDirection.DESCENDING), ("agent_id", SortDirection.ASCENDING)]


@answers_or_unavailable
async def list_avatars(tenant: str, wanted: Wanted, *, limit: int, after: str | None = None) -> Cards:
    """Published avatars, newest first. Raises InvalidInput for a cursor of another list."""
    asked = (tenant, wanted.text, wanted.style, wanted.tag, wanted.provider)
    query = avatars_query(tenant, wanted)
    if after is not None:
        micros, agent_id = position_of(after, *asked)
        query["$and"].append(_follows(micros, agent_id))
    # One more than is shown: it tells whether a page follows.
    found = await AvatarDocument.find(query).sort(NEWEST_FIRST).limit(limit + 1).to_list()
    shown = found[:limit]
    last = shown[-1] if len(found) > limit else None
    pictured = await _with_picture(tenant, shown)
    return Cards(
        items=tuple(_card(document, document.agent_id in pictured) for document in shown),
        next=cursor([_micros(last.created_at), last.agent_id], *asked) if last else None,
    )


@answers_or_unavailable
async def list_versions(tenant: str, agent_id: str, *, limit: int, after: str | None = None) -> Versions:
    """An avatar's versions, newest first. Raises NotFound, InvalidInput for a cursor of another list."""
    avatar = await AvatarDocument.find_one({"tenant": tenant, "agent_id": agent_id})
    if avatar is None or avatar.current is None:
        raise NotFound(f"agent '{agent_id}' has no published avatar", mend="Its status tells whether one is being made")
    query: dict[str, Any] = {"tenant": tenant, "agent_id": agent_id}
    if after is not None:
        (number,) = position_of(after, tenant, agent_id)
        query["number"] = {"$lt": number}
    found = await VersionDocument.find(query).sort("-number").limit(limit + 1).to_list()
    shown = found[:limit]
    return Versions(
        items=tuple(VersionRecord.model_validate(document.record) for document in shown),
        current=avatar.current,
        next=cursor([shown[-1].number], tenant, agent_id) if len(found) > limit else None,
    )


def avatars_query(tenant: str, wanted: Wanted) -> dict[str, Any]:
    """The MongoDB query for the avatars that are ``wanted``; the tests explain it."""
    # Escaped and anchored: a prefix search is a range of the index on words, and never a pattern of the caller's.
    words: list[dict[str, Any]] = [{"words": {"$regex": f"^{re.escape(word)}"}} for word in words_of(wanted.text)]
    query: dict[str, Any] = {"tenant": tenant, "$and": [{"current": {"$ne": None}}, *words]}
    if wanted.style:
        query["style"] = wanted.style.value
    if wanted.tag:
        query["tags"] = wanted.tag
    if wanted.provider:
        query["provider"] = wanted.provider
    return query


def _follows(micros: int, agent_id: str) -> dict[str, Any]:
    at = datetime.fromtimestamp(micros / 1e6, UTC)
    return {"$or": [{"created_at": {"$lt": at}}, {"created_at": at, "agent_id": {"$gt": agent_id}}]}


def _micros(at: datetime) -> int:
    return round(at.timestamp() * 1e6)


async def _with_picture(tenant: str, shown: list[AvatarDocument]) -> set[str]:
    """The ids of those whose served version has a picture."""
    if not shown:
        return set()
    one_each = [{"tenant": tenant, "agent_id": avatar.agent_id, "number": avatar.current} for avatar in shown]
    found = VersionDocument.get_pymongo_collection().find(
        {"$or": one_each}, {"agent_id": 1, "record.picture.sha256": 1, "_id": 0}
    )
    return {version["agent_id"] async for version in found if version["record"].get("picture")}


def _card(avatar: AvatarDocument, has_picture: bool) -> Card:
    assert avatar.current is not None, "the query asks for avatars that are served"
    return Card(
        agent_id=avatar.agent_id,
        name=avatar.name,
        style=AvatarStyle(avatar.style),
        provider=avatar.provider,
        summary=avatar.summary,
        tags=tuple(avatar.tags),
        version=avatar.current,
        has_picture=has_picture,
        created_at=avatar.created_at,
        updated_at=avatar.updated_at,
    )
