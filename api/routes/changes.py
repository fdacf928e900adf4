"""/api/avatars/{agentId}/customization and /regenerate: another avatar for an agent that has one."""

from __future__ import annotations

import json
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Header, Request, Response
from pydantic import Field

from api import examples
from api.body import WHERE, check_media_type, parse_model, read_body
from api.conditional import if_match_names, json_answer
from api.idempotency import IdempotencyKey, once
from api.orders import STARTED, UNCHANGED, Supersede, UrgencyInQuery, tell
from api.principal import CurrentPrincipal, Principal
from api.problems import responses
from api.routes.avatars import AgentIdInPath
from api.services import CurrentServices
from avatar.customize import parse_customization
from avatar.errors import (
    Conflict,
    InvalidInput,
    NotFound,
    PreconditionFailed,
    TooLarge,
    Unavailable,
    UnsupportedMediaType,
)
from avatar.frozen import Frozen
from avatar.manifest import GenerationStatus
from avatar.request import Customization, Note, Urgency
from avatar.run import RunStatus
from avatar.stage import Stage
from runtime import changes
from runtime.services import Services

router = APIRouter(prefix="/api/avatars", tags=["changes"])
MERGE_PATCH = "application/merge-patch+json"
JSON = "application/json"
IfMatch = Annotated[
    str | None,
    Header(alias="If-Match", description="The ETag that you have read: 412 when it is another by now."),
]
RedoableStage = Literal[Stage.DESCRIBE, Stage.MODEL, Stage.INSPECT, Stage.OPTIMIZE]
ETAG = {"ETag": {"schema": {"type": "string"}, "description": "For If-Match."}}


class Regeneration(Frozen):
    """What is to be made anew. Without either field: everything, from the description on."""

    note: Note | None = Field(default=None, description="A wish that is added to those before it.")
    from_stage: RedoableStage | None = Field(
        default=None, description="This stage and those after it are done anew, whatever could be reused."
    )


@router.get(
    "/{agentId}/customization",
    response_model=dict[str, Any],
    summary="What its owner has set",
    responses={
        200: {**examples.answer(examples.CUSTOMIZATION), "headers": ETAG},
        304: {"description": "Unchanged since the ETag you sent."},
        **responses(NotFound, InvalidInput, Unavailable),
    },
)
async def customization(
    agent_id: AgentIdInPath, request: Request, principal: CurrentPrincipal, services: CurrentServices
) -> Response:
    """The customization in force: of the run under way, or else of the version that is served.

    It holds only what was set over the described character, with the character's own names.
    """
    found = await changes.desired(services, principal.tenant, agent_id)
    return json_answer(request, json.dumps(found.request.customization), found.etag)


@router.patch(
    "/{agentId}/customization",
    status_code=202,
    response_model=GenerationStatus,
    summary="Change what its owner has set",
    responses={
        **STARTED,
        **UNCHANGED,
        **responses(NotFound, Conflict, PreconditionFailed, TooLarge, UnsupportedMediaType, InvalidInput, Unavailable),
    },
    openapi_extra={
        "requestBody": {
            "required": True,
            "content": {
                kind: {"schema": {"type": "object", "additionalProperties": True}, "example": examples.PATCH}
                for kind in (MERGE_PATCH, JSON)
            },
        }
    },
)
async def customize(
    agent_id: AgentIdInPath,
    request: Request,
    principal: CurrentPrincipal,
    services: CurrentServices,
    key: IdempotencyKey = None,
    if_match: IfMatch = None,
    supersede: Supersede = False,
    urgency: UrgencyInQuery = Urgency.NORMAL,
) -> Response:
    """Merge a JSON merge patch (RFC 7396) into the customization and make the avatar that it describes.

    null takes a setting back, so that the description holds again. What does not depend on the change is reused: other
    colours alone repaint the model that is there. A patch that changes nothing starts nothing and answers 200.
    """
    check_media_type(request, MERGE_PATCH, JSON)
    body = await read_body(request)
    patch = parse_customization(body, WHERE)

    async def work(run_id: str | None) -> Response:
        return await _customize(services, principal, agent_id, patch, if_match, supersede, urgency, run_id)

    return await once(request, principal.tenant, key, body, work)


@router.delete(
    "/{agentId}/customization",
    status_code=202,
    response_model=GenerationStatus,
    summary="Back to the description",
    responses={
        **STARTED,
        **UNCHANGED,
        **responses(NotFound, Conflict, PreconditionFailed, InvalidInput, Unavailable),
    },
)
async def reset(
    agent_id: AgentIdInPath,
    request: Request,
    principal: CurrentPrincipal,
    services: CurrentServices,
    key: IdempotencyKey = None,
    if_match: IfMatch = None,
    supersede: Supersede = False,
    urgency: UrgencyInQuery = Urgency.NORMAL,
) -> Response:
    """Take back everything that was set; the avatar is made as it is described. 200 when nothing was set."""

    async def work(run_id: str | None) -> Response:
        wanted = await changes.desired(services, principal.tenant, agent_id)
        nothing: Customization = dict.fromkeys(wanted.request.customization)
        return await _customize(services, principal, agent_id, nothing, if_match, supersede, urgency, run_id)

    return await once(request, principal.tenant, key, b"", work)


@router.post(
    "/{agentId}/regenerate",
    status_code=202,
    response_model=GenerationStatus,
    summary="Make it again",
    responses={**STARTED, **responses(NotFound, Conflict, TooLarge, InvalidInput, Unavailable)},
    openapi_extra={
        "requestBody": {
            "required": False,
            "content": {JSON: {"schema": Regeneration.model_json_schema(), "example": examples.REGENERATION}},
        }
    },
)
async def regenerate(
    agent_id: AgentIdInPath,
    request: Request,
    principal: CurrentPrincipal,
    services: CurrentServices,
    key: IdempotencyKey = None,
    supersede: Supersede = False,
    urgency: UrgencyInQuery = Urgency.NORMAL,
) -> Response:
    """A new version of the same agent: with a wish more, anew from a stage, or without either wholly anew.

    What its owner has set stays set.
    """
    body = await read_body(request)
    wanted = parse_model(Regeneration, body)

    async def work(run_id: str | None) -> Response:
        started = await changes.regenerate(
            services,
            principal.tenant,
            agent_id,
            note=wanted.note,
            from_stage=wanted.from_stage,
            by=principal.name,
            supersede=supersede,
            urgency=urgency,
            run_id=run_id,
        )
        return await tell(services, started.run)

    return await once(request, principal.tenant, key, body, work)


async def _customize(
    services: Services,
    principal: Principal,
    agent_id: str,
    patch: Customization,
    if_match: str | None,
    supersede: bool,
    urgency: Urgency,
    run_id: str | None,
) -> Response:
    expected = None
    if if_match is not None:
        expected = (await changes.desired(services, principal.tenant, agent_id)).etag
        if not if_match_names(if_match, expected):
            raise PreconditionFailed(
                f"the customization of '{agent_id}' is not the one you have read",
                mend="Read it again with GET and apply your change to that",
            )
    started = await changes.customize(
        services,
        principal.tenant,
        agent_id,
        patch,
        by=principal.name,
        if_match=expected,
        supersede=supersede,
        urgency=urgency,
        run_id=run_id,
    )
    return await tell(services, started.run, 202 if started.run.status is RunStatus.RUNNING else 200)
