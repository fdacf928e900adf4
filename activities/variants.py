"""build_variant, record_variant: what clients ask for by address."""

from __future__ import annotations

import structlog

from activities.implement import implements
from activities.modelling import GLB, texture_facts
from activities.pool import MeshPool, MeshTools, heartbeating
from avatar.built_variant import BuiltVariant, VariantFacts
from avatar.catalog import variants
from avatar.gltf.variants import VariantFile, VariantReport, build_variant
from avatar.storage.port import BlobStore
from avatar.variant import Variant
from workflows import steps

log = structlog.get_logger()


class Varying:
    """The step of the mesh queue."""

    def __init__(self, blobs: BlobStore, pool: MeshPool) -> None:
        self._blobs = blobs
        self._pool = pool

    @implements(steps.BUILD_VARIANT)
    async def build_variant(self, given: steps.VariantInput) -> BuiltVariant:
        known = await variants.find_variant(given.of.tenant, given.of.key)
        if known is not None and known.built is not None and await self._blobs.exists(known.built.blob):
            return known.built  # somebody asked again in the moment in which the first build ended
        data = await self._blobs.get(given.of.source)
        made = await heartbeating(self._pool.run(make_variant, data, given.variant))
        built = BuiltVariant(blob=await self._blobs.put(made.data, GLB), facts=variant_facts(made.report))
        log.info("variant made", key=given.of.key, bytes=built.blob.size, triangles=built.facts.triangles)
        return built


class VariantRecords:
    """The step of the control queue."""

    @implements(steps.RECORD_VARIANT)
    async def record_variant(self, given: steps.RecordVariantInput) -> steps.Nothing:
        made = given.built or given.failure
        if made is not None and not await variants.end_variant(given.of.tenant, given.of.key, made):
            log.info("the variant was deleted meanwhile", key=given.of.key)
        return steps.Nothing()


def variant_facts(report: VariantReport) -> VariantFacts:
    """What the catalog keeps of a build's report."""
    return VariantFacts(
        triangles=report.triangles,
        vertices=report.vertices,
        draw_calls=report.draw_calls,
        morphs=len(report.morphs),
        textures=tuple(texture_facts(texture) for texture in report.textures),
        warnings=report.validation.warnings,
    )


# What follows runs in mesh processes.


def make_variant(tools: MeshTools, data: bytes, variant: Variant) -> VariantFile:
    """The variant of the GLB."""
    return build_variant(data, variant, tools.sidecar, tools.encoded)
