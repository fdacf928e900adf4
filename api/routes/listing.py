"""/api/avatars: which avatars there are."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query

from api.principal import CurrentPrincipal
from api.problems import responses
from api.routes.versions import DEFAULT_PAGE, CursorInQuery, PageSizeInQuery
from api.services import CurrentServices
from avatar.catalog import listing
from avatar.errors import InvalidInput, Unavailable
from avatar.profile import AvatarStyle
from avatar.version import AvatarSummary, Page
from runtime.settings import Settings

router = APIRouter(prefix="/api/avatars", tags=["avatars"])
Filter = Annotated[str | None, Query(min_length=1, max_length=200)]


@router.get(
    "",
    response_model=Page[AvatarSummary],
    summary="Find avatars",
    responses=responses(InvalidInput, Unavailable),
)
async def list_avatars(
    principal: CurrentPrincipal,
    services: CurrentServices,
    text: Annotated[
        str,
        Query(
            alias="q",
            max_length=200,
            description="Every word must begin a word of the name, id, role, tags, style or provider.",
            examples=["ada mus"],
        ),
    ] = "",
    style: AvatarStyle | None = None,
    tag: Filter = None,
    provider: Filter = None,
    limit: PageSizeInQuery = DEFAULT_PAGE,
    cursor: CursorInQuery = None,
) -> Page[AvatarSummary]:
    """Published avatars, newest first. Case and accents do not matter."""
    wanted = listing.Wanted(text=text, style=style, tag=tag, provider=provider)
    found = await listing.list_avatars(principal.tenant, wanted, limit=limit, after=cursor)
    items = tuple(summary_of(services.settings, card) for card in found.items)
    return Page[AvatarSummary](items=items, next=found.next)


def summary_of(settings: Settings, card: listing.Card) -> AvatarSummary:
    """One avatar for the list."""
    picture = f"{settings.api_url}/avatars/{card.agent_id}/versions/{card.version}/picture.png"
    return AvatarSummary(
        agent_id=card.agent_id,
        name=card.name,
        style=card.style,
        provider=card.provider,
        summary=card.summary,
        tags=card.tags,
        version=card.version,
        created_at=card.created_at,
        updated_at=card.updated_at,
        manifest_url=f"{settings.api_url}/api/avatars/{card.agent_id}",
        picture_url=picture if card.has_picture else None,
    )
