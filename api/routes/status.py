"""/api/avatars/{agentId}/status: where a run is, at little cost for those who ask again and again."""

from __future__ import annotations

import asyncio
from typing import Annotated

from fastapi import APIRouter, Query, Request, Response

from api import examples
from api.conditional import etag_matches
from api.following import CurrentFeed, ShownStatus, client_gone
from api.observe import HELD
from api.principal import CurrentPrincipal
from api.problems import responses
from api.routes.avatars import AgentIdInPath
from api.services import CurrentServices
from avatar.errors import InvalidInput, NotFound, Unavailable
from avatar.manifest import GenerationStatus
from runtime.following import Standing, StatusFeed
from runtime.services import Services

router = APIRouter(prefix="/api/avatars", tags=["avatars"])
LONGEST_WAIT = 25.0  # proxies commonly give up after 30 s
Wait = Annotated[
    float,
    Query(
        ge=0,
        le=LONGEST_WAIT,
        allow_inf_nan=False,
        description="With If-None-Match: hold the answer for up to so many seconds, until the status is another.",
    ),
]


@router.get(
    "/{agentId}/status",
    response_model=GenerationStatus,
    summary="Where the latest run is",
    responses={
        200: {
            **examples.answer(examples.STATUS),
            "headers": {
                "ETag": {"schema": {"type": "string"}, "description": "Weak: over everything but `elapsedSeconds`."}
            },
        },
        304: {"description": "Nothing but `elapsedSeconds` differs from what the ETag you sent stands for."},
        **responses(NotFound, InvalidInput, Unavailable),
    },
)
async def status(
    agent_id: AgentIdInPath,
    request: Request,
    principal: CurrentPrincipal,
    services: CurrentServices,
    feed: CurrentFeed,
    wait: Wait = 0.0,
) -> Response:
    """Stage, percent, timings of every step, and the error when there is one.

    To follow a run, send the ETag of the last answer as If-None-Match and `wait=20`: the answer comes as soon as
    something changes, or is a 304 when the time is over; then ask again. Without If-None-Match the answer comes at
    once, and so it does when the run is over.
    """
    standing = await feed.status(services, principal.tenant, agent_id)
    if not etag_matches(request, standing.shown.etag):
        return full(standing.shown)
    if wait > 0 and not standing.over:
        standing = await _hold(feed, services, principal.tenant, agent_id, request, standing, wait)
        if not etag_matches(request, standing.shown.etag):
            return full(standing.shown)
    return Response(status_code=304, headers=headers(standing.shown))


async def _hold(
    feed: StatusFeed[ShownStatus],
    services: Services,
    tenant: str,
    agent_id: str,
    request: Request,
    known: Standing[ShownStatus],
    seconds: float,
) -> Standing[ShownStatus]:
    """The status after ``known``, or ``known`` when the client did not stay for it."""
    request.scope[HELD] = True
    changed = asyncio.create_task(
        feed.status_after(services, tenant, agent_id, lambda shown: shown.etag != known.shown.etag, seconds)
    )
    gone = asyncio.create_task(client_gone(request))
    try:
        await asyncio.wait((changed, gone), return_when=asyncio.FIRST_COMPLETED)
        return changed.result() if changed.done() else known
    finally:
        changed.cancel()
        gone.cancel()
        await asyncio.gather(changed, gone, return_exceptions=True)


def full(shown: ShownStatus) -> Response:
    """The whole status."""
    return Response(shown.body(), media_type="application/json", headers=headers(shown))


def headers(shown: ShownStatus) -> dict[str, str]:
    """What a 200 and a 304 have in common."""
    return {"ETag": shown.etag, "Cache-Control": "no-cache"}
