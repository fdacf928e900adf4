"""Queries on avatars and their versions; publishing."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

from pymongo.asynchronous.client_session import AsyncClientSession

from avatar.catalog.connection import Connection, answers_or_unavailable
from avatar.catalog.documents import AvatarDocument, RunDocument, VersionDocument
from avatar.errors import Conflict, NotFound
from avatar.manifest import VersionRecord
from avatar.run import RunKey, RunStatus


@answers_or_unavailable
async def current_version(tenant: str, agent_id: str) -> VersionRecord:
    """The version that is served now. Raises NotFound when nothing was published yet."""
    avatar = await AvatarDocument.find_one({"tenant": tenant, "agent_id": agent_id})
    if avatar is None:
        raise NotFound(
            f"agent '{agent_id}' has no published avatar",
            mend="Its status tells whether one is being made; POST /api/avatars/generate starts one",
        )
    return await get_version(tenant, agent_id, avatar.current)


@answers_or_unavailable
async def get_version(tenant: str, agent_id: str, number: int) -> VersionRecord:
    """One version by number. Raises NotFound."""
    document = await VersionDocument.find_one({"tenant": tenant, "agent_id": agent_id, "number": number})
    if document is None:
        raise NotFound(f"agent '{agent_id}' has no version {number}")
    return VersionRecord.model_validate(document.record)


async def publish_version(
    connection: Connection, key: RunKey, build: Callable[[int, datetime], VersionRecord]
) -> VersionRecord:
    """Write version n whole and move ``current`` to it, all or nothing.

    ``build(number, now)`` makes the record once its number is known. Doing it again for the same run returns what
    the first time wrote. Raises Conflict when the run was stopped meanwhile, Unavailable.
    """

    async def work(session: AsyncClientSession) -> VersionRecord:
        already = await VersionDocument.find_one(VersionDocument.run_id == key.run_id, session=session)
        if already is not None:
            return VersionRecord.model_validate(already.record)
        now = datetime.now(UTC)
        run = await RunDocument.find_one(RunDocument.run_id == key.run_id, session=session)
        if run is None or run.status != RunStatus.RUNNING.value:
            raise Conflict(f"run {key.run_id} is not under way any more; nothing was published")
        avatar = await AvatarDocument.find_one({"tenant": key.tenant, "agent_id": key.agent_id}, session=session)
        number = avatar.latest + 1 if avatar else 1
        record = build(number, now)
        await VersionDocument(
            tenant=key.tenant,
            agent_id=key.agent_id,
            number=number,
            run_id=key.run_id,
            record=record.model_dump(mode="json", by_alias=True),
        ).insert(session=session)
        if avatar is None:
            await AvatarDocument(
                tenant=key.tenant,
                agent_id=key.agent_id,
                name=record.name,
                current=number,
                latest=number,
                created_at=now,
                updated_at=now,
            ).insert(session=session)
        else:
            avatar.name, avatar.current, avatar.latest, avatar.updated_at = record.name, number, number, now
            await avatar.save(session=session)
        await run.set({"version": number, "updated_at": now}, session=session)
        return record

    return await connection.in_transaction(work)


@answers_or_unavailable
async def served_number(tenant: str, agent_id: str) -> int | None:
    """Which version is served now, without reading it."""
    avatar = await AvatarDocument.find_one({"tenant": tenant, "agent_id": agent_id})
    return avatar.current if avatar else None
