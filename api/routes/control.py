"""/api/avatars/{agentId}/cancel, /pause, /resume, /retry: steering the run that makes an avatar."""

from __future__ import annotations

from typing import Any, Protocol

from fastapi import APIRouter, Request, Response
from pydantic import Field

from api import examples
from api.body import parse_model, read_body
from api.idempotency import IdempotencyKey, once
from api.orders import STARTED, tell
from api.principal import CurrentPrincipal, Principal
from api.problems import responses
from api.routes.avatars import AgentIdInPath
from api.routes.changes import RedoableStage
from api.services import CurrentServices
from avatar.errors import Conflict, InvalidInput, NotFound, TooLarge, Unavailable
from avatar.frozen import Frozen
from avatar.manifest import GenerationStatus
from avatar.run import RunRecord
from runtime import changes, control
from runtime.services import Services
from workflows.control import Words

router = APIRouter(prefix="/api/avatars", tags=["control"])


class Steering(Frozen):
    """Why; it stands in the run's status and log."""

    reason: Words = ""


class Retrying(Frozen):
    """From where."""

    from_stage: RedoableStage | None = Field(
        default=None,
        description="This stage and those after it are done again. Required while the run is under way; without it a "
        "failed or cancelled run goes on from where it stopped.",
    )


def optional_body(kind: type[Frozen], example: dict[str, Any]) -> dict[str, Any]:
    """The OpenAPI entry of a JSON body that may be left out."""
    content = {"application/json": {"schema": kind.model_json_schema(), "example": example}}
    return {"requestBody": {"required": False, "content": content}}


STEERED = responses(NotFound, Conflict, TooLarge, InvalidInput, Unavailable)


@router.post(
    "/{agentId}/cancel",
    response_model=GenerationStatus,
    summary="Stop the run under way",
    responses={200: examples.answer(examples.CANCELLED), **STEERED},
    openapi_extra=optional_body(Steering, {"reason": "not needed any more"}),
)
async def cancel(
    agent_id: AgentIdInPath, request: Request, principal: CurrentPrincipal, services: CurrentServices
) -> Response:
    """Stop the run and wait until it has stopped. The version that is served stays. 409 when none is under way."""
    return await _steer(control.cancel, request, principal, services, agent_id)


@router.post(
    "/{agentId}/pause",
    response_model=GenerationStatus,
    summary="Let the run wait",
    responses={200: examples.answer(examples.PAUSED), **STEERED},
    openapi_extra=optional_body(Steering, examples.STEERING),
)
async def pause(
    agent_id: AgentIdInPath, request: Request, principal: CurrentPrincipal, services: CurrentServices
) -> Response:
    """The run ends what it is doing and waits before its next stage until it is resumed.

    409 when none is under way, when it is paused already and when it is publishing.
    """
    return await _steer(control.pause, request, principal, services, agent_id)


@router.post(
    "/{agentId}/resume",
    response_model=GenerationStatus,
    summary="Let a paused run go on",
    responses={200: examples.answer(examples.STATUS), **STEERED},
    openapi_extra=optional_body(Steering, {"reason": "the logo is there"}),
)
async def resume(
    agent_id: AgentIdInPath, request: Request, principal: CurrentPrincipal, services: CurrentServices
) -> Response:
    """The run goes on with its next stage. 409 when none is under way or it is not paused."""
    return await _steer(control.resume, request, principal, services, agent_id)


@router.post(
    "/{agentId}/retry",
    status_code=202,
    response_model=GenerationStatus,
    summary="Try the latest run again",
    responses={**STARTED, **STEERED},
    openapi_extra=optional_body(Retrying, examples.RETRY),
)
async def retry(
    agent_id: AgentIdInPath,
    request: Request,
    principal: CurrentPrincipal,
    services: CurrentServices,
    key: IdempotencyKey = None,
) -> Response:
    """A failed or cancelled run is tried again as a new one; a run under way does a stage and those after it again.

    What was made before that stage is reused. 409 when the latest run has published: regenerate the avatar instead.
    """
    body = await read_body(request)
    wanted = parse_model(Retrying, body)

    async def work(run_id: str | None) -> Response:
        started = await changes.retry(
            services, principal.tenant, agent_id, from_stage=wanted.from_stage, by=principal.name, run_id=run_id
        )
        return await tell(services, started.run)

    return await once(request, principal.tenant, key, body, work)


class _Steer(Protocol):
    async def __call__(
        self, services: Services, tenant: str, agent_id: str, *, by: str, reason: str = ""
    ) -> RunRecord: ...


async def _steer(steer: _Steer, request: Request, principal: Principal, services: Services, agent_id: str) -> Response:
    asked = parse_model(Steering, await read_body(request))
    run = await steer(services, principal.tenant, agent_id, by=principal.name, reason=asked.reason)
    return await tell(services, run, 200)
