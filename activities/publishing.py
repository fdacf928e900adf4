"""publish, announce, record_failure: what users see, and when."""

from __future__ import annotations

from datetime import datetime

import structlog

from activities.implement import implements
from avatar.catalog import avatars, runs
from avatar.catalog.connection import Connection
from avatar.manifest import VersionRecord
from avatar.run import RunStatus
from workflows import steps

log = structlog.get_logger()


class Publishing:
    """The last stages of a run, all of them in the catalog."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    @implements(steps.PUBLISH)
    async def publish(self, given: steps.PublishInput) -> steps.Published:
        def build(number: int, now: datetime) -> VersionRecord:
            return VersionRecord(
                tenant=given.run.tenant,
                agent_id=given.run.agent_id,
                number=number,
                run_id=given.run.run_id,
                name=given.profile.name,
                style=given.profile.style,
                provider=given.source.provider,
                degraded=given.source.degraded,
                character=given.described.character,
                source=given.source.blob,
                lods=given.lods,
                model=given.model,
                picture=given.picture.blob,
                picture_missing=given.picture.missing,
                published_at=now,
            )

        record = await avatars.publish_version(self._connection, given.run, build)
        return steps.Published(version=record.number)

    @implements(steps.ANNOUNCE)
    async def announce(self, given: steps.AnnounceInput) -> steps.Nothing:
        await runs.record_event(given.run, "avatar.published", given.version)
        await runs.close_run(given.run, RunStatus.PUBLISHED)
        log.info("avatar published", version=given.version)
        return steps.Nothing()

    @implements(steps.RECORD_FAILURE)
    async def record_failure(self, given: steps.FailureInput) -> steps.Nothing:
        status = RunStatus.CANCELLED if given.cancelled else RunStatus.FAILED
        await runs.record_event(given.run, f"avatar.{status.value}")
        await runs.close_run(given.run, status, error=given.error)
        log.warning("run failed", code=given.error.code, detail=given.error.detail, stage=given.error.stage.value)
        return steps.Nothing()
