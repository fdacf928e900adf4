"""Variants and pictures of models that were asked for by address: which there are, who may start another, which nobody
uses.

What was made belongs to its tenant and to the model it is made of, not to a version: versions and agents with one model
share it. It is reached through a version only, and goes with the last version that names its model.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from pymongo.asynchronous.client_session import AsyncClientSession
from pymongo.errors import DuplicateKeyError

from avatar.catalog.connection import answers_or_unavailable
from avatar.catalog.documents import VersionDocument, WishDocument, WishStartsDocument
from avatar.wish import KnownWish, MadeFile, Wish, WishFailure, WishKind, kind_of

MINUTE = 60.0
TOUCH_EVERY = timedelta(hours=1)
MOST_LISTED = 200


@answers_or_unavailable
async def find_wish(tenant: str, key: str) -> KnownWish | None:
    """What is known of the wish of that key."""
    found = await WishDocument.get_pymongo_collection().find_one({"tenant": tenant, "key": key})
    return _known(found) if found else None


@answers_or_unavailable
async def find_wishes(tenant: str, keys: Sequence[str]) -> dict[str, KnownWish]:
    """What is known of several, by key."""
    found = WishDocument.get_pymongo_collection().find({"tenant": tenant, "key": {"$in": list(keys)}})
    return {wish.key: wish for wish in [_known(document) async for document in found]}


@answers_or_unavailable
async def variants_of(tenant: str, source: str) -> tuple[KnownWish, ...]:
    """The variants of a model (sha256), latest used first; at most 200."""
    found = WishDocument.get_pymongo_collection().find(
        {"tenant": tenant, "source": source, "kind": WishKind.VARIANT.value}
    )
    return tuple([_known(document) async for document in found.sort("used_at", -1).limit(MOST_LISTED)])


@answers_or_unavailable
async def begin_wish(tenant: str, key: str, *, agent_id: str, source: str, wish: Wish, query: str) -> None:
    """Note that a file is being made; that it failed before is forgotten."""
    now = datetime.now(UTC)
    await WishDocument.get_pymongo_collection().update_one(
        {"tenant": tenant, "key": key},
        {
            "$set": {"failure": None, "ended_at": None, "asked_at": now, "used_at": now},
            "$setOnInsert": {
                "blob": None,
                "facts": None,
                "agent_id": agent_id,
                "source": source,
                "kind": kind_of(wish).value,
                "wish": wish.model_dump(mode="json"),
                "query": query,
            },
        },
        upsert=True,
    )


@answers_or_unavailable
async def end_wish(tenant: str, key: str, made: MadeFile | WishFailure) -> bool:
    """Write down what came of it. False when the wish has gone meanwhile, with its avatar: it stays gone."""
    if isinstance(made, MadeFile):
        said = {"blob": made.blob.model_dump(mode="json"), "facts": made.facts.model_dump(mode="json"), "failure": None}
    else:
        said = {"blob": None, "facts": None, "failure": made.model_dump(mode="json")}
    done = await WishDocument.get_pymongo_collection().update_one(
        {"tenant": tenant, "key": key}, {"$set": {**said, "ended_at": datetime.now(UTC)}}
    )
    return done.matched_count == 1


@answers_or_unavailable
async def lose_wish(tenant: str, key: str, sha256: str) -> None:
    """Its bytes are not in the store any more: it has to be made again."""
    await WishDocument.get_pymongo_collection().update_one(
        {"tenant": tenant, "key": key, "blob.sha256": sha256}, {"$set": {"blob": None, "facts": None}}
    )


@answers_or_unavailable
async def touch_wish(tenant: str, key: str) -> None:
    """It is in use; written at most once an hour."""
    now = datetime.now(UTC)
    await WishDocument.get_pymongo_collection().update_one(
        {"tenant": tenant, "key": key, "used_at": {"$lt": now - TOUCH_EVERY}}, {"$set": {"used_at": now}}
    )


@answers_or_unavailable
async def take_start(tenant: str, key: str, per_minute: int) -> float | None:
    """Count the start of a build against the tenant's share of this minute, for all processes together.

    The same wish counts once a minute. None when it may start, else the seconds until the next minute.
    """
    now = time.time()
    minute = int(now // MINUTE)
    room = {"tenant": tenant, "minute": minute, "$or": [{"keys": key}, {f"keys.{per_minute - 1}": {"$exists": False}}]}
    begun = {"$addToSet": {"keys": key}, "$setOnInsert": {"at": datetime.now(UTC)}}
    for _ in range(2):
        try:
            await WishStartsDocument.get_pymongo_collection().update_one(room, begun, upsert=True)
        except DuplicateKeyError:
            continue  # the minute is full, or another process has just begun it: then there is room at the second look
        return None
    return max(1.0, (minute + 1) * MINUTE - now)


async def drop_orphans(tenant: str, sources: Iterable[str], session: AsyncClientSession) -> None:
    """Drop what was made of those models (sha256) that no version of the tenant names any more."""
    asked = sorted(set(sources))
    named: list[str] = await VersionDocument.get_pymongo_collection().distinct(
        "record.source.sha256", {"tenant": tenant, "record.source.sha256": {"$in": asked}}, session=session
    )
    gone = sorted(set(asked) - set(named))
    await WishDocument.get_pymongo_collection().delete_many(
        {"tenant": tenant, "source": {"$in": gone}}, session=session
    )


def _known(document: dict[str, Any]) -> KnownWish:
    built = {"blob": document["blob"], "facts": document["facts"]} if document.get("blob") else None
    return KnownWish.model_validate(
        {
            "built": built,
            **{
                name: document[name]
                for name in (
                    "key", "agent_id", "source", "wish", "query", "failure", "asked_at", "ended_at", "used_at"
                )
            },
        }
    )  # fmt: skip
