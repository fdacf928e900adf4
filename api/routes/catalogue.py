"""/api/catalogue: what can be chosen, so that user interfaces need no lists of their own."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Request, Response
from fastapi import Path as InPath

from api.conditional import etag_matches
from api.principal import CurrentPrincipal
from api.problems import responses
from api.services import CurrentServices
from avatar.choices.catalogue import Catalogue, catalogue
from avatar.choices.thumbnails import MEDIA_TYPE, thumbnail_named
from avatar.errors import InvalidInput, NotFound

router = APIRouter(prefix="/api/catalogue", tags=["catalogue"])
THUMBNAILS = "/api/catalogue/thumbnails/"
LASTING = "public, max-age=31536000, immutable"  # the name of a thumbnail holds a hash of its bytes
FOR_A_WHILE = "public, max-age=300"  # another catalogue comes with another program


@router.get(
    "",
    response_model=Catalogue,
    summary="What can be chosen",
    responses={304: {"description": "Not changed."}, **responses(InvalidInput)},
)
async def whole(request: Request, principal: CurrentPrincipal, services: CurrentServices) -> Response:
    """Every field that customization sets, in groups for a user interface: choices with a picture and the patch that
    sets them, ranges with named ends, palettes of named colours. `version` changes with any of it."""
    made = catalogue(f"{services.settings.api_url}{THUMBNAILS}")
    headers = {"ETag": f'"{made.version}"', "Cache-Control": FOR_A_WHILE}
    if etag_matches(request, headers["ETag"]):
        return Response(status_code=304, headers=headers)
    return Response(made.model_dump_json(), media_type="application/json", headers=headers)


@router.get(
    "/thumbnails/{name}",
    response_class=Response,
    summary="A picture of one option",
    responses={
        200: {"content": {MEDIA_TYPE: {}}},
        304: {"description": "Not changed."},
        **responses(NotFound, InvalidInput),
    },
)
async def thumbnail(
    name: Annotated[str, InPath(max_length=120, description="As an option's `thumbnail` ends.")],
    request: Request,
    principal: CurrentPrincipal,
) -> Response:
    """160 x 160 pixels, for ever at this address: the name holds a hash of the picture."""
    found = thumbnail_named(name)
    if found is None:
        raise NotFound(
            f"no thumbnail is called {name}", mend="Take the address of an option's thumbnail from GET /api/catalogue."
        )
    headers = {"ETag": f'"{found.sha256}"', "Cache-Control": LASTING}
    if etag_matches(request, headers["ETag"]):
        return Response(status_code=304, headers=headers)
    return Response(found.data, media_type=MEDIA_TYPE, headers=headers)
