"""/avatars: the files themselves, with strong ETags, ranges and cache headers that are true."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response
from fastapi import Path as InPath
from fastapi.responses import StreamingResponse

from api.conditional import UnsatisfiableRange, etag_matches, requested_range
from api.principal import CurrentPrincipal
from api.problems import responses
from api.routes.avatars import AgentIdInPath
from api.services import CurrentServices
from avatar.catalog import avatars
from avatar.errors import InvalidInput, NotFound, Unavailable
from avatar.manifest import VersionRecord
from avatar.storage.blob import BlobRef
from runtime.services import Services

router = APIRouter(prefix="/avatars", tags=["files"])
Answers = dict[int | str, dict[str, Any]]
IMMUTABLE = "public, max-age=31536000, immutable"
REVALIDATE = "no-cache"  # the address stays, the avatar behind it may change: ask again, cheaply
GLB: Answers = {200: {"content": {"model/gltf-binary": {}}}, 206: {"description": "The range asked for."}}
PNG: Answers = {200: {"content": {"image/png": {}}}, 206: {"description": "The range asked for."}}
OTHERS: Answers = {
    304: {"description": "Unchanged since the ETag you sent."},
    416: {"description": "That range lies outside the file."},
    **responses(NotFound, InvalidInput, Unavailable),
}
Number = Annotated[int, InPath(ge=1, le=2**31 - 1)]
Level = Annotated[int, Query(ge=0, le=2, description="Level of detail: 0 for near and strong devices, 2 for far.")]


@router.head("/{agentId}.glb", include_in_schema=False)
@router.get("/{agentId}.glb", response_class=Response, responses={**GLB, **OTHERS}, summary="The current model")
async def current_model(
    agent_id: AgentIdInPath,
    request: Request,
    principal: CurrentPrincipal,
    services: CurrentServices,
    lod: Level = 0,
) -> Response:
    """The GLB that is served now, at one level of detail."""
    version = await avatars.current_version(principal.tenant, agent_id)
    return serve(services, request, lod_blob(version, lod), REVALIDATE)


@router.head("/{agentId}.png", include_in_schema=False)
@router.get("/{agentId}.png", response_class=Response, responses={**PNG, **OTHERS}, summary="The current picture")
async def current_picture(
    agent_id: AgentIdInPath, request: Request, principal: CurrentPrincipal, services: CurrentServices
) -> Response:
    """A picture of the avatar that is served now."""
    version = await avatars.current_version(principal.tenant, agent_id)
    return serve(services, request, picture_blob(version), REVALIDATE)


@router.head("/{agentId}/versions/{number}/lod{level}.glb", include_in_schema=False)
@router.get(
    "/{agentId}/versions/{number}/lod{level}.glb",
    response_class=Response,
    responses={**GLB, **OTHERS},
    summary="One level of one version, for ever",
)
async def version_model(
    agent_id: AgentIdInPath,
    number: Number,
    level: Annotated[int, InPath(ge=0, le=2)],
    request: Request,
    principal: CurrentPrincipal,
    services: CurrentServices,
) -> Response:
    """Exactly the bytes that the manifest of that version names."""
    version = await avatars.get_version(principal.tenant, agent_id, number)
    return serve(services, request, lod_blob(version, level), IMMUTABLE)


@router.head("/{agentId}/versions/{number}/picture.png", include_in_schema=False)
@router.get(
    "/{agentId}/versions/{number}/picture.png",
    response_class=Response,
    responses={**PNG, **OTHERS},
    summary="The picture of one version",
)
async def version_picture(
    agent_id: AgentIdInPath,
    number: Number,
    request: Request,
    principal: CurrentPrincipal,
    services: CurrentServices,
) -> Response:
    """The picture that the manifest of that version names."""
    version = await avatars.get_version(principal.tenant, agent_id, number)
    return serve(services, request, picture_blob(version), IMMUTABLE)


def lod_blob(version: VersionRecord, level: int) -> BlobRef:
    """The blob of one level. Raises NotFound."""
    for lod in version.lods:
        if lod.facts.level == level:
            return lod.blob
    raise NotFound(f"version {version.number} of agent '{version.agent_id}' has no LOD{level}")


def picture_blob(version: VersionRecord) -> BlobRef:
    """The blob of the picture. Raises NotFound that says why there is none."""
    if version.picture is None:
        why = version.picture_missing or "none was rendered"
        raise NotFound(f"version {version.number} of agent '{version.agent_id}' has no picture: {why}")
    return version.picture


def serve(services: Services, request: Request, ref: BlobRef, cache: str) -> Response:
    """The bytes of ``ref``, or the part or the 304 that the request's headers ask for."""
    etag = f'"{ref.sha256}"'
    headers = {"ETag": etag, "Cache-Control": cache, "Accept-Ranges": "bytes"}
    if etag_matches(request, etag):
        return Response(status_code=304, headers=headers)
    try:
        part = requested_range(request, ref.size, etag)
    except UnsatisfiableRange:
        return Response(status_code=416, headers={**headers, "Content-Range": f"bytes */{ref.size}"})
    start, stop = (part.start, part.stop) if part else (0, ref.size)
    headers["Content-Length"] = str(stop - start)
    if part:
        headers["Content-Range"] = f"bytes {start}-{stop - 1}/{ref.size}"
    if request.method == "HEAD":
        return Response(media_type=ref.media_type, headers=headers)
    return StreamingResponse(
        services.blobs.stream(ref, start, stop),
        status_code=206 if part else 200,
        media_type=ref.media_type,
        headers=headers,
    )
