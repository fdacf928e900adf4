"""Deleting: one version, or all that is kept of an agent.

Only references go. The bytes behind them are swept later, once nothing at all names them (``retention``).
"""

from __future__ import annotations

from datetime import UTC, datetime
from uuid import uuid4

from pymongo.asynchronous.client_session import AsyncClientSession

from avatar.catalog.connection import Connection
from avatar.catalog.documents import AvatarDocument, ResultDocument, RunDocument, VersionDocument
from avatar.catalog.events import record_event
from avatar.catalog.wishes import drop_orphans
from avatar.errors import Conflict, NotFound, PreconditionFailed
from avatar.event import EventKind
from avatar.run import RunStatus


async def delete_version(
    connection: Connection, tenant: str, agent_id: str, number: int, *, by: str, detail: str = ""
) -> None:
    """Delete one version. Raises NotFound, Conflict when it is the one that is served, Unavailable."""

    async def work(session: AsyncClientSession) -> None:
        avatar = await AvatarDocument.find_one({"tenant": tenant, "agent_id": agent_id}, session=session)
        if avatar is not None and avatar.current == number:
            raise Conflict(
                f"version {number} of agent '{agent_id}' is the one that is served",
                mend="Roll back to another version first, or delete the whole avatar",
            )
        version = {"tenant": tenant, "agent_id": agent_id, "number": number}
        found = await VersionDocument.get_pymongo_collection().find_one_and_delete(version, session=session)
        if avatar is None or found is None:
            raise NotFound(f"agent '{agent_id}' has no version {number}")
        await drop_orphans(tenant, [found["record"]["source"]["sha256"]], session)
        # Written although nothing of it changes that anybody sees: a rollback to this version at the same moment
        # writes it too, so one of the two has to look again.
        await avatar.set({"updated_at": datetime.now(UTC)}, session=session)
        await _tell(tenant, agent_id, EventKind.VERSION_DELETED, number, by, detail, session)

    await connection.in_transaction(work)


async def delete_avatar(
    connection: Connection, tenant: str, agent_id: str, *, by: str, if_served: int | None = None
) -> None:
    """Delete all versions, runs, results and wishes of an agent; a tombstone keeps its next number.

    With ``if_served`` only when that version is served. Raises NotFound when nothing is there, Conflict while a run
    is under way, PreconditionFailed, Unavailable.
    """
    everything = {"tenant": tenant, "agent_id": agent_id}

    async def work(session: AsyncClientSession) -> None:
        avatar = await AvatarDocument.find_one(everything, session=session)
        served = avatar.current if avatar else None
        if if_served is not None and served != if_served:
            raise PreconditionFailed(
                f"version {if_served} of agent '{agent_id}' is not served any more", mend="Read it again, then decide"
            )
        under_way = {**everything, "status": RunStatus.RUNNING.value}
        if await RunDocument.find_one(under_way, session=session) is not None:
            raise Conflict(f"a run of agent '{agent_id}' is under way", mend="Cancel it first")
        runs = await RunDocument.get_pymongo_collection().delete_many(everything, session=session)
        if served is None and not runs.deleted_count:
            raise NotFound(f"agent '{agent_id}' has no avatar")
        versions = VersionDocument.get_pymongo_collection()
        models = await versions.distinct("record.source.sha256", everything, session=session)
        await versions.delete_many(everything, session=session)
        await drop_orphans(tenant, models, session)
        await ResultDocument.get_pymongo_collection().delete_many(everything, session=session)
        if avatar is not None:
            wiped = {"name": "", "style": "", "provider": "", "summary": "", "tags": [], "words": []}
            await avatar.set({"current": None, "updated_at": datetime.now(UTC), **wiped}, session=session)
        await _tell(tenant, agent_id, EventKind.DELETED, served, by, "", session)

    await connection.in_transaction(work)


async def _tell(
    tenant: str, agent_id: str, kind: EventKind, version: int | None, by: str, detail: str, session: AsyncClientSession
) -> None:
    key = f"{kind.value}/{uuid4().hex}"
    await record_event(tenant, agent_id, kind, key=key, version=version, by=by, detail=detail, session=session)
