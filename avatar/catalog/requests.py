"""Requests that carried an Idempotency-Key: who works on them, and what the answer was."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from pymongo.errors import DuplicateKeyError

from avatar.catalog.connection import answers_or_unavailable
from avatar.catalog.documents import RequestDocument


@dataclass(frozen=True, slots=True)
class Answer:
    """What the first request was told: HTTP status, JSON body, Location (empty when it had none)."""

    status: int
    body: str
    location: str


@dataclass(frozen=True, slots=True)
class Reservation:
    """What is known of a key. ``run_id`` is the id of the run that its request starts, if it starts one.

    ``ours`` is True when the caller is to do the work now, ``fresh`` when nobody has ever tried before it.
    """

    fingerprint: str
    run_id: str
    answer: Answer | None
    ours: bool
    fresh: bool


@answers_or_unavailable
async def reserve(tenant: str, key: str, fingerprint: str, run_id: str, lease: timedelta) -> Reservation:
    """Reserve ``key``, or take over what a holder left unanswered for longer than its lease, or see whose it is.

    ``run_id`` is used when the key is new. Raises Unavailable.
    """
    document = None
    while document is None:
        now = datetime.now(UTC)
        document = RequestDocument(
            tenant=tenant, key=key, fingerprint=fingerprint, run_id=run_id, held_until=now + lease, at=now
        )
        try:
            await document.insert()
        except DuplicateKeyError:
            document = await RequestDocument.find_one({"tenant": tenant, "key": key})  # None: let go just now
        else:
            return Reservation(fingerprint, run_id, answer=None, ours=True, fresh=True)
    ours = document.status is None and document.fingerprint == fingerprint and await _take_over(document, lease)
    return Reservation(document.fingerprint, document.run_id, _answer(document), ours=ours, fresh=False)


@answers_or_unavailable
async def remember_answer(tenant: str, key: str, answer: Answer) -> None:
    """Keep what the request was told; the first answer stays. Raises Unavailable."""
    unanswered = RequestDocument.find_one({"tenant": tenant, "key": key, "status": None})
    await unanswered.update({"$set": {"status": answer.status, "body": answer.body, "location": answer.location}})


@answers_or_unavailable
async def let_go(tenant: str, key: str) -> None:
    """Stop working on the request without an answer: the next one goes on with the same run id. Raises Unavailable."""
    unanswered = RequestDocument.find_one({"tenant": tenant, "key": key, "status": None})
    await unanswered.update({"$set": {"held_until": datetime.now(UTC)}})


@answers_or_unavailable
async def forget(tenant: str, key: str) -> None:
    """Free the key: its request was refused and has changed nothing. Raises Unavailable."""
    await RequestDocument.find_one({"tenant": tenant, "key": key, "status": None}).delete()


async def _take_over(document: RequestDocument, lease: timedelta) -> bool:
    now = datetime.now(UTC)
    taken = await RequestDocument.get_pymongo_collection().update_one(
        {"_id": document.id, "status": None, "held_until": {"$lte": now}}, {"$set": {"held_until": now + lease}}
    )
    return taken.modified_count == 1


def _answer(document: RequestDocument) -> Answer | None:
    return Answer(document.status, document.body, document.location) if document.status is not None else None
