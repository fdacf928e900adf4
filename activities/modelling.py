"""build, inspect, LODs, picture: the CPU-bound steps, each a job for the mesh pool."""

from __future__ import annotations

import structlog

from activities.implement import implements
from activities.pool import MeshPool, MeshTools, heartbeating
from avatar.character import CharacterDescription
from avatar.errors import DamagedBlob, GenerationFailed, InvalidModel, NotFound, PictureUnavailable, TooLarge
from avatar.gltf.gate.inspect import Inspection, TextureInfo, inspect, unsound
from avatar.gltf.lods import build_lod, repaint_lod
from avatar.gltf.variants import VariantFile, VariantReport
from avatar.human.human import make_human
from avatar.human.human import warm_up as warm_up_human
from avatar.human.repaint import repaint_human
from avatar.manifest import Bounds, LodFacts, ModelFacts, PublishedLod, Texture
from avatar.picture import Shot
from avatar.storage.port import BlobStore
from workflows import steps

log = structlog.get_logger()
GLB = "model/gltf-binary"
PNG = "image/png"
PROVIDER = "parametric"
# What a kin may be guilty of; a full build needs none.
UNFIT = (InvalidModel, TooLarge, GenerationFailed, DamagedBlob, NotFound)
FRIENDLY = Shot(morphs={"mouthSmile": 0.3})  # full body, relaxed; a face at rest looks stern


class Modelling:
    """The steps of the mesh queue."""

    def __init__(self, blobs: BlobStore, pool: MeshPool) -> None:
        self._blobs = blobs
        self._pool = pool

    @implements(steps.BUILD_PARAMETRIC)
    async def build_parametric(self, given: steps.BuildInput) -> steps.SourceModel:
        return await self._built(given.character)

    @implements(steps.REPAINT_PARAMETRIC)
    async def repaint_parametric(self, given: steps.RepaintInput) -> steps.SourceModel:
        try:
            kin = await self._blobs.get(given.kin)
            data = await heartbeating(self._pool.run(repaint_kin, kin, given.character))
        except UNFIT as error:
            log.warning("not repainted but built anew", kin=given.kin.sha256, reason=str(error))
            return await self._built(given.character)
        return await self._source(data)

    @implements(steps.INSPECT_MODEL)
    async def inspect_model(self, given: steps.InspectInput) -> steps.Inspected:
        data = await self._blobs.get(given.source)
        found = await heartbeating(self._pool.run(inspect_soundly, data))
        return steps.Inspected(
            triangles=found.triangles,
            model=model_facts(found),
            warnings=tuple(f"{problem.where}: {problem.message}" for problem in found.problems[:20]),
        )

    @implements(steps.BUILD_LOD)
    async def build_lod(self, given: steps.LodInput) -> PublishedLod:
        data = await self._blobs.get(given.source)
        return await self._published(await heartbeating(self._pool.run(make_lod, data, given.level)))

    @implements(steps.REPAINT_LOD)
    async def repaint_lod(self, given: steps.RepaintLodInput) -> PublishedLod:
        data = await self._blobs.get(given.source)
        try:
            kin = await self._blobs.get(given.kin.blob)
            lod = await heartbeating(self._pool.run(repaint_kin_lod, data, kin, given.level))
        except UNFIT as error:
            log.warning("not repainted but built anew", kin=given.kin.blob.sha256, reason=str(error))
            lod = await heartbeating(self._pool.run(make_lod, data, given.level))
        return await self._published(lod)

    @implements(steps.RENDER_PICTURE)
    async def render_picture(self, given: steps.PictureInput) -> steps.Picture:
        data = await self._blobs.get(given.source)
        try:
            picture = await heartbeating(self._pool.run(take_picture, data))
        except PictureUnavailable as error:
            log.warning("no picture", reason=str(error))
            return steps.Picture(blob=None, missing=str(error))
        return steps.Picture(blob=await self._blobs.put(picture, PNG))

    async def _built(self, character: CharacterDescription) -> steps.SourceModel:
        return await self._source(await heartbeating(self._pool.run(build_human, character)))

    async def _source(self, data: bytes) -> steps.SourceModel:
        return steps.SourceModel(blob=await self._blobs.put(data, GLB), provider=PROVIDER, degraded=False)

    async def _published(self, lod: VariantFile) -> PublishedLod:
        return PublishedLod(facts=lod_facts(lod.report), blob=await self._blobs.put(lod.data, GLB))


def model_facts(found: Inspection) -> ModelFacts:
    """What all levels of a model share. Raises InvalidModel when it has nothing to show."""
    if found.bounds is None:
        raise InvalidModel("the model draws nothing", mend="A scene must show at least one mesh")
    return ModelFacts(
        joints=found.joints,
        morphs=found.morphs,
        bounds=Bounds(min=found.bounds.low, max=found.bounds.high),
    )


def lod_facts(report: VariantReport) -> LodFacts:
    """What a manifest says of a level."""
    return LodFacts(
        level=report.variant.lod,
        triangles=report.triangles,
        vertices=report.vertices,
        draw_calls=report.draw_calls,
        textures=tuple(texture_facts(texture) for texture in report.textures),
    )


def texture_facts(texture: TextureInfo) -> Texture:
    return Texture(width=texture.width, height=texture.height, media_type=texture.mime, bytes=texture.bytes)


# What follows runs in mesh processes.


def build_human(tools: MeshTools, character: CharacterDescription) -> bytes:
    """The parametric human of ``character`` as GLB."""
    return make_human(character)


def repaint_kin(tools: MeshTools, kin: bytes, character: CharacterDescription) -> bytes:
    """The same with the geometry of ``kin``. Raises InvalidModel when it has another."""
    return repaint_human(kin, character)


def inspect_soundly(tools: MeshTools, data: bytes) -> Inspection:
    """What is in the GLB. Raises InvalidModel when it is not sound."""
    found = inspect(data, tools.sidecar)
    if not found.sound:
        raise unsound(found.problems)
    return found


def make_lod(tools: MeshTools, data: bytes, level: int) -> VariantFile:
    """One level of detail of the GLB."""
    return build_lod(data, level, tools.sidecar, tools.encoded)


def repaint_kin_lod(tools: MeshTools, data: bytes, kin: bytes, level: int) -> VariantFile:
    """The same with the geometry of ``kin``. Raises InvalidModel when the GLB has another."""
    return repaint_lod(data, kin, level, tools.sidecar, tools.encoded)


def take_picture(tools: MeshTools, data: bytes) -> bytes:
    """A PNG of the avatar, standing relaxed."""
    tools.studio.place(data)
    return tools.studio.take(FRIENDLY)


def warm_up(tools: MeshTools) -> None:
    """Load what the first avatar would otherwise wait for."""
    warm_up_human()
