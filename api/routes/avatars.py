"""/api/avatars: ask for an avatar, read its manifest, watch its run."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Request, Response
from fastapi import Path as InPath

from api import examples
from api.body import WHERE, read_body
from api.conditional import json_answer
from api.idempotency import IdempotencyKey, once
from api.orders import STARTED, Supersede, UrgencyInQuery, tell
from api.principal import CurrentPrincipal
from api.problems import responses
from api.services import CurrentServices
from api.shapes import manifest_of
from api.signed import LinksInQuery, signed_manifest
from avatar.catalog import avatars
from avatar.errors import Conflict, InvalidInput, NotFound, TooLarge, Unavailable
from avatar.manifest import GenerationStatus, Manifest
from avatar.profile import AGENT_ID, parse_profile
from avatar.request import Urgency
from runtime import changes

router = APIRouter(prefix="/api/avatars", tags=["avatars"])
AgentIdInPath = Annotated[str, InPath(alias="agentId", pattern=f"^{AGENT_ID.pattern}$", examples=["ada"])]


@router.post(
    "/generate",
    status_code=202,
    response_model=GenerationStatus,
    summary="Make an avatar from an agent profile",
    responses={
        **STARTED,
        **responses(InvalidInput, TooLarge, Conflict, Unavailable),
    },
    openapi_extra={
        "requestBody": {
            "required": True,
            "content": {
                "application/json": {
                    "schema": {"$ref": "#/components/schemas/AgentProfile"},
                    "example": examples.PROFILE,
                }
            },
        }
    },
)
async def generate(
    request: Request,
    principal: CurrentPrincipal,
    services: CurrentServices,
    key: IdempotencyKey = None,
    supersede: Supersede = False,
    urgency: UrgencyInQuery = Urgency.NORMAL,
) -> Response:
    """Start a durable run that ends with a published avatar: three levels of detail, manifest and picture.

    What the profile leaves open is chosen from a seed of the agent id, so the same profile gives the same avatar. It
    keeps the wishes and the customization that an avatar of this agent has.
    """
    body = await read_body(request)
    profile = parse_profile(body, where=WHERE)

    async def work(run_id: str | None) -> Response:
        started = await changes.generate(
            services,
            principal.tenant,
            profile,
            by=principal.name,
            supersede=supersede,
            urgency=urgency,
            run_id=run_id,
        )
        return await tell(services, started.run)

    return await once(request, principal.tenant, key, body, work)


@router.get(
    "/{agentId}",
    response_model=Manifest,
    summary="The published avatar",
    responses={
        200: examples.answer(examples.MANIFEST),
        304: {"description": "Unchanged since the ETag you sent."},
        **responses(NotFound, InvalidInput, Unavailable),
    },
)
async def manifest(
    agent_id: AgentIdInPath,
    request: Request,
    principal: CurrentPrincipal,
    services: CurrentServices,
    links: LinksInQuery = "stable",
) -> Response:
    """Everything a client needs to choose, download and drive the avatar that is served now."""
    version = await avatars.current_version(principal.tenant, agent_id)
    found = manifest_of(services.settings, version)
    if links == "signed":
        return await signed_manifest(services, version, found)
    return json_answer(request, found.model_dump_json(), found.etag)
