"""Variants and pictures of published models: those that are there are found, the others are made while the caller
waits."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import structlog
from temporalio.client import WorkflowExecutionStatus, WorkflowFailureError, WorkflowHandle
from temporalio.common import SearchAttributePair, TypedSearchAttributes, WorkflowIDConflictPolicy
from temporalio.exceptions import ApplicationError
from temporalio.service import RPCError, RPCStatusCode

from avatar.catalog import wishes
from avatar.errors import (
    AvatarError,
    GenerationFailed,
    InvalidModel,
    TooLarge,
    TooManyRequests,
    Unavailable,
    error_kinds,
)
from avatar.manifest import VersionRecord
from avatar.request import Urgency
from avatar.storage.blob import BlobRef
from avatar.variant import Variant
from avatar.wish import KnownWish, MadeFile, Wish, WishFailure, WishState, kind_of, spell, wish_key
from runtime.generations import RPC_TIMEOUT, temporal_away
from runtime.services import Services
from workflows.policies import AGENT_ID, AVATAR_VERSION, TENANT, Queue, priority_of
from workflows.steps import RECORD_WISH, WishKey, workflow_id
from workflows.wish import GrantWish, WishRequest

log = structlog.get_logger()
AT_MOST = timedelta(minutes=15)  # of a build with all its attempts
BAD_FOR = timedelta(minutes=10)  # a model that is not acceptable will not be any better in a moment
UNLUCKY_FOR = timedelta(seconds=15)  # what failed for other reasons may be tried again soon
SURE_FOR = timedelta(seconds=30)  # a build that is said to be under way for longer is looked up
FINAL = frozenset({InvalidModel.code, TooLarge.code, GenerationFailed.code})  # what the model is to blame for
COME_AGAIN = 5  # seconds

Handle = WorkflowHandle[GrantWish, MadeFile]


def key_of(version: VersionRecord, wish: Wish) -> WishKey:
    """The name of ``wish`` of that version's model: equal keys, equal files."""
    return WishKey(
        kind=kind_of(wish),
        tenant=version.tenant,
        agent_id=version.agent_id,
        version=version.number,
        key=wish_key(wish, version.source.sha256),
        source=version.source,
    )


async def ensure(services: Services, version: VersionRecord, wish: Wish) -> BlobRef:
    """The file of ``wish``, which is made first when it is not there; everybody who asks meanwhile waits for it.

    Raises TooManyRequests when the tenant has begun too many this minute, Unavailable when it takes longer than the
    settings allow to wait (it goes on), else what made the build fail: InvalidModel, GenerationFailed,
    PictureUnavailable.
    """
    of = key_of(version, wish)
    known = await wishes.find_wish(of.tenant, of.key)
    there = await _there(services, of, known)
    if there is not None:
        return there
    handle = await _join_or_start(services, of, version, wish, known, Urgency.HIGH)
    return await _result(services, of, handle)


async def precompile(services: Services, version: VersionRecord, wanted: Sequence[Variant]) -> None:
    """Begin to make those of ``wanted`` that are not there; waits for none.

    Raises TooManyRequests when not all may begin in this minute; those before it are under way.
    """
    keys = [key_of(version, variant) for variant in wanted]
    known = await wishes.find_wishes(version.tenant, [of.key for of in keys])
    for number, (of, variant) in enumerate(zip(keys, wanted, strict=True)):
        if await _there(services, of, known.get(of.key)) is not None:
            continue
        if _failure(known.get(of.key)) is not None:
            continue
        try:
            await _join_or_start(services, of, version, variant, None, Urgency.NORMAL)
        except TooManyRequests as error:
            error.detail += f"; {number} of these {len(wanted)} are made or under way"
            raise


async def states(services: Services, known: Sequence[KnownWish], tenant: str) -> list[WishState]:
    """How each of ``known`` stands; one whose build was stopped from outside is absent."""

    async def state(wish: KnownWish) -> WishState:
        sure = datetime.now(UTC) - wish.asked_at < SURE_FOR
        if wish.state is not WishState.BUILDING or sure:
            return wish.state
        under_way = await _under_way(services, workflow_id(kind_of(wish.wish), tenant, wish.key))
        return WishState.BUILDING if under_way else WishState.ABSENT

    return list(await asyncio.gather(*(state(wish) for wish in known)))


async def _there(services: Services, of: WishKey, known: KnownWish | None) -> BlobRef | None:
    if known is None or known.built is None:
        return None
    blob = known.built.blob
    if not await services.blobs.exists(blob):
        log.warning("what was made and whose blob is gone is made again", key=of.key, sha256=blob.sha256)
        await wishes.lose_wish(of.tenant, of.key, blob.sha256)
        return None
    if datetime.now(UTC) - known.used_at > wishes.TOUCH_EVERY:
        await wishes.touch_wish(of.tenant, of.key)
    return blob


def _failure(known: KnownWish | None) -> AvatarError | None:
    """Why it cannot be made, as far as that is known from not long ago."""
    if known is None or known.failure is None or known.ended_at is None:
        return None
    rest = BAD_FOR if known.failure.code in FINAL else UNLUCKY_FOR
    left = rest - (datetime.now(UTC) - known.ended_at)
    return _as_error(known.failure, left) if left > timedelta() else None


def _as_error(failure: WishFailure, again: timedelta) -> AvatarError:
    kind = error_kinds().get(failure.code, AvatarError)
    error = kind(failure.detail.removesuffix("."))
    if error.retryable:
        error.context["headers"] = {"Retry-After": str(max(1, round(again.total_seconds())))}
    return error


async def _join_or_start(
    services: Services,
    of: WishKey,
    version: VersionRecord,
    wish: Wish,
    known: KnownWish | None,
    urgency: Urgency,
) -> Handle:
    """The build of the wish: the one under way, or a new one, which counts against the tenant's share."""
    failed = _failure(known)
    if failed is not None:
        raise failed
    handle: Handle = services.temporal.get_workflow_handle_for(GrantWish.run, of.workflow_id)
    if await _under_way(services, of.workflow_id):
        return handle
    per_minute = services.settings.variant_builds_per_minute
    pause = await wishes.take_start(of.tenant, of.key, per_minute)
    if pause is not None:
        raise TooManyRequests(
            f"{per_minute} variants and pictures were begun in this minute already",
            mend=f"Try again in {pause:.0f} s; AVATAR_VARIANT_BUILDS_PER_MINUTE sets the share",
            headers={"Retry-After": str(round(pause))},
        )
    query = spell(wish, version.model.morphs)
    await wishes.begin_wish(of.tenant, of.key, agent_id=of.agent_id, source=of.source.sha256, wish=wish, query=query)
    try:
        handle = await services.temporal.start_workflow(
            GrantWish.run,
            WishRequest(of=of, wish=wish, query=query, urgency=urgency, links=services.settings.api_url),
            id=of.workflow_id,
            task_queue=Queue.CONTROL,
            id_conflict_policy=WorkflowIDConflictPolicy.USE_EXISTING,
            execution_timeout=AT_MOST,
            search_attributes=TypedSearchAttributes(
                [
                    SearchAttributePair(TENANT, of.tenant),
                    SearchAttributePair(AGENT_ID, of.agent_id),
                    SearchAttributePair(AVATAR_VERSION, of.version),
                ]
            ),
            static_summary=f"{version.name}, version {of.version}: {query}"[:200],
            static_details=f"**{version.name}** (`{of.agent_id}`), version {of.version}\n\n`{query}`",
            priority=priority_of(urgency, RECORD_WISH.stage, of.tenant),
            rpc_timeout=RPC_TIMEOUT,
        )
    except (RPCError, RuntimeError) as error:
        raise temporal_away(error) from error
    log.info("wish begun", workflow_id=of.workflow_id, agent_id=of.agent_id, query=query)
    return handle


async def _under_way(services: Services, workflow_id: str) -> bool:
    try:
        described = await services.temporal.get_workflow_handle(workflow_id).describe(rpc_timeout=RPC_TIMEOUT)
    except RPCError as error:
        if error.status is RPCStatusCode.NOT_FOUND:
            return False
        raise temporal_away(error) from error
    except RuntimeError as error:
        raise temporal_away(error) from error
    return described.status is WorkflowExecutionStatus.RUNNING


async def _result(services: Services, of: WishKey, handle: Handle) -> BlobRef:
    wait = services.settings.variant_wait_seconds
    try:
        async with asyncio.timeout(wait):
            return (await handle.result()).blob
    except TimeoutError:
        raise Unavailable(
            f"the {of.kind.value} is still being made after {wait:g} s",
            mend=f"Ask again in {COME_AGAIN} s: the build goes on, whoever waits for it",
            headers={"Retry-After": str(COME_AGAIN)},
        ) from None
    except WorkflowFailureError as error:
        raise _build_error(error) from error
    except (RPCError, RuntimeError) as error:
        raise temporal_away(error) from error


def _build_error(failure: WorkflowFailureError) -> AvatarError:
    """What made the build fail, from the innermost cause that has a code."""
    cause: BaseException | None = failure.cause
    while cause is not None and not isinstance(cause, ApplicationError):
        cause = cause.__cause__
    if cause is None:
        return Unavailable("the build was stopped", mend="Ask again: it begins anew")
    kind = error_kinds().get(cause.type or "", AvatarError)
    said = WishFailure(code=kind.code, title=kind.title, detail=cause.message, retryable=kind.retryable)
    return _as_error(said, UNLUCKY_FOR)
