"""/health and /metrics: for orchestrators and Prometheus."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from datetime import timedelta

from fastapi import APIRouter, Response
from temporalio.service import RPCError

from api.principal import CurrentPrincipal
from api.services import CurrentServices
from avatar.errors import AvatarError
from avatar.frozen import Frozen
from runtime.metrics import CONTENT_TYPE, exposition
from runtime.services import Services

router = APIRouter(tags=["operations"])
PROBE_SECONDS = 2.0


class Part(Frozen):
    name: str
    ok: bool
    detail: str = ""


class Health(Frozen):
    ok: bool
    parts: tuple[Part, ...] = ()


@router.get("/health/live", response_model=Health, summary="Does the process run?")
async def live(principal: CurrentPrincipal) -> Health:
    """Always yes while the process answers at all; says nothing about other parts."""
    return Health(ok=True)


@router.get(
    "/health/ready",
    response_model=Health,
    summary="Can it do its work?",
    responses={503: {"model": Health, "description": "Some part does not answer; it says which."}},
)
async def ready(principal: CurrentPrincipal, services: CurrentServices, response: Response) -> Health:
    """Whether MongoDB, Temporal and the blob store answer now."""
    parts = await asyncio.gather(
        _probe("mongodb", services.connection.ping()),
        _probe("temporal", _temporal(services)),
        _probe("storage", services.blobs.check()),
    )
    ok = all(part.ok for part in parts)
    response.status_code = 200 if ok else 503
    return Health(ok=ok, parts=tuple(parts))


@router.get(
    "/metrics", response_class=Response, summary="Prometheus metrics", responses={200: {"content": {"text/plain": {}}}}
)
async def metrics(principal: CurrentPrincipal) -> Response:
    """Counters and histograms of this API process and of the Temporal client in it."""
    return Response(await asyncio.to_thread(exposition), headers={"Content-Type": CONTENT_TYPE})


async def _probe(name: str, check: Awaitable[None]) -> Part:
    try:
        async with asyncio.timeout(PROBE_SECONDS):
            await check
    except (AvatarError, RPCError, RuntimeError, TimeoutError) as error:
        return Part(name=name, ok=False, detail=str(error) or f"no answer within {PROBE_SECONDS:.0f} s")
    return Part(name=name, ok=True)


async def _temporal(services: Services) -> None:
    await services.temporal.service_client.check_health(timeout=timedelta(seconds=PROBE_SECONDS))
