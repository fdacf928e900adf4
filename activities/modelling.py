"""build, inspect, LODs, picture: the CPU-bound steps, each a job for the mesh pool."""

from __future__ import annotations

import structlog

from activities.implement import implements
from activities.pool import MeshPool, MeshTools, heartbeating
from avatar.character import CharacterDescription
from avatar.errors import InvalidModel, PictureUnavailable
from avatar.gltf.inspect import Inspection, TextureInfo, inspect, require_sound
from avatar.gltf.lods import LodFile, build_lod
from avatar.human.human import make_human
from avatar.human.human import warm_up as warm_up_human
from avatar.manifest import Bounds, LodFacts, ModelFacts, PublishedLod, Texture
from avatar.picture import Shot
from avatar.storage.port import BlobStore
from workflows import steps

log = structlog.get_logger()
GLB = "model/gltf-binary"
PNG = "image/png"
PROVIDER = "parametric"
FRIENDLY = Shot(morphs={"mouthSmile": 0.3})  # full body, relaxed; a face at rest looks stern


class Modelling:
    """The steps of the mesh queue."""

    def __init__(self, blobs: BlobStore, pool: MeshPool) -> None:
        self._blobs = blobs
        self._pool = pool

    @implements(steps.BUILD_PARAMETRIC)
    async def build_parametric(self, given: steps.BuildInput) -> steps.SourceModel:
        data = await heartbeating(self._pool.run(build_human, given.character))
        return steps.SourceModel(blob=await self._blobs.put(data, GLB), provider=PROVIDER, degraded=False)

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
        lod = await heartbeating(self._pool.run(make_lod, data, given.level))
        report = lod.report
        facts = LodFacts(
            level=report.level,
            triangles=report.triangles,
            vertices=report.vertices,
            draw_calls=report.draw_calls,
            textures=tuple(texture_facts(texture) for texture in report.textures),
        )
        return PublishedLod(facts=facts, blob=await self._blobs.put(lod.data, GLB))

    @implements(steps.RENDER_PICTURE)
    async def render_picture(self, given: steps.PictureInput) -> steps.Picture:
        data = await self._blobs.get(given.source)
        try:
            picture = await heartbeating(self._pool.run(take_picture, data))
        except PictureUnavailable as error:
            log.warning("no picture", reason=str(error))
            return steps.Picture(blob=None, missing=str(error))
        return steps.Picture(blob=await self._blobs.put(picture, PNG))


def model_facts(found: Inspection) -> ModelFacts:
    """What all levels of a model share. Raises InvalidModel when it has nothing to show."""
    if found.bounds is None:
        raise InvalidModel("the model draws nothing", mend="A scene must show at least one mesh")
    return ModelFacts(
        joints=found.joints,
        morphs=found.morphs,
        bounds=Bounds(min=found.bounds.low, max=found.bounds.high),
    )


def texture_facts(texture: TextureInfo) -> Texture:
    return Texture(width=texture.width, height=texture.height, media_type=texture.mime, bytes=texture.bytes)


# What follows runs in mesh processes.


def build_human(tools: MeshTools, character: CharacterDescription) -> bytes:
    """The parametric human of ``character`` as GLB."""
    return make_human(character)


def inspect_soundly(tools: MeshTools, data: bytes) -> Inspection:
    """What is in the GLB. Raises InvalidModel when it is not sound."""
    require_sound(data)
    return inspect(data)


def make_lod(tools: MeshTools, data: bytes, level: int) -> LodFile:
    """One level of detail of the GLB."""
    return build_lod(data, level, tools.sidecar)


def take_picture(tools: MeshTools, data: bytes) -> bytes:
    """A PNG of the avatar, standing relaxed."""
    tools.studio.place(data)
    return tools.studio.take(FRIENDLY)


def warm_up(tools: MeshTools) -> None:
    """Load what the first avatar would otherwise wait for."""
    warm_up_human()
