"""build_variant, render_shot, record_wish: what clients ask for by address."""

from __future__ import annotations

import io

import structlog
from PIL import Image

from activities.implement import implements
from activities.modelling import GLB, PNG, texture_facts
from activities.pool import MeshPool, MeshTools, heartbeating
from avatar.catalog import wishes
from avatar.gltf.variants import VariantFile, VariantReport, build_variant
from avatar.shot import Shot
from avatar.storage.port import BlobStore
from avatar.variant import Variant
from avatar.wish import MadeFile, PictureFacts, VariantFacts
from workflows import steps

log = structlog.get_logger()


class Granting:
    """The steps of the mesh queue."""

    def __init__(self, blobs: BlobStore, pool: MeshPool) -> None:
        self._blobs = blobs
        self._pool = pool

    @implements(steps.BUILD_VARIANT)
    async def build_variant(self, given: steps.VariantInput) -> MadeFile:
        known = await self._there(given.of)
        if known is not None:
            return known
        data = await self._blobs.get(given.of.source)
        made = await heartbeating(self._pool.run(make_variant, data, given.variant))
        facts = variant_facts(made.report)
        built = MadeFile(blob=await self._blobs.put(made.data, GLB), facts=facts)
        log.info("variant made", key=given.of.key, bytes=built.blob.size, triangles=facts.triangles)
        return built

    @implements(steps.RENDER_SHOT)
    async def render_shot(self, given: steps.ShotInput) -> MadeFile:
        known = await self._there(given.of)
        if known is not None:
            return known
        data = await self._blobs.get(given.of.source)
        picture = await heartbeating(self._pool.run(take_shot, data, given.shot))
        built = MadeFile(blob=await self._blobs.put(picture, PNG), facts=picture_facts(picture))
        log.info("picture made", key=given.of.key, bytes=built.blob.size)
        return built

    async def _there(self, of: steps.WishKey) -> MadeFile | None:
        """What is there already: somebody asked again in the moment in which the first build ended."""
        known = await wishes.find_wish(of.tenant, of.key)
        if known is None or known.built is None or not await self._blobs.exists(known.built.blob):
            return None
        return known.built


class WishRecords:
    """The step of the control queue."""

    @implements(steps.RECORD_WISH)
    async def record_wish(self, given: steps.RecordWishInput) -> steps.Nothing:
        made = given.built or given.failure
        if made is not None and not await wishes.end_wish(given.of.tenant, given.of.key, made):
            log.info("the wish was deleted meanwhile", key=given.of.key)
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


def picture_facts(png: bytes) -> PictureFacts:
    """What the catalog keeps of a picture."""
    with Image.open(io.BytesIO(png)) as picture:
        return PictureFacts(width=picture.width, height=picture.height)


# What follows runs in mesh processes.


def make_variant(tools: MeshTools, data: bytes, variant: Variant) -> VariantFile:
    """The variant of the GLB."""
    return build_variant(data, variant, tools.sidecar, tools.encoded)


def take_shot(tools: MeshTools, data: bytes, shot: Shot) -> bytes:
    """A PNG of the GLB."""
    tools.studio.place(data)
    return tools.studio.take(shot)
