"""/api/avatars/{agentId}/events: what happens to an avatar, as it happens (server-sent events)."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Annotated

from fastapi import APIRouter, Header, Query, Request
from fastapi.responses import StreamingResponse
from fastapi.sse import format_sse_event

from api.following import CurrentFeed, ShownStatus
from api.observe import HELD
from api.principal import CurrentPrincipal
from api.problems import responses
from api.routes.avatars import AgentIdInPath
from api.services import CurrentServices
from avatar.catalog.events import events_after, newest_event_id
from avatar.errors import InvalidInput, NotFound, Unavailable
from runtime.following import StatusFeed
from runtime.services import Services

router = APIRouter(prefix="/api/avatars", tags=["avatars"])
MAX_STREAMS = 1_000  # for each API process
HEARTBEAT_SECONDS = 15.0
RETRY_MS = 2_000
PAGE = 100
ALIVE = format_sse_event(comment="alive")
After = Annotated[str | None, Query(pattern=r"^\d{1,18}$", description="Like Last-Event-ID, in the address.")]
LastEventId = Annotated[
    str | None,
    Header(
        alias="Last-Event-ID",
        pattern=r"^(\d{1,18})?$",
        description="The id of the last message that was received: the stream goes on exactly after it. "
        "`0` starts with the first event that is kept. Comes before `after`.",
    ),
]
EXAMPLE = """retry: 2000

event: status
data: {"agentId":"ada","status":"running","stage":"optimize","percent":68}
id: 17

event: avatar.published
data: {"id":"18","agentId":"ada","runId":"5f0c7c1e","kind":"avatar.published","version":4,"by":"","detail":""}
id: 18

: alive
"""


@router.get(
    "/{agentId}/events",
    response_class=StreamingResponse,
    summary="Follow an avatar",
    responses={
        200: {
            "description": "A stream without end.",
            "content": {"text/event-stream": {"schema": {"type": "string"}, "example": EXAMPLE}},
        },
        **responses(NotFound, InvalidInput, Unavailable),
    },
)
async def events(
    agent_id: AgentIdInPath,
    request: Request,
    principal: CurrentPrincipal,
    services: CurrentServices,
    feed: CurrentFeed,
    after: After = None,
    last_event_id: LastEventId = None,
) -> StreamingResponse:
    """Server-sent events: `status` with a GenerationStatus, at once and whenever it changes, and the log of what
    happened (`run.started`, `avatar.published`, ...) with an AvatarEvent.

    Ids are those of the log; a status repeats the id of the log entry before it. A client that comes back with the
    last id it has seen, as browsers do by themselves, misses no entry of the log and gets none twice, from whichever
    API process. Without an id the log starts from now. A comment comes every 15 seconds, so that silence means that
    the connection is lost.
    """
    if feed.streams >= MAX_STREAMS:
        raise Unavailable(f"{MAX_STREAMS} event streams are open here", mend="Poll the status, or try again later")
    tenant = principal.tenant
    newest = await newest_event_id(tenant, agent_id)
    if newest is None:
        await feed.status(services, tenant, agent_id)  # an agent without log and run is one that nobody knows
        newest = "0"
    start = last_event_id or after or newest
    if int(start) > int(newest):
        start = "0"  # from a log that is no more: this one was begun anew, and nothing of it has been seen
    request.scope[HELD] = True
    return StreamingResponse(
        stream(feed, services, tenant, agent_id, start),
        media_type="text/event-stream",
        # The second is for nginx, which would hold small messages back.
        headers={"Cache-Control": "no-cache", "X-Accel-Buffering": "no"},
    )


async def stream(
    feed: StatusFeed[ShownStatus], services: Services, tenant: str, agent_id: str, last: str
) -> AsyncIterator[bytes]:
    """Messages from the log entry after ``last`` on, until the process is asked to stop."""
    shown_etag = ""
    feed.streams += 1
    try:
        with feed.listening(tenant, agent_id) as listener:
            yield format_sse_event(retry=RETRY_MS)
            while not feed.ending:
                try:
                    while listener.events:
                        listener.events = False
                        found = await events_after(tenant, agent_id, last, PAGE)
                        for event in found:
                            last = event.id
                            yield format_sse_event(event=event.kind.value, data_str=event.model_dump_json(), id=last)
                        listener.events = listener.events or len(found) == PAGE
                    if listener.status:
                        listener.status = False
                        shown = (await feed.status(services, tenant, agent_id)).shown
                        if shown.etag != shown_etag:
                            shown_etag = shown.etag
                            yield format_sse_event(event="status", data_str=shown.body().decode(), id=last)
                except NotFound:
                    pass  # its runs were deleted while we followed; the log has told so
                except Unavailable:
                    listener.status = listener.events = True  # until the catalog is back, which the feed rings for
                if not await listener.wait(HEARTBEAT_SECONDS):
                    listener.status = True  # a run that went quiet is looked into when its status is asked for
                    yield ALIVE
    finally:
        feed.streams -= 1
