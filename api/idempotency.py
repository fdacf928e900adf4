"""Idempotency-Key: a request that is sent again is carried out once.

In the spirit of draft-ietf-httpapi-idempotency-key-header. A key is reserved together with the id of the run that its
request will start, before anything is done. So whoever sends it again, to whichever process and after whatever crash,
gets the first answer, or the work is taken up where it stopped, under that id.

Only answers of requests that were carried out are kept. One that was refused has changed nothing and frees its key:
a refusal such as "another run is under way" says itself to ask again later.
"""

from __future__ import annotations

import asyncio
import hashlib
import re
import uuid
from collections.abc import Awaitable, Callable
from contextlib import suppress
from datetime import timedelta
from typing import Annotated

import structlog
from fastapi import Header, Request, Response

from api.orders import tell
from api.services import services_of
from avatar.catalog import requests, runs
from avatar.errors import AvatarError, Conflict, InvalidInput, NotFound, Unavailable
from runtime import generations
from runtime.services import Services

log = structlog.get_logger()
PRINTABLE = re.compile(r"[\x20-\x7e]{1,255}")
LEASE = timedelta(seconds=5)  # a holder that has not answered by then is thought dead; to take over is safe even so
WAIT_SECONDS = 8.0  # longer than the lease: who waits sees the answer or takes over
POLL_SECONDS = 0.05

IdempotencyKey = Annotated[
    str | None,
    Header(
        alias="Idempotency-Key",
        description="1 to 255 printable ASCII characters that name this request, say a UUID. Sent again within a day, "
        "the same request gets the same answer and starts nothing anew.",
        examples=["8e03978e-40d5-43e8-bc93-6894a57f9324"],
    ),
]


async def once(
    request: Request, tenant: str, key: str | None, body: bytes, work: Callable[[str | None], Awaitable[Response]]
) -> Response:
    """The answer of ``work``, which is done once for each key; without a key it is simply done.

    ``work`` gets the id for the run that it starts (None: any). Raises InvalidInput when the key does not fit or was
    used for a different request, Conflict when the first request with it is still being worked on, Unavailable, and
    what ``work`` raises.
    """
    if key is None:
        return await work(None)
    key = checked_key(key)
    services = services_of(request)
    reserved = await _reserve(tenant, key, fingerprint(request, body))
    if reserved.answer is not None:
        return replayed(reserved.answer)
    try:
        response = None if reserved.fresh else await _take_up(services, reserved.run_id)
        response = response or await work(reserved.run_id)
    except Exception as error:
        # After a refusal nothing is there that could be found again. After anything else there may be a run.
        refused = isinstance(error, AvatarError) and error.status < 500
        with suppress(Unavailable):  # then the lease ends by itself
            await (requests.forget if refused else requests.let_go)(tenant, key)
        raise
    answer = requests.Answer(response.status_code, bytes(response.body).decode(), response.headers.get("location", ""))
    try:
        await requests.remember_answer(tenant, key, answer)
    except Unavailable as error:
        # The work is done and the answer true. Sent again, the request finds the run by its id.
        log.warning("an answer was not kept for its Idempotency-Key", reason=str(error))
    return response


def checked_key(key: str) -> str:
    """The key, without the quotes that the draft's syntax puts around it. Raises InvalidInput."""
    if len(key) >= 2 and key[0] == key[-1] == '"':
        key = re.sub(r"\\([\"\\])", r"\1", key[1:-1])
    if not PRINTABLE.fullmatch(key):
        problem = "must be 1 to 255 printable ASCII characters"
        raise InvalidInput(
            f"Idempotency-Key {problem}",
            mend="A UUID serves well",
            errors=[{"field": "Idempotency-Key", "message": problem}],
        )
    return key


def fingerprint(request: Request, body: bytes) -> str:
    """sha256 (hex) of what makes a request the same request: method, path, query, body."""
    parts = (request.method, request.url.path, request.url.query, hashlib.sha256(body).hexdigest())
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()


def replayed(answer: requests.Answer) -> Response:
    """The first answer again."""
    headers = {"Idempotency-Replayed": "true"}
    if answer.location:
        headers["Location"] = answer.location
    return Response(answer.body, status_code=answer.status, media_type="application/json", headers=headers)


async def _reserve(tenant: str, key: str, wanted: str) -> requests.Reservation:
    """A reservation that is ours or answered; waits while another one works on it."""
    loop = asyncio.get_running_loop()
    deadline = loop.time() + WAIT_SECONDS
    while True:
        found = await requests.reserve(tenant, key, wanted, uuid.uuid4().hex, LEASE)
        if found.fingerprint != wanted:
            raise InvalidInput(
                "this Idempotency-Key was used for a different request",
                mend="Take a new key for a new request",
                errors=[{"field": "Idempotency-Key", "message": "was used for a different request"}],
            )
        if found.ours or found.answer is not None:
            return found
        if loop.time() > deadline:
            raise Conflict(
                "the first request with this Idempotency-Key is still being worked on",
                mend="Send it again in a moment, with the same key",
                headers={"Retry-After": "1"},
            )
        await asyncio.sleep(POLL_SECONDS)


async def _take_up(services: Services, run_id: str) -> Response | None:
    """The run that an earlier attempt of the request wrote down, started if that is where it stopped."""
    try:
        run = await runs.get_run(run_id)
    except NotFound:
        return None
    log.info("a request is taken up where it stopped", run_id=run_id)
    started = await generations.start(services, run.key.tenant, run.order, run_id=run_id)
    return await tell(services, started.run)
