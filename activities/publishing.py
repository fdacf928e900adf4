"""publish, announce, and the records of failures, pauses and retries: what users see, and when."""

from __future__ import annotations

from datetime import UTC, datetime

import structlog

from activities.implement import implements
from avatar.catalog import avatars, runs
from avatar.catalog.connection import Connection
from avatar.catalog.events import record_event
from avatar.customize import field_changes
from avatar.errors import GenerationFailed
from avatar.event import EventKind
from avatar.manifest import VersionRecord
from avatar.run import Pause, RunKey, RunStatus
from avatar.storage.port import BlobStore
from workflows import steps

log = structlog.get_logger()


class Publishing:
    """The last stages of a run, all of them in the catalog."""

    def __init__(self, connection: Connection, blobs: BlobStore) -> None:
        self._connection = connection
        self._blobs = blobs

    @implements(steps.PUBLISH)
    async def publish(self, given: steps.PublishInput) -> steps.Published:
        await self._check_bytes(given)

        def build(slot: avatars.Slot) -> VersionRecord:
            before = slot.base.character if slot.base else None
            return VersionRecord(
                tenant=given.run.tenant,
                agent_id=given.run.agent_id,
                number=slot.number,
                run_id=given.run.run_id,
                order=given.order,
                based_on=slot.base.number if slot.base else None,
                changes=field_changes(before, given.character) if before else (),
                reused=given.reused,
                cost_micros=cost_of(given),
                seconds=slot.seconds,
                name=given.character.name,
                style=given.character.style,
                provider=given.source.provider,
                degraded=given.source.degraded,
                described=given.described.character,
                character=given.character,
                source=given.source.blob,
                lods=given.lods,
                model=given.model,
                picture=given.picture.blob,
                picture_missing=given.picture.missing,
                published_at=slot.now,
            )

        record = await avatars.publish_version(self._connection, given.run, build)
        return steps.Published(version=record.number)

    async def _check_bytes(self, given: steps.PublishInput) -> None:
        """A run that was paused for long may find swept what it had made: then nothing is published."""
        pictures = [given.picture.blob] if given.picture.blob else []
        for blob in (given.source.blob, *(lod.blob for lod in given.lods), *pictures):
            if not await self._blobs.exists(blob):
                raise GenerationFailed(
                    f"blob {blob.sha256} is not in the store any more",
                    mend="Retry the run: what is missing is made again",
                )

    @implements(steps.ANNOUNCE)
    async def announce(self, given: steps.AnnounceInput) -> steps.Nothing:
        await tell(given.run, EventKind.PUBLISHED, version=given.version)
        await runs.close_run(given.run, RunStatus.PUBLISHED)
        log.info("avatar published", version=given.version)
        return steps.Nothing()

    @implements(steps.RECORD_FAILURE)
    async def record_failure(self, given: steps.FailureInput) -> steps.Nothing:
        """Close the run. What it has made stays among the results, for the run that tries again."""
        status = RunStatus.CANCELLED if given.cancelled else RunStatus.FAILED
        kind = EventKind.RUN_CANCELLED if given.cancelled else EventKind.RUN_FAILED
        await tell(given.run, kind, detail=given.error.detail)
        await runs.close_run(given.run, status, error=given.error)
        log.warning("run failed", code=given.error.code, detail=given.error.detail, stage=given.error.stage.value)
        return steps.Nothing()

    @implements(steps.RECORD_PAUSE)
    async def record_pause(self, given: steps.PauseInput) -> steps.Nothing:
        pause = Pause(by=given.by, reason=given.reason, at=datetime.now(UTC)) if given.paused else None
        kind = EventKind.RUN_PAUSED if given.paused else EventKind.RUN_RESUMED
        await tell(given.run, kind, turn=given.turn, by=given.by, detail=given.reason)
        await runs.set_paused(given.run, pause)
        return steps.Nothing()

    @implements(steps.RECORD_RETRY)
    async def record_retry(self, given: steps.RetryInput) -> steps.Nothing:
        await tell(given.run, EventKind.RUN_RETRIED, turn=given.turn, by=given.by, detail=given.stage.value)
        await runs.forget_steps(given.run, given.stage)
        return steps.Nothing()


async def tell(
    run: RunKey, kind: EventKind, *, turn: int = 0, version: int | None = None, by: str = "", detail: str = ""
) -> None:
    """Append what happened to ``run`` to its agent's log, once for each kind and ``turn``."""
    key = f"{run.run_id}/{kind.value}/{turn}"
    await record_event(
        run.tenant, run.agent_id, kind, key=key, run_id=run.run_id, version=version, by=by, detail=detail[:500]
    )


def cost_of(given: steps.PublishInput) -> int:
    """What providers charged for this run, in millionths of a US dollar; what was reused cost nothing again."""
    paid = {steps.DESCRIBE.name: given.described.cost_micros, steps.BUILD_PARAMETRIC.name: given.source.cost_micros}
    return sum(cost for step, cost in paid.items() if step not in given.reused)
