"""The event log: what happened to an agent's avatar, in order, for those who follow along."""

from __future__ import annotations

from datetime import UTC, datetime

from bson import ObjectId
from pymongo.asynchronous.client_session import AsyncClientSession
from pymongo.errors import DuplicateKeyError

from avatar.catalog.connection import answers_or_unavailable
from avatar.catalog.documents import EventDocument
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
    event = EventDocument(
        tenant=tenant,
        agent_id=agent_id,
        key=key,
        run_id=run_id,
        kind=kind.value,
        version=version,
        by=by,
        detail=detail,
        at=datetime.now(UTC),
    )
    if session is not None:
        await event.insert(session=session)
        return
    await _insert_once(event)


@answers_or_unavailable
async def _insert_once(event: EventDocument) -> None:
    try:
        await event.insert()
    except DuplicateKeyError:
        return


@answers_or_unavailable
async def events_after(tenant: str, agent_id: str, after: str | None, limit: int = 100) -> list[AvatarEvent]:
    """Events of an agent that follow the one whose id is ``after``, oldest first; from the beginning with None."""
    wanted: dict[str, object] = {"tenant": tenant, "agent_id": agent_id}
    if after is not None:
        wanted["_id"] = {"$gt": ObjectId(after)}
    found = await EventDocument.find(wanted).sort("+_id").limit(limit).to_list()
    return [_event(document) for document in found]


@answers_or_unavailable
async def newest_event_id(tenant: str, agent_id: str) -> str | None:
    """The id of the agent's latest event, from where a new follower starts."""
    found = await EventDocument.find({"tenant": tenant, "agent_id": agent_id}).sort("-_id").first_or_none()
    return str(found.id) if found else None


def _event(document: EventDocument) -> AvatarEvent:
    return AvatarEvent(
        id=str(document.id),
        agent_id=document.agent_id,
        run_id=document.run_id,
        kind=EventKind(document.kind),
        version=document.version,
        by=document.by,
        detail=document.detail,
        at=document.at,
    )
