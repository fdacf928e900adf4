"""/api/avatars/{agentId}/precompile and /variants: have variants made before they are wanted, see which there are."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response
from pydantic import Field

from api.body import WHERE, parse_model, read_body
from api.principal import CurrentPrincipal
from api.problems import problem_response, responses
from api.routes.avatars import AgentIdInPath
from api.services import CurrentServices
from api.shapes import variant_url
from avatar.catalog import avatars
from avatar.catalog import wishes as catalog
from avatar.errors import InvalidInput, NotFound, TooLarge, TooManyRequests, Unavailable
from avatar.frozen import Frozen
from avatar.manifest import VersionRecord
from avatar.problems import Problem, refusal
from avatar.variant import Variant
from avatar.variant_query import MAX_VERSION, as_params, parse, spell, version_of
from avatar.wish import KnownWish, VariantList, VariantStatus, WishState
from runtime import wishes
from runtime.services import Services

router = APIRouter(prefix="/api/avatars", tags=["files"])
MOST = 20
Number = Annotated[int, Field(ge=1, le=MAX_VERSION)]
BAD_QUERY: dict[int | str, dict[str, Any]] = {
    400: {**responses(InvalidInput)[422], "description": "Parameters that do not fit, all told."}
}


class Precompilation(Frozen):
    """Each variant as a query or as an object of parameters."""

    variants: Annotated[tuple[str | dict[str, Any], ...], Field(min_length=1, max_length=MOST)]
    version: Number | None = None


@router.post(
    "/{agentId}/precompile",
    status_code=202,
    response_model=VariantList,
    summary="Have variants made",
    responses={**BAD_QUERY, **responses(InvalidInput, NotFound, TooLarge, TooManyRequests, Unavailable)},
    openapi_extra={
        "requestBody": {
            "content": {
                "application/json": {
                    "schema": Precompilation.model_json_schema(),
                    "example": {
                        "variants": ["lod=1&textureFormat=ktx2", {"quality": "low", "morphTargets": ["ARKit"]}],
                        "version": 3,
                    },
                }
            }
        }
    },
)
async def precompile(
    agent_id: AgentIdInPath, request: Request, principal: CurrentPrincipal, services: CurrentServices
) -> Response:
    """Begin to make at most 20 variants and do not wait for them; asked again it answers how they stand.

    Without a body the parameters of this address itself name one variant, as Ready Player Me's clients do it.
    """
    body = await read_body(request)
    if body.strip():
        asked = parse_model(Precompilation, body)
        said, number = asked.variants, asked.version
    else:
        said, number = (request.url.query,), version_of(request.query_params.multi_items())
    try:
        version = await _version(principal.tenant, agent_id, number)
        wanted = read_wishes(said, version)
    except InvalidInput as error:
        return problem_response(request, error, status=400)
    await wishes.precompile(services, version, [variant for variant in wanted if not variant.plain])
    told = await statuses(services, version, wanted)
    return Response(told.model_dump_json(), status_code=202, media_type="application/json")


@router.get(
    "/{agentId}/variants",
    response_model=VariantList,
    summary="Which variants there are",
    responses={**BAD_QUERY, **responses(NotFound, InvalidInput, Unavailable)},
)
async def list_variants(
    agent_id: AgentIdInPath,
    request: Request,
    principal: CurrentPrincipal,
    services: CurrentServices,
    variant: Annotated[
        list[str] | None,
        Query(
            max_length=MOST,
            description="Only these, each as a query: `lod=1&textureFormat=ktx2`, percent-encoded. Left out: all.",
        ),
    ] = None,
    version: Annotated[
        int | None, Query(ge=1, le=MAX_VERSION, description="By default the one that is served.")
    ] = None,
) -> Response:
    """How they stand; nothing is begun. Of all those that were made of the version's model, the latest used 200."""
    found = await _version(principal.tenant, agent_id, version)
    if not variant:
        known = await catalog.variants_of(principal.tenant, found.source.sha256)
        states = await wishes.states(services, known, principal.tenant)
        items = [
            _status(services, found, each.wish, each, state)
            for each, state in zip(known, states, strict=True)
            if isinstance(each.wish, Variant)
        ]
        told = VariantList(agent_id=agent_id, version=found.number, variants=tuple(items))
    else:
        try:
            wanted = read_wishes(variant, found)
        except InvalidInput as error:
            return problem_response(request, error, status=400)
        told = await statuses(services, found, wanted)
    return Response(told.model_dump_json(), media_type="application/json", headers={"Cache-Control": "no-store"})


def read_wishes(said: Any, version: VersionRecord) -> list[Variant]:
    """The variants that are asked for, each once. Raises InvalidInput that tells the mistakes of all of them."""
    read: dict[Variant, None] = {}
    problems: list[Problem] = []
    for number, wish in enumerate(said):
        at = f"variants[{number}]"
        try:
            query = parse(as_params(wish, at), version.model.morphs)
            if query.version not in (None, version.number):
                problems.append(Problem(f"{at}.v", f"must be {version.number}, as that of the whole list"))
            read[query.variant] = None
        except InvalidInput as error:
            for told in error.context.get("errors", ()):
                field = str(told["field"])
                problems.append(Problem(field if field.startswith(at) else f"{at}.{field}", str(told["message"])))
    if problems:
        raise refusal(problems, WHERE, "the list")
    return list(read)


async def statuses(services: Services, version: VersionRecord, wanted: list[Variant]) -> VariantList:
    """How ``wanted`` stand, in their order."""
    keys = [wishes.key_of(version, variant).key for variant in wanted]
    known = await catalog.find_wishes(version.tenant, keys)
    there = [known[key] for key in keys if key in known]
    states = dict(zip([each.key for each in there], await wishes.states(services, there, version.tenant), strict=True))
    items = []
    for key, variant in zip(keys, wanted, strict=True):
        if variant.plain:
            items.append(_published(services, version, variant, key))
        elif key in known:
            items.append(_status(services, version, variant, known[key], states[key]))
        else:
            items.append(_described(services, version, variant, key, WishState.ABSENT))
    return VariantList(agent_id=version.agent_id, version=version.number, variants=tuple(items))


async def _version(tenant: str, agent_id: str, number: int | None) -> VersionRecord:
    if number is None:
        return await avatars.current_version(tenant, agent_id)
    return await avatars.get_version(tenant, agent_id, number)


def _described(
    services: Services, version: VersionRecord, variant: Variant, key: str, state: WishState
) -> VariantStatus:
    query = spell(variant, version.model.morphs)
    return VariantStatus(key=key, query=query, url=variant_url(services.settings, version, query), state=state)


def _published(services: Services, version: VersionRecord, variant: Variant, key: str) -> VariantStatus:
    status = _described(services, version, variant, key, WishState.READY)
    for lod in version.lods:
        if lod.facts.level == variant.lod:
            return status.model_copy(update={"bytes": lod.blob.size, "sha256": lod.blob.sha256})
    return status.model_copy(update={"state": WishState.ABSENT})


def _status(
    services: Services, version: VersionRecord, variant: Variant, known: KnownWish, state: WishState
) -> VariantStatus:
    status = _described(services, version, variant, known.key, state)
    if known.built is not None:
        blob = known.built.blob
        status = status.model_copy(update={"bytes": blob.size, "sha256": blob.sha256, "facts": known.built.facts})
    return status.model_copy(update={"failure": known.failure})
