"""The event log: what happened to an agent's avatar, in order, for those who follow along."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from pymongo import ReturnDocument
from pymongo.asynchronous.client_session import AsyncClientSession
from pymongo.errors import DuplicateKeyError

from avatar.catalog.connection import answers_or_unavailable
from avatar.catalog.documents import EventCountDocument, EventDocument
from avatar.event import AvatarEvent, EventKind


async def record_event(
    tenant: str,
    agent_id: str,
    kind: EventKind,
    *,
    key: str,
    run_id: str | None = None,
    version: int | None = None,
    by: str = "",
    detail: str = "",
    session: AsyncClientSession | None = None,
) -> None:
    """Append to the log; a second time under the same ``key`` changes nothing. Raises Unavailable.

    Inside a transaction (``session``) a second write of a key is an error that aborts it, as MongoDB has it.
    """
    event = {
        "tenant": tenant,
        "agent_id": agent_id,
        "key": key,
        "run_id": run_id,
        "kind": kind.value,
        "version": version,
        "by": by,
        "detail": detail,
        "at": datetime.now(UTC),
    }
    if session is not None:
        await _append(event, session)
    else:
        await _append_once(event)


@answers_or_unavailable
async def _append_once(event: dict[str, Any]) -> None:
    once = {name: event[name] for name in ("tenant", "agent_id", "key")}

    async def work(session: AsyncClientSession) -> None:
        if await EventDocument.find_one(once, session=session) is None:
            await _append(event, session)

    async with EventDocument.get_pymongo_collection().database.client.start_session() as session:
        try:
            await session.with_transaction(work)
        except DuplicateKeyError:
            # Two first events of one agent at the same moment: both wanted to begin the count.
            await session.with_transaction(work)


async def _append(event: dict[str, Any], session: AsyncClientSession) -> None:
    # Until the transaction ends nobody else gets a number: whoever sees number n has seen, or can see, all before it.
    # Neither time nor ObjectId can promise that, because they come from the clocks of several machines.
    counted = await EventCountDocument.get_pymongo_collection().find_one_and_update(
        {"tenant": event["tenant"], "agent_id": event["agent_id"]},
        {"$inc": {"newest": 1}},
        upsert=True,
        return_document=ReturnDocument.AFTER,
        session=session,
    )
    assert counted is not None  # upsert
    await EventDocument(number=counted["newest"], **event).insert(session=session)


@answers_or_unavailable
async def events_after(tenant: str, agent_id: str, after: str | None, limit: int = 100) -> list[AvatarEvent]:
    """Events of an agent that follow the one whose id is ``after``, oldest first; from the beginning with None."""
    wanted: dict[str, object] = {"tenant": tenant, "agent_id": agent_id}
    if after is not None:
        wanted["number"] = {"$gt": int(after)}
    found = await EventDocument.find(wanted).sort("+number").limit(limit).to_list()
    return [_event(document) for document in found]


@answers_or_unavailable
async def newest_event_id(tenant: str, agent_id: str) -> str | None:
    """The id of the agent's latest event, from where a new follower starts."""
    found = await EventCountDocument.find_one({"tenant": tenant, "agent_id": agent_id})
    return str(found.newest) if found else None


def _event(document: EventDocument) -> AvatarEvent:
    return AvatarEvent(
        id=str(document.number),
        agent_id=document.agent_id,
        run_id=document.run_id,
        kind=EventKind(document.kind),
        version=document.version,
        by=document.by,
        detail=document.detail,
        at=document.at,
    )
