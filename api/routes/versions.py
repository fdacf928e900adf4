"""/api/avatars/{agentId}/versions: look back, compare, go back, delete."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Header, Query, Request, Response
from fastapi import Path as InPath

from api import examples
from api.conditional import if_match_names, json_answer
from api.principal import CurrentPrincipal
from api.problems import responses
from api.routes.avatars import AgentIdInPath
from api.services import CurrentServices
from api.shapes import manifest_of, version_url
from avatar.catalog import avatars, deletion, listing
from avatar.errors import Conflict, InvalidInput, NotFound, PreconditionFailed, Unavailable
from avatar.manifest import Manifest, VersionRecord
from avatar.version import MAX_PAGE, Page, VersionDiff, VersionSummary, diff_versions
from runtime.deletion import delete_avatar
from runtime.settings import Settings

router = APIRouter(prefix="/api/avatars", tags=["versions"])
DEFAULT_PAGE = 20
NumberInPath = Annotated[int, InPath(ge=1, le=2**31 - 1, description="A version's number.")]
PageSizeInQuery = Annotated[int, Query(alias="limit", ge=1, le=MAX_PAGE, description="Items on a page.")]
CursorInQuery = Annotated[
    str | None, Query(alias="cursor", max_length=1_000, description="`next` of the page before; none for the first.")
]
IfMatch = Annotated[
    str | None,
    Header(alias="If-Match", description="The ETag of the manifest that you have read: 412 when it is another by now."),
]


@router.get(
    "/{agentId}/versions",
    response_model=Page[VersionSummary],
    summary="All versions, newest first",
    responses=responses(NotFound, InvalidInput, Unavailable),
)
async def versions(
    agent_id: AgentIdInPath,
    principal: CurrentPrincipal,
    services: CurrentServices,
    limit: PageSizeInQuery = DEFAULT_PAGE,
    cursor: CursorInQuery = None,
) -> Page[VersionSummary]:
    """What was published when, why and by whom; which one is served; what differs from the one before."""
    found = await listing.list_versions(principal.tenant, agent_id, limit=limit, after=cursor)
    items = tuple(summary_of(services.settings, version, found.current) for version in found.items)
    return Page[VersionSummary](items=items, next=found.next)


@router.get(
    "/{agentId}/versions/{number}",
    response_model=Manifest,
    summary="The manifest of one version",
    responses={
        200: examples.answer(examples.MANIFEST),
        304: {"description": "Unchanged since the ETag you sent."},
        **responses(NotFound, InvalidInput, Unavailable),
    },
)
async def version_manifest(
    agent_id: AgentIdInPath,
    number: NumberInPath,
    request: Request,
    principal: CurrentPrincipal,
    services: CurrentServices,
) -> Response:
    """The same shape as the avatar's own manifest, whether this version is served now or not."""
    version = await avatars.get_version(principal.tenant, agent_id, number)
    return _manifest(request, services.settings, version)


@router.post(
    "/{agentId}/versions/{number}/rollback",
    response_model=Manifest,
    summary="Serve this version again",
    responses={200: examples.answer(examples.MANIFEST), **responses(NotFound, InvalidInput, Unavailable)},
)
async def rollback(
    agent_id: AgentIdInPath,
    number: NumberInPath,
    request: Request,
    principal: CurrentPrincipal,
    services: CurrentServices,
) -> Response:
    """Only what is served moves: no version changes, none is made, and a run under way goes on undisturbed.

    Asked again it answers the same. The answer is the manifest that is served from now on.
    """
    version = await avatars.roll_back(services.connection, principal.tenant, agent_id, number, by=principal.name)
    return _manifest(request, services.settings, version)


@router.get(
    "/{agentId}/versions/{before}/diff/{after}",
    response_model=VersionDiff,
    summary="What differs between two versions",
    responses=responses(NotFound, InvalidInput, Unavailable),
)
async def diff(
    agent_id: AgentIdInPath,
    before: NumberInPath,
    after: NumberInPath,
    principal: CurrentPrincipal,
    services: CurrentServices,
) -> VersionDiff:
    """Fields of the character and of the request, facts of the levels of detail, and which files are the same."""
    return diff_versions(
        await avatars.get_version(principal.tenant, agent_id, before),
        await avatars.get_version(principal.tenant, agent_id, after),
    )


@router.delete(
    "/{agentId}/versions/{number}",
    status_code=204,
    summary="Delete one version",
    responses=responses(NotFound, Conflict, PreconditionFailed, InvalidInput, Unavailable),
)
async def delete_version(
    agent_id: AgentIdInPath,
    number: NumberInPath,
    principal: CurrentPrincipal,
    services: CurrentServices,
    if_match: IfMatch = None,
) -> None:
    """Its manifest and files are gone at once, its number is never given out again.

    The one that is served cannot be deleted: roll back to another first.
    """
    if if_match is not None:
        version = await avatars.get_version(principal.tenant, agent_id, number)
        check_if_match(if_match, manifest_of(services.settings, version))
    await deletion.delete_version(services.connection, principal.tenant, agent_id, number, by=principal.name)


@router.delete(
    "/{agentId}",
    status_code=204,
    summary="Delete the avatar",
    responses=responses(NotFound, Conflict, PreconditionFailed, InvalidInput, Unavailable),
)
async def delete(
    agent_id: AgentIdInPath, principal: CurrentPrincipal, services: CurrentServices, if_match: IfMatch = None
) -> None:
    """Cancel what is under way, then delete all versions, runs and results of the agent.

    Its numbers go on where they were if it is generated again, because addresses of versions are cached for ever.
    """
    served: int | None = None
    if if_match is not None:
        current = await avatars.current_version(principal.tenant, agent_id)
        check_if_match(if_match, manifest_of(services.settings, current))
        served = current.number
    await delete_avatar(services, principal.tenant, agent_id, by=principal.name, if_served=served)


def summary_of(settings: Settings, version: VersionRecord, current: int) -> VersionSummary:
    """One version for the list; ``current`` is the number that is served."""
    order = version.order
    return VersionSummary(
        agent_id=version.agent_id,
        number=version.number,
        current=version.number == current,
        kind=order.kind,
        by=order.by,
        notes=order.request.notes,
        customization=order.request.customization,
        based_on=version.based_on,
        changes=version.changes,
        reused=version.reused,
        cost_micros=version.cost_micros,
        seconds=version.seconds,
        name=version.name,
        style=version.style,
        provider=version.provider,
        degraded=version.degraded,
        published_at=version.published_at,
        manifest_url=f"{settings.api_url}/api/avatars/{version.agent_id}/versions/{version.number}",
        picture_url=version_url(settings, version, "picture.png") if version.picture else None,
    )


def _manifest(request: Request, settings: Settings, version: VersionRecord) -> Response:
    found = manifest_of(settings, version)
    return json_answer(request, found.model_dump_json(), found.etag)


def check_if_match(if_match: str, found: Manifest) -> None:
    """Raise PreconditionFailed unless ``if_match`` names the manifest."""
    if not if_match_names(if_match, found.etag):
        raise PreconditionFailed(
            f"version {found.version} of agent '{found.agent_id}' is not what you have read",
            mend="Read it again, then decide",
        )
