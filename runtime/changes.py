"""Changing an avatar that exists: customization, regeneration, another attempt; each is an order for a new run."""

from __future__ import annotations

import asyncio
import hashlib
from dataclasses import dataclass

from avatar.catalog import avatars, runs
from avatar.character import CharacterDescription
from avatar.customize import amended, apply_customization, validate_against
from avatar.describe.notes import describe_with
from avatar.errors import Conflict, InvalidInput, NotFound, PreconditionFailed
from avatar.manifest import VersionRecord
from avatar.profile import AgentProfile
from avatar.request import MAX_NOTES, AvatarRequest, Customization, Order, OrderKind, Urgency
from avatar.run import RunRecord, RunStatus
from avatar.stage import REDOABLE, Stage
from runtime import control
from runtime.generations import Started, run_under_way, start
from runtime.services import Services


@dataclass(frozen=True, slots=True)
class Desired:
    """The newest intention for an avatar: the run under way, else the version that is served.

    ``described`` is the character before customization, as far as it is known without running a describer that costs.
    """

    request: AvatarRequest
    described: CharacterDescription
    under_way: RunRecord | None

    @property
    def character(self) -> CharacterDescription:
        """The character as it is or will be built."""
        return apply_customization(self.described, self.request.customization)

    @property
    def etag(self) -> str:
        """Changes whenever the request does (hex)."""
        return hashlib.sha256(self.request.model_dump_json().encode()).hexdigest()


async def generate(
    services: Services,
    tenant: str,
    profile: AgentProfile,
    *,
    by: str,
    supersede: bool = False,
    urgency: Urgency = Urgency.NORMAL,
    run_id: str | None = None,
) -> Started:
    """Start a run for ``profile``. What the owner of an existing avatar has set or wished for stays.

    Raises Conflict when a different request of the agent is under way.
    """
    try:
        kept = (await intention(services, tenant, profile.agent_id)).request
    except NotFound:
        request = AvatarRequest(profile=profile)
    else:
        request = kept.model_copy(update={"profile": profile})
    order = Order(request=request, kind=OrderKind.GENERATE, by=by, urgency=urgency)
    return await start(services, tenant, order, supersede=supersede, run_id=run_id)


@dataclass(frozen=True, slots=True)
class Intention:
    """What the avatar is meant to be, and where that stands: the run under way, the version that is served."""

    request: AvatarRequest
    under_way: RunRecord | None
    version: VersionRecord | None


async def intention(services: Services, tenant: str, agent_id: str) -> Intention:
    """The request of the run under way, else of the served version. Raises NotFound when there is neither."""
    under_way = await run_under_way(services, tenant, agent_id)
    try:
        version = await avatars.current_version(tenant, agent_id)
    except NotFound:
        if under_way is None:
            raise
        return Intention(under_way.order.request, under_way, None)
    request = under_way.order.request if under_way else version.order.request
    return Intention(request, under_way, version)


async def desired(services: Services, tenant: str, agent_id: str) -> Desired:
    """What the agent's avatar is meant to be. Raises NotFound when it was never asked for or is deleted."""
    meant = await intention(services, tenant, agent_id)
    request, version, under_way = meant.request, meant.version, meant.under_way
    if version is not None and _told_of(version.order.request) == _told_of(request):
        described = version.described
    else:
        described = (await asyncio.to_thread(describe_with, request.profile, request.notes)).character
    return Desired(request, described, under_way)


def _told_of(request: AvatarRequest) -> object:
    """All that a describer reads."""
    return request.profile, request.notes


async def customize(
    services: Services,
    tenant: str,
    agent_id: str,
    patch: Customization,
    *,
    by: str,
    if_match: str | None = None,
    supersede: bool = False,
    urgency: Urgency = Urgency.NORMAL,
    run_id: str | None = None,
) -> Started:
    """Start a run that makes the avatar with ``patch`` (nulls unset) merged into its customization.

    A patch that changes nothing starts nothing: the answer is the run that made what is there. Raises NotFound,
    PreconditionFailed when ``if_match`` is not the present etag, InvalidInput when the result fits no character,
    Conflict when another request is under way.
    """
    wanted = await desired(services, tenant, agent_id)
    if if_match is not None and if_match != wanted.etag:
        raise PreconditionFailed(
            f"the customization of '{agent_id}' is not the one you have read",
            mend="Read it again with GET and apply your change to that",
        )
    customization = amended(wanted.request.customization, patch)
    validate_against(wanted.described, customization)
    if customization == wanted.request.customization and wanted.under_way is None:
        return Started(await runs.latest_run(tenant, agent_id), joined=True)
    request = wanted.request.model_copy(update={"customization": customization})
    order = Order(request=request, kind=OrderKind.CUSTOMIZE, by=by, urgency=urgency)
    return await start(services, tenant, order, supersede=supersede, run_id=run_id)


async def regenerate(
    services: Services,
    tenant: str,
    agent_id: str,
    *,
    note: str | None = None,
    from_stage: Stage | None = None,
    by: str,
    supersede: bool = False,
    urgency: Urgency = Urgency.NORMAL,
    run_id: str | None = None,
) -> Started:
    """Start a run that makes the avatar again: with a wish more, anew from a stage, or without either wholly anew.

    Raises NotFound, InvalidInput for a stage that cannot be done again or too many wishes, Conflict.
    """
    check_redoable(from_stage)
    wanted = await desired(services, tenant, agent_id)
    notes = (*wanted.request.notes, *([note] if note else []))
    if len(notes) > MAX_NOTES:
        raise InvalidInput(
            f"'{agent_id}' has {MAX_NOTES} wishes already",
            mend="Write them into the profile's description and generate the avatar from that",
        )
    anew_from = from_stage or (None if note else Stage.DESCRIBE)
    order = Order(
        request=wanted.request.model_copy(update={"notes": notes}),
        kind=OrderKind.REGENERATE,
        by=by,
        anew_from=anew_from,
        urgency=urgency,
    )
    return await start(services, tenant, order, supersede=supersede, run_id=run_id)


async def retry(
    services: Services,
    tenant: str,
    agent_id: str,
    *,
    from_stage: Stage | None = None,
    by: str,
    run_id: str | None = None,
) -> Started:
    """Try the latest run again: a failed or cancelled one as a new run, one under way from an earlier stage.

    What the failed run has made is reused up to ``from_stage``. Raises NotFound, Conflict when it has published,
    InvalidInput.
    """
    check_redoable(from_stage)
    latest = await runs.latest_run(tenant, agent_id)
    under_way = await run_under_way(services, tenant, agent_id)
    if under_way is not None:
        if run_id == under_way.key.run_id:
            return await start(services, tenant, under_way.order, run_id=run_id)
        if from_stage is None:
            raise InvalidInput(
                f"the run of '{agent_id}' is under way",
                mend=f"Say from which stage it is to be done again: {', '.join(REDOABLE)}",
                errors=[{"field": "fromStage", "message": "is required while the run is under way"}],
            )
        run = await control.go_back(services, under_way, from_stage, by=by, update_id=run_id)
        return Started(run, joined=True)
    if latest.status is RunStatus.RUNNING:
        latest = await runs.get_run(latest.key.run_id)
    if latest.status is RunStatus.PUBLISHED and run_id != latest.key.run_id:
        raise Conflict(
            f"the latest run of '{agent_id}' has published version {latest.version}; there is nothing to retry",
            mend="Regenerate the avatar to make it anew",
        )
    order = latest.order.model_copy(update={"kind": OrderKind.RETRY, "by": by, "anew_from": from_stage})
    return await start(services, tenant, order, run_id=run_id)


def check_redoable(stage: Stage | None) -> None:
    """Raise InvalidInput unless a run can be done again from ``stage``."""
    if stage is not None and stage not in REDOABLE:
        raise InvalidInput(
            f"a run cannot be done again from {stage.value}",
            mend=f"Choose one of {', '.join(REDOABLE)}",
            errors=[{"field": "fromStage", "message": f"must be one of {', '.join(REDOABLE)}"}],
        )
