"""From what the catalog knows to what a client reads."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime

from avatar.manifest import (
    GenerationStatus,
    Manifest,
    ManifestLod,
    ManifestPicture,
    Skeleton,
    StepTiming,
    VersionRecord,
)
from avatar.run import RunKey, RunRecord, current_stage, percent_done
from avatar.variant_query import PARAMETERS
from runtime.settings import Settings

PICTURE_SIZE = (768, 1024)
VARIANT_TEMPLATE = f"{{&{','.join(parameter.name for parameter in PARAMETERS if parameter.name != 'v')}}}"


def version_url(settings: Settings, version: VersionRecord, file: str) -> str:
    """Immutable address of one file of one version, at the CDN where there is one."""
    return f"{settings.cdn_url or settings.api_url}/avatars/{version.agent_id}/versions/{version.number}/{file}"


def variant_url(settings: Settings, version: VersionRecord, query: str = "") -> str:
    """Address of a variant of one version, by its canonical query; where there is none, of what begins all of them."""
    base = f"{settings.cdn_url or settings.api_url}/avatars/{version.agent_id}.glb?v={version.number}"
    return f"{base}&{query}" if query else base


def manifest_of(settings: Settings, version: VersionRecord) -> Manifest:
    """The manifest of a published version."""
    manifest = Manifest(
        agent_id=version.agent_id,
        name=version.name,
        version=version.number,
        etag="",
        style=version.style,
        provider=version.provider,
        degraded=version.degraded,
        summary=version.character.summary,
        lods=tuple(
            ManifestLod(
                **dict(lod.facts),
                url=version_url(settings, version, f"lod{lod.facts.level}.glb"),
                bytes=lod.blob.size,
                sha256=lod.blob.sha256,
            )
            for lod in version.lods
        ),
        morphs=version.model.morphs,
        skeleton=Skeleton(joints=version.model.joints),
        bounds=version.model.bounds,
        picture=ManifestPicture(
            url=version_url(settings, version, "picture.png"),
            width=PICTURE_SIZE[0],
            height=PICTURE_SIZE[1],
            bytes=version.picture.size,
            sha256=version.picture.sha256,
            alt=version.character.summary or version.name,
        )
        if version.picture
        else None,
        picture_missing=version.picture_missing,
        variants_url=variant_url(settings, version) + VARIANT_TEMPLATE,
        updated_at=version.published_at,
    )
    digest = hashlib.sha256(manifest.model_dump_json().encode()).hexdigest()
    return manifest.model_copy(update={"etag": digest})


def status_of(settings: Settings, run: RunRecord, current: int | None) -> GenerationStatus:
    """Where a run is, for pollers."""
    end = run.finished_at or datetime.now(UTC)
    return GenerationStatus(
        agent_id=run.key.agent_id,
        run_id=run.key.run_id,
        kind=run.order.kind,
        status=run.status,
        paused=run.paused,
        stage=current_stage(run),
        percent=percent_done(run),
        version=run.version,
        current_version=current,
        steps=tuple(
            StepTiming(
                step=step.name,
                stage=step.stage,
                attempts=step.attempts,
                seconds=step.seconds,
                last_error=step.last_error,
                reused=step.reused,
            )
            for step in run.steps
        ),
        elapsed_seconds=round((end - run.created_at).total_seconds(), 3),
        error=run.error,
        started_at=run.created_at,
        updated_at=run.updated_at,
        manifest_url=f"{settings.api_url}/api/avatars/{run.key.agent_id}",
        workflow_url=workflow_url(settings, run.key),
    )


def workflow_url(settings: Settings, key: RunKey) -> str | None:
    """The run in the Temporal Web UI, where it is known."""
    if not settings.temporal_ui_url:
        return None
    workflow = key.workflow_id.replace("/", "%2F")
    return f"{settings.temporal_ui_url}/namespaces/{settings.temporal_namespace}/workflows/{workflow}"
