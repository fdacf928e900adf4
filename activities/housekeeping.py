"""drop_old, sweep_blobs: the steps of the housekeeping."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import structlog
from temporalio import activity

from activities.implement import implements
from avatar.catalog import retention
from avatar.catalog.connection import Connection
from avatar.storage.blob import StoredBlob
from avatar.storage.port import BlobStore
from workflows import steps

BATCH = 200  # blobs that are looked up together
QUIET = timedelta(days=1)  # a variant that was used since then has a version

log = structlog.get_logger()


class Housekeeping:
    """What the control worker does when nobody asks it to."""

    def __init__(self, connection: Connection, blobs: BlobStore) -> None:
        self._connection = connection
        self._blobs = blobs

    @implements(steps.DROP_OLD)
    async def drop_old(self, given: steps.DropInput) -> steps.Dropped:
        rules, now = given.rules, datetime.now(UTC)
        match given.what:
            case steps.Old.RUNS:
                before = now - timedelta(days=rules.runs_days)
                done = await retention.drop_runs(before, given.after, dry_run=given.dry_run)
            case steps.Old.RESULTS:
                before = now - timedelta(days=rules.results_days)
                done = await retention.drop_results(before, given.after, dry_run=given.dry_run)
            case steps.Old.EVENTS:
                before = now - timedelta(days=rules.events_days)
                done = await retention.drop_events(before, given.after, dry_run=given.dry_run)
            case steps.Old.VARIANTS:
                before = now - timedelta(days=rules.variants_days)
                done = await retention.drop_wishes(before, now - QUIET, given.after, dry_run=given.dry_run)
            case steps.Old.VERSIONS:
                if rules.versions is None:
                    return steps.Dropped(count=0, after=None)
                done = await retention.drop_versions(
                    self._connection, rules.versions, given.after, dry_run=given.dry_run
                )
        return steps.Dropped(count=done.count, after=done.after)

    @implements(steps.SWEEP_BLOBS)
    async def sweep_blobs(self, given: steps.SweepInput) -> steps.Swept:
        unused_since = datetime.now(UTC) - timedelta(hours=given.rules.blob_grace_hours)
        seen, old = 0, list[StoredBlob]()
        swept: list[StoredBlob] = []
        async for blob in self._blobs.stored(given.prefix):
            seen += 1
            if blob.used_at < unused_since:
                old.append(blob)
            if len(old) == BATCH:
                swept += await self._sweep(old, unused_since, given.dry_run)
                old = []
            if seen % BATCH == 0:
                activity.heartbeat(seen)
        swept += await self._sweep(old, unused_since, given.dry_run)
        return steps.Swept(seen=seen, blobs=len(swept), bytes=sum(blob.size for blob in swept))

    async def _sweep(self, old: list[StoredBlob], unused_since: datetime, dry_run: bool) -> list[StoredBlob]:
        """Delete those of ``old`` that nothing names; which these were."""
        named = await retention.named_blobs(blob.sha256 for blob in old)
        unnamed = [blob for blob in old if blob.sha256 not in named]
        if dry_run:
            return unnamed
        gone = []
        for blob in unnamed:
            activity.heartbeat()
            # Both questions once more, right before it goes: names first, then (in the store) its age. A run names
            # only what it has put, and what it puts becomes young before it is named.
            if await retention.named_blobs([blob.sha256]):
                continue
            if await self._blobs.delete(blob.sha256, unused_since=unused_since):
                log.info("blob swept", sha256=blob.sha256, bytes=blob.size)
                gone.append(blob)
        return gone
