"""Queries on avatars and their versions; publishing."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from unicodedata import combining, normalize
from uuid import uuid4

from pymongo.asynchronous.client_session import AsyncClientSession

from avatar.catalog.connection import Connection, answers_or_unavailable
from avatar.catalog.documents import AvatarDocument, RunDocument, VersionDocument
from avatar.catalog.events import record_event
from avatar.errors import Conflict, NotFound
from avatar.event import EventKind
from avatar.manifest import VersionRecord
from avatar.run import RunKey, RunStatus

WORD = re.compile(r"[^\W_]+")
MAX_WORD = 64  # characters of a word that a search looks at
MAX_WORDS = 400  # of a card; a role may be pages long


@answers_or_unavailable
async def current_version(tenant: str, agent_id: str) -> VersionRecord:
    """The version that is served now. Raises NotFound when nothing was published yet."""
    avatar = await AvatarDocument.find_one({"tenant": tenant, "agent_id": agent_id})
    if avatar is None or avatar.current is None:
        raise NotFound(
            f"agent '{agent_id}' has no published avatar",
            mend="Its status tells whether one is being made; POST /api/avatars/generate starts one",
        )
    return await get_version(tenant, agent_id, avatar.current)


@dataclass(frozen=True, slots=True)
class Slot:
    """The place a new version takes: its number, the moment, what was served before it, seconds since the request."""

    number: int
    now: datetime
    base: VersionRecord | None
    seconds: float


@answers_or_unavailable
async def get_version(tenant: str, agent_id: str, number: int) -> VersionRecord:
    """One version by number. Raises NotFound."""
    document = await VersionDocument.find_one({"tenant": tenant, "agent_id": agent_id, "number": number})
    if document is None:
        raise NotFound(f"agent '{agent_id}' has no version {number}")
    return VersionRecord.model_validate(document.record)


async def publish_version(connection: Connection, key: RunKey, build: Callable[[Slot], VersionRecord]) -> VersionRecord:
    """Write version n whole and move ``current`` to it, all or nothing.

    ``build`` makes the record once its place is known. Doing it again for the same run returns what the first time
    wrote. Raises Conflict when the run was stopped meanwhile, Unavailable.
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
        served = avatar.current if avatar else None
        base = await _version(key.tenant, key.agent_id, served, session) if served else None
        record = build(Slot(number, now, base, (now - run.created_at).total_seconds()))
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
                current=number,
                latest=number,
                created_at=now,
                updated_at=now,
                **card_of(record),
            ).insert(session=session)
        else:
            born = {} if avatar.current else {"created_at": now}
            served_now = {"current": number, "latest": number, "updated_at": now, **born, **card_of(record)}
            await avatar.set(served_now, session=session)
        await run.set({"version": number, "updated_at": now}, session=session)
        return record

    return await connection.in_transaction(work)


async def roll_back(connection: Connection, tenant: str, agent_id: str, number: int, *, by: str) -> VersionRecord:
    """Serve version ``number`` again: ``current`` moves, the versions stay as they are.

    Nothing happens when it is served already. Raises NotFound, Unavailable.
    """

    async def work(session: AsyncClientSession) -> VersionRecord:
        avatar = await AvatarDocument.find_one({"tenant": tenant, "agent_id": agent_id}, session=session)
        record = await _version(tenant, agent_id, number, session)
        if avatar is None or record is None:
            raise NotFound(f"agent '{agent_id}' has no version {number}")
        if avatar.current == number:
            return record
        left = avatar.current
        await avatar.set({"current": number, "updated_at": datetime.now(UTC), **card_of(record)}, session=session)
        await record_event(
            tenant,
            agent_id,
            EventKind.ROLLED_BACK,
            key=f"{EventKind.ROLLED_BACK.value}/{uuid4().hex}",
            version=number,
            by=by,
            detail=f"from version {left} to version {number}",
            session=session,
        )
        return record

    return await connection.in_transaction(work)


@answers_or_unavailable
async def served_number(tenant: str, agent_id: str) -> int | None:
    """Which version is served now, without reading it."""
    avatar = await AvatarDocument.find_one({"tenant": tenant, "agent_id": agent_id})
    return avatar.current if avatar else None


def card_of(record: VersionRecord) -> dict[str, Any]:
    """What lists and searches know of an avatar, from the version that is served."""
    profile = record.order.request.profile
    told = (record.agent_id, record.name, record.style.value, record.provider, *profile.tags, profile.role)
    return {
        "name": record.name,
        "style": record.style.value,
        "provider": record.provider,
        "summary": record.character.summary,
        "tags": list(profile.tags),
        "words": words_of(" ".join(told)),
    }


def words_of(text: str) -> list[str]:
    """The words of a text as a search compares them: without case and accents, each once, in order."""
    plain = normalize("NFKD", normalize("NFKD", text).casefold())
    letters = "".join(letter for letter in plain if not combining(letter))
    return list(dict.fromkeys(word[:MAX_WORD] for word in WORD.findall(letters)))[:MAX_WORDS]


async def _version(tenant: str, agent_id: str, number: int, session: AsyncClientSession) -> VersionRecord | None:
    found = await VersionDocument.find_one({"tenant": tenant, "agent_id": agent_id, "number": number}, session=session)
    return VersionRecord.model_validate(found.record) if found else None
