"""/avatars: the files themselves, with strong ETags, ranges and cache headers that are true."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response
from fastapi import Path as InPath
from fastapi.responses import StreamingResponse

from api.conditional import UnsatisfiableRange, etag_matches, requested_range
from api.hot import CurrentHot, Hot, Served
from api.principal import CurrentPrincipal
from api.problems import problem_response, responses
from api.routes.avatars import AgentIdInPath
from api.services import CurrentServices
from api.signed import file_name, redirect, short_lived
from avatar import shot_query, variant_query
from avatar.catalog import avatars
from avatar.errors import (
    DamagedBlob,
    Forbidden,
    InvalidInput,
    InvalidModel,
    NotFound,
    PictureUnavailable,
    TooManyRequests,
    Unavailable,
)
from avatar.manifest import VersionRecord
from avatar.storage.blob import BlobRef
from avatar.storage.links import SIGNED_CACHE, Link, inline
from avatar.variant import ModelFormat
from avatar.variant_query import Parameter, essential, version_of
from avatar.wish import Wish
from runtime import wishes
from runtime.blobs import file_links
from runtime.services import Services

router = APIRouter(tags=["files"])
Answers = dict[int | str, dict[str, Any]]
IMMUTABLE = "public, max-age=31536000, immutable"
REVALIDATE = "no-cache"  # the address stays, the avatar behind it may change: ask again, cheaply
GLB: Answers = {200: {"content": {"model/gltf-binary": {}}}, 206: {"description": "The range asked for."}}
PNG: Answers = {200: {"content": {"image/png": {}}}, 206: {"description": "The range asked for."}}
OTHERS: Answers = {
    307: {"description": "Where the file is, for a while; only where files are not sent from here."},
    304: {"description": "Unchanged since the ETag you sent."},
    416: {"description": "That range lies outside the file."},
    **responses(NotFound, InvalidInput, Unavailable),
}
Number = Annotated[int, InPath(ge=1, le=2**31 - 1)]
BAD_QUERY: Answers = {400: {**responses(InvalidInput)[422], "description": "Parameters that do not fit, all told."}}
WISHED: Answers = {**OTHERS, **BAD_QUERY, **responses(InvalidModel, TooManyRequests)}
MODEL: Answers = {**GLB, **WISHED}
PICTURE: Answers = {**PNG, **WISHED, **responses(PictureUnavailable)}
Params = list[tuple[str, str]]


def told(parameters: Iterable[Parameter]) -> dict[str, Any]:
    """OpenAPI's entry for ``parameters``, which routes read by themselves."""
    return {
        "parameters": [
            {
                "name": parameter.name,
                "in": "query",
                "schema": {"type": "string"},
                "description": f"{parameter.takes[:1].upper()}{parameter.takes[1:]}. {parameter.about}"
                + (f" Also `{'`, `'.join(parameter.also)}`." if parameter.also else ""),
            }
            for parameter in parameters
        ]
    }


@router.head("/avatars/{agentId}.glb", include_in_schema=False)
@router.get(
    "/avatars/{agentId}.glb",
    response_class=Response,
    responses=MODEL,
    openapi_extra=told(variant_query.PARAMETERS),
    summary="The model, as the parameters ask for it",
)
async def current_model(
    agent_id: AgentIdInPath, request: Request, principal: CurrentPrincipal, services: CurrentServices, hot: CurrentHot
) -> Response:
    """The GLB that is served now, or of version `v`, in the variant that the parameters name.

    The parameters are Ready Player Me's. A level of detail as it was published is there; any other variant is made when
    it is first asked for, while the request waits.
    """
    params = request.query_params.multi_items()
    return await deliver_wish(
        hot, services, request, (principal.tenant, agent_id), find_model, params, version_of(params)
    )


@router.head("/avatars/{agentId}.vrm", include_in_schema=False)
@router.get(
    "/avatars/{agentId}.vrm",
    response_class=Response,
    responses=MODEL,
    openapi_extra=told(parameter for parameter in variant_query.PARAMETERS if parameter.name != "format"),
    summary="The model as VRM 1.0",
)
async def current_vrm(
    agent_id: AgentIdInPath, request: Request, principal: CurrentPrincipal, services: CurrentServices, hot: CurrentHot
) -> Response:
    """What `/avatars/{agentId}.glb` gives with `format=vrm`: for applications that go by the end of an address."""
    params = [*request.query_params.multi_items(), ("format", ModelFormat.VRM.value)]
    return await deliver_wish(
        hot, services, request, (principal.tenant, agent_id), find_model, params, version_of(params)
    )


@router.head("/avatars/{agentId}.png", include_in_schema=False)
@router.get(
    "/avatars/{agentId}.png",
    response_class=Response,
    responses=PICTURE,
    openapi_extra=told(shot_query.PARAMETERS),
    summary="A picture, as the parameters ask for it",
)
async def current_picture(
    agent_id: AgentIdInPath, request: Request, principal: CurrentPrincipal, services: CurrentServices, hot: CurrentHot
) -> Response:
    """A PNG of the avatar that is served now, or of version `v`.

    The parameters are Ready Player Me's. Without any but `v` it is the picture that the version was published with; any
    other picture is made when it is first asked for, while the request waits.
    """
    params = request.query_params.multi_items()
    return await deliver_wish(
        hot, services, request, (principal.tenant, agent_id), find_picture, params, version_of(params)
    )


@router.head("/avatars/{agentId}/versions/{number}/lod{level}.glb", include_in_schema=False)
@router.get(
    "/avatars/{agentId}/versions/{number}/lod{level}.glb",
    response_class=Response,
    responses=MODEL,
    summary="One level of one version, for ever",
)
async def version_model(
    agent_id: AgentIdInPath,
    number: Number,
    level: Annotated[int, InPath(ge=0, le=2)],
    request: Request,
    principal: CurrentPrincipal,
    services: CurrentServices,
    hot: CurrentHot,
) -> Response:
    """Exactly the bytes that the manifest of that version names; with parameters, a variant of that level."""
    params = [*request.query_params.multi_items(), ("lod", str(level)), ("v", str(number))]
    return await deliver_wish(hot, services, request, (principal.tenant, agent_id), find_model, params, number)


@router.head("/avatars/{agentId}/versions/{number}/picture.png", include_in_schema=False)
@router.get(
    "/avatars/{agentId}/versions/{number}/picture.png",
    response_class=Response,
    responses=PICTURE,
    openapi_extra=told(parameter for parameter in shot_query.PARAMETERS if parameter.name != "v"),
    summary="The picture of one version",
)
async def version_picture(
    agent_id: AgentIdInPath,
    number: Number,
    request: Request,
    principal: CurrentPrincipal,
    services: CurrentServices,
    hot: CurrentHot,
) -> Response:
    """The picture that the manifest of that version names; with parameters, another of that version."""
    params = [*request.query_params.multi_items(), ("v", str(number))]
    return await deliver_wish(hot, services, request, (principal.tenant, agent_id), find_picture, params, number)


@router.head("/files/{sha256}", include_in_schema=False)
@router.get(
    "/files/{sha256}",
    response_class=Response,
    responses={
        200: {"description": "The file."},
        206: {"description": "The range asked for."},
        304: OTHERS[304],
        416: OTHERS[416],
        **responses(Forbidden, NotFound, InvalidInput, DamagedBlob, Unavailable),
    },
    summary="A file by a signed address",
)
async def signed_file(
    sha256: Annotated[str, InPath(pattern=r"^[0-9a-f]{64}$")],
    expires: Annotated[int, Query(ge=0, le=2**53, description="Seconds since 1970.")],
    name: Annotated[str, Query(max_length=200)],
    size: Annotated[int, Query(ge=0, le=2**53)],
    media_type: Annotated[str, Query(alias="type", max_length=100)],
    signature: Annotated[str, Query(max_length=100)],
    request: Request,
    principal: CurrentPrincipal,
    services: CurrentServices,
) -> Response:
    """Addresses of this kind are made by this service, where blobs are in a local folder; nobody else can make one."""
    ref = BlobRef(sha256=sha256, size=size, media_type=media_type)
    await file_links(services.settings).check(Link(ref, name, expires), signature)
    return await serve(services, request, ref, SIGNED_CACHE, {"Content-Disposition": inline(name)})


Finder = Callable[[Services, VersionRecord, Params], Awaitable[Served]]


async def find_model(services: Services, version: VersionRecord, params: Params) -> Served:
    """The variant that ``params`` ask for, made when it is not there. Raises InvalidInput, NotFound, and what
    ``runtime.wishes.ensure`` raises."""
    query = variant_query.parse(params, version.model.morphs)
    name = f"{variant_query.file_stem(query.variant)}.{query.variant.format}"
    lasting = query.version is not None
    if query.variant.plain:
        return Served(lod_blob(version, query.variant.lod), file_name(version, name), lasting)
    return await find_wish(services, version, query.variant, name, lasting=lasting)


async def find_picture(services: Services, version: VersionRecord, params: Params) -> Served:
    """The picture that ``params`` ask for; else as ``find_model``."""
    morphs = version.model.morphs
    query = shot_query.parse(params, morphs)
    lasting = query.version is not None
    if query.shot is None:
        return Served(picture_blob(version), file_name(version, "picture.png"), lasting)
    name = f"{shot_query.file_stem(query.shot, morphs)}.png"
    return await find_wish(services, version, query.shot, name, lasting=lasting)


async def find_wish(services: Services, version: VersionRecord, wish: Wish, name: str, *, lasting: bool) -> Served:
    """The file of ``wish``, made when it is not there. Raises what ``runtime.wishes.ensure`` raises."""
    blob = await wishes.ensure(services, version, wish)
    return Served(blob, file_name(version, name), lasting, wishes.key_of(version, wish).key)


async def deliver_wish(
    hot: Hot,
    services: Services,
    request: Request,
    whose: tuple[str, str],
    find: Finder,
    params: Params,
    number: int | None,
) -> Response:
    """The file that ``find`` finds for ``params``, of version ``number`` or the one that is served. HEAD makes it too.

    ``whose`` are tenant and agent. Raises what ``find`` raises, NotFound; parameters that do not fit are a 400.
    """
    answers, asked = hot.answers.of(*whose), (find.__name__, essential(params))
    served = answers.get(asked)
    if served is not None:
        hot.answers.note_use(whose[0], served)
        try:
            return await deliver(hot, services, request, served)
        except NotFound:  # swept, or set aside as damaged
            answers.pop(asked, None)
    version = await (avatars.current_version(*whose) if number is None else avatars.get_version(*whose, number))
    try:
        served = await find(services, version, params)
    except InvalidInput as error:
        return problem_response(request, error, status=400)
    answers[asked] = served
    return await deliver(hot, services, request, served)


async def deliver(hot: Hot, services: Services, request: Request, served: Served) -> Response:
    """A file of a version: from here, or from where the storage has it. Raises NotFound, DamagedBlob, Unavailable."""
    ref, lasting = served.ref, served.lasting
    if not etag_matches(request, f'"{ref.sha256}"'):
        # Where the avatar may change behind the address, yesterday's redirect would be to yesterday's avatar.
        cache = short_lived(services.settings) if lasting else "no-store"
        elsewhere = await redirect(services, ref, served.file, cache)
        if elsewhere:
            return elsewhere
    return await serve(services, request, ref, IMMUTABLE if lasting else REVALIDATE, hot=hot)


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


async def serve(
    services: Services,
    request: Request,
    ref: BlobRef,
    cache: str,
    more: dict[str, str] | None = None,
    *,
    hot: Hot | None = None,
) -> Response:
    """The bytes of ``ref``, or the part or the 304 that the request's headers ask for.

    Raises NotFound, DamagedBlob, Unavailable when not even the first bytes can be read.
    """
    etag = f'"{ref.sha256}"'
    headers = {"ETag": etag, "Cache-Control": cache, "Accept-Ranges": "bytes", **(more or {})}
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
    whole = await hot.files.read(services.blobs, ref) if hot else None
    if whole is not None:
        status = 206 if part else 200
        return Response(whole[start:stop], status_code=status, media_type=ref.media_type, headers=headers)
    chunks = services.blobs.stream(ref, start, stop)
    first = await anext(chunks, b"")  # before the status is sent: a store that does not answer is a 503, not a stump
    return StreamingResponse(
        _after(first, chunks),
        status_code=206 if part else 200,
        media_type=ref.media_type,
        headers=headers,
    )


async def _after(first: bytes, chunks: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    yield first
    async for chunk in chunks:
        yield chunk
