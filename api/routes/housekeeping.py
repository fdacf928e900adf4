"""/api/housekeeping: drop what has outlived its use, now."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated

from fastapi import APIRouter, Query, Response

from api.principal import CurrentPrincipal
from api.problems import responses
from api.services import CurrentServices
from avatar.errors import GenerationFailed, Unavailable
from avatar.retention import Housekeeping
from runtime.schedules import keep_house

router = APIRouter(tags=["operations"])
WAIT = timedelta(seconds=20)  # below the patience of clients and proxies


@router.post(
    "/api/housekeeping",
    response_model=Housekeeping,
    summary="Keep house now",
    responses={
        200: {"description": "Done: what was deleted."},
        202: {"model": Housekeeping, "description": "Still at it; asking again joins it and waits on."},
        **responses(Unavailable, GenerationFailed),
    },
)
async def housekeeping(
    principal: CurrentPrincipal,
    services: CurrentServices,
    response: Response,
    dry_run: Annotated[bool, Query(alias="dryRun", description="Delete nothing, only say what would be.")] = False,
) -> Housekeeping:
    """What the schedule does every few hours: old runs, results, events and versions go, then blobs nothing names.

    It works for all tenants.
    """
    kept = await keep_house(services, dry_run=dry_run, wait=WAIT)
    response.status_code = 200 if kept.done else 202
    return kept
